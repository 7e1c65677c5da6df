/**
 * Tells Prometheus what an executor does: the one object that an executor talks to. Pushes on an interval, serves, or
 * does both.
 *
 * It is loaded when telemetry is wanted, as it loads prom-client.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { Metrics, type QueueState, type StartedJob } from "./metrics.ts";
import { Heir } from "./_heir.ts";
import { type GatewayAccess, type Log, Pushgateway } from "./pushgateway.ts";
import type { Collection } from "./record.ts";
import { type ScrapeServer, serveMetrics } from "./scrape.ts";

export type { QueueState, StartedJob } from "./metrics.ts";
export type { GatewayAccess, Log } from "./pushgateway.ts";

/** Where metrics are pushed. */
export interface TelemetryGateway extends GatewayAccess {
  /** Seconds after which a push is given up. */
  timeout: number;
  /** Seconds from the end to the deletion of what was pushed; `false` leaves it there. */
  deleteAfter: number | false;
  /** Series in one push at most. */
  maxSeries: number;
}

/** Options of {@linkcode startTelemetry}. */
export interface TelemetryOptions {
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
  /** Seconds between pushes. */
  interval: number;
  /** Where metrics are pushed; undefined for nowhere. */
  pushgateway?: TelemetryGateway | undefined;
  /** Port on which metrics are served; undefined for none. */
  metricsPort?: number | undefined;
  /** Also name metrics as the Lithops Profiler does. @default {true} */
  legacyNames?: boolean;
  /** How much there is to do now; asked before each push. */
  queue?: () => QueueState;
  /** Takes what the user should hear of. */
  log: Log;
}

/** Series in a text that is only served. */
const SERVED_SERIES = 10_000;

/** Metrics of a running executor, on their way to Prometheus. Nothing here ever throws or rejects. */
export class Telemetry {
  /** Where metrics are served; `null` for nowhere. */
  readonly metricsUrl: string | null;
  readonly #metrics: Metrics;
  readonly #options: TelemetryOptions;
  readonly #gateway: Pushgateway | undefined;
  readonly #heir: Heir | undefined;
  readonly #server: ScrapeServer | undefined;
  readonly #hurry = new AbortController();
  readonly #startedAt = performance.now();
  /** How far into each interval it pushes: not so far that samples get old. */
  readonly #phase = Math.random() / 2;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tick = 0;
  #closing: Promise<void> | undefined;
  #told = false;

  /** Serves and pushes from now on; made by {@linkcode startTelemetry}. */
  constructor(options: TelemetryOptions) {
    this.#options = options;
    const { pushgateway, interval, log } = options;
    this.#metrics = new Metrics({
      executorId: options.executorId,
      backend: options.backend,
      workers: options.workers,
      cores: options.cores,
      hostName: options.hostName,
      legacyNames: options.legacyNames ?? true,
      maxSeries: pushgateway?.maxSeries ?? SERVED_SERIES,
      interval,
    });
    this.#server = this.#serve();
    this.metricsUrl = this.#server?.url ?? null;
    if (pushgateway === undefined) return;
    this.#gateway = new Pushgateway({
      url: pushgateway.url,
      username: pushgateway.username,
      password: pushgateway.password,
      token: pushgateway.token,
      timeout: pushgateway.timeout,
      instance: `${options.hostName ?? "localhost"}:${options.executorId}`,
      log,
    });
    const { deleteAfter, timeout } = pushgateway;
    if (deleteAfter !== false && deleteAfter < Infinity) {
      this.#heir = new Heir({
        access: this.#gateway.access,
        path: this.#gateway.path,
        after: deleteAfter,
        timeout: timeout * 1000,
      });
    }
    void this.tick();
    this.#schedule();
  }

  /** A job has started. */
  jobStarted(job: StartedJob): void {
    this.#metrics.jobStarted(job);
  }

  /** The number of a job's calls is known now. */
  jobCalls(jobId: string, calls: number): void {
    this.#metrics.jobCalls(jobId, calls);
  }

  /** A call has ended, in whatever way. */
  callEnded(stats: CallStats): void {
    this.#metrics.callEnded(stats);
  }

  /** Takes the newest samples. */
  collection(collection: Collection): void {
    this.#metrics.collect(collection);
  }

  /** Pushes now. */
  async tick(): Promise<void> {
    if (this.#closing !== undefined) return;
    const text = await this.#text();
    if (text !== undefined) this.#gateway?.push(text);
  }

  /**
   * Stops serving, pushes a last time and deletes what was pushed when its time has come. With `{ now: true }`, also while
   * an earlier call waits for that time, it is deleted at once: for the end by a signal.
   */
  close(options: { now?: boolean } = {}): Promise<void> {
    if (options.now === true) this.#hurry.abort();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    const served = this.#server?.close();
    const deleteAfter = this.#options.pushgateway?.deleteAfter ?? false;
    if (this.#gateway !== undefined) {
      await this.#gateway.close({
        final: await this.#text(),
        deleteAfter,
        signal: this.#hurry.signal,
      });
      await this.#heir?.release();
    }
    await served;
  }

  async #text(): Promise<string | undefined> {
    const { queue, log } = this.#options;
    try {
      if (queue !== undefined) this.#metrics.queue(queue());
      if (this.#gateway !== undefined) this.#metrics.pushed(this.#gateway.cost);
      return await this.#metrics.text();
    } catch (error) {
      // It would be a fault of ours, and no reason to fail a call.
      if (!this.#told) log.warn(`Cannot write metrics: ${error}`);
      this.#told = true;
      return undefined;
    }
  }

  /** On an absolute schedule, at a place within the interval that is its own: hosts that start together push apart. */
  #schedule(): void {
    const interval = this.#options.interval * 1000;
    const passed = performance.now() - this.#startedAt;
    const phase = this.#phase * interval;
    // Those that were missed are left out; a timer may be a little early, and must not make one twice.
    this.#tick = Math.max(
      this.#tick + 1,
      Math.floor((passed - phase) / interval) + 1,
    );
    const timer = setTimeout(() => {
      void this.tick();
      this.#schedule();
    }, this.#tick * interval + phase - passed);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  #serve(): ScrapeServer | undefined {
    const { metricsPort, executorId, log } = this.#options;
    if (metricsPort === undefined) return undefined;
    try {
      const server = serveMetrics({
        port: metricsPort,
        text: async () => {
          const text = await this.#text();
          if (text === undefined) throw new Error("metrics cannot be written");
          return text;
        },
        labels: { job: "lithops", executor_id: executorId },
      });
      log.info(`Metrics are served at ${server.url}/metrics`);
      return server;
    } catch (error) {
      const reason = error instanceof Deno.errors.AddrInUse
        ? "somebody listens there already"
        : error instanceof Error
        ? error.message
        : `${error}`;
      log.warn(`Cannot serve metrics on port ${metricsPort} as ${reason}`);
      return undefined;
    }
  }
}

/**
 * Starts to tell Prometheus what an executor does. What cannot be had (a port that is taken, a gateway that is not there)
 * is told to the log, and done without.
 *
 * @example Serve the metrics of an executor that does nothing
 * ```ts
 * import { startTelemetry } from "./telemetry.ts";
 *
 * const telemetry = startTelemetry({
 *   executorId: "0a1b2c-0",
 *   backend: "process",
 *   workers: 2,
 *   cores: 2,
 *   hostName: "here",
 *   interval: 10,
 *   metricsPort: 0,
 *   log: console,
 * });
 * await (await fetch(`${telemetry.metricsUrl}/metrics`)).text();
 * await telemetry.close();
 * ```
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  return new Telemetry(options);
}
