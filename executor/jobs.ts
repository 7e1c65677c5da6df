/**
 * The jobs of an executor: makes them, starts them, links those that go on with the results of others, and knows when
 * all have ended.
 *
 * @module
 */
import type { FoundJob } from "./backends/redis/link.ts";
import type { WorkerPool } from "./backends/worker_pool.ts";
import type { Call } from "./call.ts";
import type { ResolvedConfig } from "./config.ts";
import { Definitions } from "./definition.ts";
import { QueueFullError } from "./errors.ts";
import { type FunctionSpec, isTaskRef, prepareFunction } from "./function.ts";
import { findProjectConfig } from "./_project.ts";
import { callOf, type FutureOwner, ResponseFuture } from "./future.ts";
import {
  endList,
  FuturesList,
  growing,
  growList,
  isReduce,
} from "./futures_list.ts";
import { Job, type JobEvents, type JobParts, type Source } from "./job.ts";
import { type MapReduceOptions, resolveJobOptions } from "./job_options.ts";
import type { Ledger } from "./ledger.ts";
import type { Observer } from "./observe.ts";
import { collect } from "./wait.ts";
import { epochMillis } from "./worker/protocol.ts";

type List = FuturesList<unknown, unknown>;
/** What futures go into; an array for those of a single call, which nobody sees as a list. */
type Target = List | ResponseFuture<unknown>[];

/** What the first letter of a job's id tells. */
export type JobKind = "A" | "M" | "R";

/** What jobs need of their executor. */
export interface JobsOptions {
  executorId: string;
  config: ResolvedConfig;
  pool: WorkerPool;
  ledger: Ledger;
  owner: FutureOwner;
  /** What watches the calls, if anything does. */
  observer: () => Observer | undefined;
  /** There is something to do, or nothing any more. */
  onBusy: (isBusy: boolean) => void;
}

/** The jobs of one executor. */
export class Jobs {
  readonly #options: JobsOptions;
  /** Jobs that have not ended, each with what its futures go into. */
  readonly #open = new Map<Job, Target[]>();
  readonly #definitions = new Definitions();
  /** Numbers in ids, which a reduce job shares with its map; and numbers that no two jobs share. */
  #nextId = 0;
  #nextNumber = 1;
  #drained: (() => void)[] = [];
  readonly #cores = navigator.hardwareConcurrency;
  readonly #peaks: JobParts["peaks"];
  readonly #events: JobEvents = {
    made: (call) => {
      const future = new ResponseFuture<unknown>(call, this.#options.owner);
      for (const target of this.#open.get(call.job)!) {
        if (target instanceof FuturesList) growList(target, future);
        else target.push(future);
      }
      this.#options.ledger.add(future);
    },
    ended: (call) => {
      this.#options.observer()?.callEnded(call);
      this.#options.ledger.ended(call);
      this.#settled(call.job);
    },
    inputEnded: (job, end) => {
      const { observer, ledger } = this.#options;
      const [first] = this.#open.get(job) ?? [];
      if (first !== undefined) observer()?.inputEnded(job);
      if (first instanceof FuturesList) endList(first, end);
      this.#settled(job);
      ledger.inputEnded(this.takeInput);
    },
  };

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#peaks = options.config.profile === false
      ? undefined
      : (call) => options.observer()?.peaks(call);
  }

  /** Jobs that have not ended. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether items are still taken from a lazy input. */
  get takeInput(): boolean {
    for (const job of this.#open.keys()) if (!job.inputEnded) return true;
    return false;
  }

  /** Resolves when all jobs have ended. */
  async drained(): Promise<void> {
    if (this.size === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /**
   * Makes a job. Throws for a function that cannot be sent and for wrong options; `action` is for messages: "map".
   */
  create(
    action: string,
    kind: JobKind,
    fn: unknown,
    options: MapReduceOptions,
  ): Job {
    const { executorId, config } = this.#options;
    const began = performance.now();
    const jobOptions = resolveJobOptions(action, options, config);
    // A worker can start while the function is looked at.
    this.#options.pool.anticipate(
      findProjectConfig(
        isTaskRef(fn)
          ? URL.parse(fn.url, config.base)?.href ?? ""
          : config.base,
      ),
    );
    const prepared = prepareFunction(fn as never, {
      base: config.base,
      role: action !== "map-reduce"
        ? "function"
        : kind === "R"
        ? "reduce function"
        : "map function",
    });
    const id = kind === "R" ? this.#nextId - 1 : this.#nextId++;
    return new Job({
      number: this.#nextNumber++,
      id: `${kind}${String(id).padStart(3, "0")}`,
      executorId,
      prepared,
      configPath: configOf(prepared.spec),
      definition: this.#definitions.of(prepared, jobOptions),
      options: jobOptions,
      createdAt: epochMillis(began),
      serializeTime: performance.now() - began,
      cores: this.#cores,
      peaks: this.#peaks,
      events: this.#events,
    });
  }

  /**
   * Takes up a job that another script has started on the redis backend: makes its calls, with futures in `list`, and
   * gives each to `adopt`.
   */
  adopt(found: FoundJob, list: List, adopt: (call: Call) => void): void {
    const { executorId, config, pool, onBusy } = this.#options;
    const { number, spec, functionSize, calls } = found;
    const { timeout, retries, retryDelay, tags } = found;
    const options = resolveJobOptions("attach", {}, config);
    const job: Job = new Job({
      number,
      id: found.id,
      executorId,
      prepared: { spec, sizeBytes: functionSize, arity: -1 },
      configPath: null,
      definition: this.#definitions.adopt(found.definition, spec),
      options: { ...options, timeout, retries, retryDelay, tags },
      createdAt: found.createdAt,
      serializeTime: 0,
      cores: this.#cores,
      peaks: this.#peaks,
      events: this.#events,
    });
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    this.#nextId = Math.max(this.#nextId, Number(found.id.slice(1)) + 1);
    if (this.#open.size === 0) onBusy(true);
    this.#open.set(job, [list]);
    for (let n = 0; n < calls; n++) {
      const call = job.make(undefined);
      call.state = "invoked";
      call.submittedAt = found.createdAt;
      adopt(call);
    }
    pool.add(job);
    job.endInput();
  }

  /**
   * Starts a job whose futures go into `targets`; the input of the first of them ends with the job's. Throws
   * `QueueFullError`.
   */
  start(job: Job, source: Source, ...targets: [Target, ...Target[]]): void {
    const { config, pool, observer, onBusy } = this.#options;
    const { signal } = job.options;
    if (source.kind === "known" && config.maxQueue < Infinity) {
      const { queued } = pool.state;
      if (queued + source.items.length > config.maxQueue) {
        throw new QueueFullError(
          `Cannot queue ${source.items.length} calls as option "maxQueue" is ${config.maxQueue}: ${queued} wait already; an iterator is pulled as there is room`,
        );
      }
    }
    if (this.#open.size === 0) onBusy(true);
    this.#open.set(job, targets);
    job.start(source);
    observer()?.jobStarted(job);
    this.#settled(job);
    if (!this.#open.has(job)) return; // It had nothing to do.
    if (signal?.aborted) this.cancelJob(job, signal.reason);
    else if (signal !== undefined) {
      const abort = () => this.cancelJob(job, signal.reason);
      signal.addEventListener("abort", abort);
      job.onEnd = () => signal.removeEventListener("abort", abort);
    }
    pool.add(job);
  }

  /** Gives `job` a call for each of `futures`, to be queued when the future's result is there. */
  chain(job: Job, futures: List): void {
    const source = growing(futures);
    // What is chained on is no longer wanted by itself.
    this.#options.ledger.forget(futures);
    const isOne = isReduce(futures);
    const link = (future: ResponseFuture<unknown>) =>
      this.#link(callOf(future), job.make(undefined));
    const end = () => {
      if (source.end === undefined || job.inputEnded) return;
      if (isOne) link(futures.at(-1)!);
      job.endInput(source.end);
    };
    job.chain = () => {
      if (!isOne) Array.from(futures).forEach(link);
      end();
      if (source.end !== undefined) return;
      const unwatch = source.watch((future) => {
        if (job.inputEnded) unwatch(); // It was cancelled; what it goes on with was not.
        else if (future === undefined) end();
        else if (!isOne) link(future);
      });
    };
  }

  /** Queues `call` with the result of `upstream`, or ends it with its error. */
  #link(upstream: Call, call: Call): void {
    upstream.read = true;
    upstream.onDone(({ error, outcome, errorClass, value }) => {
      if (error !== null) return call.fail(error, outcome!, errorClass!);
      if (call.done) return;
      call.item = value;
      call.job.queue(call);
      call.job.wake();
    });
  }

  /** Has a reduce job make its one call when the input of the map has ended, and queue it when its calls have. */
  reduce(mapped: FuturesList<unknown>, job: Job): void {
    const source = growing(mapped);
    const reduce = () => {
      if (job.inputEnded) return;
      const call = job.make(undefined);
      job.endInput();
      collect(source, {}).then((results) => {
        if (call.done) return;
        call.item = results;
        job.queue(call);
        job.wake();
      }, (error) => {
        const failed = mapped.find((future) => future.error === error);
        const { outcome, errorClass } = failed === undefined
          ? { outcome: "error" as const, errorClass: null }
          : callOf(failed);
        call.fail(
          error instanceof Error
            ? error
            : new Error("The input of the map failed", { cause: error }),
          outcome!,
          errorClass ?? (error as Error | undefined)?.name ?? "Error",
        );
      });
    };
    job.chain = () => {
      if (source.end !== undefined) return reduce();
      source.watch((future) => future === undefined && reduce());
    };
  }

  /** Cancels the calls of a job and stops its input. */
  cancelJob(job: Job, reason: unknown): void {
    const [futures = []] = this.#open.get(job) ?? [];
    job.stop();
    for (const future of Array.from(futures)) {
      const call = callOf(future);
      if (call.job === job) this.#options.pool.cancel(call, reason);
    }
  }

  /** Cancels the calls of a list, and stops the input of the jobs that feed it. */
  cancelList(futures: List, reason: unknown): void {
    for (const [job, targets] of this.#open) {
      if (targets.includes(futures)) job.stop();
    }
    for (const future of Array.from(futures)) {
      this.#options.pool.cancel(callOf(future), reason);
    }
  }

  /** Ends every call now, as cancelled. */
  endAll(reason: unknown): void {
    for (const job of [...this.#open.keys()]) job.stop();
    for (const future of [...this.#options.ledger.futures]) {
      const call = callOf(future);
      if (call.done) continue;
      call.cancelReason = reason;
      call.cancelled();
    }
  }

  /** A job is over when its input has ended and its calls have. */
  #settled(job: Job): void {
    if (job.open > 0 || !job.inputEnded || !this.#open.delete(job)) return;
    job.onEnd();
    if (this.#open.size > 0) return;
    this.#options.onBusy(false);
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

/** Configuration file of the project that a function belongs to. */
function configOf(spec: FunctionSpec): string | null {
  return findProjectConfig(spec.kind === "module" ? spec.url : spec.base);
}
