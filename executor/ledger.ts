/**
 * What has been submitted to an executor, and which results have been handed out.
 *
 * @module
 */
import { callOf, type ResponseFuture } from "./future.ts";
import { type FuturesList, growing } from "./futures_list.ts";
import type { Growing } from "./wait.ts";

type List = FuturesList<unknown, unknown>;

/** The futures of one executor. */
export class Ledger {
  /** Lists whose results were not handed out, in the order of submission. */
  readonly #unread = new Set<List>();
  #futures: ResponseFuture<unknown>[] = [];
  /** Those who wait for all futures, lazy inputs included. */
  #watchers: (() => void)[] = [];

  /** Every future, in the order of submission. */
  get futures(): readonly ResponseFuture<unknown>[] {
    return this.#futures;
  }

  /** Notes a new future. */
  add(future: ResponseFuture<unknown>): void {
    this.#futures.push(future);
    for (const watcher of this.#watchers) watcher();
  }

  /** Notes that the results of a list will be wanted. */
  want(list: List): void {
    this.#unread.add(list);
  }

  /** Notes that nobody will ask for the results of a list by themselves: they go into other calls, or were handed out. */
  forget(list: List): void {
    this.#unread.delete(list);
  }

  /** Lists with results that were not handed out yet. */
  unread(): List[] {
    return [...this.#unread].filter((list) =>
      !list.inputEnded || list.some((future) => !callOf(future).read)
    );
  }

  /** Notes that an input has ended; `isOpen` says whether others go on. */
  inputEnded(isOpen: boolean): void {
    for (const watcher of this.#watchers) watcher();
    if (!isOpen) this.#watchers = [];
  }

  /** All futures, and those still to come while `isOpen()`. */
  everything(isOpen: () => boolean): Growing {
    const end = () => isOpen() ? undefined : this.#inputEnd();
    return {
      futures: this.#futures,
      get end() {
        return end();
      },
      watch: (listener) => void this.#watchers.push(listener),
    };
  }

  /** What the first of the inputs threw that nobody was told of. */
  #inputEnd(): { error?: unknown } {
    for (const list of this.#unread) {
      const { end } = growing(list);
      if (end !== undefined && "error" in end) return end;
    }
    return {};
  }

  /** Lets go of all that has ended. */
  clean(): void {
    this.#futures = this.#futures.filter((future) => !future.done);
    for (const list of this.#unread) {
      if (list.inputEnded && list.every((future) => future.done)) {
        this.#unread.delete(list);
      }
    }
  }
}
