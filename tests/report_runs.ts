/**
 * Made-up runs for tests of the report.
 *
 * @module
 */
import type { CallDetail, CallStats, WorkerStats } from "../mod.ts";
import { Run } from "../mod.ts";
import { callId, EPOCH, fakeCallAt } from "./fixtures/call_stats.ts";

/** What a synthetic run is made of. */
export interface SyntheticOptions {
  /** Calls of the first job; a second one has a tenth of that. */
  calls: number;
  /** Workers that run them. @default 8 */
  workers?: number;
}

/** The same numbers each time, from 0 to 1. */
function* noise(): Generator<number, never> {
  for (let state = 1;;) {
    state = (state * 48271) % 0x7fffffff;
    yield state / 0x7fffffff;
  }
}

/** A run of calls of 5 to 45 ms each, of which every 997th fails, the last one is slow, and each prints a line. */
export function syntheticRun({ calls, workers = 8 }: SyntheticOptions): Run {
  const random = noise();
  const next = () => random.next().value;
  const free = Array.from({ length: workers }, (_, i) => 0.2 + i * 0.01);
  const counts = new Array<number>(workers).fill(0);
  const stats: CallStats[] = [];
  const details: CallDetail[] = [];
  const add = (job: string, created: number, index: number, slow: boolean) => {
    const worker = free.indexOf(Math.min(...free));
    const start = Math.max(free[worker]!, created + 0.002) + 0.0002;
    const time = slow ? 3 : 0.005 + 0.04 * next() ** 3;
    const end = free[worker] = start + time;
    const failed = index % 997 === 996;
    const cpu = time * (0.3 + 0.5 * next());
    stats.push(fakeCallAt({ created, start, end }, {
      job_id: job,
      call_id: callId(index),
      worker_id: worker,
      worker_pid: 4000 + worker,
      worker_cold_start: counts[worker]! === 0,
      worker_queue_time: start - created - 0.001,
      worker_func_exec_time: time,
      worker_func_cpu_user_time: cpu,
      worker_func_cpu_system_time: cpu / 10,
      worker_peak_memory_end: Math.round(6e7 + 4e7 * next()),
      outcome: failed ? "error" : "success",
      error_class: failed ? "RangeError" : null,
    }, 0.0001));
    counts[worker]!++;
    details.push({
      function_name: job === "M000" ? "simulate" : "collect",
      error: failed
        ? {
          name: "RangeError",
          message: `Cannot place particle ${index}`,
          stack: "RangeError: Cannot place\n    at simulate (file:///a.ts:4:9)",
        }
        : null,
      logs: `particle ${index}\n`,
    });
  };
  for (let i = 0; i < calls; i++) add("M000", 0, i, i === calls - 1);
  const later = Math.max(...free);
  for (let i = 0; i < calls / 10; i++) add("M001", later, i, false);
  const header = {
    executor_id: "1a2b3c-0",
    saved_tstamp: EPOCH + 1000,
    backend: "process",
    cores: 8,
    host_name: "vm",
  };
  const of = counts.map((count, worker_id): WorkerStats => ({
    worker_id,
    worker_pid: 4000 + worker_id,
    worker_tid: 4000 + worker_id,
    worker_boot_time: 0.03,
    calls: count,
    cpu_user_time: count * 0.01,
    cpu_system_time: count * 0.001,
  }));
  return new Run(header, stats, of, details);
}
