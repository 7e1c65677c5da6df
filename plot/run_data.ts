/**
 * The plain data of a run that reports, findings, traces and exports are made of. A `Run` of the executor is one.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import type { Collection } from "../profiler/record.ts";

/** What is used of the first line of a saved run. */
export interface RunDataHeader {
  /** `"<6 hex>-<n>"`. */
  readonly executor_id: string;
  /** `"process"` or `"thread"`. */
  readonly backend: string;
  /** Cores that calls could use. */
  readonly cores: number;
  /** Name of the machine, `null` if it is not known. */
  readonly host_name: string | null;
}

/** What is used of a worker's figures. */
export interface RunDataWorker {
  /** Number of the worker within its executor. */
  readonly worker_id: number;
  /** Process id. */
  readonly worker_pid: number;
  /** Thread id. */
  readonly worker_tid: number;
  /** Seconds from starting it to its first message. */
  readonly worker_boot_time: number;
  /** Calls it has answered. */
  readonly calls: number;
  /** When it was up, in epoch seconds; none or `null` where that is not known. */
  readonly worker_start_tstamp?: number | null;
  /** When it had ended, in epoch seconds; none or `null` while it has not, or where that is not known. */
  readonly worker_end_tstamp?: number | null;
  /** Seconds that were added to the instants of its host; none or 0 for the script's own machine. */
  readonly worker_clock_offset?: number;
}

/** What is used of a call's details. */
export interface RunDataDetail {
  /** Name of the function, `null` if it has none. */
  readonly function_name: string | null;
  /** Why it failed; `null` or nothing if it has not. */
  readonly error?: {
    /** What the error says. */
    readonly message: string;
  } | null;
}

/** A run as plain data. */
export interface RunData {
  /** Who ran it, and where. */
  readonly header: RunDataHeader;
  /** Statistics of each call. */
  readonly calls: readonly CallStats[];
  /** What each worker did. */
  readonly workers: readonly RunDataWorker[];
  /** What else is known of each call, in the order of `calls`; may be empty. */
  readonly details?: readonly RunDataDetail[];
  /** What the profiler sampled; none without it. */
  readonly collections?: readonly Collection[];
}
