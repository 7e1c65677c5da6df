/**
 * The schedule of collections: at `t0 + k * interval` whatever the collections themselves take, so that it never drifts.
 *
 * @module
 */
import type { CollectionTaker } from "./targets.ts";
import type { Collection } from "./record.ts";

/** Milliseconds to the first extra collection after a start, doubled for each further one. */
const FIRST_EXTRA = 10;

/** Options of {@linkcode SamplerLoop}. */
export interface LoopOptions {
  /** What takes the collections. */
  taker: CollectionTaker;
  /** Milliseconds between two. */
  interval: number;
  /** Gets each. */
  onCollection(collection: Collection): void;
  /** Gets what went wrong, the first time that something does; the next collection is tried all the same. */
  onError(error: unknown): void;
  /** What it tells the time by. @default {performance and setTimeout} */
  clock?: LoopClock;
}

/** A clock with an alarm, to be replaced in tests. */
export interface LoopClock {
  /** Milliseconds of a clock that never steps. */
  now(): number;
  /** Runs `run` after so many milliseconds, unless the function that it returns is called before. */
  after(milliseconds: number, run: () => void): () => void;
}

const CLOCK: LoopClock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Takes collections on a schedule. */
export class SamplerLoop {
  readonly #options: LoopOptions;
  readonly #clock: LoopClock;
  #start = 0;
  #ticks = 0;
  #missed = 0;
  #cancel = () => {};
  #failed = false;
  #extra = Infinity;
  #extraAt = Infinity;

  /** Makes a loop that does not run yet. */
  constructor(options: LoopOptions) {
    this.#options = options;
    this.#clock = options.clock ?? CLOCK;
  }

  /** Takes the first collection and goes on from there. */
  start(): void {
    this.#start = this.#clock.now();
    this.#take(false);
    this.#schedule();
  }

  /** Takes extra collections, ever further apart up to the interval: what begins now may be over soon. */
  speedUp(): void {
    this.#extra = FIRST_EXTRA;
    this.#extraAt = this.#clock.now();
    this.#schedule();
  }

  /** Takes the last collection and stops. */
  stop(): void {
    this.#cancel();
    this.#take(true);
  }

  #schedule(): void {
    this.#cancel();
    const due = this.#start + (this.#ticks + 1) * this.#options.interval;
    const at = Math.min(due, this.#extraAt);
    this.#cancel = this.#clock.after(
      Math.max(0, at - this.#clock.now()),
      () => this.#tick(due),
    );
  }

  #tick(due: number): void {
    const now = this.#clock.now();
    // A timer may fire a little early.
    if (now >= due - 1) {
      const ticks = Math.max(
        this.#ticks + 1,
        Math.floor((now - this.#start + 1) / this.#options.interval),
      );
      this.#missed += ticks - this.#ticks - 1;
      this.#ticks = ticks;
    }
    if (now >= this.#extraAt - 1) {
      this.#extra *= 2;
      this.#extraAt = this.#extra < this.#options.interval
        ? this.#extraAt + this.#extra / 2
        : Infinity;
    }
    this.#take(false);
    this.#schedule();
  }

  #take(final: boolean): void {
    const { taker, onCollection, onError } = this.#options;
    try {
      onCollection(taker.collect(this.#missed, final));
    } catch (error) {
      if (!this.#failed) onError(error);
      this.#failed = true;
    }
  }
}
