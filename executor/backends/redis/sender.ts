/**
 * Puts the calls that wait on the queue.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import type { Logger } from "../../log.ts";
import { unqueued } from "../outcome.ts";
import { batchSize, windowOf } from "./batches.ts";
import { isCut, isFull } from "./connect.ts";
import { entriesOf, takeCalls } from "./entries.ts";
import { entryName, type HomeLink, type Outgoing } from "./link.ts";
import type { OpenCalls } from "./open_calls.ts";

/** Entries in one message to Redis at most, and bytes of them. */
const ENTRIES = 256, BYTES = 1 << 20;
/** Milliseconds between two attempts, and how long they go on where Redis is full. */
const PAUSE = 500, FULL_PATIENCE = 10_000;
/** Lanes that are reckoned with until hosts are known. */
const LANES = 4;

/** What a sender needs to know. */
export interface SenderOptions {
  /** Id of the run. */
  executorId: string;
  /** Where trouble is told. */
  log: Logger;
  /** Where calls go that are on their way. */
  open: OpenCalls;
  /** The way to Redis. */
  connect: () => Promise<HomeLink>;
  /** Ends a call. */
  end: (call: Call, end: () => void) => void;
  /** What is open has changed. */
  hold: () => void;
}

/** Queues the calls of one executor. */
export class Sender {
  readonly #options: SenderOptions;
  /** Jobs that may have calls to queue. */
  readonly #jobs = new Set<Job>();
  #isSending = false;
  #isEnded = false;

  /** A sender with nothing to send yet. */
  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Whether calls are on their way to the queue. */
  get isSending(): boolean {
    return this.#isSending;
  }

  /** Calls that wait to be queued. */
  get waiting(): number {
    let waiting = 0;
    for (const job of this.#jobs) waiting += job.waiting.ready;
    return waiting;
  }

  /** A job may have calls to queue. */
  add(job: Job): void {
    this.#jobs.add(job);
    queueMicrotask(() => void this.send());
  }

  /** Queues nothing any more. */
  end(): void {
    this.#isEnded = true;
  }

  /** Queues what waits; one at a time. */
  async send(): Promise<void> {
    if (this.#isSending || this.#isEnded) return;
    this.#isSending = true;
    let batches: Outgoing[] = [];
    try {
      const home = await this.#options.connect();
      while (!this.#isEnded) {
        batches = this.#next(home);
        if (batches.length === 0) break;
        this.#options.hold();
        await this.#put(home, batches);
      }
    } catch (error) {
      if (!this.#isEnded) this.#cannotSend(batches, error as Error);
    } finally {
      this.#isSending = false;
    }
  }

  /**
   * Puts batches. A full Redis gets a little time, as results that are read make room in the queue; what was cut off with
   * its connection is put again, under the same names.
   */
  async #put(home: HomeLink, batches: Outgoing[]): Promise<void> {
    const began = performance.now();
    const until = began + FULL_PATIENCE;
    for (let isSaid = false;;) {
      try {
        for (const { outgoing, error } of await home.put(batches)) {
          this.#fail(outgoing, error);
        }
        break;
      } catch (error) {
        const waits = isFull(error) && performance.now() <= until;
        if (this.#isEnded || !(waits || isCut(error))) throw error;
        if (waits && !isSaid) {
          isSaid = true;
          this.#options.log.warn(
            "Redis is full (maxmemory): calls wait for room",
          );
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    const time = performance.now() - began;
    const calls = batches.reduce(
      (sum, { batch }) => sum + batch.calls.length,
      0,
    );
    for (const { job, batch } of batches) {
      for (const index of batch.calls) {
        const call = this.#options.open.find(job.number, index);
        if (call !== undefined) call.uploadTime = time / calls;
      }
    }
  }

  /** Cuts what waits into batches, in turn from each job. */
  #next(home: HomeLink): Outgoing[] {
    const batches: Outgoing[] = [];
    let bytes = 0;
    const lanes = lanesOf(home) || LANES;
    for (const job of this.#jobs) {
      while (batches.length < ENTRIES && bytes < BYTES) {
        const { ready, more } = job.waiting;
        if (ready === 0 && !more) {
          this.#jobs.delete(job); // It comes back when it has more.
          break;
        }
        if (
          more &&
          this.#options.open.of(job.number) >= windowOf(job, lanes)
        ) break;
        const calls = takeCalls(job, batchSize(job, lanes));
        if (calls.length === 0 && job.waiting.ready === 0) break;
        for (const { outgoing, calls: its } of entriesOf(home, job, calls)) {
          bytes += outgoing.sealed.length;
          for (const blob of outgoing.blobs) bytes += blob.bytes.length;
          batches.push(outgoing);
          const entry = entryName(this.#options.executorId, outgoing);
          for (const call of its) this.#options.open.add(call, entry);
        }
      }
    }
    return batches;
  }

  /** A batch was not queued. */
  #fail({ job, batch }: Outgoing, cause: Error): void {
    for (const index of batch.calls) {
      const call = this.#options.open.find(job.number, index);
      if (call !== undefined) {
        this.#options.end(call, () => unqueued(call, cause));
      }
    }
  }

  /** Nothing can be queued: what was on its way fails, and so does all that waits. */
  #cannotSend(batches: readonly Outgoing[], cause: Error): void {
    this.#options.log.error(cause.message);
    for (const each of batches) this.#fail(each, cause);
    for (const job of [...this.#jobs]) {
      this.#jobs.delete(job);
      while (job.waiting.ready > 0 || job.waiting.more) {
        const { ready, more } = job.waiting;
        const call = job.take();
        if (call !== undefined) unqueued(call, cause);
        if (more && ready < 2) job.stop(); // else an endless list of failures
      }
    }
  }
}

/** Calls that all hosts together run at once. */
export function lanesOf({ hosts }: HomeLink): number {
  return hosts.reduce((sum, { lanes }) => sum + lanes, 0);
}
