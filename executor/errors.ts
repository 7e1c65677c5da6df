/**
 * The errors that callers are meant to catch, and how any thrown value crosses between host and worker whole.
 *
 * @module
 */
import type { CallStats } from "./stats.ts";

/** Which call an error is about. */
export interface CallErrorOptions extends ErrorOptions {
  /** `"M001/00042"`, or undefined for an error that is about no single call. */
  call?: string;
  /** The statistics of the call, as far as it got. */
  stats?: CallStats;
}

/**
 * A call failed: its function threw, or its item or result could not be sent. `cause` is the original error, revived
 * with its class name, own properties, stack and cause.
 *
 * @example Look at what a call threw
 * ```ts
 * import { CallError, FunctionExecutor } from "../mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 1 });
 * const future = fexec.callAsync(() => {
 *   throw new RangeError("too far");
 * }, null);
 * try {
 *   await future;
 * } catch (error) {
 *   if (error instanceof CallError) console.log(error.cause); // RangeError: too far
 * }
 * ```
 */
export class CallError extends Error {
  /** Always the class name. */
  override readonly name: string = "CallError";
  /** `"M001/00042"`, or undefined for an error that is about no single call. */
  readonly call: string | undefined;
  /** The statistics of the call, as far as it got. */
  stats: CallStats | undefined;

  /** Builds the error; {@linkcode CallErrorOptions} say which call it is about. */
  constructor(message: string, options: CallErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.call = options.call;
    this.stats = options.stats;
  }
}

/** The function of a call ran longer than `timeout` allows, and was stopped. */
export class CallTimeoutError extends CallError {
  /** Always the class name. */
  override readonly name = "CallTimeoutError";
}

/** What is known of a worker that ended. */
export interface WorkerExit {
  /** Exit code, `null` if a signal ended it or if it is not known. */
  code: number | null;
  /** Signal that ended it, such as `"SIGKILL"`. */
  signal: string | null;
  /** The last lines it wrote to stderr. */
  stderrTail: string;
  /** True only if it ran out of memory. */
  oom: boolean;
}

/** The worker ended while it ran this call. */
export class WorkerExitError extends CallError {
  /** Always the class name. */
  override readonly name = "WorkerExitError";
  /** Exit code, `null` if a signal ended it or if it is not known. */
  readonly code: number | null;
  /** Signal that ended it, such as `"SIGKILL"`. */
  readonly signal: string | null;
  /** The last lines it wrote to stderr. */
  readonly stderrTail: string;
  /** True only if it ran out of memory. */
  readonly oom: boolean;

  /** Builds the error from what is known of the exit. */
  constructor(message: string, exit: WorkerExit, options?: CallErrorOptions) {
    super(message, options);
    this.code = exit.code;
    this.signal = exit.signal;
    this.stderrTail = exit.stderrTail;
    this.oom = exit.oom;
  }
}

/** The call was cancelled, or its executor was ended before it was done. `cause` is the reason given. */
export class CancelledError extends CallError {
  /** Always the class name. */
  override readonly name = "CancelledError";
}

/** The queue holds `maxQueue` calls already. */
export class QueueFullError extends Error {
  /** Always the class name. */
  override readonly name = "QueueFullError";
}

/** The executor has been closed and takes no more work. */
export class ExecutorClosedError extends Error {
  /** Always the class name. */
  override readonly name = "ExecutorClosedError";
}
