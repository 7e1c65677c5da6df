/**
 * One run of the function on one input, as the host keeps it: its state, what is known of it, and who waits for it.
 * A `ResponseFuture` is a user's view of this record.
 *
 * @module
 */
import { CallError, CancelledError } from "./errors.ts";
import { Column, COLUMNS, type Numbers } from "./worker/protocol.ts";
import type { CallStats, Outcome, SampledPeaks } from "./stats.ts";
import type { Lane } from "./backends/lane.ts";
import type { ResponseFuture } from "./future.ts";
import type { Job } from "./job.ts";

/** Where a call is. */
export type CallState =
  | "new"
  | "invoked"
  | "running"
  | "ready"
  | "success"
  | "error"
  | "cancelled";

/** What the host knows of a worker. */
export interface WorkerInfo {
  /** Number of the worker within its executor. */
  id: number;
  /** Process id. */
  pid: number;
  /** Thread id. */
  tid: number;
  /** Seconds from starting it to its first message. */
  bootTime: number;
  /** Name of its machine, `null` if it may not be known. */
  host: string | null;
  /** Cores of that machine. */
  cores: number;
}

/** Learns that a call has ended. */
export type Listener = (call: Call) => void;

/**
 * Where the times of a call are in an array that some calls share. A field with such a number is an object of its own,
 * and seven of them are what takes longest to collect around where there are a million calls.
 */
const OFFSET = 0, SUBMITTED = 1, UPLOAD = 2, FUNCTION = 3;
const SENT = 4, STATUS = 5, RESULT = 6, TIMES = 7;
/** Calls that share an array. */
const SHARE = 32;
/** Nothing has happened. `NaN` first, so that V8 takes it for an array of doubles, which one of whole numbers becomes late. */
const NO_TIMES: readonly number[] = Array.from(
  { length: SHARE * TIMES },
  () => NaN,
).fill(-1);

/** The array that the next call shares, and where it begins there. */
let times: number[] = NO_TIMES.slice(), place = 0;

/** One call. Fields are for this folder only; users see a `ResponseFuture`. */
export class Call {
  readonly job: Job;
  readonly index: number;
  /** The user's view of it. */
  future: ResponseFuture<unknown> | undefined;
  state: CallState = "new";
  item: unknown;
  value: unknown = undefined;
  error: Error | null = null;
  outcome: Outcome | null = null;
  errorClass: string | null = null;
  /** Errors of earlier attempts. */
  attempts: Error[] = NO_ERRORS;
  attempt = 0;
  /** Times it came back from a worker without having been run to its end there. */
  returned = 0;
  /** Its result has been handed to the user. */
  read = false;
  /** Set once somebody wants it cancelled: why. */
  cancelReason: unknown = undefined;
  cancelling = false;
  logs = "";
  worker: WorkerInfo | null = null;
  /** Where it is while a worker has it. */
  lane: Lane | undefined = undefined;
  /** Kernel counters and instants of the last attempt: a row in the numbers of a message. */
  numbers: Numbers | null = null;
  row = 0;
  inputSize = -1;
  readonly #times: number[];
  readonly #place: number;
  #listeners: Listener | Listener[] | null = null;

  constructor(job: Job, index: number, item: unknown) {
    this.job = job;
    this.index = index;
    this.item = item;
    if (place === times.length) {
      times = NO_TIMES.slice();
      place = 0;
    }
    this.#times = times;
    this.#place = place;
    this.clockOffset = 0;
    place += TIMES;
  }

  // Instants in epoch milliseconds, durations in milliseconds; -1 for what has not happened.

  /** Milliseconds between the worker's clock and the host's. */
  get clockOffset(): number {
    return this.#times[this.#place + OFFSET]!;
  }
  set clockOffset(value: number) {
    this.#times[this.#place + OFFSET] = value;
  }

  /** When it was queued. */
  get submittedAt(): number {
    return this.#times[this.#place + SUBMITTED]!;
  }
  set submittedAt(value: number) {
    this.#times[this.#place + SUBMITTED] = value;
  }

  /** Time to send it. */
  get uploadTime(): number {
    return this.#times[this.#place + UPLOAD]!;
  }
  set uploadTime(value: number) {
    this.#times[this.#place + UPLOAD] = value;
  }

  /** Time to send its function. */
  get functionTime(): number {
    return this.#times[this.#place + FUNCTION]!;
  }
  set functionTime(value: number) {
    this.#times[this.#place + FUNCTION] = value;
  }

  /** When its worker sent the result. */
  get resultSentAt(): number {
    return this.#times[this.#place + SENT]!;
  }
  set resultSentAt(value: number) {
    this.#times[this.#place + SENT] = value;
  }

  /** When the host learnt that it had ended. */
  get statusAt(): number {
    return this.#times[this.#place + STATUS]!;
  }
  set statusAt(value: number) {
    this.#times[this.#place + STATUS] = value;
  }

  /** When its result was there. */
  get resultAt(): number {
    return this.#times[this.#place + RESULT]!;
  }
  set resultAt(value: number) {
    this.#times[this.#place + RESULT] = value;
  }

  /** `"00042"`. */
  get callId(): string {
    return String(this.index).padStart(5, "0");
  }

  /** `"M001/00042"`. */
  get name(): string {
    return `${this.job.id}/${this.callId}`;
  }

  /** It has ended, whatever the outcome. */
  get done(): boolean {
    return this.outcome !== null;
  }

  /** Runs `listener` when the call has ended: at once if it has. */
  onDone(listener: Listener): void {
    if (this.done) listener(this);
    else if (this.#listeners === null) this.#listeners = listener;
    else if (typeof this.#listeners === "function") {
      this.#listeners = [this.#listeners, listener];
    } else this.#listeners.push(listener);
  }

  /** Takes back what `onDone` was given. */
  offDone(listener: Listener): void {
    const listeners = this.#listeners;
    if (listeners === listener) this.#listeners = null;
    else if (Array.isArray(listeners)) {
      const at = listeners.indexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
    }
  }

  /** Forgets when it ended, as it goes on: what has not come back is told as such. */
  goesOn(): void {
    this.statusAt = this.resultSentAt = -1;
  }

  /** Ends it with a result, which was there at `at`, in epoch milliseconds. */
  succeed(value: unknown, at: number = this.job.now()): void {
    if (this.done) return;
    this.value = value;
    this.resultAt = at;
    this.#end("success", "success");
  }

  /** Ends it with an error. */
  fail(error: Error, outcome: Outcome, errorClass: string): void {
    if (this.done) return;
    this.error = error;
    this.errorClass = errorClass;
    this.#end(outcome === "cancelled" ? "cancelled" : "error", outcome);
  }

  /** Ends it as cancelled. */
  cancelled(): void {
    const reason = this.cancelReason;
    this.fail(
      new CancelledError(
        `Call ${this.name} of ${this.job.title} was cancelled${
          reason instanceof Error && reason.message
            ? `: ${reason.message}`
            : typeof reason === "string"
            ? `: ${reason}`
            : ""
        }`,
        { call: this.name, cause: reason },
      ),
      "cancelled",
      "CancelledError",
    );
  }

  #end(state: CallState, outcome: Outcome): void {
    if (this.statusAt < 0) this.statusAt = this.job.now();
    this.state = state;
    this.outcome = outcome;
    this.item = undefined;
    this.lane = undefined;
    const listeners = this.#listeners;
    this.#listeners = null;
    // Of a call that goes on with the result of another, it may be the error of that one, which has its own.
    if (this.error instanceof CallError) this.error.stats ??= this.stats();
    this.job.ended(this);
    if (typeof listeners === "function") listeners(this);
    else if (listeners !== null) { for (const each of listeners) each(this); }
  }

  /** A column of the last attempt, `null` if it was not measured. */
  #column(column: number): number | null {
    if (this.numbers === null) return null;
    const value = this.numbers[this.row * COLUMNS + column];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** An instant of the worker as epoch seconds of the host's clock. */
  #instant(column: number): number | null {
    const value = this.#column(column);
    return value === null ? null : (value + this.clockOffset) / 1000;
  }

  /** Seconds that the function ran in the last attempt, `null` if that is not known. */
  get funcTime(): number | null {
    const start = this.#column(Column.funcStart);
    const end = this.#column(Column.funcEnd);
    return start === null || end === null ? null : (end - start) / 1000;
  }

  /** Its statistics as they are now. */
  stats(): CallStats {
    const { job } = this;
    const start = this.#instant(Column.start);
    const funcStart = this.#instant(Column.funcStart);
    const funcEnd = this.#instant(Column.funcEnd);
    const end = this.#instant(Column.end);
    const user = this.#column(Column.cpuUser);
    const system = this.#column(Column.cpuSystem);
    const cold = this.#column(Column.cold);
    const window = this.#column(Column.cpuWindow);
    const cores = this.worker?.cores ?? job.cores;
    const percent = user === null || system === null || !window
      ? null
      : (user + system) / (window / 1000) * 100;
    return {
      call_id: this.callId,
      job_id: job.id,
      executor_id: job.executorId,
      attempt: this.attempt,
      outcome: this.outcome,
      error_class: this.errorClass,
      worker_id: this.worker?.id ?? null,
      worker_pid: this.worker?.pid ?? null,
      worker_tid: this.worker?.tid ?? null,
      host_name: this.worker?.host ?? null,
      worker_boot_time: this.worker?.bootTime ?? null,
      worker_queue_time: difference(seconds(this.submittedAt), start),
      func_data_size_bytes: this.inputSize < 0 ? null : this.inputSize,
      func_module_size_bytes: job.functionSize,
      func_result_size: this.#column(Column.resultSize),
      host_job_create_tstamp: job.createdAt / 1000,
      host_job_serialize_time: job.serializeTime / 1000,
      host_func_upload_time: seconds(this.functionTime),
      host_data_upload_time: seconds(this.uploadTime),
      host_job_created_time: job.creationTime / 1000,
      host_submit_tstamp:
        (this.submittedAt < 0 ? job.createdAt : this.submittedAt) / 1000,
      host_status_done_tstamp: seconds(this.statusAt),
      host_status_query_count: this.statusAt < 0 ? 0 : 1,
      host_result_done_tstamp: seconds(this.resultAt),
      host_result_query_count: this.resultAt < 0 ? 0 : 1,
      worker_cold_start: cold === null ? null : cold === 1,
      worker_start_tstamp: start,
      worker_end_tstamp: end,
      worker_exec_time: difference(start, end),
      worker_func_start_tstamp: funcStart,
      worker_func_end_tstamp: funcEnd,
      worker_func_exec_time: difference(funcStart, funcEnd),
      worker_result_upload_time: this.resultSentAt < 0
        ? null
        : Math.max(0, this.statusAt - this.resultSentAt) / 1000,
      worker_func_cpu_usage: percent === null
        ? null
        : new Array(cores).fill(percent / cores),
      worker_func_cpu_percent: percent,
      worker_func_cpu_user_time: user,
      worker_func_cpu_system_time: system,
      worker_func_recv_net_io: this.#column(Column.netReceived),
      worker_func_sent_net_io: this.#column(Column.netSent),
      worker_func_rss: this.#column(Column.rss),
      worker_func_uss: this.#column(Column.uss),
      worker_func_vms: this.#column(Column.vms),
      worker_peak_memory_start: this.#column(Column.peakStart),
      worker_peak_memory_end: this.#column(Column.peakEnd),
      worker_func_read_bytes: this.#column(Column.read),
      worker_func_write_bytes: this.#column(Column.written),
      worker_func_voluntary_switches: this.#column(Column.voluntary),
      worker_func_involuntary_switches: this.#column(Column.involuntary),
      ...(job.peaks?.(this) ?? NOT_SAMPLED),
    };
  }
}

const NOT_SAMPLED: SampledPeaks = {
  profile_samples: null,
  profile_peak_rss: null,
  profile_peak_pss: null,
  profile_peak_uss: null,
  profile_peak_cpu_percent: null,
  profile_peak_processes: null,
  profile_peak_threads: null,
  profile_peak_storage_read_rate: null,
  profile_peak_storage_write_rate: null,
};

const NO_ERRORS: Error[] = [];

/** Milliseconds as seconds; `null` for -1. */
function seconds(millis: number): number | null {
  return millis < 0 ? null : millis / 1000;
}

function difference(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : to - from;
}
