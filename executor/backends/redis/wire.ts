/**
 * Batches and messages as they travel: flat arrays in place of objects, which take a fraction of the time to encode and to
 * decode.
 *
 * @module
 */
import type { CpuTotals } from "../../worker/protocol.ts";
import type { PackedOutcomes } from "./packing.ts";
import type {
  Batch,
  BlobRef,
  HomeMessage,
  NewsMessage,
  WorkerName,
} from "./protocol.ts";

type WireBatch = [
  calls: number[],
  bases: number[],
  items: unknown[],
  blobs: BlobRef[],
];

/** A batch on its way. */
export function packBatch({ calls, bases, items, blobs }: Batch): unknown[] {
  return [calls, bases, items, blobs] satisfies WireBatch;
}

/** The batch again. */
export function unpackBatch(wire: unknown): Batch {
  const [calls, bases, items, blobs] = wire as WireBatch;
  return { calls, bases, items, blobs };
}

type WireOutcomes = [
  type: "outcomes",
  job: number,
  offset: number,
  error: number,
  base: number,
  calls: number[],
  attempts: number[],
  values: unknown[],
  blobs: BlobRef[],
  workers: (string | number)[],
  totals: (number | null)[],
  ranOn: number[],
  numbers: Float64Array,
  times: Float64Array,
  rare: PackedOutcomes["rare"],
];

type WireNews = [
  type: "news",
  job: number,
  offset: number,
  error: number,
  started: NewsMessage["started"],
  printed: NewsMessage["printed"],
  stopped: NewsMessage["stopped"],
];

/** A message of a worker host on its way. */
export function packMessage(message: HomeMessage): unknown[] {
  const { job, clock: { offset, error } } = message;
  if (message.type === "news") {
    const { started, printed, stopped } = message;
    return [
      "news",
      job,
      offset,
      error,
      started,
      printed,
      stopped,
    ] satisfies WireNews;
  }
  const { outcomes: { workers, totals, ...rest } } = message;
  return [
    "outcomes",
    job,
    offset,
    error,
    rest.base,
    rest.calls,
    rest.attempts,
    rest.values,
    rest.blobs,
    workers.flatMap(packWorker),
    totals.flatMap((each) => [each?.user ?? null, each?.system ?? null]),
    rest.ranOn,
    rest.numbers,
    rest.times,
    rest.rare,
  ] satisfies WireOutcomes;
}

/** The message again. */
export function unpackMessage(wire: unknown): HomeMessage {
  const message = wire as WireOutcomes | WireNews;
  const clock = { offset: message[2], error: message[3] };
  if (message[0] === "news") {
    const [type, job, , , started, printed, stopped] = message;
    return { type, job, started, printed, stopped, clock };
  }
  const [type, job, , , base, calls, attempts, values, blobs, ...rest] =
    message;
  const [workers, totals, ranOn, numbers, times, rare] = rest;
  const outcomes = {
    base,
    calls,
    attempts,
    values,
    blobs,
    workers: unpackWorkers(workers),
    totals: unpackTotals(totals),
    ranOn,
    numbers,
    times,
    rare,
  };
  return { type, job, outcomes, clock };
}

type WireWorker = [
  host: string,
  name: string,
  cores: number,
  worker: number,
  pid: number,
  tid: number,
  bootTime: number,
];
const WORKER_FIELDS = 7;

function packWorker(each: WorkerName): WireWorker {
  const { host, name, cores, worker, pid, tid, bootTime } = each;
  return [host, name, cores, worker, pid, tid, bootTime];
}

function unpackWorkers(wire: readonly (string | number)[]): WorkerName[] {
  return Array.from({ length: wire.length / WORKER_FIELDS }, (_, i) => {
    const from = i * WORKER_FIELDS;
    const [host, name, cores, worker, pid, tid, bootTime] = wire.slice(
      from,
      from + WORKER_FIELDS,
    ) as WireWorker;
    return { host, name, cores, worker, pid, tid, bootTime };
  });
}

function unpackTotals(wire: readonly (number | null)[]): (CpuTotals | null)[] {
  return Array.from({ length: wire.length / 2 }, (_, i) => {
    const user = wire[2 * i]!, system = wire[2 * i + 1]!;
    return user === null || system === null ? null : { user, system };
  });
}
