/**
 * The futures of a job as an array that knows how to wait for them and to go on with their results.
 *
 * @module
 */
import { show } from "./_check.ts";
import { ResponseFuture } from "./future.ts";
import type { MapOptions, MapReduceOptions, Runnable } from "./job_options.ts";
import type { CallStats } from "./stats.ts";
import { summarize, type Summary, type WorkerStats } from "./summary.ts";
import {
  AsCompleted,
  type EndedFuture,
  type GetResultOptions,
  type Growing,
  type WaitOptions,
  type Watcher,
} from "./wait.ts";
import { NESTED } from "./worker/protocol.ts";

/** Any futures: one, some, or a list. */
export type Futures<T = unknown> =
  | ResponseFuture<T>
  // deno-lint-ignore no-explicit-any
  | FuturesList<T, any>
  | readonly ResponseFuture<T>[];

/** What a call of a function that returns `R` gives: futures of a nested executor give way to their results. */
export type ResultOf<R> = Awaited<R> extends infer V
  // deno-lint-ignore no-explicit-any
  ? V extends FuturesList<any, infer Out> ? Out
  : V extends readonly ResponseFuture<infer T>[] ? T[]
  : V
  : never;

/** What a list needs of its executor. */
export interface ListOwner {
  /** As `FunctionExecutor.map`. */
  mapFutures(
    fn: unknown,
    futures: FuturesList<unknown, unknown>,
    options: unknown,
  ): FuturesList<unknown>;
  /** As `FunctionExecutor.mapReduce`. */
  reduceFutures(
    mapFn: unknown,
    futures: FuturesList<unknown, unknown>,
    reduceFn: unknown,
    options: unknown,
  ): FuturesList<unknown, unknown>;
  /** As `FunctionExecutor.wait`. */
  waitFor(
    futures: FuturesList<unknown, unknown>,
    options: WaitOptions,
  ): Promise<[FuturesList<unknown>, FuturesList<unknown>]>;
  /** As `FunctionExecutor.getResult`. */
  resultsOf(
    futures: FuturesList<unknown, unknown>,
    options: GetResultOptions,
  ): Promise<unknown>;
  /** Cancels the calls of a list, and the input of the job that it belongs to. */
  cancelList(futures: FuturesList<unknown, unknown>, reason: unknown): void;
  /** What is known of the workers. */
  workerStats(): WorkerStats[];
  /** Whether lists keep the futures that `asCompleted` has given. */
  readonly keepsAll: boolean;
}

// deno-lint-ignore no-explicit-any
type AnyList = FuturesList<any, any>;

/** Adds a future to a list; for this folder only. */
export let growList: (list: AnyList, future: ResponseFuture<unknown>) => void;
/** Says that no more futures come; for this folder only. */
export let endList: (list: AnyList, end: { error?: unknown }) => void;
/** A list as it may be followed; for this folder only. */
export let growing: (list: AnyList) => Growing;
/** Says that only the last future of a list gives a result; for this folder only. */
export let markReduce: (list: AnyList) => void;
/** Whether only the last future of a list gives a result; for this folder only. */
export let isReduce: (list: AnyList) => boolean;

/** An array, but for `map`, which means something else here. */
export const FuturesArray: new <T>() => Omit<Array<T>, "map"> =
  Array as unknown as new <T>() => Omit<Array<T>, "map">;

/**
 * The futures of a job, in the order of its input. It is an array; `map` runs a function on each **result**.
 *
 * Over a lazy input the list grows while its items are pulled; `wait`, `getResult` and `asCompleted` know when the
 * input has ended.
 *
 * @typeParam T what each future gives
 * @typeParam Out what `getResult` gives
 *
 * @example Chain two functions
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * const futures = fexec.map((x: number) => x + 1, [1, 2, 3]).map((y) => y * 10);
 * console.log(await futures.getResult()); // [20, 30, 40]
 * ```
 */
export class FuturesList<T, Out = T[]> extends FuturesArray<ResponseFuture<T>> {
  /** Arrays that array methods make are plain ones. */
  static get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  readonly #owner: ListOwner;
  #end: { error?: unknown } | undefined;
  readonly #watchers = new Set<Watcher>();
  /** Futures that were given and can go, and how many have gone. */
  #given = new Set<ResponseFuture<unknown>>();
  #dropped = 0;
  /** Only the last future gives a result, as this is the list of a `mapReduce`. */
  #reduces = false;

  static {
    growList = (list, future) => {
      list.push(future);
      for (const watcher of list.#watchers) watcher(future);
    };
    endList = (list, end) => {
      list.#end = end;
      for (const watcher of list.#watchers) watcher();
      list.#watchers.clear();
    };
    growing = (list) => ({
      futures: list,
      get made() {
        return list.length + list.#dropped;
      },
      get end() {
        return list.#end;
      },
      watch: (watcher) => {
        list.#watchers.add(watcher);
        return () => list.#watchers.delete(watcher);
      },
      ...(list.#owner.keepsAll
        ? {}
        : { drop: (future: ResponseFuture<unknown>) => list.#drop(future) }),
    });
    markReduce = (list) => list.#reduces = true;
    isReduce = (list) => list.#reduces;
  }

  /** Made by an executor, never by hand. */
  constructor(owner: ListOwner) {
    super();
    this.#owner = owner;
  }

  /** Lets go of a future that was given: of many at a time, so that it costs nothing. */
  #drop(future: ResponseFuture<unknown>): void {
    // The one result of a `mapReduce` stays, to be asked for.
    if (this.#reduces && this.#end !== undefined && future === this.at(-1)) {
      return;
    }
    const given = this.#given.add(future);
    if (given.size * 2 <= this.length) return;
    let kept = 0;
    for (const each of this) if (!given.has(each)) this[kept++] = each;
    this.#dropped += this.length - kept;
    this.length = kept;
    // Not cleared: the table of a set that was still points to its next one, and so each keeps those after it from the
    // quick collections of garbage.
    this.#given = new Set();
  }

  /** No more futures will come: always true but for a lazy input. */
  get inputEnded(): boolean {
    return this.#end !== undefined;
  }

  /** What is known of each call: one plain object a call. */
  get stats(): CallStats[] {
    return Array.from(this, (future) => future.stats);
  }

  /** The calls in figures: outcomes, distributions with the call at each quantile, concurrency, use of the workers. */
  summary(): Summary {
    return summarize(this.stats, this.#owner.workerStats());
  }

  /** Runs `fn` on the result of each of these calls, as soon as it is there. This list stays as it is. */
  map<R, const X extends readonly unknown[] = []>(
    fn: Runnable<T, X, R>,
    options: MapOptions<X> = {},
  ): FuturesList<ResultOf<R>> {
    return this.#owner.mapFutures(fn, this, options) as FuturesList<
      ResultOf<R>
    >;
  }

  /** Runs `mapFn` on the result of each of these calls, then `reduceFn` once on the list of what it gave. */
  mapReduce<
    R,
    S,
    const X extends readonly unknown[] = [],
    const Y extends readonly unknown[] = [],
  >(
    mapFn: Runnable<T, X, R>,
    reduceFn: Runnable<ResultOf<R>[], Y, S>,
    options: MapReduceOptions<X, Y> = {},
  ): FuturesList<ResultOf<R> | ResultOf<S>, ResultOf<S>> {
    return this.#owner.reduceFutures(
      mapFn,
      this,
      reduceFn,
      options,
    ) as FuturesList<ResultOf<R> | ResultOf<S>, ResultOf<S>>;
  }

  /**
   * Waits as `FunctionExecutor.wait` does: gives the futures that have ended, and those that have not. Futures that the
   * list has let go of count as ended, and are not given.
   */
  wait(
    options: WaitOptions = {},
  ): Promise<[FuturesList<T>, FuturesList<T>]> {
    return this.#owner.waitFor(this, options) as Promise<
      [FuturesList<T>, FuturesList<T>]
    >;
  }

  /**
   * The results in input order, but for those of futures that the list has let go of; of a `mapReduce`, the one result of
   * the reduce function.
   */
  getResult(options: GetResultOptions = {}): Promise<Out> {
    return this.#owner.resultsOf(this, options) as Promise<Out>;
  }

  /**
   * Yields the futures as their calls end; leaving the loop early stops nothing. With `keepStats: "summary"` the list lets
   * go of the futures that it has yielded, some at a time, but for the one of a reduce function.
   */
  asCompleted(): AsyncIterableIterator<EndedFuture<T>> {
    return new AsCompleted<T>(growing(this));
  }

  /** Cancels every call that has not ended, and stops taking items from a lazy input. */
  cancel(reason?: unknown): void {
    this.#owner.cancelList(this, reason);
  }

  /** Tells a worker that these results are wanted in their place, if a function returns this list. */
  [NESTED](): Promise<Out> {
    return this.getResult({ progress: false });
  }
}

/** Futures of any form as they may be followed; throws a `TypeError` for anything else. `action` is for the message. */
export function followable(action: string, futures: Futures): Growing {
  if (futures instanceof FuturesList) return growing(futures);
  const list = futures instanceof ResponseFuture ? [futures] : futures;
  if (
    !Array.isArray(list) ||
    !list.every((each) => each instanceof ResponseFuture)
  ) {
    throw new TypeError(
      `Cannot ${action} futures as a future or a list of them is needed: got ${
        show(futures)
      }`,
    );
  }
  // A copy, as what is waited for must not change meanwhile.
  return {
    futures: [...list],
    made: list.length,
    end: {},
    watch: () => () => {},
  };
}
