/**
 * The workers of other machines, as an executor sees them: puts its calls on a queue in Redis, and settles them by what
 * comes back.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import type { Logger } from "../../log.ts";
import { unqueued } from "../outcome.ts";
import type { RunningNow } from "../worker.ts";
import type { PoolState, WorkerPool } from "../worker_pool.ts";
import { batchSize, windowOf } from "./batches.ts";
import { entriesOf, takeCalls } from "./entries.ts";
import { OpenCalls } from "./open_calls.ts";
import type { HomeLink, HomeOptions, Outgoing } from "./link.ts";
import { Ended, Started } from "./settle.ts";
import { Crew } from "./crew.ts";

/** Entries in one message to Redis at most, and bytes of them. */
const ENTRIES = 256, BYTES = 1 << 20;
/** Milliseconds that a running call gets to listen to its cancellation, beyond the time its host gives it. */
const GRACE = 4000;
/** Milliseconds between two attempts on a Redis that is full, and how long they go on. */
const FULL_PAUSE = 500, FULL_PATIENCE = 10_000;
/** Milliseconds that calls may wait without a single worker host until it is said. */
const ALONE = 4000;
/** Lanes that are reckoned with until hosts are known. */
const LANES = 4;

/** Not a literal in the `import()`, so that only who uses Redis loads BullMQ. */
const HOME = import.meta.resolve("./home.ts");

/** What a Redis pool needs to know. */
export interface RedisPoolOptions
  extends Omit<HomeOptions, "onMessage" | "onHosts" | "log"> {
  /** Where trouble is told. */
  log: Logger;
  /** Milliseconds between telling a call to stop and ending its worker. */
  killDelay: number;
  /** Something was printed by a call. */
  onPrinted: ((text: string) => void) | undefined;
}

/** Runs the calls of one executor on worker hosts behind Redis. */
export class RedisPool implements WorkerPool {
  readonly #options: RedisPoolOptions;
  readonly #crew = new Crew();
  /** Jobs that may have calls to queue. */
  readonly #jobs = new Set<Job>();
  readonly #open = new OpenCalls();
  readonly #delayed = new Map<Call, ReturnType<typeof setTimeout>>();
  #opening: Promise<HomeLink> | undefined;
  #home: HomeLink | undefined;
  #isSending = false;
  #isEnded = false;
  #aloneSince = -1;

  constructor(options: RedisPoolOptions) {
    this.#options = options;
  }

  get history(): WorkerPool["history"] {
    return this.#crew.all;
  }

  get running(): number {
    let running = 0;
    for (const _ of this.#open.running()) running++;
    return running;
  }

  get busy(): number {
    return this.running;
  }

  runningNow(mostWorkers: number): RunningNow[] {
    return this.#open.runningNow(mostWorkers);
  }

  get state(): PoolState {
    const { running } = this;
    let queued = this.#delayed.size + this.#open.size - running;
    for (const job of this.#jobs) queued += job.waiting.ready;
    return { queued, running, workers: this.#lanes };
  }

  get #lanes(): number {
    return this.#home?.hosts.reduce((sum, { lanes }) => sum + lanes, 0) ?? 0;
  }

  add(job: Job): void {
    job.wake = () => {
      this.#jobs.add(job);
      queueMicrotask(() => void this.#send());
    };
    job.wake();
  }

  anticipate(): void {
    if (!this.#isEnded) this.#connect().catch(() => {}); // told to the first call
  }

  async warm(): Promise<void> {
    const home = await this.#connect();
    while (home.hosts.length === 0 && !this.#isEnded) {
      this.#watchAlone();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await home.look();
    }
  }

  cancel(call: Call, reason: unknown): void {
    if (call.done || call.cancelling) return;
    call.cancelling = true;
    call.cancelReason = reason;
    clearTimeout(this.#delayed.get(call));
    this.#delayed.delete(call);
    const { job, index } = call;
    if (this.#open.find(job.number, index) === undefined) {
      return call.cancelled();
    }
    this.#home?.cancel(job, index, textOf(reason));
    if (call.state !== "running") {
      return this.#end(call, () => call.cancelled());
    }
    const timer = setTimeout(
      () => this.#end(call, () => call.cancelled()),
      this.#options.killDelay + GRACE,
    );
    call.onDone(() => clearTimeout(timer));
  }

  async leave(): Promise<void> {
    this.#isEnded = true;
    await this.#home?.abandon();
  }

  close(): Promise<void> {
    return this.#close(false);
  }

  kill(): Promise<void> {
    return this.#close(true);
  }

  async #close(abandon: boolean): Promise<void> {
    this.#isEnded = true;
    for (const timer of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    const home = await this.#opening?.catch(() => undefined);
    const duplicates = await home?.duplicates().catch(() => 0) ?? 0;
    if (duplicates > 0) {
      this.#options.log.info(
        `${duplicates} calls ran more than once, as their host was lost; the first results count`,
      );
    }
    if (abandon && this.#open.size > 0) await home?.abandon();
    await home?.close();
  }

  #connect(): Promise<HomeLink> {
    this.#opening ??= this.#openHome();
    this.#opening.catch(() => this.#opening = undefined); // the next job may have more luck
    return this.#opening;
  }

  async #openHome(): Promise<HomeLink> {
    const { openHome } = await import(HOME) as {
      openHome: (options: HomeOptions) => Promise<HomeLink>;
    };
    this.#home = await openHome({
      ...this.#options,
      onMessage: (message, offset) => {
        if (message.type === "news") this.#started.take(message, offset);
        else this.#ended.take(message, offset);
        this.#hold();
      },
      onHosts: () => this.#watchAlone(),
    });
    this.#hold();
    return this.#home;
  }

  /** Queues what waits; one at a time. */
  async #send(): Promise<void> {
    if (this.#isSending || this.#isEnded) return;
    this.#isSending = true;
    let batches: Outgoing[] = [];
    try {
      const home = await this.#connect();
      while (!this.#isEnded) {
        batches = this.#next(home);
        if (batches.length === 0) break;
        this.#hold();
        await this.#put(home, batches);
      }
    } catch (error) {
      if (!this.#isEnded) this.#cannotSend(batches, error as Error);
    } finally {
      this.#isSending = false;
    }
  }

  /** Puts batches; a full Redis gets a little time, as results that are read make room in the queue. */
  async #put(home: HomeLink, batches: Outgoing[]): Promise<void> {
    const began = performance.now();
    const until = began + FULL_PATIENCE;
    for (let isSaid = false;; isSaid = true) {
      try {
        await home.put(batches);
        break;
      } catch (error) {
        const isFull = /\bOOM\b|maxmemory/.test((error as Error).message);
        if (!isFull || performance.now() > until || this.#isEnded) throw error;
        if (!isSaid) {
          this.#options.log.warn(
            "Redis is full (maxmemory): calls wait for room",
          );
        }
        await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE));
      }
    }
    const time = performance.now() - began;
    const calls = batches.reduce(
      (sum, { batch }) => sum + batch.calls.length,
      0,
    );
    for (const { job, batch } of batches) {
      for (const index of batch.calls) {
        const call = this.#open.find(job.number, index);
        if (call !== undefined) call.uploadTime = time / calls;
      }
    }
  }

  /** Cuts what waits into batches, in turn from each job. */
  #next(home: HomeLink): Outgoing[] {
    const batches: Outgoing[] = [];
    let bytes = 0;
    const lanes = this.#lanes || LANES;
    for (const job of this.#jobs) {
      while (batches.length < ENTRIES && bytes < BYTES) {
        const { ready, more } = job.waiting;
        if (ready === 0 && !more) {
          this.#jobs.delete(job); // It comes back when it has more.
          break;
        }
        if (
          more &&
          this.#open.of(job.number) >= windowOf(job, lanes)
        ) break;
        const calls = takeCalls(job, batchSize(job, lanes));
        if (calls.length === 0 && job.waiting.ready === 0) break;
        for (const each of entriesOf(home, job, calls)) {
          bytes += each.sealed.length;
          batches.push(each);
        }
        for (const call of calls) if (!call.done) this.#open.add(call);
      }
    }
    return batches;
  }

  /** Takes a call out of those that are open, then ends it. */
  #end(call: Call, end: () => void): void {
    this.#open.remove(call);
    if (!call.done) end();
    if (call.job.waiting.more) call.job.wake();
    this.#hold();
  }

  readonly #started = new Started({
    find: (job, index) => this.#open.find(job, index),
    crew: this.#crew,
    printed: (text) => this.#options.onPrinted?.(text),
  });

  readonly #ended = new Ended({
    find: (job, index) => this.#open.find(job, index),
    crew: this.#crew,
    end: (call, end) => this.#end(call, end),
    again: (call, delay) => this.#again(call, delay),
  });

  /** Queues a call once more after `delay` milliseconds. */
  #again(call: Call, delay: number): void {
    if (this.#isEnded) return call.cancelled();
    call.state = "invoked";
    const timer = setTimeout(() => {
      this.#delayed.delete(call);
      call.job.queueAgain(call);
    }, delay);
    this.#delayed.set(call, timer);
  }

  /** Nothing can be queued: what was on its way fails, and so does all that waits. */
  #cannotSend(batches: readonly Outgoing[], cause: Error): void {
    this.#options.log.error(cause.message);
    for (const { job, batch } of batches) {
      for (const index of batch.calls) {
        const call = this.#open.find(job.number, index);
        if (call !== undefined) this.#end(call, () => unqueued(call, cause));
      }
    }
    for (const job of [...this.#jobs]) {
      this.#jobs.delete(job);
      while (job.waiting.ready > 0 || job.waiting.more) {
        const { more } = job.waiting;
        const call = job.take();
        if (call !== undefined) unqueued(call, cause);
        if (more) job.stop(); // else an endless list of failures
      }
    }
  }

  /** Says once that calls wait and nobody is there to run them. */
  #watchAlone(): void {
    if (this.#lanes > 0 || this.#open.size === 0) {
      this.#aloneSince = -1;
      return;
    }
    const now = performance.now();
    if (this.#aloneSince < 0) this.#aloneSince = now;
    if (now - this.#aloneSince < ALONE) return;
    this.#aloneSince = Infinity;
    this.#options.log.warn(
      `${this.#open.size} calls wait, but no worker takes calls of "${this.#options.prefix}": start one with "lithoscope worker --redis URL"`,
    );
  }

  /** What is open keeps the program up; nothing else does. */
  #hold(): void {
    this.#home?.hold(this.#open.size + this.#delayed.size > 0);
  }
}

/** A reason as it may travel. */
function textOf(reason: unknown): string | undefined {
  return reason instanceof Error
    ? reason.message
    : typeof reason === "string"
    ? reason
    : undefined;
}
