/**
 * Metrics of the executor as a whole, and of what the profiler itself costs.
 *
 * @module
 */
import { counter, gauge, single, Table } from "./_families.ts";
import type { Collection } from "./record.ts";

/** How much there is to do, and who does it. */
export interface QueueState {
  /** Calls that wait for a worker. */
  queued: number;
  /** Calls that workers have. */
  running: number;
  /** Workers that are up. */
  workers: number;
}

/** What pushing has cost so far. */
export interface PushCost {
  /** Pushes that the gateway took. */
  pushed: number;
  /** Attempts that failed. */
  failed: number;
  /** Texts that were never sent, as a newer one was there before. */
  dropped: number;
  /** Attempts made again after a failure. */
  retried: number;
  /** Seconds that the last attempt took; `null` before the first. */
  duration: number | null;
  /** Bytes that the last attempt sent, as compressed; `null` before the first. */
  bytes: number | null;
}

/** What is known of the executor beside its calls. */
export interface ExecutorState {
  /** Workers at most. */
  workers: number;
  /** Cores of the machine. */
  cores: number;
  /** Its queue; `null` until that is told. */
  queue: QueueState | null;
  /** When the oldest of the running calls began, in seconds since the epoch. */
  oldest: number | null;
}

const EXECUTOR = ["executor_id"];

/** The executor. */
export const STATE = new Table<ExecutorState>(
  { prefix: "lithoscope_", subject: "Executor: ", labels: EXECUTOR },
  [
    gauge("workers_max", "Workers at most, as configured", (s) => s.workers),
    single("executor_cores", "Cores of its machine", (s) => s.cores),
    gauge("workers", "Workers that are up", (s) => s.queue?.workers),
    gauge("calls_running", "Calls that workers have", (s) => s.queue?.running),
    gauge("calls_queued", "Calls that wait", (s) => s.queue?.queued),
    single(
      "oldest_running_call_start_time_seconds",
      "When the oldest running call began, in seconds since the epoch; absent when none runs",
      (s) => s.oldest,
    ),
  ],
);

/** What the executor is. */
export const EXECUTOR_INFO = new Table<null>(
  {
    prefix: "lithoscope_executor_",
    subject: "Executor: ",
    labels: ["executor_id", "backend", "host_name"],
  },
  [single("info", "What it is; always 1", () => 1)],
);

const PROFILER = {
  prefix: "lithoscope_profiler_",
  subject: "Profiler: ",
  labels: EXECUTOR,
};

/** What sampling costs. */
export const SAMPLING = new Table<Collection>(PROFILER, [
  single("collection_id", "Number of the collection", (c) => c.collection_id),
  single(
    "collection_time_seconds",
    "When the collection began, in seconds since the epoch",
    (c) => c.tstamp,
  ),
  gauge(
    "sample_duration_seconds",
    "Seconds that the last collection took",
    (c) => c.duration,
  ),
  counter(
    "cpu_seconds",
    "CPU seconds of its thread",
    (c) => c.profiler_cpu_time,
  ),
  counter(
    "missed_ticks",
    "Ticks for which it came too late",
    (c) => c.missed_ticks,
  ),
]);

/** What pushing costs. */
export const PUSHING = new Table<PushCost>(PROFILER, [
  counter("pushes", "Pushes that the gateway took", (c) => c.pushed),
  counter("push_failures", "Attempts to push that failed", (c) => c.failed),
  counter("push_retries", "Attempts made again", (c) => c.retried),
  counter(
    "pushes_dropped",
    "Pushes never sent, as a newer one was there before",
    (c) => c.dropped,
  ),
  gauge(
    "push_duration_seconds",
    "Seconds that the last attempt to push took",
    (c) => c.duration,
  ),
  gauge(
    "push_size_bytes",
    "Bytes that the last attempt to push sent, as compressed",
    (c) => c.bytes,
  ),
]);

/** How often collections and pushes are made. */
export const INTERVAL = new Table<number>(PROFILER, [
  single("interval_seconds", "Seconds between pushes", (seconds) => seconds),
]);

/** What did not fit into this push. */
export const LEFT_OUT = new Table<number>(
  { ...PROFILER, labels: ["executor_id", "kind"] },
  [gauge(
    "series_left_out",
    "Series left out to keep within the limit, by what they are of; what adds up is told as a sum",
    (count) => count,
  )],
);

/** The size of this push. */
export const SERIES = new Table<{ sent: number; limit: number }>(PROFILER, [
  gauge("series", "Series in this push", (s) => s.sent),
  single("series_limit", "Series in a push at most", (s) => s.limit),
]);
