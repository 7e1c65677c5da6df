/** The columns of an export: the keys of the statistics, then what else is known of a call. */
import type { CallStats } from "../executor/stats.ts";
import type { RunData } from "./run_data.ts";

/** What a column holds. A `flag` is true or false, a `list` numbers, one for each core. */
export type ColumnKind = "text" | "number" | "flag" | "list";

/** A value in an export. */
export type Cell = string | number | boolean | readonly number[] | null;

/** A column. */
export interface Column {
  /** Its name: that of the statistics. */
  name: string;
  /** What it holds. */
  kind: ColumnKind;
  /** What it means, in a few words. */
  help: string;
}

/** Each key of the statistics, in their order; one that is missing here is an error of types. */
const STATS: Readonly<Record<keyof CallStats, readonly [ColumnKind, string]>> =
  {
    call_id: ["text", "Position of the item in its job"],
    job_id: ["text", "Job of the call"],
    executor_id: ["text", "Executor of the call"],
    attempt: [
      "number",
      "1 for the first run, 2 for its first retry; 0 if it never ran",
    ],
    outcome: ["text", "How it ended"],
    error_class: ["text", "Class of the error"],
    worker_id: ["number", "Number of the worker within its executor"],
    worker_pid: ["number", "Process id of the worker"],
    worker_tid: ["number", "Thread id of the worker"],
    host_name: ["text", "Machine that ran it"],
    worker_boot_time: [
      "number",
      "Seconds from starting the worker to its first message",
    ],
    worker_queue_time: [
      "number",
      "Seconds from submit to the worker taking the call up",
    ],
    host_job_create_tstamp: [
      "number",
      "When the job was created, in seconds since the epoch",
    ],
    host_job_serialize_time: [
      "number",
      "Seconds to check and serialise the function",
    ],
    host_func_upload_time: [
      "number",
      "Seconds to hand the function to the worker",
    ],
    host_data_upload_time: ["number", "Seconds to encode and send the input"],
    host_job_created_time: [
      "number",
      "Seconds from the creation of the job until its calls were queued",
    ],
    host_submit_tstamp: [
      "number",
      "When the call was queued, in seconds since the epoch",
    ],
    host_status_done_tstamp: [
      "number",
      "When the host learnt of its end, in seconds since the epoch",
    ],
    host_status_query_count: ["number", "Messages that told its status"],
    host_result_done_tstamp: [
      "number",
      "When the result was there, in seconds since the epoch",
    ],
    host_result_query_count: ["number", "Messages that carried its result"],
    func_data_size_bytes: ["number", "Bytes of the input"],
    func_module_size_bytes: ["number", "Bytes of the function"],
    func_result_size: ["number", "Bytes of the result"],
    worker_cold_start: ["flag", "Whether it was the first call of its worker"],
    worker_start_tstamp: [
      "number",
      "When the worker took it up, in seconds since the epoch",
    ],
    worker_end_tstamp: [
      "number",
      "When the worker was done with it, in seconds since the epoch",
    ],
    worker_exec_time: ["number", "Seconds in the worker"],
    worker_func_start_tstamp: [
      "number",
      "When the function was entered, in seconds since the epoch",
    ],
    worker_func_end_tstamp: [
      "number",
      "When the function was left, in seconds since the epoch",
    ],
    worker_func_exec_time: ["number", "Seconds in the function"],
    worker_result_upload_time: ["number", "Seconds to send the result"],
    worker_func_cpu_usage: ["list", "Use of each core, in percent"],
    worker_func_cpu_percent: ["number", "CPU use in percent, 100 a core"],
    worker_func_cpu_user_time: ["number", "CPU seconds in user mode"],
    worker_func_cpu_system_time: ["number", "CPU seconds in the kernel"],
    worker_func_recv_net_io: [
      "number",
      "Bytes received in the network namespace meanwhile",
    ],
    worker_func_sent_net_io: [
      "number",
      "Bytes sent in the network namespace meanwhile",
    ],
    worker_func_rss: ["number", "Bytes of resident memory at the end"],
    worker_func_uss: ["number", "Bytes of memory of its own at the end"],
    worker_func_vms: ["number", "Bytes of virtual memory at the end"],
    worker_peak_memory_start: [
      "number",
      "Bytes of peak resident memory at the start",
    ],
    worker_peak_memory_end: [
      "number",
      "Bytes of peak resident memory during the call",
    ],
    worker_func_read_bytes: ["number", "Bytes fetched from storage"],
    worker_func_write_bytes: ["number", "Bytes sent to storage"],
    worker_func_voluntary_switches: [
      "number",
      "Times the worker gave up the CPU",
    ],
    worker_func_involuntary_switches: [
      "number",
      "Times the kernel took the CPU away",
    ],
    profile_samples: ["number", "Collections that were taken while it ran"],
    profile_peak_rss: [
      "number",
      "Highest resident memory of its processes in bytes",
    ],
    profile_peak_pss: ["number", "Highest PSS of its processes in bytes"],
    profile_peak_uss: ["number", "Highest USS of its processes in bytes"],
    profile_peak_cpu_percent: [
      "number",
      "Highest CPU use in percent, 100 a core",
    ],
    profile_peak_processes: ["number", "Most processes at once"],
    profile_peak_threads: ["number", "Most threads at once"],
    profile_peak_storage_read_rate: [
      "number",
      "Highest rate of reading in bytes a second",
    ],
    profile_peak_storage_write_rate: [
      "number",
      "Highest rate of writing in bytes a second",
    ],
  };

/** All columns, in their order. */
export const COLUMNS: readonly Column[] = [
  ...Object.entries(STATS).map(([name, [kind, help]]): Column => ({
    name,
    kind,
    help,
  })),
  { name: "function_name", kind: "text", help: "Name of the function" },
  { name: "error_message", kind: "text", help: "What the error says" },
];

/** One row a call: its statistics and what else is known of it. A figure that a file of an older version lacks is `null`. */
export function* rowsOf(
  { calls, details = [] }: RunData,
): Generator<Readonly<Record<string, Cell>>> {
  for (const [i, call] of calls.entries()) {
    const row: Record<string, Cell> = {};
    const known = call as unknown as Record<string, Cell>;
    for (const { name } of COLUMNS) row[name] = known[name] ?? null;
    row.function_name = details[i]?.function_name ?? null;
    row.error_message = details[i]?.error?.message ?? null;
    yield row;
  }
}
