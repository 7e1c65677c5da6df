/**
 * Keeps workers from having nothing to do while calls wait in another one. Calls go to a worker some at a time, and where
 * one of them turns out to be slow, those behind it are given to a worker that is idle.
 *
 * @module
 */
import { epochMillis } from "../worker/protocol.ts";
import { sendElsewhere } from "./_aftermath.ts";
import type { Lane } from "./lane.ts";
import type { Retrier } from "./outcome.ts";
import type { Worker } from "./worker.ts";

/** A call that runs for so many milliseconds is slow: far longer than a message of quick ones takes. */
const SLOW = 10;

/** Looks after the workers of one pool. */
export class Balance {
  readonly #workers: ReadonlyMap<number, Worker>;
  readonly #retrier: Retrier;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(workers: ReadonlyMap<number, Worker>, retrier: Retrier) {
    this.#workers = workers;
    this.#retrier = retrier;
  }

  /** Sees to it, in a little while, that calls do not wait behind a slow one for nothing. */
  consider(): void {
    if (this.#timer !== undefined || !this.#hasIdle()) return;
    for (const lane of this.#lanes()) {
      if (lane.length < 2) continue;
      this.#timer = setTimeout(() => this.#look(), SLOW);
      return;
    }
  }

  /** Looks no more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    if (!this.#hasIdle()) return; // It is considered again when there is one.
    for (const lane of this.#lanes()) {
      if (!lane.hasSpare || !isSlow(lane)) continue;
      for (const call of lane.recall()) sendElsewhere(call, this.#retrier);
    }
    this.consider();
  }

  #hasIdle(): boolean {
    for (const lane of this.#lanes()) if (lane.length === 0) return true;
    return false;
  }

  *#lanes(): Generator<Lane> {
    for (const { isLeaving, lanes } of this.#workers.values()) {
      if (!isLeaving) yield* lanes;
    }
  }
}

function isSlow(lane: Lane): boolean {
  const row = lane.read();
  if (lane.running(row) === undefined) return false;
  const { clockOffset } = lane.worker.slot;
  return epochMillis() - (row!.startedAt + clockOffset) >= SLOW;
}
