/**
 * The last moments of the calls of a host that a signal is about to end: those that workers have are told to stop, and
 * what they answer is passed on to nobody, as the script's own course is over.
 */
import type { Results } from "../worker/protocol.ts";
import type { Lane } from "./lane.ts";
import type { Stopper } from "./stopper.ts";
import type { Worker } from "./worker.ts";

const MAX_TIMER = 2 ** 31 - 1;

/** Waits for the calls that some workers have. */
export class Departure {
  readonly #workers: Set<Worker>;
  readonly #stopper: Stopper;
  readonly #over = Promise.withResolvers<void>();

  constructor(workers: Iterable<Worker>, stopper: Stopper) {
    this.#workers = new Set(workers);
    this.#stopper = stopper;
  }

  /** Tells all calls to stop; resolves when they have ended or `delay` milliseconds are over. */
  async tell(reason: string, delay: number): Promise<void> {
    for (const { lanes } of this.#workers) {
      for (const lane of lanes) {
        for (const call of lane.calls) this.#stopper.tell(call, lane, reason);
      }
    }
    this.#look();
    const timer = setTimeout(this.#over.resolve, Math.min(delay, MAX_TIMER));
    await this.#over.promise;
    clearTimeout(timer);
  }

  /** Calls of a lane have ended. */
  receive(lane: Lane, { job, calls }: Results): void {
    for (const call of calls) lane.shift(job, call);
    this.#look();
  }

  /** A worker has ended, and its calls with it. */
  gone(worker: Worker): void {
    this.#workers.delete(worker);
    this.#look();
  }

  #look(): void {
    for (const { running } of this.#workers) if (running > 0) return;
    this.#over.resolve();
  }
}
