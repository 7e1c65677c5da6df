/**
 * What the statistics of any call must look like, whatever became of it.
 *
 * @module
 */
import { assert, assertEquals, assertGreaterOrEqual } from "./assert.ts";
import type { CallStats } from "../mod.ts";

/** Every documented key, with what its value is when there is one. */
export const KEYS: Record<
  keyof CallStats,
  "string" | "number" | "boolean" | "list"
> = {
  call_id: "string",
  job_id: "string",
  executor_id: "string",
  attempt: "number",
  outcome: "string",
  error_class: "string",
  worker_id: "number",
  worker_pid: "number",
  worker_tid: "number",
  host_name: "string",
  worker_boot_time: "number",
  worker_queue_time: "number",
  func_data_size_bytes: "number",
  func_module_size_bytes: "number",
  func_result_size: "number",
  host_data_upload_time: "number",
  host_func_upload_time: "number",
  host_job_create_tstamp: "number",
  host_job_created_time: "number",
  host_job_serialize_time: "number",
  host_result_done_tstamp: "number",
  host_result_query_count: "number",
  host_status_done_tstamp: "number",
  host_status_query_count: "number",
  host_submit_tstamp: "number",
  worker_cold_start: "boolean",
  worker_end_tstamp: "number",
  worker_exec_time: "number",
  worker_func_cpu_usage: "list",
  worker_func_cpu_percent: "number",
  worker_func_cpu_user_time: "number",
  worker_func_cpu_system_time: "number",
  worker_func_end_tstamp: "number",
  worker_func_exec_time: "number",
  worker_func_recv_net_io: "number",
  worker_func_sent_net_io: "number",
  worker_func_start_tstamp: "number",
  worker_func_rss: "number",
  worker_func_uss: "number",
  worker_func_vms: "number",
  worker_func_read_bytes: "number",
  worker_func_write_bytes: "number",
  worker_func_voluntary_switches: "number",
  worker_func_involuntary_switches: "number",
  profile_samples: "number",
  profile_peak_rss: "number",
  profile_peak_pss: "number",
  profile_peak_uss: "number",
  profile_peak_cpu_percent: "number",
  profile_peak_processes: "number",
  profile_peak_threads: "number",
  profile_peak_storage_read_rate: "number",
  profile_peak_storage_write_rate: "number",
  worker_peak_memory_start: "number",
  worker_peak_memory_end: "number",
  worker_result_upload_time: "number",
  worker_start_tstamp: "number",
};

/** Instants that a call passes one after the other, from its submit. */
export const INSTANTS = [
  "host_job_create_tstamp",
  "host_submit_tstamp",
  "worker_start_tstamp",
  "worker_func_start_tstamp",
  "worker_func_end_tstamp",
  "worker_end_tstamp",
  "host_status_done_tstamp",
  "host_result_done_tstamp",
] as const;

/** Asserts that every key is there, of its type or null, and that nothing is lost when it is written as JSON. */
export function assertWellFormed(stats: CallStats): void {
  assertEquals(Object.keys(stats).sort(), Object.keys(KEYS).sort());
  for (const [key, type] of Object.entries(KEYS)) {
    const value = stats[key as keyof CallStats];
    if (value === null) continue;
    assertEquals(Array.isArray(value) ? "list" : typeof value, type, key);
    if (typeof value !== "number") continue;
    assert(Number.isFinite(value), key);
    assertGreaterOrEqual(value, 0, key);
    if (!/time|tstamp|percent/.test(key)) assert(Number.isInteger(value), key);
  }
  assertEquals(JSON.parse(JSON.stringify(stats)), stats);
}
