/**
 * Metrics of single calls and jobs: what is known of a call that has ended, and since when one runs.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { gauge, type Labels, labelsOf, type Row, Table } from "./_families.ts";
import type { RunningCall } from "./record.ts";

const CALL_LABELS = ["executor_id", "job_id", "call_id"] as const;

/** The names that Lithops gives to what it knows of a call, which its dashboards query. */
const LITHOPS: readonly Row<CallStats>[] = [
  gauge(
    "worker_func_exec_time",
    "Ended call: seconds in the function",
    (s) => s.worker_func_exec_time,
  ),
  gauge(
    "worker_func_start_tstamp",
    "Ended call: when the function was entered, in seconds since the epoch",
    (s) => s.worker_func_start_tstamp,
  ),
  gauge(
    "worker_func_end_tstamp",
    "Ended call: when the function was left, in seconds since the epoch",
    (s) => s.worker_func_end_tstamp,
  ),
  gauge(
    "host_job_create_tstamp",
    "Ended call: when its job was created, in seconds since the epoch",
    (s) => s.host_job_create_tstamp,
  ),
  gauge(
    "host_status_done_tstamp",
    "Ended call: when the host learnt of its end, in seconds since the epoch",
    (s) => s.host_status_done_tstamp,
  ),
];

const CPU = "CPU seconds of the call";

const OWN: readonly Row<CallStats>[] = [
  gauge(
    "queue_wait_seconds",
    "Seconds from submit to the worker taking the call up",
    (s) => s.worker_queue_time,
  ),
  gauge(
    "cpu_time_seconds",
    CPU,
    (s) => s.worker_func_cpu_user_time,
    ["mode", "user"],
  ),
  gauge(
    "cpu_time_seconds",
    CPU,
    (s) => s.worker_func_cpu_system_time,
    ["mode", "system"],
  ),
  gauge(
    "peak_memory_bytes",
    "Peak resident memory of the worker during the call in bytes",
    (s) => s.worker_peak_memory_end,
  ),
  gauge(
    "storage_read_bytes",
    "Bytes that the call caused to be read from storage",
    (s) => s.worker_func_read_bytes,
  ),
  gauge(
    "storage_written_bytes",
    "Bytes that the call caused to be written to storage",
    (s) => s.worker_func_write_bytes,
  ),
  gauge(
    "network_received_bytes",
    "Bytes received in the worker's network namespace during the call",
    (s) => s.worker_func_recv_net_io,
  ),
  gauge(
    "network_sent_bytes",
    "Bytes sent in the worker's network namespace during the call",
    (s) => s.worker_func_sent_net_io,
  ),
];

/** Figures of a call that has ended, under the names of Lithops. */
export const ENDED_LITHOPS = new Table<CallStats>(
  { labels: CALL_LABELS },
  LITHOPS,
);

/** Other figures of a call that has ended. */
export const ENDED = new Table<CallStats>(
  {
    prefix: "lithoscope_call_",
    subject: "Ended call: ",
    labels: CALL_LABELS,
  },
  OWN,
);

/** How a call ended and where it ran, as labels of its number of attempts. */
export const ENDED_INFO = new Table<CallStats>(
  {
    prefix: "lithoscope_call_",
    subject: "Ended call: ",
    labels: [...CALL_LABELS, "outcome", "error_class", "worker_id"],
  },
  [gauge(
    "attempts",
    "Times it was run; its outcome, error and worker are labels",
    (s) => s.attempt,
  )],
);

/** A running call. */
export const RUNNING = new Table<RunningCall>(
  {
    prefix: "lithoscope_call_",
    subject: "Running call: ",
    labels: [...CALL_LABELS, "worker_id"],
  },
  [gauge(
    "start_time_seconds",
    "When its worker started it, in seconds since the epoch; absent once it has ended",
    (s) => s.start_tstamp,
  )],
);

/** Labels of an ended call. */
export function callLabels(stats: CallStats): Labels {
  return {
    executor_id: stats.executor_id,
    job_id: stats.job_id,
    call_id: stats.call_id,
  };
}

/** Labels of {@linkcode ENDED_INFO}. */
export function infoLabels(stats: CallStats): Labels {
  return labelsOf({
    ...callLabels(stats),
    outcome: stats.outcome,
    error_class: stats.error_class,
    worker_id: stats.worker_id,
  });
}

/** What is known of one job. */
export interface JobState {
  /** `"M001"`. */
  job_id: string;
  /** Name of its function. */
  function_name: string;
  /** Calls in it; `null` while that is not known. */
  calls: number | null;
  /** Calls that have ended, by outcome. */
  ended: Map<string, number>;
  /** When its last call ended, or when it began, in seconds since the epoch. */
  progress_tstamp: number;
}

const JOB_OPTIONS = {
  prefix: "lithoscope_job_",
  subject: "Job: ",
  labels: ["executor_id", "job_id"],
};

/** A job. */
export const JOB = new Table<JobState>(JOB_OPTIONS, [
  gauge("calls", "Calls in it, once that is known", (s) => s.calls),
  gauge(
    "last_progress_time_seconds",
    "When its last call ended (or when it began), in seconds since the epoch",
    (s) => s.progress_tstamp,
  ),
]);

/** What a job is. */
export const JOB_INFO = new Table<JobState>(
  { ...JOB_OPTIONS, labels: ["executor_id", "job_id", "function_name"] },
  [gauge("info", "What it is; always 1", () => 1)],
);

/** Calls of a job that have ended in one way. */
export const JOB_ENDED = new Table<number>(
  { ...JOB_OPTIONS, labels: ["executor_id", "job_id", "outcome"] },
  [{
    name: "calls_ended_total",
    type: "counter",
    help: "Calls that have ended, by outcome",
    label: null,
    adds: true,
    get: (count) => count,
  }],
);
