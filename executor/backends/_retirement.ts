/** When a worker has done enough: it has run its share of calls, or has had nothing to do for long. */
import type { Worker } from "./worker.ts";

const MAX_TIMER = 2 ** 31 - 1;

/** Decides which workers go. */
export class Retirement {
  readonly #idleTimeout: number;
  readonly #maxCalls: number;
  readonly #timers = new Map<Worker, number>();

  /** `idleTimeout` in milliseconds; Infinity in either means never. */
  constructor(
    options: { idleTimeout: number; maxCallsPerWorker: number },
  ) {
    this.#idleTimeout = options.idleTimeout;
    this.#maxCalls = options.maxCallsPerWorker;
  }

  /** Calls that a worker may still be given. */
  left(worker: Worker): number {
    return this.#maxCalls - worker.given;
  }

  /** Lets a worker go, now or when it has idled long enough. */
  consider(worker: Worker, isBusy: boolean): void {
    if (this.#maxCalls === Infinity && this.#idleTimeout === Infinity) return;
    if (isBusy || worker.isLeaving) this.#stopTimer(worker);
    else if (this.left(worker) <= 0) this.retire(worker);
    else if (this.#idleTimeout < Infinity && !this.#timers.has(worker)) {
      const timer = setTimeout(
        () => this.retire(worker),
        Math.min(this.#idleTimeout, MAX_TIMER),
      ) as unknown as number; // as it is in Deno, whatever Node's types say
      Deno.unrefTimer(timer);
      this.#timers.set(worker, timer);
    }
  }

  /** Lets a worker end by itself; its end makes room for another. */
  retire(worker: Worker): void {
    this.#stopTimer(worker);
    worker.isLeaving = true;
    void worker.slot.close();
  }

  /** Lets nobody go any more. */
  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #stopTimer(worker: Worker): void {
    clearTimeout(this.#timers.get(worker));
    this.#timers.delete(worker);
  }
}
