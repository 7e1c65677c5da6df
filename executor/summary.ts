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
  /** Calls it has answered. */
  calls: number;
  /** CPU seconds in user mode, of all it did and of the children it reaped; `null` until it has answered. */
  cpu_user_time: number | null;
  /** CPU seconds in the kernel, of all it did and of the children it reaped; `null` until it has answered. */
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
  /** Most calls in a worker at one instant. */
  peak_concurrency: number;
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
  const outcomes = {
    success: 0,
    error: 0,
    timeout: 0,
    cancelled: 0,
    crashed: 0,
    pending: 0,
  };
  let created = Infinity, ended = -Infinity;
  for (const call of calls) {
    outcomes[call.outcome ?? "pending"]++;
    created = Math.min(created, call.host_job_create_tstamp);
    ended = Math.max(
      ended,
      call.host_result_done_tstamp ?? call.host_status_done_tstamp ?? -Infinity,
    );
  }
  return {
    calls: calls.length,
    outcomes,
    queue_time: distribution(calls, (c) => c.worker_queue_time),
    exec_time: distribution(calls, (c) => c.worker_func_exec_time),
    cpu_time: distribution(calls, cpuTime),
    peak_memory: distribution(calls, (c) => c.worker_peak_memory_end),
    makespan: ended > created ? ended - created : null,
    ...concurrency(calls),
    workers: [...workers],
  };
}

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
): Pick<
  Summary,
  "peak_concurrency" | "mean_concurrency" | "worker_utilisation"
> {
  const edges: [instant: number, step: 1 | -1][] = [];
  const byWorker = new Map<number, [start: number, end: number][]>();
  for (const call of calls) {
    const start = call.worker_start_tstamp, end = call.worker_end_tstamp;
    if (start === null || end === null) continue;
    edges.push([start, 1], [end, -1]);
    const worker = call.worker_id ?? -1;
    const spans = byWorker.get(worker);
    if (spans === undefined) byWorker.set(worker, [[start, end]]);
    else spans.push([start, end]);
  }
  if (edges.length === 0) {
    return {
      peak_concurrency: 0,
      mean_concurrency: null,
      worker_utilisation: null,
    };
  }
  // At one instant an end comes before a start: calls back to back are not at once.
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let active = 0, peak = 0, area = 0, last = edges[0]![0];
  for (const [instant, step] of edges) {
    area += active * (instant - last);
    last = instant;
    active += step;
    peak = Math.max(peak, active);
  }
  const length = last - edges[0]![0];
  let busy = 0;
  for (const spans of byWorker.values()) busy += covered(spans);
  return {
    peak_concurrency: peak,
    mean_concurrency: length > 0 ? area / length : null,
    worker_utilisation: length > 0
      ? Math.min(1, busy / (length * byWorker.size))
      : null,
  };
}

/** Time that at least one of the spans covers. */
function covered(spans: [start: number, end: number][]): number {
  spans.sort((a, b) => a[0] - b[0]);
  let total = 0, until = -Infinity;
  for (const [start, end] of spans) {
    if (end <= until) continue;
    total += end - Math.max(start, until);
    until = end;
  }
  return total;
}
