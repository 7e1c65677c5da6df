/**
 * The front door: functions and items in, futures out.
 *
 * @module
 */
import type { Backend } from "./backends/backend.ts";
import { Pool } from "./backends/pool.ts";
import { ProcessBackend } from "./backends/process.ts";
import { ThreadBackend } from "./backends/thread.ts";
import type { Call } from "./call.ts";
import {
  type FunctionExecutorOptions,
  resolveConfig,
  type ResolvedConfig,
} from "./config.ts";
import { Definitions } from "./definition.ts";
import { ExecutorClosedError, QueueFullError } from "./errors.ts";
import { prepareFunction } from "./function.ts";
import { callOf, type FutureOwner, ResponseFuture } from "./future.ts";
import {
  endList,
  FuturesList,
  growing,
  growList,
  isReduce,
  type ListOwner,
  markReduce,
  type ResultOf,
} from "./futures_list.ts";
import { Job, type Source } from "./job.ts";
import {
  type Items,
  type MapOptions,
  type MapReduceOptions,
  resolveJobOptions,
  type Runnable,
} from "./job_options.ts";
import { createLogger, type Logger } from "./log.ts";
import { findProjectConfig } from "./_project.ts";
import { Observer } from "./observe.ts";
import type { Profile } from "../profiler/profile.ts";
import { createProgress } from "./progress.ts";
import { Run, type RunHeader } from "./run.ts";
import type { CallStats } from "./stats.ts";
import { summarize, type Summary, type WorkerStats } from "./summary.ts";
import {
  collect,
  follow,
  type GetResultOptions,
  type Growing,
  markRead,
  partition,
  waitFor,
  type WaitOptions,
} from "./wait.ts";
import { checkOptions, isBoolean, isDelay, isSignal, show } from "./_check.ts";
import { terminal } from "./terminal.ts";
import { epochMillis, LOADING, MARKER_ENV } from "./worker/protocol.ts";

/** Any futures: one, some, or a list. */
export type Futures<T = unknown> =
  | ResponseFuture<T>
  // deno-lint-ignore no-explicit-any
  | FuturesList<T, any>
  | readonly ResponseFuture<T>[];

/** Options of `plot`; more in `plot/mod.ts`. */
export interface PlotOptions {
  /** The futures to draw. @default {undefined} all of the executor */
  fs?: Futures;
  /** Where to write: a prefix of the file names, or a folder. @default {"plots/<time>"} */
  dst?: string;
  /** What to write. @default {"png"} */
  format?: "png" | "svg" | "pdf";
  /** Width of the picture in CSS pixels. @default {1000} */
  width?: number;
  /** Height of the picture in CSS pixels. @default {600} */
  height?: number;
}

/** Options of `wait` and `getResult` on an executor, for its checks. */
const WAIT_RULES = {
  returnWhen: {
    expected:
      '"ALL_COMPLETED", "ANY_COMPLETED", "ALWAYS", or a percentage from 0 to 100',
    judge: (value: unknown) =>
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
const RESULT_RULES = {
  timeout: isDelay,
  signal: isSignal,
  throwExcept: isBoolean,
  progress: isBoolean,
};

/**
 * Not a literal in the `import()`: what is, Deno resolves at every start, with all npm packages behind it, whether it is
 * ever reached or not (0.3 s where a registry lacks one of them). A binary gets it by `--include plot/mod.ts`.
 */
const PLOT = import.meta.resolve("../plot/mod.ts");

/** What is used of it; its own types would make a type check resolve the canvas packages. */
interface PlotModule {
  plot(
    calls: readonly CallStats[],
    options: Omit<PlotOptions, "fs">,
  ): Promise<string[]>;
}

const SESSION = Array.from(
  crypto.getRandomValues(new Uint8Array(3)),
  (byte) => byte.toString(16).padStart(2, "0"),
).join("");
let executors = 0;

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
  /** `"<6 hex>-<n>"`. */
  readonly executorId: string = `${SESSION}-${executors++}`;
  /** What it goes by, with every default in place. */
  readonly config: ResolvedConfig;
  readonly #log: Logger;
  readonly #pool: Pool;
  readonly #owner: FutureOwner & ListOwner;
  /** Jobs that have not ended, each with the list of its futures. */
  readonly #jobs = new Map<Job, FuturesList<unknown, unknown>>();
  readonly #abort = () => void this.terminate(this.config.signal?.reason);
  #futures: ResponseFuture<unknown>[] = [];
  /** Lists whose results `getResult()` without futures gives, in the order of submission. */
  readonly #unread = new Set<FuturesList<unknown, unknown>>();
  /** Those who wait for all futures, lazy inputs included. */
  #watchers: (() => void)[] = [];
  /** What an input threw, until somebody was told. */
  #inputError: { error?: unknown } = {};
  readonly #definitions = new Definitions();
  #nextJob = 0;
  #nextNumber = 1;
  #drained: (() => void)[] = [];
  #observer: Observer | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Checks the options and reads the configuration; starts nothing. Throws a `TypeError` or `RangeError` that names the
   * option and what it must be, or an error that names the configuration file.
   */
  constructor(options: FunctionExecutorOptions = {}) {
    refuseInModule();
    this.config = resolveConfig(options);
    this.#log = createLogger(this.config.logLevel);
    for (const warning of this.config.warnings) this.#log.warn(warning);
    const backend: Backend = this.config.backend === "thread"
      ? new ThreadBackend()
      : new ProcessBackend(this.config);
    this.#pool = new Pool({
      backend,
      workers: this.config.workers,
      concurrency: this.config.concurrency,
      stats: "full",
      killDelay: this.config.killDelay * 1000,
      idleTimeout: this.config.idleTimeout * 1000,
      maxCallsPerWorker: this.config.maxCallsPerWorker,
      configOf: (job) => this.#configOf(job.prepared.spec),
      log: this.#log,
      ...(this.config.echo ? { onPrinted: echo } : {}),
      onWorker: (worker) =>
        this.#observer?.workerUp(worker, this.#marker(worker.info.id)),
      onWorkerEnd: (worker) => this.#observer?.workerGone(worker),
      marker: (id) => this.#marker(id),
    });
    this.#owner = {
      cancel: (call, reason) => this.#pool.cancel(call, reason),
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
      cancelList: (futures, reason) => this.#cancelList(futures, reason),
      workerStats: () => this.workerStats(),
    };
    if (this.config.signal?.aborted) this.#abort();
    else this.config.signal?.addEventListener("abort", this.#abort);
  }

  /** Every future of this executor, in the order of submission, but for those that `clean` has dropped. */
  get futures(): FuturesList<unknown> {
    return this.#listOf(this.#futures);
  }

  /** Starts all workers now; resolves when they are up. */
  get ready(): Promise<void> {
    this.#refuseClosed("start workers");
    return this.#pool.warm(findProjectConfig(this.config.base));
  }

  /** What was sampled of the workers so far; undefined without the option `profile`, and until the sampler is up. */
  get profile(): Profile | undefined {
    return this.#observer?.profile;
  }

  /** What each worker has done so far. */
  workerStats(): WorkerStats[] {
    return this.#pool.history.map((worker) => ({
      worker_id: worker.info.id,
      worker_pid: worker.info.pid,
      worker_tid: worker.info.tid,
      worker_boot_time: worker.info.bootTime,
      calls: worker.answered,
      cpu_user_time: worker.totals.user,
      cpu_system_time: worker.totals.system,
    }));
  }

  /** Statistics of every call, in the order of submission. */
  get stats(): CallStats[] {
    return this.#futures.map((future) => future.stats);
  }

  /** All calls in figures. */
  summary(): Summary {
    return summarize(this.stats, this.workerStats());
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
    const list = this.#listOf<unknown>([]);
    const job = this.#createJob("call", "A", fn, options, list);
    this.#startJob(job, { kind: "known", items: [item] }, list);
    this.#unread.add(list);
    return list[0] as ResponseFuture<ResultOf<R>>;
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
   * then the list of futures grows.
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
    const source = sourceOf("map", items);
    const list = new FuturesList<unknown>(this.#owner);
    const job = this.#createJob("map", "M", fn, options, list);
    if (items instanceof FuturesList) this.#chain(job, items);
    this.#startJob(job, source, list);
    this.#unread.add(list);
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
    const source = sourceOf("map-reduce", items);
    const list = new FuturesList<unknown, unknown>(this.#owner);
    markReduce(list);
    const mapped = new FuturesList<unknown>(this.#owner);
    const job = this.#createJob(
      "map-reduce",
      "M",
      mapFn,
      options,
      mapped,
      list,
    );
    const reduce = this.#createJob(
      "map-reduce",
      "R",
      reduceFn,
      { ...options, extraArgs: options.extraArgsReduce ?? [] },
      list,
    );
    if (items instanceof FuturesList) this.#chain(job, items);
    this.#startJob(job, source, list);
    this.#startJob(reduce, { kind: "pushed" }, list);
    this.#reduce(mapped, reduce);
    this.#unread.add(list);
    return list;
  }

  /**
   * Waits until enough of `futures` have ended: gives those that have, and those that have not. It only observes: when
   * the time is over it returns, and every call goes on.
   */
  async wait<T = unknown>(
    futures?: Futures<T>,
    options: WaitOptions = {},
  ): Promise<[FuturesList<T>, FuturesList<T>]> {
    checkOptions("wait", options, WAIT_RULES);
    const source = futures === undefined
      ? this.#everything()
      : this.#follow("wait for", futures);
    await this.#withProgress(
      source,
      options.progress,
      waitFor(source, options),
    );
    const [done, open] = partition(
      Array.from(source.futures) as ResponseFuture<T>[],
    );
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
  getResult<T>(
    futures: readonly ResponseFuture<T>[],
    options?: GetResultOptions,
  ): Promise<T[]>;
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
    checkOptions("get results", options, RESULT_RULES);
    if (futures === undefined) return await this.#getUnread(options);
    const source = this.#follow("get results of", futures);
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
   * Draws the timeline and the histogram of calls; returns the paths of the files.
   *
   * Rejects with a `TypeError` for wrong options, and with an error that says what to do where no canvas can be had.
   */
  async plot(options: PlotOptions = {}): Promise<string[]> {
    const { fs, ...rest } = options;
    const calls = fs === undefined
      ? this.stats
      : Array.from(this.#follow("plot", fs).futures, (future) => future.stats);
    const { plot }: PlotModule = await import(PLOT);
    return await plot(calls, rest);
  }

  /** The calls so far, as they can be saved, summed up and drawn. */
  run(): Run {
    const header: RunHeader = {
      executor_id: this.executorId,
      saved_tstamp: epochMillis() / 1000,
      backend: this.config.backend,
      cores: navigator.hardwareConcurrency,
      host_name: hostName(),
    };
    return new Run(header, this.stats, this.workerStats());
  }

  /** Writes the calls so far to `path` as JSON lines, for `Run.load`. */
  save(path: string | URL): Promise<void> {
    return this.run().save(path);
  }

  /** Lets go of all calls that have ended: their futures stay good, but the executor no longer holds them. */
  clean(): void {
    this.#futures = this.#futures.filter((future) => !future.done);
    for (const list of this.#unread) {
      if (list.inputEnded && list.every((future) => future.done)) {
        this.#unread.delete(list);
      }
    }
  }

  /** Takes no more work, waits until all calls have ended, then ends the workers. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Cancels all calls that have not ended and ends the workers now. `reason` is the cause of their errors. */
  terminate(reason?: unknown): Promise<void> {
    const ended = this.#terminate(reason);
    this.#closing = ended;
    return ended;
  }

  /** Closes the executor; if calls have not ended by now, which mostly means that an error is on its way, cancels them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing !== undefined) await this.#closing;
    else if (this.#jobs.size === 0) await this.close();
    else await this.terminate("the executor was closed");
  }

  async #close(): Promise<void> {
    if (this.#jobs.size > 0) {
      await new Promise<void>((resolve) => this.#drained.push(resolve));
    }
    this.config.signal?.removeEventListener("abort", this.#abort);
    await this.#observer?.stop();
    await this.#pool.close();
  }

  async #terminate(reason: unknown): Promise<void> {
    this.config.signal?.removeEventListener("abort", this.#abort);
    const killed = this.#pool.kill();
    const jobs = [...this.#jobs.keys()];
    for (const job of jobs) job.stop();
    for (const future of [...this.#futures]) {
      const call = callOf(future);
      if (call.done) continue;
      call.cancelReason = reason;
      call.cancelled();
    }
    await killed;
    await this.#observer?.stop();
  }

  /** What a worker process and all that it starts have in their environment, so that they can be told from others. */
  #marker(workerId: number): string {
    return `${MARKER_ENV}=${this.executorId}/${workerId}`;
  }

  #refuseClosed(action: string): void {
    if (this.#closing === undefined) return;
    throw new ExecutorClosedError(
      `Cannot ${action} as executor ${this.executorId} is closed`,
    );
  }

  #createJob(
    action: string,
    letter: "A" | "M" | "R",
    fn: unknown,
    options: MapReduceOptions,
    ...lists: FuturesList<unknown, unknown>[]
  ): Job {
    this.#refuseClosed(action);
    const createdAt = epochMillis();
    const { extraArgsReduce: _, ...own } = options;
    const jobOptions = resolveJobOptions(
      action,
      letter === "R" ? own : options,
      this.config,
    );
    const began = performance.now();
    const prepared = prepareFunction(fn as never, {
      base: this.config.base,
      role: action === "map-reduce"
        ? letter === "R" ? "reduce function" : "map function"
        : "function",
    });
    // A reduce job has the number of its map.
    const id = letter === "R" ? this.#nextJob - 1 : this.#nextJob++;
    const main = lists[0]!;
    const job: Job = new Job({
      number: this.#nextNumber++,
      id: `${letter}${String(id).padStart(3, "0")}`,
      executorId: this.executorId,
      prepared,
      definition: this.#definitions.of(prepared, jobOptions),
      options: jobOptions,
      createdAt,
      serializeTime: performance.now() - began,
      cores: navigator.hardwareConcurrency,
      events: {
        made: (call) => {
          const future = new ResponseFuture<unknown>(call, this.#owner);
          this.#futures.push(future);
          for (const list of lists) growList(list, future);
          for (const watcher of this.#watchers) watcher();
        },
        ended: () => this.#settled(job),
        inputEnded: (error) => {
          // The list of a mapReduce ends with its reduce job.
          const end = error === undefined ? {} : { error };
          endList(main, end);
          this.#settled(job);
          this.#inputEnded(end);
        },
      },
    });
    return job;
  }

  #startJob(
    job: Job,
    source: Source,
    list: FuturesList<unknown, unknown>,
  ): void {
    const { signal } = job.options;
    if (source.kind === "known") {
      const { maxQueue } = this.config;
      if (source.items.length > maxQueue) this.#refuseFull(maxQueue);
    }
    this.#jobs.set(job, list);
    if (this.config.profile !== false) {
      this.#observer ??= new Observer(this.executorId, this.config, this.#log);
      this.#observer.jobStarted(job);
    }
    job.start(source);
    this.#settled(job);
    if (signal?.aborted) this.#cancelJob(job, signal.reason);
    else if (signal !== undefined) {
      const abort = () => this.#cancelJob(job, signal.reason);
      signal.addEventListener("abort", abort);
      job.onEnd = () => signal.removeEventListener("abort", abort);
    }
    this.#pool.add(job);
  }

  /** A job is over when its input has ended and its calls have. */
  #settled(job: Job): void {
    if (job.open > 0 || !job.inputEnded || !this.#jobs.delete(job)) return;
    job.onEnd();
    if (this.#jobs.size === 0) {
      for (const resolve of this.#drained.splice(0)) resolve();
    }
  }

  #cancelJob(job: Job, reason: unknown): void {
    const list = this.#jobs.get(job) ?? [];
    job.stop();
    for (const future of Array.from(list)) {
      const call = callOf(future);
      if (call.job === job) this.#pool.cancel(call, reason);
    }
  }

  #cancelList(
    futures: FuturesList<unknown, unknown>,
    reason: unknown,
  ): void {
    for (const [job, list] of this.#jobs) if (list === futures) job.stop();
    for (const future of Array.from(futures)) {
      this.#pool.cancel(callOf(future), reason);
    }
  }

  /** All futures, and those still to come from lazy inputs. */
  #everything(): Growing {
    const end = () => this.#jobsTakeInput() ? undefined : this.#inputError;
    return {
      futures: this.#futures,
      get end() {
        return end();
      },
      watch: (listener) => void this.#watchers.push(listener),
    };
  }

  #jobsTakeInput(): boolean {
    for (const job of this.#jobs.keys()) if (!job.inputEnded) return true;
    return false;
  }

  #inputEnded(end: { error?: unknown }): void {
    if ("error" in end) this.#inputError = end;
    for (const watcher of this.#watchers) watcher();
    if (this.#jobsTakeInput()) return;
    this.#watchers = [];
    this.#inputError = {};
  }

  /** Gives `job` a call for each of `futures`, queued when the future's result is there. */
  #chain(job: Job, futures: FuturesList<unknown, unknown>): void {
    const source = growing(futures);
    // What is chained on is no longer wanted by itself.
    this.#unread.delete(futures);
    const from = isReduce(futures) ? futures.length - 1 : 0;
    let seen = from;
    const look = () => {
      while (seen < futures.length) {
        const upstream = callOf(futures[seen++]!);
        const call = job.make(undefined);
        upstream.read = true;
        upstream.onDone(() => {
          if (upstream.error !== null) {
            call.fail(upstream.error, upstream.outcome!, upstream.errorClass!);
          } else if (!call.done) {
            call.item = upstream.value;
            job.queue(call);
            job.wake();
          }
        });
      }
      if (source.end !== undefined) job.endInput(source.end.error);
    };
    job.chain = () => {
      look();
      if (source.end === undefined) source.watch(look);
    };
  }

  /** Queues the one call of a reduce job when all calls of the map have ended well. */
  #reduce(mapped: FuturesList<unknown>, reduce: Job): void {
    let call: Call | undefined;
    const end = () => {
      call = reduce.make(undefined);
      const source = growing(mapped);
      collect(source, { throwExcept: true }).then((results) => {
        if (call!.done) return;
        call!.item = results;
        reduce.queue(call!);
        reduce.wake();
      }, (error) => {
        const failed = mapped.find((future) => future.error === error);
        call!.fail(
          error,
          failed === undefined ? "error" : callOf(failed).outcome!,
          error?.name ?? "Error",
        );
      });
      reduce.endInput();
    };
    follow(growing(mapped), () => {}, end);
  }

  async #getUnread(options: GetResultOptions): Promise<unknown> {
    const lists = [...this.#unread].filter((list) =>
      !list.inputEnded || list.some(isUnread)
    );
    const results: unknown[] = [];
    let single = lists.length === 1;
    for (const list of lists) {
      const source = growing(list);
      const values = await this.#withProgress(
        source,
        options.progress,
        collect(source, options),
      );
      const one = isReduce(list) || list[0]?.jobId.startsWith("A");
      if (one) results.push(values.at(-1));
      else {
        single = false;
        results.push(...values);
      }
    }
    // Only what was handed out counts as read: whoever fails here may ask again.
    for (const list of lists) {
      markRead(list);
      this.#unread.delete(list);
    }
    return single ? results[0] : results;
  }

  /** Futures of any form as they may be followed. */
  #follow(action: string, futures: Futures): Growing {
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
    return { futures: list, end: {}, watch: () => {} };
  }

  #listOf<T>(futures: Iterable<ResponseFuture<T>>): FuturesList<T> {
    const list = new FuturesList<T>(this.#owner);
    for (const future of futures) list.push(future);
    endList(list, {});
    return list;
  }

  /** Shows a progress bar while `waiting` goes on. */
  async #withProgress<R>(
    source: Growing,
    wanted: boolean | undefined,
    waiting: Promise<R>,
  ): Promise<R> {
    if (!(wanted ?? this.config.progress)) return await waiting;
    const progress = createProgress({ progress: this.config.progress });
    if (!progress.isShown) return await waiting;
    const startedAt = Date.now();
    let done = 0, failed = 0;
    const update = () =>
      progress.update({
        done,
        failed,
        running: this.#pool.running,
        queued: 0,
        total: source.end === undefined ? null : source.futures.length,
        startedAt,
      });
    follow(source, (call) => {
      done++;
      if (call.error !== null) failed++;
      update();
    }, update);
    try {
      return await waiting;
    } finally {
      progress.stop();
    }
  }

  #refuseFull(maxQueue: number): never {
    throw new QueueFullError(
      `Cannot queue more calls as option "maxQueue" is ${maxQueue}: wait for some to end, or give an iterator, which is pulled as there is room`,
    );
  }

  #configOf(spec: Job["prepared"]["spec"]): string | null {
    return findProjectConfig(spec.kind === "module" ? spec.url : spec.base);
  }
}

function isUnread(future: ResponseFuture<unknown>): boolean {
  return !callOf(future).read;
}

/** Items in any form as a source of calls. */
function sourceOf(action: string, items: unknown): Source {
  if (items instanceof FuturesList) return { kind: "pushed" };
  if (Array.isArray(items)) return { kind: "known", items };
  if (
    items instanceof Set || items instanceof Map || ArrayBuffer.isView(items)
  ) {
    return { kind: "known", items: Array.from(items as Iterable<unknown>) };
  }
  if (items !== null && typeof items === "object") {
    const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } =
      items as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
    if (typeof async === "function") {
      return { kind: "async", iterator: async.call(items) };
    }
    if (typeof sync === "function") {
      return { kind: "sync", iterator: sync.call(items) };
    }
  }
  throw new TypeError(
    `Cannot ${action} as the items cannot be iterated: got ${show(items)}${
      typeof items === "string"
        ? "; wrap it in an array, or spread it to map over its characters"
        : ""
    }`,
  );
}

/** What calls print goes to stderr: stdout is the script's own. */
function echo(text: string): void {
  terminal.print(text);
}

function hostName(): string | null {
  try {
    return Deno.hostname();
  } catch {
    return null;
  }
}

/**
 * A worker that imports the module of a task runs all of that module. A script that maps at its top level would start
 * workers in its workers without end.
 */
function refuseInModule(): void {
  const loading = (globalThis as { [LOADING]?: string })[LOADING];
  if (loading === undefined) return;
  throw new Error(
    `Cannot create FunctionExecutor as a worker is loading "${loading}": put what that module does when it is run behind "if (import.meta.main)"`,
  );
}
