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
    // Where this object is made is nobody's business: the stack of `cause` leads to the user's line.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    Error.stackTraceLimit = limit;
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

/** A thrown value as it travels: everything structured clone would lose is spelled out. */
export interface PackedError {
  /** False for a thrown value that is no error; it is then in `value`. */
  isError: boolean;
  /** The thrown value, where it is no error. */
  value?: unknown;
  /** Its `name`. */
  name?: string;
  /** Name of its class. */
  className?: string;
  /** Its message. */
  message?: string;
  /** Its stack as text. */
  stack?: string;
  /** Its cause, packed in the same way. */
  cause?: PackedError;
  /** The errors of an `AggregateError`. */
  errors?: PackedError[];
  /** Its own properties beyond those. */
  props?: Record<string, unknown>;
}

/** Causes and errors of errors are followed this deep, and so many of them in all. */
const MAX_DEPTH = 8, MAX_ERRORS = 200;

const BUILT_IN: Record<string, ErrorConstructor> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** What `read` gives, or undefined if it throws: a thrown value may be anything, a revoked proxy too. */
function attempt<R>(read: () => R): R | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** True for errors of any realm. */
function isError(value: unknown): value is Error {
  return attempt(() =>
    value instanceof Error ||
    Object.prototype.toString.call(value) === "[object Error]"
  ) ?? false;
}

/**
 * Packs a thrown value; never throws. `sendable` says whether a property's value can be sent; those that cannot are
 * sent as text.
 */
export function packError(
  thrown: unknown,
  sendable: (value: unknown) => boolean,
): PackedError {
  return pack(thrown, sendable, 0, { left: MAX_ERRORS });
}

function pack(
  thrown: unknown,
  sendable: (value: unknown) => boolean,
  depth: number,
  budget: { left: number },
): PackedError {
  budget.left--;
  if (!isError(thrown)) {
    return {
      isError: false,
      value: sendable(thrown) ? thrown : describeValue(thrown),
    };
  }
  const text = (read: () => unknown) => attempt(() => String(read() ?? ""));
  const packed: PackedError = {
    isError: true,
    name: text(() => thrown.name) ?? "Error",
    className: text(() => thrown.constructor.name) || "Error",
    message: text(() => thrown.message) ?? "",
    stack: ownFrames(text(() => thrown.stack) ?? ""),
  };
  if (depth < MAX_DEPTH) {
    const cause = attempt(() => thrown.cause);
    if (cause !== undefined && budget.left > 0) {
      packed.cause = pack(cause, sendable, depth + 1, budget);
    }
    const errors = attempt(() => (thrown as AggregateError).errors);
    // What looks like an array may be a proxy whose every trap throws.
    const list = attempt(() =>
      Array.isArray(errors) ? Array.from(errors) as unknown[] : undefined
    );
    if (list !== undefined) {
      packed.errors = [];
      for (const each of list) {
        if (budget.left <= 0) break;
        packed.errors.push(pack(each, sendable, depth + 1, budget));
      }
    }
  }
  const props: Record<string, unknown> = {};
  for (const key of attempt(() => Object.keys(thrown)) ?? []) {
    if (key === "cause" || key === "errors" || key === "stack") continue;
    const value = attempt(() =>
      (thrown as unknown as Record<string, unknown>)[key]
    );
    props[key] = sendable(value) ? value : describeValue(value);
  }
  if (Object.keys(props).length > 0) packed.props = props;
  return packed;
}

/** Where the code of workers is. */
const WORKER_FOLDER = new URL("./worker/", import.meta.url).href;

/** A stack without the frames of the worker that called the function. */
function ownFrames(stack: string): string {
  return stack.split("\n").filter((line) => !line.includes(WORKER_FOLDER))
    .join("\n");
}

/** What cannot be sent, as text that never throws. */
function describeValue(value: unknown): string {
  try {
    return Deno.inspect(value, { depth: 1 });
  } catch {
    return attempt(() => Object.prototype.toString.call(value)) ??
      "a value that cannot be looked at";
  }
}

/**
 * Brings a packed value back: an error of the built-in class of that name (else an `Error` that carries the name), with
 * own properties, stack and cause; or the very value that was thrown.
 */
export function reviveError(packed: PackedError): unknown {
  if (!packed.isError) return packed.value;
  const name = packed.name ?? "Error";
  const options = packed.cause === undefined
    ? undefined
    : { cause: reviveError(packed.cause) };
  const message = packed.message ?? "";
  let error: Error;
  if (packed.errors !== undefined) {
    error = new AggregateError(
      packed.errors.map(reviveError),
      message,
      options,
    );
  } else if (packed.className === "DOMException") {
    // Its name lives on the instance, not on a class.
    error = new DOMException(message, name) as unknown as Error;
  } else {
    const known = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
    error = new (known ?? Error)(message, options);
  }
  const hidden = (value: unknown) => ({
    value,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  if (error.name !== name) Object.defineProperty(error, "name", hidden(name));
  if (packed.stack) {
    Object.defineProperty(error, "stack", hidden(packed.stack));
  }
  for (const [key, value] of Object.entries(packed.props ?? {})) {
    Object.defineProperty(error, key, { ...hidden(value), enumerable: true });
  }
  return error;
}

/** Name of the class of a thrown value: `"TypeError"`, `"undefined"`, `"string"`. */
export function classNameOf(packed: PackedError): string {
  if (packed.isError) {
    const name = packed.name ?? "Error";
    // A class that does not set `name` inherits "Error": its own name says more.
    return name === "Error" ? packed.className ?? name : name;
  }
  return packed.value === null ? "null" : typeof packed.value;
}
