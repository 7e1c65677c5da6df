/**
 * What is known of one call: {@linkcode CallStats}, a plain JSON-safe object with the same keys on every outcome.
 *
 * Key names are those of the Lithops documentation (snake_case on purpose: this is a data format). Instants are epoch
 * seconds, durations seconds, sizes bytes. `null` means "not measured", never a made-up 0.
 *
 * @module
 */

/** How a call ended, or where it is: `null` while it has not ended. */
export type Outcome =
  | "success"
  | "error"
  | "timeout"
  | "cancelled"
  | "crashed";

/**
 * What the profiler saw of a call, where its samples fell into it: with the option `profile`, and for calls longer than its
 * interval. `null` else. Memory is that of the worker's whole process tree (of the script on the thread backend).
 */
export interface SampledPeaks {
  /** Collections that were taken while it ran. */
  profile_samples: number | null;
  /** Highest resident memory of the worker and its descendants together, in bytes. */
  profile_peak_rss: number | null;
  /** Highest PSS of them together, in bytes: shared pages count once. */
  profile_peak_pss: number | null;
  /** Highest USS of them together, in bytes. */
  profile_peak_uss: number | null;
  /** Highest CPU use between two collections, 100 a core. */
  profile_peak_cpu_percent: number | null;
  /** Most processes at once. */
  profile_peak_processes: number | null;
  /** Most threads at once. */
  profile_peak_threads: number | null;
  /** Highest rate of reading from storage, in bytes a second. */
  profile_peak_storage_read_rate: number | null;
  /** Highest rate of writing to storage, in bytes a second. */
  profile_peak_storage_write_rate: number | null;
}

/** The documented statistics of one call. */
export interface CallStats extends SampledPeaks {
  /** Five digits, the position of the item in its job: `"00042"`. */
  call_id: string;
  /** `M001`: the letter tells map (`M`), reduce (`R`) or single call (`A`). */
  job_id: string;
  /** `<6 hex>-<n>`. */
  executor_id: string;
  /** 1 for the first run of this call, 2 for its first retry, and so on; 0 if it never ran. */
  attempt: number;
  /** How it ended; `null` while it has not. */
  outcome: Outcome | null;
  /** Class name of the error (`"TypeError"`, `"WorkerExitError"`), `null` without one. */
  error_class: string | null;
  /** Number of the worker within its executor, from 0. */
  worker_id: number | null;
  /** Process id of the worker (of the host on the thread backend). */
  worker_pid: number | null;
  /** Thread id of the worker (equal to `worker_pid` on the process backend). */
  worker_tid: number | null;
  /** Name of the machine that the worker is on; `null` if it may not be known, or the call never ran. */
  host_name: string | null;
  /** Seconds from starting the worker to its first message. */
  worker_boot_time: number | null;
  /** Seconds from submit to the worker taking the call up. */
  worker_queue_time: number | null;

  /** When the job was created (the call to `map`, `callAsync` or `mapReduce`). */
  host_job_create_tstamp: number;
  /** Seconds to check and serialise the function. */
  host_job_serialize_time: number;
  /** Seconds to hand the function to this call's worker; 0 if it had it already, `null` if the call was never sent. */
  host_func_upload_time: number | null;
  /** Seconds to encode the message that carried this call's input, shared evenly by the calls in it. */
  host_data_upload_time: number | null;
  /** Seconds from the creation of the job until its calls could be sent. */
  host_job_created_time: number;
  /** When this call was put into the queue. */
  host_submit_tstamp: number;
  /** When the host learnt that the call had ended. */
  host_status_done_tstamp: number | null;
  /** Messages that told its status: 1, as completion is an event here, never a poll; 0 before. */
  host_status_query_count: number;
  /** When the result was there, decoded; on this machine it comes with the word that the call has ended. */
  host_result_done_tstamp: number | null;
  /** Messages that carried its result: 1 for a result, 0 without. */
  host_result_query_count: number;

  /** Size of this call's input in the codec, near enough; `null` if it was never sent. */
  func_data_size_bytes: number | null;
  /** Size of the function's source, or of its module's URL and export name. */
  func_module_size_bytes: number;
  /** Size of the result in the codec, near enough; `null` without one. */
  func_result_size: number | null;

  /** True if this was the first call of its worker. */
  worker_cold_start: boolean | null;
  /** When the worker took the call up. */
  worker_start_tstamp: number | null;
  /** When the worker was done with the call. */
  worker_end_tstamp: number | null;
  /** Seconds between the two. */
  worker_exec_time: number | null;
  /** When the function was entered. */
  worker_func_start_tstamp: number | null;
  /** When the function had returned or thrown. */
  worker_func_end_tstamp: number | null;
  /** Seconds between the two. */
  worker_func_exec_time: number | null;
  /** Seconds from the worker starting to send the result until the host had received it. */
  worker_result_upload_time: number | null;

  /** Average use of each core by this call while the function ran, in percent: `percent / cores` for every core. */
  worker_func_cpu_usage: number[] | null;
  /** The same as one number: 100 is one core kept busy. */
  worker_func_cpu_percent: number | null;
  /** CPU seconds of this call in user mode. */
  worker_func_cpu_user_time: number | null;
  /** CPU seconds of this call in the kernel. */
  worker_func_cpu_system_time: number | null;
  /** Bytes received in the worker's network namespace (loopback included) while the function ran. */
  worker_func_recv_net_io: number | null;
  /** Bytes sent in the worker's network namespace (loopback included) while the function ran. */
  worker_func_sent_net_io: number | null;
  /** Resident memory of the worker process at the end of the function. */
  worker_func_rss: number | null;
  /** Memory that only the worker process uses, at the end of the function. */
  worker_func_uss: number | null;
  /** Virtual memory of the worker process at the end of the function. */
  worker_func_vms: number | null;
  /** Peak resident memory of the worker process at the start of this call (reset for each call). */
  worker_peak_memory_start: number | null;
  /** Peak resident memory of the worker process, or of its largest reaped child if larger, during this call. */
  worker_peak_memory_end: number | null;
  /** Bytes this call caused to be read from storage. */
  worker_func_read_bytes: number | null;
  /** Bytes this call caused to be written to storage. */
  worker_func_write_bytes: number | null;
  /** Times the worker (its process, or its thread) gave up the CPU by itself: it waited. */
  worker_func_voluntary_switches: number | null;
  /** Times the kernel took the CPU away from the worker (its process, or its thread). */
  worker_func_involuntary_switches: number | null;
}
