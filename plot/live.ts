/**
 * The live page: what an executor does, in a browser, while it does it. A server on this machine alone, one page, and a
 * stream of server-sent events to it.
 *
 * @module
 */
import type { Collection } from "../profiler/record.ts";
import { openPage } from "./_live_open.ts";
import { livePage } from "./_live_page.ts";
import { LiveServer } from "./_live_server.ts";
import type { LiveFailed } from "./_live_failures.ts";
import { type LiveNow, LiveState } from "./_live_state.ts";
import { chartScript } from "./chart.ts";

export type { LiveFailed } from "./_live_failures.ts";
export type { LiveNow } from "./_live_state.ts";

/** Milliseconds between two pieces of news. */
const TICK = 500;
/** Running calls that are shown, and workers that are asked for theirs. */
const MOST_CALLS = 50;
const MOST_WORKERS = 200;
/** Seconds to wait for a page that was opened, if the run is over before it is there. */
const OPEN_WITHIN = 5;

/** A call that runs at this moment. */
export interface LiveRunning {
  /** Job of the call, `"M001"`. */
  job_id: string;
  /** The call, `"00042"`. */
  call_id: string;
  /** Number of the worker. */
  worker_id: number;
  /** Process id of the worker. */
  pid: number;
  /** When the worker started it, in epoch seconds. */
  start_tstamp: number;
}

/** A job that has started. */
export interface LiveJobStart {
  /** `"M001"`. */
  job_id: string;
  /** Calls; `null` while its input goes on. */
  calls: number | null;
  /** Name of its function; empty if it has none. */
  function_name: string;
}

/** Takes what the user should hear of. */
export interface LiveLog {
  /** Something is odd but goes on. */
  warn(message: string): void;
}

/** Options of {@linkcode startLive}. */
export interface LivePageOptions {
  /** Executor, `<6 hex>-<n>`. */
  executorId: string;
  /** Where its calls run: `"process"`, `"thread"`. */
  backend: string;
  /** Workers at most. */
  workers: number;
  /** Calls that one worker runs at once. */
  concurrency: number;
  /** Cores of the machine. */
  cores: number;
  /** Name of the machine; `null` if it is not known. */
  hostName: string | null;
  /** Port of this machine; 0 takes a free one. */
  port: number;
  /** Opens the page in the browser. */
  open: boolean;
  /** How much there is to do now; asked twice a second. */
  now: () => LiveNow;
  /** The calls that run, those that have run longest first; asked twice a second while a page is open. */
  runningNow: (mostWorkers: number) => LiveRunning[];
  /** Is told where the page is. */
  onUrl: (url: string) => void;
  /** Takes what the user should hear of. */
  log: LiveLog;
}

/** A page that shows an executor at work. Nothing here ever throws or rejects. */
export class LivePage {
  /** Where it is. */
  readonly url: string;
  readonly #options: LivePageOptions;
  readonly #state: LiveState;
  readonly #server: LiveServer;
  readonly #timer: ReturnType<typeof setInterval>;
  #jobsSent = -1;
  #failuresSent = -1;
  #widthSent: number;
  #closing: Promise<void> | undefined;
  /** A browser was told to open it. */
  #isExpected = false;

  /** Shows from now on; made by {@linkcode startLive}. */
  constructor(options: LivePageOptions, state: LiveState, server: LiveServer) {
    this.#options = options;
    this.#state = state;
    this.#server = server;
    this.#widthSent = state.course.width;
    this.url = server.url;
    this.#timer = setInterval(() => this.#tick(), TICK);
    Deno.unrefTimer(this.#timer);
    if (!options.open) return;
    this.#isExpected = true;
    void openPage(this.url, options.log)
      .then((isOpen) => this.#isExpected &&= isOpen);
  }

  /** A job has started. */
  jobStarted({ job_id, function_name, calls }: LiveJobStart): void {
    this.#state.jobStarted(job_id, function_name, calls);
  }

  /** The number of a job's calls is known now. */
  jobCalls(jobId: string, calls: number): void {
    this.#state.jobCalls(jobId, calls);
  }

  /** A call of a job has ended, in whatever way: its last attempt, and the seconds that its function ran. */
  callEnded(
    jobId: string,
    attempt: number,
    funcTime: number | null,
    failed: LiveFailed | null,
  ): void {
    const at = failed === null ? 0 : now();
    this.#state.callEnded(jobId, attempt, funcTime, failed, at);
  }

  /** Takes the newest samples. */
  collection(collection: Collection): void {
    this.#state.collection(collection);
  }

  /** Everything that is known, as an event of the stream. */
  snapshot(end: "ended" | "stopped" | null = null): string {
    const { course: { width, points }, startedAt } = this.#state;
    return JSON.stringify({
      ...this.#news(false),
      started: startedAt,
      width,
      points,
      end,
    });
  }

  /**
   * Shows how the run ended, and stops. With `{ now: true }`, for a run that was ended from outside, it says so and waits
   * for no page that is still on its way.
   */
  close(options: { now?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options.now ?? false);
    return this.#closing;
  }

  async #close(isNow: boolean): Promise<void> {
    if (this.#isExpected && !isNow) await this.#server.visited(OPEN_WITHIN);
    clearInterval(this.#timer);
    this.#state.tick(now(), this.#options.now());
    const end = this.snapshot(isNow ? "stopped" : "ended");
    await this.#server.close("end", end);
  }

  #tick(): void {
    this.#state.tick(now(), this.#options.now());
    if (this.#server.watchers === 0) return;
    const { width, points } = this.#state.course;
    if (width !== this.#widthSent) {
      this.#widthSent = width;
      return this.#server.send("snapshot", this.snapshot());
    }
    // The last two: the one before the last may have changed since it was sent.
    const last = points.slice(-2);
    const news = {
      ...this.#news(true),
      from: points.length - last.length,
      last,
    };
    this.#server.send("news", JSON.stringify(news));
  }

  #news(isShort: boolean): Record<string, unknown> {
    const state = this.#state;
    const at = now();
    const running = this.#options.runningNow(MOST_WORKERS);
    const news: Record<string, unknown> = {
      now: at,
      figures: state.figures(at, this.#options.now()),
      running: running.slice(0, MOST_CALLS).map((call) => ({
        ...call,
        ...state.uses.get(call.worker_id),
      })),
    };
    if (!isShort || state.jobsVersion !== this.#jobsSent) {
      news.jobs = state.jobs();
    }
    if (!isShort || state.failures.version !== this.#failuresSent) {
      news.failures = state.failures.list();
    }
    if (isShort) {
      this.#jobsSent = state.jobsVersion;
      this.#failuresSent = state.failures.version;
    }
    return news;
  }
}

/**
 * Starts to serve the page. Rejects if the port is taken.
 *
 * @example The page of an executor that does nothing
 * ```ts
 * import { startLive } from "./live.ts";
 *
 * const page = await startLive({
 *   executorId: "0a1b2c-0",
 *   backend: "process",
 *   workers: 2,
 *   concurrency: 1,
 *   cores: 2,
 *   hostName: "here",
 *   port: 0,
 *   open: false,
 *   now: () => ({ running: 0, queued: 0, workers: 0 }),
 *   runningNow: () => [],
 *   onUrl: () => {},
 *   log: console,
 * });
 * const html = await (await fetch(page.url)).text();
 * console.log(html.includes("<title>Lithoscope</title>")); // true
 * await page.close();
 * ```
 */
export async function startLive(options: LivePageOptions): Promise<LivePage> {
  const state = new LiveState(now());
  const { executorId, backend, workers, concurrency, cores, hostName } =
    options;
  const about = {
    executor_id: executorId,
    backend,
    workers,
    concurrency,
    cores,
    host_name: hostName,
  };
  const page: { now?: LivePage } = {};
  let chart: Promise<string> | undefined;
  const server = await LiveServer.listen({
    port: options.port,
    // Chart.js is read when somebody looks.
    page: async (nonce) =>
      livePage(about, await (chart ??= chartScript()), nonce),
    snapshot: () => page.now!.snapshot(),
  });
  page.now = new LivePage(options, state, server);
  options.onUrl(server.url);
  return page.now;
}

/** Epoch seconds, on the clock of all instants. */
function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
