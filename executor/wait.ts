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

/** Futures that may still become more. */
export interface Growing {
  /** Those there are. */
  readonly futures: ArrayLike<ResponseFuture<unknown>>;
  /** How many there have been: more than there are where those that were given are let go. */
  readonly made: number;
  /** Set when there will be no more; holds what the input threw, if it did. */
  readonly end: { error?: unknown } | undefined;
  /** Runs `listener` with each further future, and without one when `end` may have been set. */
  watch(listener: (future?: ResponseFuture<unknown>) => void): void;
  /** Lets go of a future that was given to the user; not there where all are kept. */
  drop?(future: ResponseFuture<unknown>): void;
}

/** Calls `onDone` for each call as it ends, and `onEnd` once no more futures will come. */
export function follow(
  source: Growing,
  onDone: (call: Call) => void,
  onEnd: () => void,
): void {
  const { futures } = source;
  for (let i = 0; i < futures.length; i++) callOf(futures[i]!).onDone(onDone);
  if (source.end !== undefined) return onEnd();
  let ended = false;
  source.watch((future) => {
    if (future !== undefined) callOf(future).onDone(onDone);
    else if (source.end !== undefined && !ended) {
      ended = true;
      onEnd();
    }
  });
}

/** Resolves when enough calls have ended; rejects as the options say, or with the error of an input that threw. */
export function untilEnough(
  source: Growing,
  { returnWhen = "ALL_COMPLETED", throwExcept = false }: WaitOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // What a list has let go of was given to somebody, so it has ended.
    let done = source.made - source.futures.length;
    const look = () => {
      const total = source.made;
      const end = source.end;
      const enough = returnWhen === "ALWAYS" ||
        returnWhen === "ANY_COMPLETED" && done > 0 ||
        typeof returnWhen === "number" && end !== undefined &&
          Math.floor(done * 100 / total) >= returnWhen;
      const isOver = end !== undefined && done === total;
      if (isOver && "error" in end) reject(end.error);
      else if (enough || isOver) resolve();
    };
    follow(source, (call) => {
      done++;
      if (throwExcept && call.error !== null) reject(call.error);
      else look();
    }, look);
    look();
  });
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
  const enough = untilEnough(source, options);
  const { timeout } = options;
  if (timeout === undefined || timeout === Infinity) return enough;
  try {
    await deadline(enough, { timeout }, "the calls");
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "TimeoutError")) {
      throw error;
    }
  }
}

/** The results of all futures in order; `undefined` for a call that failed, if failures are not thrown. */
export async function collect(
  source: Growing,
  options: GetResultOptions,
): Promise<unknown[]> {
  const { throwExcept = true } = options;
  const all = untilEnough(source, { throwExcept });
  await deadline(all, options, `${source.futures.length} calls`);
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
  #ended: Call[] = [];
  #next = 0;
  /** Whether all have been given that will ever be. */
  readonly #isOver: () => boolean;
  #given = 0;
  #stopped = false;
  #waiting: (() => void)[] = [];

  /** Follows `source`. */
  constructor(source: Growing) {
    this.#source = source;
    const before = source.made - source.futures.length;
    this.#isOver = () =>
      source.end !== undefined && this.#given === source.made - before;
    follow(source, (call) => {
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
