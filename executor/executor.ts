/**
 * The front door: functions and items in, futures out.
 *
 * @module
 */
import type { LatePool } from "./backends/late_pool.ts";
import type { RedisPool } from "./backends/redis/pool.ts";
import type { WorkerPool } from "./backends/worker_pool.ts";
import {
  type FunctionExecutorOptions,
  resolveConfig,
  type ResolvedConfig,
} from "./config.ts";
import { ExecutorClosedError } from "./errors.ts";
import { detailOf } from "./call_detail.ts";
import { callOf, ResponseFuture, type ValueOf } from "./future.ts";
import {
  endList,
  followable,
  type Futures,
  FuturesList,
  isReduce,
  type ListOwner,
  markReduce,
  type ResultOf,
} from "./futures_list.ts";
import { Jobs } from "./jobs.ts";
import type {
  Items,
  MapOptions,
  MapReduceOptions,
  Runnable,
} from "./job_options.ts";
import { Ledger } from "./ledger.ts";
import { createLogger, type Logger } from "./log.ts";
import { isObserved, Observer } from "./observe.ts";
import { draw, type DrawOptions, drawUsage, drawWorkers } from "./plotting.ts";
import type { ExportOptions } from "../plot/export.ts";
import type { Finding } from "../plot/findings.ts";
import type { Profile } from "../profiler/profile.ts";
import { Run } from "./run.ts";
import { sourceOf } from "./source.ts";
import type { CallStats } from "./stats.ts";
import type { Summary, WorkerStats } from "./summary.ts";
import {
  checkResultOptions,
  checkWaitOptions,
  collect,
  type GetResultOptions,
  type Growing,
  markRead,
  partition,
  waitFor,
  type WaitOptions,
} from "./wait.ts";
import { epochMillis } from "./worker/protocol.ts";
import {
  checkOptions,
  checkValue,
  isOneOf,
  type Rule,
  type Rules,
} from "./_check.ts";
import { refuseInModule } from "./_guard.ts";
import { type Farewell, forget, forgetSoon, heed } from "./_interrupt.ts";
import { findProjectConfig } from "./_project.ts";
import { EXECUTOR_RULES } from "./_rules.ts";
import { createPool, hostName, memoryTotal, nextExecutorId } from "./_setup.ts";
import { showProgress } from "./_show_progress.ts";

/** The names of the options of `plot`; their values are judged where they are used. */
export const PLOT_RULES: Rules = Object.fromEntries(
  ["fs", "kind", "dst", "format", "width", "height"].map((name) => [
    name,
    { expected: "", judge: () => undefined },
  ]),
);

/** Only there can a run be taken up. */
const ATTACH_RULES: Rules = { ...EXECUTOR_RULES, backend: isOneOf(["redis"]) };

const isExecutorId: Rule = {
  expected: 'the id of an executor, such as "5f0c2e-0"',
  judge: (value) =>
    typeof value !== "string"
      ? TypeError
      : /^[0-9a-f]{6}-\d+$/.test(value)
      ? undefined
      : RangeError,
};

/** Options of `plot`. */
export interface PlotOptions extends DrawOptions {
  /** The futures to draw. @default {undefined} all of the executor */
  fs?: Futures;
  /**
   * The calls on their time line, what ran on which worker, or what the workers used meanwhile (with the option
   * `profile`).
   *
   * @default {"calls"}
   */
  kind?: "calls" | "workers" | "usage";
}

/**
 * Runs functions in parallel, in processes or threads of this machine, and knows where their time went.
 *
 * Workers start with the first call, or ahead of it with {@linkcode FunctionExecutor.ready}. Leaving an `await using`
 * block closes the executor; calls that have not ended by then are cancelled.
 *
 * @example Map a function over items
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * const futures = fexec.map((x: number) => x * x, [1, 2, 3]);
 * console.log(await futures.getResult()); // [1, 4, 9]
 * console.log(futures.summary().exec_time);
 * ```
 */
export class FunctionExecutor implements AsyncDisposable {
  /** Id of the run that the executor now made is to take up. */
  static #attaching: string | undefined;
  /** `"<6 hex>-<n>"`. */
  readonly executorId: string = FunctionExecutor.#attaching ?? nextExecutorId();
  /** What it goes by, with every default in place. */
  readonly config: ResolvedConfig;
  readonly #log: Logger;
  readonly #pool: WorkerPool;
  readonly #jobs: Jobs;
  readonly #ledger: Ledger;
  readonly #owner: ListOwner;
  /** What a signal that ends the script does first. */
  readonly #farewell: Farewell;
  readonly #abort = () => void this.terminate(this.config.signal?.reason);
  #observer: Observer | undefined;
  #closing: Promise<void> | undefined;
  #terminating: Promise<void> | undefined;

  /**
   * Checks the options and reads the configuration; starts nothing. Throws a `TypeError` or `RangeError` that names the
   * option and what it must be, or an error that names the configuration file.
   */
  constructor(options: FunctionExecutorOptions = {}) {
    refuseInModule();
    this.config = resolveConfig(options);
    this.#ledger = new Ledger(this.config.keepStats);
    this.#log = createLogger(this.config.logLevel);
    for (const warning of this.config.warnings) this.#log.warn(warning);
    this.#pool = createPool(this.executorId, this.config, this.#log, {
      up: (worker, marker) => this.#observer?.workerUp(worker, marker),
      gone: (worker) => this.#observer?.workerGone(worker),
      sampled: (sampler, collection) =>
        this.#observer?.sampled(sampler, collection),
      unsampled: (collections) => this.#observer?.unsampled(collections),
    });
    this.#farewell = {
      open: () => this.#pool.state.queued + this.#pool.running,
      before: (signal) =>
        Promise.all([
          this.#pool.leave(signal),
          this.#observer?.stop({ now: true }),
        ]),
      instead: (signal) => void this.terminate(signal),
      log: this.#log,
    };
    this.#jobs = new Jobs({
      executorId: this.executorId,
      config: this.config,
      pool: this.#pool,
      ledger: this.#ledger,
      owner: { cancel: (call, reason) => this.#pool.cancel(call, reason) },
      observer: () => this.#observe(),
      onBusy: (isBusy) => {
        if (isBusy) heed(this.#farewell);
        else if (this.#observer === undefined) forgetSoon(this.#farewell);
      },
    });
    this.#owner = {
      mapFutures: (fn, futures, o) =>
        this.map(fn as never, futures as never, o as never),
      reduceFutures: (mapFn, futures, reduceFn, o) =>
        this.mapReduce(
          mapFn as never,
          futures as never,
          reduceFn as never,
          o as never,
        ),
      waitFor: (futures, o) => this.wait(futures, o),
      resultsOf: (futures, o) => this.getResult(futures as never, o),
      cancelList: (futures, reason) => this.#jobs.cancelList(futures, reason),
      workerStats: () => this.workerStats(),
      keepsAll: this.config.keepStats === "all",
    };
    if (this.config.signal?.aborted) this.#abort();
    else this.config.signal?.addEventListener("abort", this.#abort);
  }

  /**
   * Takes up a run that another script has started on the redis backend, whether that one is still there or not: gives an
   * executor of the same id whose `futures` are those of all calls that were queued. Options must lead to the same Redis
   * and prefix; `backend` is `"redis"`. Closing it in the middle of the run ends the run, as with any executor.
   *
   * Rejects with an `Error` if there is no such run, or not any more.
   *
   * @example Pick up the results of a script that has ended
   * ```ts ignore
   * import { FunctionExecutor } from "../mod.ts";
   *
   * await using fexec = await FunctionExecutor.attach("5f0c2e-0", {
   *   redis: { url: "redis://127.0.0.1:6379" },
   * });
   * console.log(await fexec.futures.getResult());
   * ```
   */
  static async attach(
    executorId: string,
    options: FunctionExecutorOptions = {},
  ): Promise<FunctionExecutor> {
    checkValue("attach", "executorId", executorId, isExecutorId);
    checkOptions("attach", options, ATTACH_RULES);
    let fexec: FunctionExecutor;
    this.#attaching = executorId;
    try {
      fexec = new this({ ...options, backend: "redis" });
    } finally {
      this.#attaching = undefined;
    }
    try {
      await fexec.#takeUp();
    } catch (error) {
      await fexec.close();
      throw error;
    }
    return fexec;
  }

  async #takeUp(): Promise<void> {
    const pool = await (this.#pool as LatePool<RedisPool>).loaded();
    this.#observe();
    const { jobs, isAbandoned } = await pool.find();
    for (const found of jobs) {
      const list = new FuturesList<unknown>(this.#owner);
      this.#ledger.want(list);
      this.#jobs.adopt(found, list, (call) => pool.adopt(call));
      if (found.total > found.calls) {
        this.#log.warn(
          `Job ${found.id}: ${
            found.total - found.calls
          } of ${found.total} calls had not been queued when their script ended`,
        );
      }
    }
    await pool.listen(isAbandoned);
  }

  /** Every future of this executor, in the order of submission, but for those that `clean` has dropped. */
  get futures(): FuturesList<unknown> {
    return this.#listOf(this.#ledger.futures);
  }

  /** Starts all workers now; resolves when they are up, and the first call will be as quick as any other. */
  get ready(): Promise<void> {
    this.#refuseClosed("start workers");
    const observed = this.#observe()?.ready();
    const warm = this.#pool.warm(findProjectConfig(this.config.base));
    heed(this.#farewell);
    if (this.#jobs.size === 0 && this.#observer === undefined) {
      forgetSoon(this.#farewell);
    }
    const rehearsed = import("./_rehearsal.ts").then(({ rehearse }) =>
      rehearse(this.config)
    );
    return Promise.all([warm, observed, rehearsed]).then(() => {});
  }

  /** What was sampled of the workers so far; undefined without the option `profile`, and until the sampler is up. */
  get profile(): Profile | undefined {
    return this.#observer?.profile;
  }

  /** Where metrics are served for Prometheus; `null` without the option `metricsPort`, and until they are. */
  get metricsUrl(): string | null {
    return this.#observer?.metricsUrl ?? null;
  }

  /** Where the live page is; `null` without the option `live`, and until it is served. */
  get liveUrl(): string | null {
    return this.#observer?.liveUrl ?? null;
  }

  /** What each worker has done so far. */
  workerStats(): WorkerStats[] {
    return this.#pool.history.map((worker) => ({
      worker_id: worker.info.id,
      worker_pid: worker.info.pid,
      worker_tid: worker.info.tid,
      worker_boot_time: worker.info.bootTime,
      worker_start_tstamp: inSeconds(worker.startedAt),
      worker_end_tstamp: inSeconds(worker.endedAt),
      worker_clock_offset: worker.hostOffset / 1000,
      calls: worker.answered,
      cpu_user_time: worker.totals?.user ?? null,
      cpu_system_time: worker.totals?.system ?? null,
    }));
  }

  /** Statistics of every call, in the order of submission; a `TypeError` if they are not kept. */
  get stats(): CallStats[] {
    return this.#ledger.all("list statistics").map((future) => future.stats);
  }

  /** All calls in figures; with `keepStats: "summary"` quantiles are up to 1 % off. */
  summary(): Summary {
    return this.#ledger.summary(this.workerStats());
  }

  /**
   * Runs `fn` once, on `item`.
   *
   * Throws a `TypeError` for a function that cannot be sent and for wrong options, `QueueFullError` and
   * `ExecutorClosedError`.
   */
  callAsync<I, R, const X extends readonly unknown[] = []>(
    fn: Runnable<I, X, R>,
    item: I,
    options: MapOptions<X> = {},
  ): ResponseFuture<ResultOf<R>> {
    this.#refuseClosed("call");
    const made: ResponseFuture<unknown>[] = [];
    const job = this.#jobs.create("call", "A", fn, options);
    this.#jobs.start(job, { kind: "known", items: [item] }, made);
    const [future] = made as [ResponseFuture<ResultOf<R>>];
    this.#ledger.want(future);
    return future;
  }

  /**
   * Runs `fn` on the result of each of `futures`, as soon as it is there.
   *
   * Throws as the other form does.
   */
  map<I, R, const X extends readonly unknown[] = []>(
    fn: Runnable<I, X, R>,
    // deno-lint-ignore no-explicit-any
    futures: FuturesList<I, any>,
    options?: MapOptions<X>,
  ): FuturesList<ResultOf<R>>;
  /**
   * Runs `fn` on each item: `fn(item, ...extraArgs, ctx)`. The items are pulled lazily where their number is not known:
   * then the list of futures grows. An item is copied when a worker takes it: do not change it before.
   *
   * Throws a `TypeError` for a function that cannot be sent, for what cannot be iterated and for wrong options,
   * `QueueFullError` and `ExecutorClosedError`. An item that cannot be sent fails its own call only.
   */
  map<I, R, const X extends readonly unknown[] = []>(
    fn: Runnable<I, X, R>,
    items: Items<I>,
    options?: MapOptions<X>,
  ): FuturesList<ResultOf<R>>;
  map(
    fn: unknown,
    items: unknown,
    options: MapOptions = {},
  ): FuturesList<unknown> {
    this.#refuseClosed("map");
    const source = sourceOf("map", items);
    const list = new FuturesList<unknown>(this.#owner);
    const job = this.#jobs.create("map", "M", fn, options);
    if (items instanceof FuturesList) this.#jobs.chain(job, items);
    this.#jobs.start(job, source, list);
    this.#ledger.want(list);
    return list;
  }

  /**
   * Runs `mapFn` on the result of each of `futures`, then `reduceFn` on the list of what it gave.
   *
   * Throws as the other form does.
   */
  mapReduce<
    I,
    R,
    S,
    const X extends readonly unknown[] = [],
    const Y extends readonly unknown[] = [],
  >(
    mapFn: Runnable<I, X, R>,
    // deno-lint-ignore no-explicit-any
    futures: FuturesList<I, any>,
    reduceFn: Runnable<ResultOf<R>[], Y, S>,
    options?: MapReduceOptions<X, Y>,
  ): FuturesList<ResultOf<R> | ResultOf<S>, ResultOf<S>>;
  /**
   * Runs `mapFn` on each item, then `reduceFn` once on the list of all results. The list that is returned holds the
   * futures of the map and, last, the one of the reduce function; its `getResult` gives the latter's result.
   *
   * Throws as `map` does; the reduce function is checked before the first call starts.
   */
  mapReduce<
    I,
    R,
    S,
    const X extends readonly unknown[] = [],
    const Y extends readonly unknown[] = [],
  >(
    mapFn: Runnable<I, X, R>,
    items: Items<I>,
    reduceFn: Runnable<ResultOf<R>[], Y, S>,
    options?: MapReduceOptions<X, Y>,
  ): FuturesList<ResultOf<R> | ResultOf<S>, ResultOf<S>>;
  mapReduce(
    mapFn: unknown,
    items: unknown,
    reduceFn: unknown,
    options: MapReduceOptions = {},
    // deno-lint-ignore no-explicit-any
  ): FuturesList<any, any> {
    const action = "map-reduce";
    this.#refuseClosed(action);
    const source = sourceOf(action, items);
    const list = new FuturesList<unknown, unknown>(this.#owner);
    markReduce(list);
    const mapped = new FuturesList<unknown>(this.#owner);
    const job = this.#jobs.create(action, "M", mapFn, options);
    const { extraArgsReduce = [], ...own } = options;
    const reduce = this.#jobs.create(action, "R", reduceFn, {
      ...own,
      extraArgs: extraArgsReduce,
    });
    if (items instanceof FuturesList) this.#jobs.chain(job, items);
    this.#jobs.start(job, source, mapped, list);
    this.#jobs.reduce(mapped, reduce);
    this.#jobs.start(reduce, { kind: "pushed" }, list);
    this.#ledger.want(list);
    return list;
  }

  /** Waits for all futures of the executor, as the other forms do for some. */
  wait(
    futures?: undefined,
    options?: WaitOptions,
  ): Promise<[FuturesList<unknown>, FuturesList<unknown>]>;
  /** Waits for a list, as the other forms do. */
  wait<T>(
    // deno-lint-ignore no-explicit-any
    futures: FuturesList<T, any>,
    options?: WaitOptions,
  ): Promise<[FuturesList<T>, FuturesList<T>]>;
  /**
   * Waits until enough of `futures` have ended: gives those that have, and those that have not. It only observes: when
   * the time is over it returns, and every call goes on.
   */
  wait<F extends ResponseFuture<unknown>>(
    futures: F | readonly F[],
    options?: WaitOptions,
  ): Promise<[FuturesList<ValueOf<F>>, FuturesList<ValueOf<F>>]>;
  async wait(
    futures?: Futures,
    options: WaitOptions = {},
  ): Promise<[FuturesList<unknown>, FuturesList<unknown>]> {
    checkWaitOptions(options);
    const source = futures === undefined
      ? this.#ledger.everything(this.#jobs.takeInput)
      : followable("wait for", futures);
    await this.#withProgress(
      source,
      options.progress,
      waitFor(source, options),
    );
    const [done, open] = partition(Array.from(source.futures));
    return [this.#listOf(done), this.#listOf(open)];
  }

  /** The result of one future. Rejects with the error of a failed call. */
  getResult<T>(
    future: ResponseFuture<T>,
    options?: GetResultOptions,
  ): Promise<T>;
  /** The results of a list in its order; of a `mapReduce`, the one result of the reduce function. */
  getResult<T, Out>(
    futures: FuturesList<T, Out>,
    options?: GetResultOptions,
  ): Promise<Out>;
  /** The results of these futures in their order. */
  getResult<F extends ResponseFuture<unknown>>(
    futures: readonly F[],
    options?: GetResultOptions,
  ): Promise<ValueOf<F>[]>;
  /**
   * All results that have not been handed out yet, in the order of submission: a single value if they come from
   * exactly one `callAsync` or one `mapReduce`, else a list. Results of calls that were chained on are not among them.
   */
  getResult<T = unknown>(
    futures?: undefined,
    options?: GetResultOptions,
  ): Promise<T>;
  async getResult(
    futures?: Futures,
    options: GetResultOptions = {},
  ): Promise<unknown> {
    checkResultOptions(options);
    if (futures === undefined) return await this.#getUnread(options);
    const source = followable("get results of", futures);
    const results = await this.#withProgress(
      source,
      options.progress,
      collect(source, options),
    );
    markRead(source.futures);
    return futures instanceof ResponseFuture ||
        futures instanceof FuturesList && isReduce(futures)
      ? results.at(-1)
      : results;
  }

  /**
   * Draws the timeline and the histogram of calls, what ran on which worker, or what the workers used meanwhile; returns
   * the paths of the files.
   *
   * Rejects with a `TypeError` for wrong options and where statistics are not kept, and with an error that says what to do
   * where no canvas can be had.
   */
  async plot(options: PlotOptions = {}): Promise<string[]> {
    checkOptions("plot", options, PLOT_RULES);
    const { fs, kind = "calls", ...rest } = options;
    checkValue(
      "plot",
      'option "kind"',
      kind,
      isOneOf(["calls", "workers", "usage"]),
    );
    const futures = fs === undefined
      ? this.#ledger.all("plot")
      : followable("plot", fs).futures;
    const calls = Array.from(futures, (future) => future.stats);
    if (kind === "calls") return await draw(calls, rest);
    if (kind === "workers") return await drawWorkers(calls, rest);
    const profile = await this.#observer?.latest();
    if (profile !== undefined) return await drawUsage(profile, calls, rest);
    throw new TypeError(
      'Cannot plot usage as nothing was sampled: option "profile" is off',
    );
  }

  /** The calls so far, as they can be saved, summed up and drawn; throws a `TypeError` if statistics are not kept. */
  run(): Run {
    const futures = this.#ledger.all("look at the run");
    return new Run(
      {
        executor_id: this.executorId,
        saved_tstamp: epochMillis() / 1000,
        backend: this.config.backend,
        cores: navigator.hardwareConcurrency,
        host_name: hostName(),
        memory_total: memoryTotal(),
      },
      futures.map((future) => future.stats),
      this.workerStats(),
      futures.map((future) => detailOf(callOf(future))),
      this.profile?.collections,
    );
  }

  /** What slowed the calls down so far, what went wrong, and what to change, in words; the gravest first. */
  async findings(): Promise<Finding[]> {
    await this.#observer?.latest();
    return await this.run().findings();
  }

  /** Writes a report of the calls so far to `path`: one HTML page with their charts, findings, failures and figures. */
  async report(path: string | URL): Promise<void> {
    await this.#observer?.latest();
    await this.run().report(path);
  }

  /** Writes a trace of the calls so far to `path`, for Perfetto (ui.perfetto.dev) and chrome://tracing. */
  async trace(path: string | URL): Promise<void> {
    await this.#observer?.latest();
    await this.run().trace(path);
  }

  /** Writes the calls so far to `path` for other tools: as CSV, JSON lines or OpenMetrics, by the end of its name. */
  async export(
    path: string | URL,
    options: ExportOptions = {},
  ): Promise<void> {
    await this.#observer?.latest();
    await this.run().export(path, options);
  }

  /** Writes the calls so far, and what was sampled of them, to `path` as JSON lines, for `Run.load`. */
  async save(path: string | URL): Promise<void> {
    await this.#observer?.latest();
    await this.run().save(path);
  }

  /** Lets go of all calls that have ended: their futures stay good, but the executor no longer holds them. */
  clean(): void {
    this.#ledger.clean();
    this.#pool.clean?.();
  }

  /** Takes no more work, waits until all calls have ended, then ends the workers. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Cancels all calls that have not ended and ends the workers now. `reason` is the cause of their errors. */
  terminate(reason?: unknown): Promise<void> {
    this.#terminating ??= this.#terminate(reason);
    this.#closing = this.#terminating;
    return this.#terminating;
  }

  /** Closes the executor; if calls have not ended by now, which mostly means that an error is on its way, cancels them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing !== undefined) await this.#closing;
    else if (this.#jobs.size === 0) await this.close();
    else await this.terminate("the executor was closed");
  }

  async #close(): Promise<void> {
    await this.#jobs.drained();
    this.config.signal?.removeEventListener("abort", this.#abort);
    await this.#observer?.stop({ now: false });
    await this.#pool.close();
    forget(this.#farewell);
  }

  async #terminate(reason: unknown): Promise<void> {
    this.config.signal?.removeEventListener("abort", this.#abort);
    const killed = this.#pool.kill();
    this.#jobs.endAll(reason);
    await killed;
    await this.#observer?.stop({ now: true });
    forget(this.#farewell);
  }

  /** What watches the calls, if that is wanted. */
  #observe(): Observer | undefined {
    if (!isObserved(this.config)) return undefined;
    if (this.#observer === undefined) {
      this.#observer = new Observer({
        executorId: this.executorId,
        config: this.config,
        log: this.#log,
        hostName: hostName(),
        queue: () => this.#pool.state,
        busy: () => this.#pool.busy,
        runningNow: (mostWorkers) => this.#pool.runningNow(mostWorkers),
        elsewhere: () => this.#pool.samples?.() ?? Promise.resolve(),
      });
      // From now on there is something to take away, also while no call runs.
      heed(this.#farewell);
    }
    return this.#observer;
  }

  #refuseClosed(action: string): void {
    if (this.#closing === undefined) return;
    throw new ExecutorClosedError(
      `Cannot ${action} as executor ${this.executorId} is closed`,
    );
  }

  async #getUnread(options: GetResultOptions): Promise<unknown> {
    const unread = this.#ledger.unread();
    const results: unknown[] = [];
    let isSingle = unread.length === 1;
    for (const futures of unread) {
      const source = followable("get results of", futures);
      const values = await this.#withProgress(
        source,
        options.progress,
        collect(source, options),
      );
      if (futures instanceof ResponseFuture || isReduce(futures)) {
        results.push(values.at(-1));
      } else {
        isSingle = false;
        results.push(...values);
      }
    }
    // Only what was handed out counts as read: whoever fails here may ask again.
    for (const futures of unread) {
      markRead(futures instanceof ResponseFuture ? [futures] : futures);
      this.#ledger.forget(futures);
    }
    return isSingle ? results[0] : results;
  }

  #listOf<T>(futures: Iterable<ResponseFuture<T>>): FuturesList<T> {
    const list = new FuturesList<T>(this.#owner);
    for (const future of futures) list.push(future);
    endList(list, {});
    return list;
  }

  /** Shows a progress bar while `waiting` goes on. */
  #withProgress<R>(
    source: Growing,
    wanted: boolean | undefined,
    waiting: Promise<R>,
  ): Promise<R> {
    const progress = wanted === false ? false : this.config.progress || wanted;
    const activity = {
      running: () => this.#pool.busy,
      use: () => this.#observer?.use,
    };
    return showProgress(source, progress ?? false, activity, waiting);
  }
}

function inSeconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}
