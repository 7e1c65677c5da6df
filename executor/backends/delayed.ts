/**
 * Calls that wait for another attempt.
 *
 * @module
 */
import type { Call } from "../call.ts";

/** Those of one pool. */
export class DelayedCalls {
  readonly #timers = new Map<Call, ReturnType<typeof setTimeout>>();

  /** How many there are. */
  get size(): number {
    return this.#timers.size;
  }

  /** Queues a call again after `delay` milliseconds, 0 for now. */
  add(call: Call, delay: number): void {
    if (delay === 0) return call.job.queueAgain(call);
    call.state = "invoked";
    const timer = setTimeout(() => {
      this.#timers.delete(call);
      call.job.queueAgain(call);
    }, delay);
    this.#timers.set(call, timer);
  }

  /** Lets go of a call. */
  remove(call: Call): void {
    clearTimeout(this.#timers.get(call));
    this.#timers.delete(call);
  }

  /** Lets go of all of them. */
  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
