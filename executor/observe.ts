/**
 * What watches an executor at work: the sampler of its workers, and the telemetry that tells Prometheus. Each is loaded
 * when it is first wanted, so that a script that only maps never pays for it.
 *
 * @module
 */
import type { Profile } from "../profiler/profile.ts";
import type { Sampler } from "../profiler/sampler.ts";
import type { RunningNow, Worker } from "./backends/worker.ts";
import type { Call } from "./call.ts";
import type { ResolvedConfig } from "./config.ts";
import type { Job } from "./job.ts";
import { Later } from "./_later.ts";
import { loadSampler, SAMPLER, targetOf } from "./_sampler.ts";
import { liveFailureOf, type LivePage, type Telemetry } from "./_watchers.ts";
import type { Logger } from "./log.ts";
import { terminal } from "./terminal.ts";
import type { Collection } from "../profiler/record.ts";
import type { SampledPeaks } from "./stats.ts";

/** Not literals in the `import()`, for the reason told in plotting.ts; a binary gets them by `--include`. */
const TELEMETRY = import.meta.resolve("../profiler/telemetry.ts");
const LIVE = import.meta.resolve("../plot/live.ts");

/** How much there is to do. */
export interface QueueState {
  /** Calls that wait for a worker. */
  queued: number;
  /** Calls that workers have. */
  running: number;
  /** Workers that are up. */
  workers: number;
}

/** What an observer needs to know of its executor. */
export interface ObserverOptions {
  executorId: string;
  config: ResolvedConfig;
  log: Logger;
  /** Name of the machine, `null` if it is not known. */
  hostName: string | null;
  /** How much there is to do now. */
  queue: () => QueueState;
  /** Calls that run at this moment. */
  busy: () => number;
  /** Those calls, the ones that have run longest first, of so many workers at most. */
  runningNow: (mostWorkers: number) => RunningNow[];
  /** Resolves when what other machines have sampled up to now is there, or will not be. */
  elsewhere?: (() => Promise<void>) | undefined;
}

/** Whether there is anything to watch. */
export function isObserved(config: ResolvedConfig): boolean {
  return config.profile !== false || config.live !== false || isTold(config);
}

/** Whether Prometheus is told. */
function isTold(config: ResolvedConfig): boolean {
  return config.telemetry || config.metricsPort !== undefined;
}

/** Watches one executor. */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #sampler: Later<Sampler>;
  readonly #telemetry: Later<Telemetry>;
  readonly #live: Later<LivePage>;
  /** The newest collection. */
  #last: Collection | undefined;
  /** The newest collection that `#peaks` knows of. */
  #seen: Collection | undefined;
  readonly #peaks = new Map<string, SampledPeaks>();

  /** Starts to watch; what cannot be had is said once and done without. */
  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#telemetry = new Later(this.#startTelemetry());
    this.#live = new Later(this.#startLive());
    this.#sampler = new Later(this.#startSampler());
  }

  /** What was sampled so far; undefined until the sampler is up. */
  get profile(): Profile | undefined {
    return this.#sampler.now?.profile();
  }

  /** What was sampled up to now; undefined if nothing is. */
  async latest(): Promise<Profile | undefined> {
    const sampler = await this.#sampler.ready;
    await Promise.all([sampler?.flush(), this.#options.elsewhere?.()]);
    return sampler?.profile();
  }

  /** What the samples tell of a call; undefined if none fell into it. */
  peaks(call: Call): SampledPeaks | undefined {
    const profile = this.profile;
    if (profile === undefined) return undefined;
    const { collections } = profile;
    // Looked through once for each new collection, not once for each call.
    if (collections.at(-1) !== this.#seen) {
      this.#seen = collections.at(-1);
      this.#peaks.clear();
      for (
        const { executor_id: _, worker_id: __, ...rest } of profile.byCall()
      ) {
        const { job_id, call_id, ...peaks } = rest;
        this.#peaks.set(`${job_id}/${call_id}`, peaks);
      }
    }
    return this.#peaks.get(call.name);
  }

  /** Where metrics are served; `null` for nowhere, or not yet. */
  get metricsUrl(): string | null {
    return this.#telemetry.now?.metricsUrl ?? null;
  }

  /** What the workers use together, as last sampled; undefined if nothing is, or nothing of them. */
  get use():
    | { cpuPercent: number | null; memoryBytes: number | null }
    | undefined {
    const total = this.#last?.total;
    if (total === undefined || total.processes_seen === 0) return undefined;
    return { cpuPercent: total.cpu_percent, memoryBytes: total.rss };
  }

  /** Where the live page is; `null` for nowhere, or not yet. */
  get liveUrl(): string | null {
    return this.#live.now?.url ?? null;
  }

  /** Resolves when it watches. */
  async ready(): Promise<void> {
    await Promise.all([
      this.#sampler.ready,
      this.#telemetry.ready,
      this.#live.ready,
    ]);
  }

  /** A job has started. */
  jobStarted(job: Job): void {
    this.#sampler.tell((sampler) => sampler.addJob(job.number, job.id));
    const started = {
      job_id: job.id,
      calls: job.inputEnded ? job.made : null,
      function_name: job.prepared.spec.name,
    };
    this.#telemetry.tell((telemetry) => telemetry.jobStarted(started));
    this.#live.tell((live) => live.jobStarted(started));
  }

  /** All calls of a job are known. */
  inputEnded(job: Job): void {
    const { made } = job;
    this.#telemetry.tell((telemetry) => telemetry.jobCalls(job.id, made));
    this.#live.tell((live) => live.jobCalls(job.id, made));
  }

  /** A call has ended. */
  callEnded(call: Call): void {
    const { config } = this.#options;
    if (config.live !== false) {
      const { job, attempt, funcTime } = call;
      const failure = liveFailureOf(call);
      this.#live.tell((live) =>
        live.callEnded(job.id, attempt, funcTime, failure)
      );
    }
    if (!isTold(config)) return;
    const stats = call.stats();
    this.#telemetry.tell((telemetry) => telemetry.callEnded(stats));
  }

  /** A worker is up. */
  workerUp(worker: Worker, marker: string): void {
    const target = targetOf(worker, marker, this.#options.config.backend);
    this.#sampler.tell((sampler) => sampler.addWorker(target));
  }

  /** A sampler of another machine has taken a collection. */
  sampled(sampler: string, collection: Collection): void {
    this.#sampler.tell((own) => own.gather(sampler, collection));
  }

  /** So many collections of other machines never came. */
  unsampled(collections: number): void {
    if (collections > 0) this.#sampler.tell((own) => own.miss(collections));
  }

  /** A worker has ended. */
  workerGone({ info }: Worker): void {
    this.#sampler.tell((sampler) => sampler.removeWorker(info.id));
  }

  /**
   * Takes a last sample of everything and tells it, then stops; with `now`, without waiting until what was pushed may be
   * deleted. Never rejects.
   */
  async stop(options: { now: boolean }): Promise<void> {
    if (!options.now) await this.#options.elsewhere?.();
    await (await this.#sampler.ready)?.stop();
    const [telemetry, live] = await Promise.all([
      this.#telemetry.ready,
      this.#live.ready,
    ]);
    await Promise.all([telemetry?.close(options), live?.close(options)]);
  }

  async #startSampler(): Promise<Sampler | undefined> {
    const { executorId, config: { profile }, log } = this.#options;
    if (profile === false) return undefined;
    try {
      return await loadSampler({
        executorId,
        interval: profile.interval,
        record: profile.record,
        host: profile.host,
        onCollection: (collection) => {
          const now = this.#sampler.now?.together(collection) ?? collection;
          this.#last = now;
          // Worker hosts tell Prometheus themselves.
          this.#telemetry.tell((telemetry) => telemetry.collection(collection));
          this.#live.tell((live) => live.collection(now));
        },
        onNotice: (text) => log.warn(text),
      });
    } catch (error) {
      return this.#missing("sample resources", SAMPLER, error);
    }
  }

  async #startTelemetry(): Promise<Telemetry | undefined> {
    const { executorId, config, log, hostName, queue } = this.#options;
    if (!isTold(config)) return undefined;
    try {
      const { startTelemetry } = await import(TELEMETRY);
      return startTelemetry({
        executorId,
        backend: config.backend,
        workers: config.workers,
        cores: navigator.hardwareConcurrency,
        hostName,
        interval: config.profile === false ? 10 : config.profile.interval,
        pushgateway: config.telemetry ? config.pushgateway : undefined,
        metricsPort: config.metricsPort,
        legacyNames: config.legacyNames,
        queue,
        log,
      });
    } catch (error) {
      return this.#missing("tell Prometheus", TELEMETRY, error);
    }
  }

  async #startLive(): Promise<LivePage | undefined> {
    const { executorId, config, log, hostName } = this.#options;
    if (config.live === false) return undefined;
    try {
      const { startLive } = await import(LIVE);
      const { queue, busy, runningNow } = this.#options;
      return await startLive({
        executorId,
        backend: config.backend,
        workers: config.workers,
        concurrency: config.concurrency,
        cores: navigator.hardwareConcurrency,
        hostName,
        ...config.live,
        now: () => {
          const { queued, running, workers } = queue();
          const isBusy = busy();
          return {
            running: isBusy,
            queued: queued + running - isBusy,
            workers,
          };
        },
        runningNow,
        onUrl: (url: string) => {
          if (config.logLevel !== "none") terminal.print(`Live page: ${url}\n`);
        },
        log,
      });
    } catch (error) {
      return this.#missing("serve the live page", LIVE, error);
    }
  }

  #missing(what: string, url: string, error: unknown): undefined {
    const why = error instanceof Error ? error.message : String(error);
    if (why.startsWith("Cannot ")) return void this.#options.log.warn(why);
    const hint = Deno.build.standalone
      ? `; compile this binary with --include "${url}"`
      : "";
    this.#options.log.warn(`Cannot ${what}: ${why}${hint}`);
    return undefined;
  }
}
