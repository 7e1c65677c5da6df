/**
 * Whole runs with known answers: calls are put on workers by a schedule that is written down, so that every wait and
 * every gap is known.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import type { RunData } from "../plot/run_data.ts";
import type { Collection } from "../profiler/record.ts";
import { callId, EPOCH, fakeCallAt } from "./fixtures/call_stats.ts";

/** A call of a synthetic run. Seconds since the start of the run. */
export interface PlannedCall {
  /** Worker that runs it. */
  worker: number;
  /** When the worker takes it up. */
  start: number;
  /** When the worker is done. */
  end: number;
  /** When it was submitted. @default 0 */
  submit?: number;
  /** Anything else. */
  stats?: Partial<CallStats>;
}

/** Options of {@linkcode syntheticRun}. */
export interface SyntheticOptions {
  /** Cores of the machine. @default {4} */
  cores?: number;
  /** Cores a call keeps busy while it runs; `null` if it was not measured. @default {0.5} */
  cpu?: number | null;
  /** What the profiler saw. */
  collections?: Collection[];
  /** Workers that were started but never got a call. @default {0} */
  unused?: number;
}

/** A run of exactly these calls. */
export function syntheticRun(
  planned: readonly PlannedCall[],
  { cores = 4, cpu = 0.5, collections = [], unused = 0 }: SyntheticOptions = {},
): RunData {
  const calls = planned.map((plan, i) => {
    const { worker, start, end, submit = 0, stats = {} } = plan;
    const length = end - start;
    return fakeCallAt({ created: 0, submit, start, end }, {
      call_id: callId(i),
      worker_id: worker,
      worker_pid: 1000 + worker,
      worker_tid: 1000 + worker,
      worker_boot_time: 0.1,
      worker_queue_time: start - submit,
      worker_exec_time: length,
      worker_func_exec_time: length,
      worker_func_cpu_user_time: cpu === null ? null : cpu * length,
      worker_func_cpu_system_time: cpu === null ? null : 0,
      worker_func_cpu_percent: cpu === null ? null : 100 * cpu,
      host_job_created_time: 0.001,
      ...stats,
    }, 0);
  });
  const ids = new Set(planned.map(({ worker }) => worker));
  const all = [
    ...ids,
    ...Array.from({ length: unused }, (_, i) => Math.max(...ids) + 1 + i),
  ];
  return {
    header: {
      executor_id: "1a2b3c-0",
      backend: "process",
      cores,
      host_name: "here",
    },
    calls,
    workers: all.map((id) => ({
      worker_id: id,
      worker_pid: 1000 + id,
      worker_tid: 1000 + id,
      worker_boot_time: 0.1,
      calls: planned.filter(({ worker }) => worker === id).length,
    })),
    collections,
  };
}

/** As a pool does it: each call goes to the worker that is free first. All are submitted at once, unless told when. */
export function scheduled(
  lengths: readonly number[],
  workers: number,
  submitted: (i: number) => number = () => 0,
  gap = 0,
): PlannedCall[] {
  const free = new Array<number>(workers).fill(0);
  return lengths.map((length, i) => {
    const worker = free.indexOf(Math.min(...free));
    const submit = submitted(i);
    const start = Math.max(free[worker]!, submit);
    free[worker] = start + length + gap;
    return { worker, start, end: start + length, submit };
  });
}

/** What is missing of a call that nobody has timed, as with `stats: "off"`. */
export const NO_TIMES: Partial<CallStats> = {
  worker_queue_time: null,
  worker_exec_time: null,
  worker_start_tstamp: null,
  worker_end_tstamp: null,
  worker_func_start_tstamp: null,
  worker_func_end_tstamp: null,
  worker_func_exec_time: null,
};

/** As many calls without times, and one that was stopped and so has them. */
export function untimedRun(count: number): RunData {
  const planned = scheduled(new Array<number>(count).fill(0.5), 2);
  return syntheticRun([
    ...planned.map((plan) => ({ ...plan, stats: NO_TIMES })),
    {
      worker: 0,
      start: count,
      end: count + 1,
      stats: { outcome: "timeout", host_result_done_tstamp: null },
    },
  ], { cpu: null });
}

/** An instant of a synthetic run in epoch seconds. */
export function at(seconds: number): number {
  return EPOCH + seconds;
}
