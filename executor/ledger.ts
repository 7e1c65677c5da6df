/**
 * What has been submitted to an executor, and which results have been handed out.
 *
 * @module
 */
import type { Call } from "./call.ts";
import { callOf, ResponseFuture } from "./future.ts";
import { type FuturesList, growing } from "./futures_list.ts";
import type { KeepStats } from "./options.ts";
import { summarize, type Summary, type WorkerStats } from "./summary.ts";
import { Tally } from "./tally.ts";
import type { Growing, Watcher } from "./wait.ts";

/** The futures of a `map`, or the one of a `callAsync`. */
type Wanted = FuturesList<unknown, unknown> | ResponseFuture<unknown>;

/** So many futures and lists that were handed out are no burden. */
const MANY = 64;

/** The futures of one executor. */
export class Ledger {
  /** Those whose results were not handed out, in the order of submission. */
  readonly #unread = new Set<Wanted>();
  #futures: ResponseFuture<unknown>[] = [];
  /** Those who wait for all futures, lazy inputs included. */
  readonly #watchers = new Set<Watcher>();
  /** Counts calls that have ended, where they are not kept. */
  readonly #tally: Tally | undefined;
  /** Futures whose calls have ended since the last look, where they are not kept. */
  #ended = 0;
  /** At so many of `#unread` those that were handed out meanwhile are let go, where they are not kept. */
  #many = MANY;

  /** A ledger that keeps all calls, or only counts those that have ended. */
  constructor(keepStats: KeepStats) {
    this.#tally = keepStats === "all" ? undefined : new Tally();
  }

  /** Every future that is kept, in the order of submission. */
  get futures(): readonly ResponseFuture<unknown>[] {
    return this.#tally === undefined
      ? this.#futures
      : this.#futures.filter((future) => !future.done);
  }

  /** Every future; throws a `TypeError` where those that have ended are not kept. `action` is for the message. */
  all(action: string): readonly ResponseFuture<unknown>[] {
    if (this.#tally === undefined) return this.#futures;
    throw new TypeError(
      `Cannot ${action} as calls that have ended are only counted: option "keepStats" is "summary"`,
    );
  }

  /** All calls in figures. */
  summary(workers: readonly WorkerStats[]): Summary {
    const { futures } = this;
    return this.#tally?.summary(futures.length, workers) ??
      summarize(futures.map((future) => future.stats), workers);
  }

  /** Notes a new future. */
  add(future: ResponseFuture<unknown>): void {
    this.#futures.push(future);
    for (const watcher of this.#watchers) watcher(future);
  }

  /** Notes that a call has ended. */
  ended(call: Call): void {
    if (this.#tally === undefined) return;
    this.#tally.add(call.stats());
    // Of many at a time, so that it costs nothing.
    if (++this.#ended * 2 > this.#futures.length) {
      this.#futures = this.#futures.filter((future) => !future.done);
      this.#ended = 0;
    }
  }

  /** Notes that results will be wanted. */
  want(futures: Wanted): void {
    this.#unread.add(futures);
    if (this.#tally === undefined || this.#unread.size < this.#many) return;
    for (const wanted of this.#unread) {
      if (isRead(wanted)) this.#unread.delete(wanted);
    }
    this.#many = Math.max(MANY, 2 * this.#unread.size);
  }

  /** Notes that nobody will ask for results by themselves: they go into other calls, or were handed out. */
  forget(futures: Wanted): void {
    this.#unread.delete(futures);
  }

  /** Those with results that were not handed out yet. */
  unread(): Wanted[] {
    return [...this.#unread].filter((wanted) =>
      wanted instanceof ResponseFuture
        ? !callOf(wanted).read
        : !wanted.inputEnded || wanted.some((future) => !callOf(future).read)
    );
  }

  /** Notes that an input has ended; `isOpen` says whether others go on. */
  inputEnded(isOpen: boolean): void {
    if (isOpen) return;
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }

  /** All futures, and those still to come until all inputs have ended, if any `isOpen` now. */
  everything(isOpen: boolean): Growing {
    const futures = [...this.futures];
    const watchers = new Set<Watcher>();
    // One for all who watch, as each future counts once.
    const grow: Watcher = (future) => {
      if (future !== undefined) futures.push(future);
      else isOpen = false;
      for (const watcher of watchers) watcher(future);
    };
    const end = () => isOpen ? undefined : this.#inputEnd();
    return {
      futures,
      get made() {
        return futures.length;
      },
      get end() {
        return end();
      },
      watch: (watcher) => {
        watchers.add(watcher);
        this.#watchers.add(grow);
        return () => {
          watchers.delete(watcher);
          if (watchers.size === 0) this.#watchers.delete(grow);
        };
      },
    };
  }

  /** What the first of the inputs threw that nobody was told of. */
  #inputEnd(): { error?: unknown } {
    for (const wanted of this.#unread) {
      if (wanted instanceof ResponseFuture) continue;
      const { end } = growing(wanted);
      if (end !== undefined && "error" in end) return end;
    }
    return {};
  }

  /** Lets go of all that has ended. */
  clean(): void {
    this.#futures = this.#futures.filter((future) => !future.done);
    for (const wanted of this.#unread) {
      const isOver = wanted instanceof ResponseFuture
        ? wanted.done
        : wanted.inputEnded && wanted.every((future) => future.done);
      if (isOver) this.#unread.delete(wanted);
    }
  }
}

/** Whether all of it was handed out, and nobody is left to be told of an error of its input. */
function isRead(wanted: Wanted): boolean {
  if (wanted instanceof ResponseFuture) return callOf(wanted).read;
  const { end } = growing(wanted);
  return end !== undefined && !("error" in end) &&
    wanted.every((future) => callOf(future).read);
}
