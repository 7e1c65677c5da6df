/**
 * What a submitted call looks like to the user: a future that can be awaited, asked and cancelled.
 *
 * @module
 */
import type { Call, CallState, Listener } from "./call.ts";
import type { CallStats } from "./stats.ts";
import { checkOptions, isDelay, isSignal } from "./_check.ts";
import { deadline } from "./_deadline.ts";
import { NESTED } from "./worker/protocol.ts";

/** Where a call is: not queued, queued, given to a worker, ended but not decoded, or ended. */
export type FutureState = CallState;

/** Options of {@linkcode ResponseFuture.result}. */
export interface ResultOptions {
  /** Seconds to wait; then it rejects with a `TimeoutError`, and the call goes on. @default {Infinity} */
  timeout?: number;
  /** Stops the waiting with its reason when it aborts; the call goes on. @default {undefined} none */
  signal?: AbortSignal;
}

/** What a future gives. */
export type ValueOf<F> = F extends ResponseFuture<infer T> ? T : never;

/** What a future needs of its executor. */
export interface FutureOwner {
  /** Cancels a call. */
  cancel(call: Call, reason: unknown): void;
}

/** The call behind a future; for this folder only. */
export let callOf: (future: ResponseFuture<unknown>) => Call;

/**
 * The future of one call. Awaiting it gives the result or throws what went wrong; not awaiting it is safe too.
 *
 * @typeParam T what the function returns
 *
 * @example Await a future, then look at its statistics
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 1 });
 * const future = fexec.callAsync((x: number) => x + 7, 3);
 * console.log(await future, future.state, future.stats.worker_func_exec_time);
 * ```
 */
export class ResponseFuture<T> implements PromiseLike<T> {
  readonly #call: Call;
  readonly #owner: FutureOwner;

  static {
    callOf = (future) => future.#call;
  }

  /** Made by an executor, never by hand. */
  constructor(call: Call, owner: FutureOwner) {
    this.#call = call;
    this.#owner = owner;
    call.future = this;
  }

  /** `"00042"`: the position of the item in its job. */
  get callId(): string {
    return this.#call.callId;
  }

  /** `"M001"`. */
  get jobId(): string {
    return this.#call.job.id;
  }

  /** `"<6 hex>-<n>"`. */
  get executorId(): string {
    return this.#call.job.executorId;
  }

  /** Where the call is. */
  get state(): FutureState {
    return this.#call.state;
  }

  /** The call has ended, whatever the outcome. */
  get done(): boolean {
    return this.#call.done;
  }

  /** The call has ended with a result. */
  get success(): boolean {
    return this.#call.outcome === "success";
  }

  /** Why the call failed, `null` if it has not. */
  get error(): Error | null {
    return this.#call.error;
  }

  /** Errors of earlier attempts of a call that was retried. */
  get attempts(): readonly Error[] {
    return this.#call.attempts;
  }

  /** What is known of the call up to now: the same keys on every outcome, JSON-safe. */
  get stats(): CallStats {
    return this.#call.stats();
  }

  /** What the function printed so far. */
  get logs(): string {
    return this.#call.logs;
  }

  /**
   * Waits for the result. Rejects with the error of a failed call, each time it is asked.
   */
  result(options: ResultOptions = {}): Promise<T> {
    checkOptions("wait for a result", options, RESULT_RULES);
    const call = this.#call;
    return deadline(
      (resolve, reject) => {
        const listener = this.#listen(resolve, reject);
        return () => call.offDone(listener);
      },
      options,
      `call ${call.name}`,
    );
  }

  /** Tells one of the two how the call has ended, when it has; gives the listener that does. */
  #listen(
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ): Listener {
    const listener: Listener = (call) => {
      call.read = true;
      if (call.error === null) resolve(call.value as T);
      else reject(call.error);
    };
    this.#call.onDone(listener);
    return listener;
  }

  /**
   * Cancels the call: one that waits never starts; one that runs sees `ctx.signal` abort, and is stopped with its
   * worker after `killDelay`. The future then rejects with a `CancelledError` whose cause is `reason`.
   */
  cancel(reason?: unknown): void {
    this.#owner.cancel(this.#call, reason);
  }

  /** Waits for the result, as `await` does. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Promise<T>((resolve, reject) => {
      this.#listen(resolve, reject);
    }).then(onFulfilled, onRejected);
  }

  /** Tells a worker that the results of these futures are wanted in their place, if a function returns them. */
  [NESTED](): Promise<T> {
    return this.result();
  }
}

const RESULT_RULES = { timeout: isDelay, signal: isSignal };
