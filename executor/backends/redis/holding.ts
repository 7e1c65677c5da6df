/**
 * The queue entries that a host holds: it takes more than it can run where they are quick, as most of their time is the
 * way to Redis, and leaves those to others that turn out to wait.
 *
 * @module
 */
import type { OpenCall } from "./inbox.ts";

/** Milliseconds between two looks for entries that wait here while they could run elsewhere. */
export const LOOK = 150;
/** Milliseconds after which a look comes late: this host did not run meanwhile. */
const LATE = 1.5 * LOOK;
/** Milliseconds for which an entry may wait: doubled each time that some are left, until one is done; and at most. */
const HOLD = 100, LONGEST_HOLD = 5000;
/** Milliseconds of work that a lane takes at a time, and entries of it at most. */
const WORK = 40, ENTRIES = 128;

interface Entry {
  calls: readonly OpenCall[];
  /** By `performance.now()`. */
  takenAt: number;
  /** Leaves it to others. */
  leave: (isLeft: true) => void;
}

/** The entries of one host. */
export class Holding {
  readonly #lanes: number;
  readonly #takeAtOnce: (entries: number) => void;
  /** The oldest first. */
  readonly #entries = new Set<Entry>();
  #isEnding = false;
  /** Calls in them. */
  #calls = 0;
  /** Average milliseconds of work in an entry. */
  #average = NaN;
  /** Milliseconds for which an entry may wait now: of several queues a host takes more than it can run, again and again. */
  #hold = HOLD;
  /** When an entry was done last, and when was looked last. */
  #doneAt = 0;
  #lookedAt = performance.now();
  /** Nothing seemed to be done at the last look, which came late. */
  #wasLate = false;

  /** For a host that runs `lanes` calls at once; `takeAtOnce` is told how many entries to take. */
  constructor(lanes: number, takeAtOnce: (entries: number) => void) {
    this.#lanes = lanes;
    this.#takeAtOnce = takeAtOnce;
  }

  /** Whether there are many: what comes of them may travel together. */
  get isCrowded(): boolean {
    return this.#entries.size > 2 * this.#lanes;
  }

  /** How many there are. */
  get entries(): number {
    return this.#entries.size;
  }

  /** Calls in all entries. */
  get calls(): number {
    return this.#calls;
  }

  /** Holds an entry taken at `takenAt` until its calls are done: resolves to true if it is left to others before. */
  async hold(calls: readonly OpenCall[], takenAt: number): Promise<boolean> {
    const ended = Promise.withResolvers<boolean>();
    const entry = { calls, takenAt, leave: ended.resolve };
    this.#entries.add(entry);
    this.#calls += calls.length;
    for (const call of calls) call.entries++;
    let left = calls.length;
    const isDone = () => {
      if (--left === 0) ended.resolve(false);
    };
    for (const { stored } of calls) void stored.then(isDone);
    const isLeft = left > 0 && await ended.promise;
    this.#entries.delete(entry);
    this.#calls -= calls.length;
    for (const call of calls) call.entries--;
    if (!isLeft && calls.length > 0) {
      this.#learn(calls.length * calls[0]!.hosted.job.averageTime);
    }
    return isLeft;
  }

  #learn(time: number): void {
    this.#doneAt = performance.now();
    this.#hold = HOLD;
    if (Number.isNaN(time)) return;
    const average = Number.isNaN(this.#average)
      ? time
      : this.#average * 0.9 + time * 0.1;
    this.#average = average;
    const entries = Math.min(Math.max(Math.floor(WORK / average), 1), ENTRIES);
    this.#takeAtOnce(this.#lanes * entries);
  }

  /** From now on all that waits is to be left to others. */
  end(): void {
    this.#isEnding = true;
  }

  /** Leaves entries to others that were taken ahead and have been waiting; to be called every {@linkcode LOOK}. */
  leave(): void {
    const now = performance.now();
    const isQuiet = this.#doneAt < this.#lookedAt;
    const isLate = now - this.#lookedAt > LATE;
    this.#lookedAt = now;
    // What was done while this host did not run it has yet to hear of: the next look tells.
    const isSure = isQuiet && (!isLate || this.#wasLate);
    this.#wasLate = isQuiet && isLate;
    if (!isSure && !this.#isEnding) return;
    const tooMany = this.#entries.size - (this.#isEnding ? 0 : this.#lanes);
    if (tooMany <= 0) return;
    // One that came a second time, as this host was slow, shares its calls with the first.
    const hold = this.#isEnding ? HOLD : this.#hold;
    const idle = [...this.#entries].filter(({ calls, takenAt }) =>
      now - takenAt > hold &&
      calls.every(({ call, entries }) =>
        call.state === "invoked" && call.attempt === 0 && entries === 1
      )
    );
    if (idle.length === 0) return;
    this.#hold = Math.min(2 * this.#hold, LONGEST_HOLD);
    this.#average = NaN;
    this.#takeAtOnce(this.#lanes);
    for (const { calls, leave } of idle.slice(-tooMany)) {
      for (const { call, hosted } of calls) {
        hosted.open.delete(call.index);
        call.cancelled(); // here, that is: nobody is told
      }
      leave(true);
    }
  }
}
