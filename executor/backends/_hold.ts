/** Whether the workers of a pool keep the program up: while they have calls, or calls wait for them, and not when they idle. */
import type { Job } from "../job.ts";
import type { Worker } from "./worker.ts";

/** Milliseconds after which idle workers let the program end: the next call mostly comes soon. */
const DELAY = 10;

/** Looks after the workers of one pool. */
export class Hold {
  readonly #workers: ReadonlyMap<number, Worker>;
  readonly #jobs: Iterable<Job>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(workers: ReadonlyMap<number, Worker>, jobs: Iterable<Job>) {
    this.#workers = workers;
    this.#jobs = jobs;
  }

  /** Keeps the program up for `worker` if it has calls, and lets go of idle ones a little later. */
  consider(worker: Worker): void {
    if (worker.running > 0 || worker.isStill) worker.slot.hold(true);
    this.#timer ??= setTimeout(() => this.#letGo(), DELAY);
  }

  /** Lets go of nobody any more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #letGo(): void {
    this.#timer = undefined;
    for (const { isIdle, isLeaving, isStill, slot } of this.#workers.values()) {
      // Calls may wait for one that stands still to go on.
      if (isIdle && !isLeaving && !(isStill && this.#hasWaiting)) {
        slot.hold(false);
      }
    }
  }

  get #hasWaiting(): boolean {
    for (const { waiting } of this.#jobs) {
      if (waiting.ready > 0 || waiting.more) return true;
    }
    return false;
  }
}
