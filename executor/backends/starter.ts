/**
 * Starts workers, and knows when to stop trying: after a failure it waits a little, after some in a row it gives up.
 *
 * @module
 */
import type { Logger } from "../log.ts";
import type { Backend, Slot, SpawnOptions } from "./backend.ts";

/** Failures in a row after which it gives up; workers that were on their way together fail together, as one. */
const MAX_FAILURES = 3;
/** Delay after a failure, in milliseconds; doubled for each further one. */
const DELAY = 100;

/** What a starter tells its pool. */
export interface StarterEvents {
  /** A worker is up. */
  started(slot: Slot, options: SpawnOptions): void;
  /** It gave up on workers like this, for this reason. */
  failed(error: Error, options: SpawnOptions): void;
  /** Something has changed: there may be more to start. */
  changed(): void;
}

/** Starts the workers of one pool. */
export class Starter {
  readonly #backend: Backend;
  readonly #log: Logger;
  readonly #events: StarterEvents;
  readonly #starting = new Set<Promise<void>>();
  /** Why the last attempt failed; undefined if it did not. */
  lastError: Error | undefined;
  #failures = 0;
  /** Counts failures that count: a worker that was started before the last of them tells nothing new. */
  #round = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isEnded = false;

  constructor(backend: Backend, log: Logger, events: StarterEvents) {
    this.#backend = backend;
    this.#log = log;
    this.#events = events;
  }

  /** Workers on their way. */
  get count(): number {
    return this.#starting.size;
  }

  /** Whether it waits after a failure. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts a worker. */
  start(options: SpawnOptions): void {
    const starting: Promise<void> = this.#start(options).finally(() => {
      this.#starting.delete(starting);
      this.#events.changed();
    });
    this.#starting.add(starting);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#starting);
  }

  /** Does not try again, and ends those that are on their way. */
  end(): void {
    this.#isEnded = true;
    this.#backend.abandon();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #start(options: SpawnOptions): Promise<void> {
    const round = this.#round;
    try {
      const slot = await this.#backend.spawn(options);
      this.#failures = 0;
      this.lastError = undefined;
      this.#events.started(slot, options);
    } catch (error) {
      if (this.#isEnded) return; // It was abandoned.
      this.lastError = error as Error;
      this.#failed(this.lastError, options, round);
    }
  }

  #failed(error: Error, options: SpawnOptions, round: number): void {
    if (error instanceof Deno.errors.NotCapable) {
      // Another try will not be allowed more.
      this.#giveUp(
        new Error(
          `this script may not do what the ${this.#backend.kind} backend needs: ${error.message}; run it with --allow-all`,
          { cause: error },
        ),
        options,
      );
      return;
    }
    if (round !== this.#round) return;
    this.#round++;
    this.#log.warn(error.message);
    if (++this.#failures >= MAX_FAILURES) return this.#giveUp(error, options);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#events.changed();
    }, DELAY * 2 ** this.#failures);
  }

  #giveUp(error: Error, options: SpawnOptions): void {
    this.#failures = 0;
    this.#events.failed(error, options);
  }
}
