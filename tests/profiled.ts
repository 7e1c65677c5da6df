/**
 * Runs a load of `fixtures/processes.py` under a collector, to its end.
 *
 * @module
 */
import { Collector } from "../profiler/collector.ts";
import type { Collection } from "../profiler/record.ts";

/** Debian's own, as others may be wrappers. */
export const PYTHON = "/usr/bin/python3";

/** The loads. */
export const LOADS = new URL("./fixtures/processes.py", import.meta.url)
  .pathname;

/** What a run told. */
export interface ProfiledRun {
  /** All collections; the last one was taken after the load had been reaped. */
  collections: Collection[];
  /** The last of them. */
  last: Collection;
  /** CPU seconds of the load and all it reaped, as `getrusage` told the load itself just before its end. */
  cpu: number;
  /** Peak resident memory of the largest process that the load has reaped, from the same. */
  peakRss: number;
}

/** Options of {@linkcode runProfiled}. */
export interface ProfiledOptions {
  /** Milliseconds between collections. @default {50} */
  interval?: number;
  /** Marks the load's environment and tells the collector. @default {false} */
  marked?: boolean;
  /** What the load waits for: at a collection that is like the next of these, it is told to go on. */
  seen?: readonly ((collection: Collection) => boolean)[];
}

/** Runs `processes.py` with these arguments. */
export async function runProfiled(
  args: readonly string[],
  options: ProfiledOptions = {},
): Promise<ProfiledRun> {
  const value = crypto.randomUUID();
  const collector = new Collector({ executorId: "0a1b2c-0", host: false });
  const collections = [collector.collect()];
  const child = new Deno.Command(PYTHON, {
    args: [LOADS, ...args],
    stdin: "piped",
    stdout: "piped",
    env: { LITHOSCOPE_TEST: value },
  }).spawn();
  collector.addWorker({
    workerId: 0,
    backend: "process",
    pid: child.pid,
    tid: child.pid,
    board: null,
    lanes: 1,
    ...(options.marked === true ? { marker: `LITHOSCOPE_TEST=${value}` } : {}),
  });
  let running = true;
  const output = child.output().finally(() => running = false);
  const pause = () =>
    new Promise((resolve) => setTimeout(resolve, options.interval ?? 50));
  const stdin = child.stdin.getWriter(), seen = [...options.seen ?? []];
  if (seen.length === 0) await stdin.close();
  while (running) {
    const collection = collector.collect();
    collections.push(collection);
    if (seen[0]?.(collection)) {
      seen.shift();
      await (seen.length > 0
        ? stdin.write(new TextEncoder().encode("\n"))
        : stdin.close());
    }
    await pause();
  }
  const told = new TextDecoder().decode((await output).stdout);
  const [, cpu, peakRss] = /^rusage (\S+) (\S+)$/m.exec(told)!;
  const last = collector.collect();
  collections.push(last);
  collector.close();
  return { collections, last, cpu: Number(cpu), peakRss: Number(peakRss) };
}

/** CPU seconds of a total in both modes. */
export function cpuOf({ total }: Collection): number {
  return total.cpu_user_time + total.cpu_system_time;
}

/** How many processes of a collection have used so many CPU seconds, but for a clock tick in each mode. */
export function countUsing({ processes }: Collection, seconds: number): number {
  return processes.filter(({ cpu_user_time, cpu_system_time }) =>
    cpu_user_time + cpu_system_time > seconds - 0.02
  ).length;
}
