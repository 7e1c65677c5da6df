/**
 * Calls on the lanes of their workers: what ran where, and what was idle. A worker has as many lanes as it ever had calls
 * at once.
 */
import type { CallStats } from "../executor/stats.ts";
import { byHost, workerNames } from "./_hosts.ts";

/** The lanes of one worker. */
export interface WorkerLanes {
  /** Number of the worker. */
  id: number;
  /** `"worker 0"`; `"alpha: worker 0"` where the workers are on several hosts. */
  name: string;
  /** Its first lane. */
  first: number;
  /** How many it has. */
  count: number;
  /** Share of the run, from the first start of a call to the last end, in which it had a call: 0 to 1. */
  busy: number;
  /** When it was started, as far as its first call and the time to start it tell; `null` if that is not known. */
  boot: { from: number; to: number } | null;
}

/** Calls that ran, in order of time. Columns have a value a call; instants are seconds since the epoch given. */
export interface Lanes {
  /** The workers, in order of their numbers; those of a host together. */
  workers: WorkerLanes[];
  /** When the worker took the call up. */
  from: Float64Array;
  /** When it was done with it. */
  to: Float64Array;
  /** Lane of the call. */
  lane: Float64Array;
  /** Position of the call in what was given. */
  call: Int32Array;
}

/** What is read of a call. */
export type LaneCall = Pick<
  CallStats,
  | "worker_id"
  | "host_name"
  | "worker_boot_time"
  | "worker_start_tstamp"
  | "worker_end_tstamp"
  | "worker_func_end_tstamp"
  | "host_status_done_tstamp"
>;

/** Puts calls on lanes; those that never reached a worker are left out, those that still run end at `end`. */
export function lanesOf(
  calls: Iterable<LaneCall>,
  epoch: number,
  end: number,
): Lanes {
  const spans: { from: number; to: number; worker: number; call: number }[] =
    [];
  const boots = new Map<number, number>();
  const hosts = new Map<number, string>();
  let index = 0;
  for (const call of calls) {
    const at = index++;
    if (call.worker_start_tstamp === null || call.worker_id === null) continue;
    const from = call.worker_start_tstamp - epoch;
    const to = (call.worker_end_tstamp ?? call.worker_func_end_tstamp ??
      call.host_status_done_tstamp ?? Infinity) - epoch;
    const until = Math.max(from, Math.min(to, end));
    spans.push({ from, to: until, worker: call.worker_id, call: at });
    if (call.host_name != null) hosts.set(call.worker_id, call.host_name);
    if (call.worker_boot_time !== null) {
      boots.set(call.worker_id, call.worker_boot_time);
    }
  }
  spans.sort((a, b) => a.from - b.from || a.call - b.call);
  const first = spans[0]?.from ?? 0;
  const last = spans.reduce((most, { to }) => Math.max(most, to), first);

  /** When a worker began, when each of its lanes is free, and how long it was busy. */
  const state = new Map<
    number,
    { start: number; free: number[]; busy: number }
  >();
  const local = new Int32Array(spans.length);
  spans.forEach(({ from, to, worker }, i) => {
    let it = state.get(worker);
    if (it === undefined) {
      state.set(worker, it = { start: from, free: [], busy: 0 });
    }
    const before = Math.max(from, ...it.free); // busy until then
    let lane = it.free.findIndex((free) => free <= from);
    if (lane < 0) lane = it.free.length;
    it.free[lane] = to;
    it.busy += Math.max(0, to - before);
    local[i] = lane;
  });
  const workers: WorkerLanes[] = [];
  const place = new Map<number, number>();
  let next = 0;
  const nameOf = workerNames(hosts);
  for (const id of byHost([...state.keys()], hosts)) {
    const { start, free, busy } = state.get(id)!;
    place.set(id, next);
    const boot = boots.get(id);
    workers.push({
      id,
      name: nameOf(id),
      first: next,
      count: free.length,
      busy: last > first ? Math.min(1, busy / (last - first)) : 1,
      boot: boot === undefined ? null : { from: start - boot, to: start },
    });
    next += free.length;
  }
  return {
    workers,
    from: Float64Array.from(spans, ({ from }) => from),
    to: Float64Array.from(spans, ({ to }) => to),
    lane: Float64Array.from(
      spans,
      ({ worker }, i) => place.get(worker)! + local[i]!,
    ),
    call: Int32Array.from(spans, ({ call }) => call),
  };
}
