/**
 * Collections and events of an executor as metrics in the text format of Prometheus.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { BLOCK_FAMILIES, BlockMaker } from "./_blocks.ts";
import { Counts } from "./_counts.ts";
import { EndedCalls } from "./_ended_calls.ts";
import { labelsOf, type Series } from "./_families.ts";
import { Jobs, type StartedJob } from "./_jobs.ts";
import {
  EXECUTOR_INFO,
  INTERVAL,
  LEFT_OUT,
  type PushCost,
  PUSHING,
  type QueueState,
  SAMPLING,
  SERIES,
  STATE,
} from "./_own_metrics.ts";
import type { Collection } from "./record.ts";
import { type MetricDescription, MetricRegistry } from "./_registry.ts";
import { oldestStart } from "./_running.ts";
import { type Selection, Selector } from "./_selection.ts";

export type { StartedJob } from "./_jobs.ts";
export type { PushCost, QueueState } from "./_own_metrics.ts";
export type { MetricDescription } from "./_registry.ts";

/** Seconds for which what was read of the machine stands for what it is. */
const MACHINE_AGE = 3;

/** Options of {@linkcode Metrics}. */
export interface MetricsOptions {
  /** Executor, `<6 hex>-<n>`. */
  executorId: string;
  /** Where its calls run: `"process"`, `"thread"`. */
  backend: string;
  /** Workers at most. */
  workers: number;
  /** Cores of the machine. */
  cores: number;
  /** Name of the machine; `null` if it is not known. */
  hostName: string | null;
  /** Also name metrics as the Lithops Profiler does. @default {true} */
  legacyNames?: boolean;
  /** Series in one text at most; those of the executor itself, about 200, go out in any case. @default {3000} */
  maxSeries?: number;
  /** Seconds between pushes, as told by a metric. @default {undefined} not told */
  interval?: number;
}

/** Content type of {@linkcode Metrics.text}. */
export const METRICS_CONTENT_TYPE: string =
  "text/plain; version=0.0.4; charset=utf-8";

/** Series at most that tell of the others: how many there are, and how many of each kind were left out. */
const CLOSING = 10;

/** Share of all series that ended calls may take. */
const ENDED_SHARE = 0.2;

/**
 * The metrics of one executor, in a registry of its own.
 *
 * Processes and calls have series while they live; of those that have ended, the last calls do. Of more series than
 * `maxSeries` the busiest go out, the others as a sum with labels `"other"`.
 *
 * @example Metrics of a run
 * ```ts
 * import { Metrics } from "./metrics.ts";
 *
 * const metrics = new Metrics({
 *   executorId: "0a1b2c-0",
 *   backend: "process",
 *   workers: 2,
 *   cores: 2,
 *   hostName: "here",
 * });
 * metrics.queue({ queued: 3, running: 2, workers: 2 });
 * console.log(await metrics.text()); // ... lithoscope_calls_queued{executor_id="0a1b2c-0"} 3 ...
 * ```
 */
export class Metrics {
  readonly #options: Required<Omit<MetricsOptions, "interval">>;
  readonly #interval: number | undefined;
  readonly #registry = new MetricRegistry();
  readonly #blocks: BlockMaker;
  readonly #selector = new Selector();
  readonly #jobs: Jobs;
  readonly #ended = new EndedCalls();
  readonly #counts: Counts;
  #queue: QueueState | null = null;
  #pushing: PushCost | null = null;
  #collection: Collection | null = null;
  /** The last collection for which the machine was read. */
  #machine: Collection | null = null;
  /** What was chosen of the collection, once it was asked for. */
  #selection: Selection | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  /** Makes metrics of an executor that has done nothing yet. */
  constructor(options: MetricsOptions) {
    const { interval, ...rest } = options;
    this.#options = { legacyNames: true, maxSeries: 3000, ...rest };
    this.#interval = interval;
    this.#blocks = new BlockMaker(this.#options.legacyNames);
    this.#jobs = new Jobs(options.executorId);
    this.#counts = new Counts(this.#registry, options.executorId);
    this.#registry.define(BLOCK_FAMILIES);
    this.#registry.define(Jobs.families);
    this.#registry.define(EndedCalls.families);
    for (
      const { families } of [
        EXECUTOR_INFO,
        STATE,
        INTERVAL,
        SAMPLING,
        PUSHING,
        LEFT_OUT,
        SERIES,
      ]
    ) {
      this.#registry.define(families);
    }
  }

  /** A job has started. */
  jobStarted(job: StartedJob): void {
    this.#counts.jobStarted();
    this.#jobs.started(job);
  }

  /** The number of a job's calls is known now. */
  jobCalls(jobId: string, calls: number): void {
    this.#jobs.calls(jobId, calls);
  }

  /** A call has ended, in whatever way. */
  callEnded(stats: CallStats): void {
    this.#counts.callEnded(stats);
    this.#jobs.callEnded(stats);
    this.#ended.add(stats);
  }

  /** How much there is to do. */
  queue(state: QueueState): void {
    this.#queue = state;
  }

  /** Takes the newest samples. */
  collect(collection: Collection): void {
    // The machine is read once a second at most: what a collection leaves out is as it was, and not gone.
    const last = this.#machine;
    const isRead = collection.host !== null || collection.networks.length > 0 ||
      collection.cgroups.length > 0;
    if (isRead) this.#machine = collection;
    this.#collection = isRead || last === null ||
        collection.tstamp - last.tstamp > MACHINE_AGE
      ? collection
      : {
        ...collection,
        host: last.host,
        networks: last.networks,
        cgroups: last.cgroups,
      };
    this.#selection = null;
  }

  /** What pushing has cost so far. */
  pushed(cost: PushCost): void {
    this.#pushing = cost;
  }

  /** All metrics that there can be. */
  describe(): readonly MetricDescription[] {
    return this.#registry.describe();
  }

  /** All metrics as they are now, in the text format of Prometheus. */
  text(): Promise<string> {
    // One after the other: they share the registry.
    const text = this.#writing.then(() => this.#text());
    this.#writing = text.catch(() => {});
    return text;
  }

  async #text(): Promise<string> {
    const { maxSeries, executorId: executor_id } = this.#options;
    const labels = { executor_id };
    const series = [...this.#state(), ...this.#jobs.series()];
    const sent = series.length + await this.#registry.lastingSeries();
    const ended = this.#ended.series(Math.floor(maxSeries * ENDED_SHARE));
    const { chosen, leftOut } = this.#select(
      maxSeries - sent - ended.length - CLOSING,
    );
    series.push(...chosen, ...ended);
    for (const [kind, count] of leftOut) {
      series.push(...LEFT_OUT.series(count, { executor_id, kind }));
    }
    const total = sent + chosen.length + ended.length + leftOut.size + 2;
    series.push(...SERIES.series({ sent: total, limit: maxSeries }, labels));
    return await this.#registry.text(series);
  }

  #state(): Series[] {
    const { executorId, backend, hostName, workers, cores } = this.#options;
    const labels = { executor_id: executorId };
    const collection = this.#collection;
    const oldest = collection === null ? null : oldestStart(collection);
    const state = { workers, cores, queue: this.#queue, oldest };
    const info = { ...labels, backend, host_name: hostName };
    const series = [
      ...EXECUTOR_INFO.series(null, labelsOf(info)),
      ...STATE.series(state, labels),
    ];
    if (this.#interval !== undefined) {
      series.push(...INTERVAL.series(this.#interval, labels));
    }
    if (collection !== null) {
      series.push(...SAMPLING.series(collection, labels));
    }
    if (this.#pushing !== null) {
      series.push(...PUSHING.series(this.#pushing, labels));
    }
    return series;
  }

  /** The same collection gives the same series, however often it is asked for. */
  #select(room: number): { chosen: Series[]; leftOut: Map<string, number> } {
    const leftOut = new Map([["job", this.#jobs.leftOut]]);
    const collection = this.#collection;
    if (collection === null) return { chosen: [], leftOut };
    if (this.#selection === null) {
      this.#selection = this.#selector.choose(
        this.#blocks.blocks(collection),
        room,
        collection.tstamp,
      );
    }
    for (const [kind, count] of this.#selection.leftOut) {
      leftOut.set(kind, count);
    }
    return { chosen: this.#selection.series, leftOut };
  }
}
