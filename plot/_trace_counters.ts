/** Counters of a trace: calls that run and wait, and what the profiler sampled. */
import type { CallStats } from "../executor/stats.ts";
import type { Collection } from "../profiler/record.ts";
import { isUntimed } from "./_table.ts";
import { activeCalls } from "./concurrency.ts";
import {
  SCRIPT,
  type TraceClock,
  type TraceEvent,
  WORKERS,
} from "./_trace_event.ts";

/** How many calls were in workers, and how many waited, at each instant; nothing if that is not known of all. */
export function* callCounters(
  calls: readonly CallStats[],
  end: number,
  clock: TraceClock,
): Generator<TraceEvent> {
  if (calls.some(isUntimed)) return;
  const instants = (figure: (call: CallStats) => number | null) =>
    Float64Array.from(calls, (call) => figure(call) ?? NaN);
  const start = (call: CallStats) => call.worker_start_tstamp;
  const curves = [
    {
      name: "active calls",
      pid: WORKERS,
      curve: activeCalls(
        instants(start),
        instants((call) =>
          start(call) === null ? null : call.worker_end_tstamp ?? end
        ),
      ),
    },
    {
      name: "waiting calls",
      pid: SCRIPT,
      curve: activeCalls(
        instants((call) => call.host_submit_tstamp),
        instants((call) => start(call) ?? call.host_status_done_tstamp ?? end),
      ),
    },
  ];
  for (const { name, pid, curve: { times, counts } } of curves) {
    for (let i = 0; i < times.length; i++) {
      yield counter(name, pid, clock.at(times[i]!), { calls: counts[i] });
    }
  }
}

/** CPU use and memory, of all workers together and of each. */
export function* sampleCounters(
  collections: readonly Collection[],
  clock: TraceClock,
): Generator<TraceEvent> {
  for (const { tstamp, total, trees, threads } of collections) {
    const ts = clock.at(tstamp);
    yield* usage("all", ts, total.cpu_percent, total.rss);
    for (const tree of trees) {
      if (tree.kind !== "worker") continue;
      const time = clock.at(tree.tstamp);
      yield* usage(
        `worker ${tree.worker_id}`,
        time,
        tree.cpu_percent,
        tree.rss,
      );
    }
    for (const thread of threads) { // memory belongs to no thread
      const time = clock.at(thread.tstamp);
      yield* usage(
        `worker ${thread.worker_id}`,
        time,
        thread.cpu_percent,
        null,
      );
    }
  }
}

function* usage(
  whose: string,
  ts: number,
  percent: number | null,
  bytes: number | null,
): Generator<TraceEvent> {
  if (ts < 0) return; // sampled before the first job
  if (percent !== null) {
    yield counter(`CPU, ${whose}`, WORKERS, ts, { percent });
  }
  if (bytes !== null) yield counter(`RSS, ${whose}`, WORKERS, ts, { bytes });
}

function counter(
  name: string,
  pid: number,
  ts: number,
  args: Record<string, unknown>,
): TraceEvent {
  return { ph: "C", name, cat: "counter", pid, tid: 0, ts, args };
}
