/**
 * Tells a pool of new calls when all queue entries that came together have been looked at: so they share messages to
 * workers.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Job } from "../../job.ts";

/** Jobs that are about to be looked at. */
export class Waking {
  readonly #jobs = new Set<Job>();

  /** Wakes a job soon. */
  add(job: Job): void {
    if (this.#jobs.size === 0) setImmediate(() => this.#wake());
    this.#jobs.add(job);
  }

  #wake(): void {
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    for (const job of jobs) job.wake();
  }
}
