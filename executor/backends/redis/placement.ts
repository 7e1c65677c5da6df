/**
 * What a worker host has sampled, as it looks from home. By itself: what unpacks samples is loaded by who uses Redis alone.
 *
 * @module
 */
import type { Collection } from "../../../profiler/record.ts";

/** Where a collection was taken, and how that looks from home. */
export interface Placement {
  /** Id of the run. */
  run: string;
  /** The worker host. */
  host: { id: string; name: string };
  /** Seconds to be added to its instants. */
  offset: number;
  /** What a worker of that number there is called at home. */
  numberOf: (worker: number) => number;
}

/** A collection of a worker host as home has it: by the clock of home, with the numbers that home has for its workers. */
export function placed(
  collection: Collection,
  { run, host, offset, numberOf }: Placement,
): Collection {
  const known = new Map<number, number>();
  const numbered = (worker: number) => {
    let number = known.get(worker);
    if (number === undefined) known.set(worker, number = numberOf(worker));
    return number;
  };
  const move = (key: string, value: unknown): unknown => {
    if (typeof value === "number") {
      if (key.endsWith("tstamp")) return value + offset;
      return key === "worker_id" ? numbered(value) : value;
    }
    if (typeof value !== "object" || value === null) return value;
    if (key === "worker_ids") return (value as number[]).map(numbered);
    if (Array.isArray(value)) return value.map((each) => move("", each));
    return Object.fromEntries(
      Object.entries(value).map(([key, value]) => [key, move(key, value)]),
    );
  };
  return {
    ...move("", collection) as Collection,
    executor_id: run,
    worker_host: { ...host },
  };
}
