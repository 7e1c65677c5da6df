/**
 * Metrics that are counted up as things happen, so that they know of every call.
 *
 * @module
 */
import type { CallStats, Outcome } from "../executor/stats.ts";
import type { Count, MetricRegistry, Spread } from "./_registry.ts";

const OUTCOMES: readonly Outcome[] = [
  "success",
  "error",
  "timeout",
  "cancelled",
  "crashed",
];

/** From a call that is over at once to one of an hour, in seconds. */
const BUCKETS = [
  ...[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ...[60, 120, 300, 600, 1800, 3600],
];

/** What is counted as it happens. */
export class Counts {
  readonly #labels: { executor_id: string };
  readonly #calls: Count;
  readonly #jobs: Count;
  readonly #retries: Count;
  readonly #input: Count;
  readonly #output: Count;
  readonly #cpu: Count;
  readonly #exec: Spread;
  readonly #wait: Spread;

  /** All at 0. */
  constructor(registry: MetricRegistry, executorId: string) {
    const labels = this.#labels = { executor_id: executorId };
    const own = ["executor_id"];
    const count = (name: string, help: string, ...more: string[]) =>
      registry.count(`lithoscope_${name}_total`, help, [...own, ...more]);
    this.#jobs = count("jobs", "Executor: Jobs started");
    this.#calls = count(
      "calls",
      "Executor: Calls ended, by outcome",
      "outcome",
    );
    this.#retries = count(
      "call_retries",
      "Executor: Times calls were run again",
    );
    this.#input = count("call_input_bytes", "Executor: Bytes of items sent");
    this.#output = count("call_result_bytes", "Executor: Bytes of results");
    this.#cpu = count(
      "calls_cpu_seconds",
      "Executor: CPU seconds of calls that have ended, by their own statistics",
      "mode",
    );
    this.#exec = registry.spread(
      "lithoscope_calls_exec_seconds",
      "Executor: Seconds that calls spent in the function",
      own,
      BUCKETS,
    );
    this.#wait = registry.spread(
      "lithoscope_calls_queue_wait_seconds",
      "Executor: Seconds from submit to the worker taking a call up",
      own,
      BUCKETS,
    );
    // There from the start, as a rate can only be told of what was 0 before.
    for (const outcome of OUTCOMES) this.#calls.inc({ ...labels, outcome }, 0);
    for (const mode of ["user", "system"]) {
      this.#cpu.inc({ ...labels, mode }, 0);
    }
    for (
      const it of [this.#jobs, this.#retries, this.#input, this.#output]
    ) it.inc(labels, 0);
  }

  /** A job has started. */
  jobStarted(): void {
    this.#jobs.inc(this.#labels, 1);
  }

  /** A call has ended. */
  callEnded(stats: CallStats): void {
    const labels = this.#labels;
    this.#calls.inc({ ...labels, outcome: stats.outcome ?? "cancelled" }, 1);
    this.#retries.inc(labels, Math.max(0, stats.attempt - 1));
    this.#input.inc(labels, stats.func_data_size_bytes ?? 0);
    this.#output.inc(labels, stats.func_result_size ?? 0);
    const user = stats.worker_func_cpu_user_time;
    const system = stats.worker_func_cpu_system_time;
    this.#cpu.inc({ ...labels, mode: "user" }, Math.max(0, user ?? 0));
    this.#cpu.inc({ ...labels, mode: "system" }, Math.max(0, system ?? 0));
    const { worker_func_exec_time: exec, worker_queue_time: wait } = stats;
    if (exec !== null) this.#exec.observe(labels, exec);
    if (wait !== null) this.#wait.observe(labels, wait);
  }
}
