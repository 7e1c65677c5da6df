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

  /** Sees to it, in a little while, that calls do not wait behind a slow one: for when a worker is idle and calls wait. */
  consider(): void {
    this.#timer ??= setTimeout(() => this.#look(), SLOW);
  }

  /** Looks no more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    const lanes = [...this.#workers.values()]
      .flatMap(({ takesCalls, lanes }) => takesCalls ? lanes : []);
    if (lanes.every(({ length }) => length > 0)) return; // It is considered again when one is idle.
    const crowded = lanes.filter(({ hasSpare }) => hasSpare);
    for (const lane of crowded.filter(isSlow)) {
      for (const call of lane.recall()) sendElsewhere(call, this.#retrier);
    }
    if (crowded.some(({ hasSpare }) => hasSpare)) this.consider();
  }
}

function isSlow(lane: Lane): boolean {
  const row = lane.read();
  if (lane.running(row) === undefined) return false;
  const { clockOffset } = lane.worker.slot;
  return epochMillis() - (row!.startedAt + clockOffset) >= SLOW;
}
