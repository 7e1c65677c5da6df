/**
 * Waiting for futures: it only observes. No time limit here ever ends a call.
 *
 * @module
 */
import type { Call } from "./call.ts";
import { callOf, type ResponseFuture, type ResultOptions } from "./future.ts";
import {
  checkOptions,
  isBoolean,
  isDelay,
  isSignal,
  type Rules,
} from "./_check.ts";
import { deadline } from "./_deadline.ts";

/**
 * A future whose call has ended. It is the future itself, by a type that `for await` does not take for a promise: ask
 * for its value with `await future.result()`.
 */
export type EndedFuture<T> = Omit<ResponseFuture<T>, "then">;

/** When `wait` has waited enough. */
export type ReturnWhen =
  | "ALL_COMPLETED"
  | "ANY_COMPLETED"
  | "ALWAYS"
  | number;

/** Options of `wait`. */
export interface WaitOptions {
  /** All, any, as it is now, or a percentage of all. @default {"ALL_COMPLETED"} */
  returnWhen?: ReturnWhen;
  /** Seconds after which it returns what there is by then; nothing is stopped. @default {Infinity} */
  timeout?: number;
  /** Rejects with the error of the first call that fails. @default {false} */
  throwExcept?: boolean;
  /** Shows a progress bar if stderr is a terminal. @default {true} as the executor was told */
  progress?: boolean;
}

/** Options of `getResult`. */
export interface GetResultOptions extends ResultOptions {
  /** Rejects with the error of the first call that fails; else such calls give `undefined`. @default {true} */
  throwExcept?: boolean;
  /** Shows a progress bar if stderr is a terminal. @default {true} as the executor was told */
  progress?: boolean;
}

/** Options of `wait`. */
export const WAIT_RULES: Rules = {
  returnWhen: {
    expected:
      '"ALL_COMPLETED", "ANY_COMPLETED", "ALWAYS", or a percentage from 0 to 100',
    judge: (value) =>
      typeof value === "number"
        ? value >= 0 && value <= 100 ? undefined : RangeError
        : value === "ALL_COMPLETED" || value === "ANY_COMPLETED" ||
            value === "ALWAYS"
        ? undefined
        : TypeError,
  },
  timeout: isDelay,
  throwExcept: isBoolean,
  progress: isBoolean,
};

/** Options of `getResult`. */
export const RESULT_RULES: Rules = {
  timeout: isDelay,
  signal: isSignal,
  throwExcept: isBoolean,
  progress: isBoolean,
};

/** Throws a `TypeError` or `RangeError` for options that `wait` does not take. */
export function checkWaitOptions(options: WaitOptions): void {
  checkOptions("wait", options, WAIT_RULES);
}

/** Throws a `TypeError` or `RangeError` for options that `getResult` does not take. */
export function checkResultOptions(options: GetResultOptions): void {
  checkOptions("get results", options, RESULT_RULES);
}

/** Learns of each further future, and without one that there will be no more. */
export type Watcher = (future?: ResponseFuture<unknown>) => void;

/** Futures that may still become more. */
export interface Growing {
  /** Those there are. */
  readonly futures: ArrayLike<ResponseFuture<unknown>>;
  /** How many there have been: more than there are where those that were given are let go. */
  readonly made: number;
  /** Set when there will be no more; holds what the input threw, if it did. */
  readonly end: { error?: unknown } | undefined;
  /** Runs `watcher` with each further future, and without one when `end` has been set; gives what ends that. */
  watch(watcher: Watcher): () => void;
  /** Lets go of a future that was given to the user; not there where all are kept. */
  drop?(future: ResponseFuture<unknown>): void;
}

/** The calls that have ended by now; those that were let go of have too, but nothing is known of them. */
export function endedOf({ futures }: Growing): Call[] {
  const ended: Call[] = [];
  for (let i = 0; i < futures.length; i++) {
    const call = callOf(futures[i]!);
    if (call.done) ended.push(call);
  }
  return ended;
}

/**
 * Calls `onDone` for each call that ends from now on, and `onEnd` when no more futures will come. Gives what ends that:
 * then neither the calls nor the source know of it any more.
 */
export function follow(
  source: Growing,
  onDone: (call: Call) => void,
  onEnd: () => void,
): () => void {
  const { futures } = source;
  let open = 0;
  const listener = (call: Call) => {
    open--;
    onDone(call);
  };
  const add = (future: ResponseFuture<unknown>) => {
    open++;
    callOf(future).onDone(listener);
  };
  for (let i = 0; i < futures.length; i++) {
    if (!futures[i]!.done) add(futures[i]!);
  }
  const unwatch = source.end !== undefined ? undefined : source.watch(
    (future) => future === undefined ? onEnd() : add(future),
  );
  return () => {
    unwatch?.();
    if (open === 0) return; // Mostly all have ended, and there may be very many.
    for (let i = 0; i < futures.length; i++) {
      callOf(futures[i]!).offDone(listener);
    }
  };
}

/**
 * Calls `resolve` when enough calls have ended; `reject` as the options say, or with the error of an input that threw.
 * Gives what ends the waiting.
 */
function untilEnough(
  source: Growing,
  { returnWhen = "ALL_COMPLETED", throwExcept = false }: WaitOptions,
  resolve: () => void,
  reject: (reason: unknown) => void,
): () => void {
  // What a list has let go of was given to somebody, so it has ended.
  let done = source.made - source.futures.length;
  let isOver = false;
  let stop = () => {};
  const settle = (tell: () => void) => {
    isOver = true;
    stop();
    tell();
  };
  const look = () => {
    const total = source.made;
    const end = done === total ? source.end : undefined;
    if (end !== undefined && "error" in end) settle(() => reject(end.error));
    else if (
      end !== undefined || returnWhen === "ALWAYS" ||
      returnWhen === "ANY_COMPLETED" && done > 0 ||
      typeof returnWhen === "number" && source.end !== undefined &&
        Math.floor(done * 100 / total) >= returnWhen
    ) settle(resolve);
  };
  const count = (call: Call) => {
    done++;
    if (throwExcept && call.error !== null) settle(() => reject(call.error));
    else look();
  };
  for (const call of endedOf(source)) if (!isOver) count(call);
  if (!isOver) look();
  if (!isOver) stop = follow(source, count, look);
  return stop;
}

/** Which futures have ended, and which have not. */
export function partition<T>(
  futures: Iterable<ResponseFuture<T>>,
): [ResponseFuture<T>[], ResponseFuture<T>[]] {
  const done: ResponseFuture<T>[] = [], open: ResponseFuture<T>[] = [];
  for (const future of futures) (future.done ? done : open).push(future);
  return [done, open];
}

/** Waits until `untilEnough`, or until the time is over: that is no error here. */
export async function waitFor(
  source: Growing,
  options: WaitOptions,
): Promise<void> {
  const { timeout = Infinity } = options;
  try {
    await deadline<void>(
      (resolve, reject) => untilEnough(source, options, resolve, reject),
      { timeout },
      "the calls",
    );
  } catch (error) {
    if (
      timeout === Infinity ||
      !(error instanceof DOMException && error.name === "TimeoutError")
    ) throw error;
  }
}

/** The results of all futures in order; `undefined` for a call that failed, if failures are not thrown. */
export async function collect(
  source: Growing,
  options: GetResultOptions,
): Promise<unknown[]> {
  const { throwExcept = true } = options;
  await deadline<void>(
    (resolve, reject) => untilEnough(source, { throwExcept }, resolve, reject),
    options,
    `${source.futures.length} calls`,
  );
  return Array.from(source.futures, (future) => callOf(future).value);
}

/** Notes that the results of these futures have been handed out. */
export function markRead(futures: ArrayLike<ResponseFuture<unknown>>): void {
  for (let i = 0; i < futures.length; i++) callOf(futures[i]!).read = true;
}

/**
 * Gives futures as their calls end, until all have; then throws the error of an input that threw.
 *
 * An iterator by hand: a generator would await the futures it yields.
 */
export class AsCompleted<T> implements AsyncIterableIterator<EndedFuture<T>> {
  readonly #source: Growing;
  #ended: Call[];
  #next = 0;
  /** Whether all have been given that will ever be. */
  readonly #isOver: () => boolean;
  #given = 0;
  #stopped = false;
  #waiting: (() => void)[] = [];
  readonly #unfollow: () => void;

  /** Follows `source`. */
  constructor(source: Growing) {
    this.#source = source;
    const before = source.made - source.futures.length;
    this.#isOver = () =>
      source.end !== undefined && this.#given === source.made - before;
    this.#ended = endedOf(source);
    this.#unfollow = follow(source, (call) => {
      this.#ended.push(call);
      this.#wake();
    }, () => this.#wake());
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The next future whose call has ended. */
  async next(): Promise<IteratorResult<EndedFuture<T>, undefined>> {
    while (!this.#stopped) {
      if (this.#next < this.#ended.length) {
        return { done: false, value: this.#take() };
      }
      if (this.#isOver()) {
        this.#stopped = true;
        const { end } = this.#source;
        if (end !== undefined && "error" in end) throw end.error;
        break;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return { done: true, value: undefined };
  }

  /** Ends the iteration; the calls go on. */
  return(): Promise<IteratorResult<EndedFuture<T>, undefined>> {
    this.#stopped = true;
    this.#unfollow();
    this.#ended = [];
    this.#next = 0;
    this.#wake();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): ResponseFuture<T> {
    const future = this.#ended[this.#next++]!.future as ResponseFuture<T>;
    // Let go of what has been taken, now and then.
    if (this.#next * 2 > this.#ended.length) {
      this.#ended = this.#ended.slice(this.#next);
      this.#next = 0;
    }
    this.#given++;
    this.#source.drop?.(future);
    return future;
  }
}
