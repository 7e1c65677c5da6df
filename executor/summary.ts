/**
 * Many calls in a few figures.
 *
 * @module
 */
import { checkValue, isArray } from "./_check.ts";
import type { CallStats, Outcome } from "./stats.ts";

/** What one worker did, whatever its calls. */
export interface WorkerStats {
  /** Number of the worker within its executor. */
  worker_id: number;
  /** Process id. */
  worker_pid: number;
  /** Thread id. */
  worker_tid: number;
  /** Seconds from starting it to its first message. */
  worker_boot_time: number;
  /** When it was up, in epoch seconds; `null`, or missing in a run of an earlier version, where that is not known. */
  worker_start_tstamp?: number | null;
  /** When it had ended, in epoch seconds; `null` while it has not. */
  worker_end_tstamp?: number | null;
  /**
   * Seconds that were added to the instants of its host: how far the clock there is behind that of the script, negative
   * where it is ahead. 0 within the error of the estimate and on the script's own machine; missing in a run of an earlier
   * version.
   */
  worker_clock_offset?: number;
  /** Calls it has answered. */
  calls: number;
  /** CPU seconds in user mode, of all it did up to its last answer and of the children it reaped; `null` without one. */
  cpu_user_time: number | null;
  /** CPU seconds in the kernel, of all it did up to its last answer and of the children it reaped; `null` without one. */
  cpu_system_time: number | null;
}

/** How a figure is spread over calls, with the call at each place. */
export interface Distribution {
  /** Calls it is known of. */
  count: number;
  /** The smallest. */
  min: Quantile;
  /** The median. */
  p50: Quantile;
  /** 95 % are at most this. */
  p95: Quantile;
  /** The largest. */
  max: Quantile;
  /** All together. */
  total: number;
}

/** A figure and the call that has it. */
export interface Quantile {
  /** The figure. */
  value: number;
  /** `"M001/00042"`. */
  call: string;
}

/** Many calls in a few figures. Durations in seconds, sizes in bytes; `null` where nothing was measured. */
export interface Summary {
  /** Number of calls. */
  calls: number;
  /** Calls by outcome; `pending` for those that have not ended. */
  outcomes: Record<Outcome | "pending", number>;
  /** From submit to the worker taking the call up. */
  queue_time: Distribution | null;
  /** Time in the function. */
  exec_time: Distribution | null;
  /** CPU time of the function, user and system. */
  cpu_time: Distribution | null;
  /** Peak memory of the worker during the call. */
  peak_memory: Distribution | null;
  /** From the creation of the first job until the last call had ended. */
  makespan: number | null;
  /** Most calls in a worker at one instant; `null`, as the next two, if there are calls of which nobody knows when they ran. */
  peak_concurrency: number | null;
  /** Calls in a worker on average, from the first start to the last end. */
  mean_concurrency: number | null;
  /** Share of the workers' time, from the first start to the last end, in which they had a call: 0 to 1. */
  worker_utilisation: number | null;
  /** Each worker. */
  workers: WorkerStats[];
}

/**
 * Sums up calls.
 *
 * @example Look at the slowest call
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 1 });
 * const futures = fexec.map((x: number) => x, [1, 2, 3]);
 * await futures.getResult();
 * console.log(futures.summary().exec_time?.max);
 * ```
 */
export function summarize(
  calls: readonly CallStats[],
  workers: readonly WorkerStats[] = [],
): Summary {
  checkValue("summarize", "calls", calls, isArray);
  checkValue("summarize", "workers", workers, isArray);
  const outcomes = noOutcomes();
  let created = Infinity, ended = -Infinity;
  for (const call of calls) {
    outcomes[call.outcome ?? "pending"]++;
    created = Math.min(created, call.host_job_create_tstamp);
    ended = Math.max(ended, endOf(call));
  }
  return {
    calls: calls.length,
    outcomes,
    queue_time: distribution(calls, FIGURES.queue_time),
    exec_time: distribution(calls, FIGURES.exec_time),
    cpu_time: distribution(calls, FIGURES.cpu_time),
    peak_memory: distribution(calls, FIGURES.peak_memory),
    makespan: ended > created ? ended - created : null,
    ...concurrency(calls, workers),
    workers: [...workers],
  };
}

/** How busy workers were; for this folder only, as is all below. */
export type Load = Pick<
  Summary,
  "peak_concurrency" | "mean_concurrency" | "worker_utilisation"
>;

/** What is spread over calls. */
export const FIGURES: Record<
  "queue_time" | "exec_time" | "cpu_time" | "peak_memory",
  (call: CallStats) => number | null
> = {
  queue_time: (call) => call.worker_queue_time,
  exec_time: (call) => call.worker_func_exec_time,
  cpu_time: cpuTime,
  peak_memory: (call) => call.worker_peak_memory_end,
};

/** Nothing has ended. */
export function noOutcomes(): Summary["outcomes"] {
  return {
    success: 0,
    error: 0,
    timeout: 0,
    cancelled: 0,
    crashed: 0,
    pending: 0,
  };
}

/** When a call had ended for the host; -Infinity if it has not. */
export function endOf(call: CallStats): number {
  return call.host_result_done_tstamp ?? call.host_status_done_tstamp ??
    -Infinity;
}

/** A call in a worker. */
export interface Span {
  /** Number of the worker. */
  worker: number;
  /** Epoch seconds. */
  start: number;
  /** Epoch seconds. */
  end: number;
}

/** When a call was in which worker; undefined if it never was. */
export function spanOf(call: CallStats): Span | undefined {
  const start = call.worker_start_tstamp, end = call.worker_end_tstamp;
  if (start === null || end === null) return undefined;
  return { worker: call.worker_id ?? -1, start, end };
}

/**
 * Whether a worker had a call of which nobody knows when. With `stats: "off"` that is so for all but those that were
 * stopped or lost, and these alone say nothing of how busy workers were.
 */
export function isUntimed(call: CallStats): boolean {
  return spanOf(call) === undefined &&
    (call.outcome === "success" ||
      call.outcome === "error" && call.worker_id !== null);
}

/** How busy workers were where that is not known. */
export const UNTIMED: Load = {
  peak_concurrency: null,
  mean_concurrency: null,
  worker_utilisation: null,
};

/** CPU seconds of a call, `null` if not measured. */
function cpuTime(call: CallStats): number | null {
  const { worker_func_cpu_user_time: user, worker_func_cpu_system_time: sys } =
    call;
  return user === null || sys === null ? null : user + sys;
}

function distribution(
  calls: readonly CallStats[],
  figure: (call: CallStats) => number | null,
): Distribution | null {
  const known: { value: number; at: CallStats }[] = [];
  let total = 0;
  for (const at of calls) {
    const value = figure(at);
    if (value === null) continue;
    known.push({ value, at });
    total += value;
  }
  if (known.length === 0) return null;
  known.sort((a, b) => a.value - b.value);
  const quantile = (share: number): Quantile => {
    const rank = Math.max(0, Math.ceil(share * known.length) - 1);
    const { value, at } = known[rank]!;
    return { value, call: `${at.job_id}/${at.call_id}` };
  };
  return {
    count: known.length,
    min: quantile(0),
    p50: quantile(0.5),
    p95: quantile(0.95),
    max: quantile(1),
    total,
  };
}

/** Calls in workers over time: most, on average, and how much of the workers' time that is. */
function concurrency(
  calls: readonly CallStats[],
  stats: readonly WorkerStats[],
): Load {
  if (calls.some(isUntimed)) return UNTIMED;
  const spans: Span[] = [];
  let first = Infinity, last = -Infinity, total = 0;
  for (const call of calls) {
    const span = spanOf(call);
    if (span === undefined) continue;
    spans.push(span);
    first = Math.min(first, span.start);
    last = Math.max(last, span.end);
    total += span.end - span.start;
  }
  const length = last - first;
  const busy = new Map<number, number>();
  for (const [id, own] of byWorker(spans)) busy.set(id, covered(own));
  return {
    peak_concurrency: peakOf(spans),
    mean_concurrency: length > 0 ? total / length : null,
    worker_utilisation: utilisation(busy, first, last, stats),
  };
}

/** Share of the time from `first` to `last` that workers were up in which they had a call, from how long each was busy. */
export function utilisation(
  busy: ReadonlyMap<number, number>,
  first: number,
  last: number,
  stats: readonly WorkerStats[],
): number | null {
  if (!(last > first)) return null;
  const lives = new Map(stats.map((each) => [each.worker_id, each]));
  let used = 0, up = 0;
  for (const [id, time] of busy) {
    const life = lives.get(id);
    const from = Math.max(first, life?.worker_start_tstamp ?? first);
    const to = Math.min(last, life?.worker_end_tstamp ?? last);
    used += time;
    up += Math.max(time, to - from);
  }
  return Math.min(1, used / up);
}

/** The spans of each worker. */
function byWorker(spans: readonly Span[]): Map<number, Span[]> {
  const found = new Map<number, Span[]>();
  for (const span of spans) {
    const own = found.get(span.worker);
    if (own === undefined) found.set(span.worker, [span]);
    else own.push(span);
  }
  return found;
}

/** Most of the spans at one instant. */
function peakOf(spans: readonly Span[]): number {
  const starts = Float64Array.from(spans, ({ start }) => start).sort();
  const ends = Float64Array.from(spans, ({ end }) => end).sort();
  let peak = 0;
  for (let started = 0, ended = 0; started < starts.length; started++) {
    // At one instant an end comes before a start: calls back to back are not at once.
    while (ends[ended]! <= starts[started]!) ended++;
    peak = Math.max(peak, started + 1 - ended);
  }
  return peak;
}

/** Time that at least one of the spans covers. */
function covered(spans: Span[]): number {
  spans.sort((a, b) => a.start - b.start);
  let total = 0, until = -Infinity;
  for (const { start, end } of spans) {
    if (end <= until) continue;
    total += end - Math.max(start, until);
    until = end;
  }
  return total;
}
