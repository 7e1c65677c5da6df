/**
 * What a worker host sends home: the outcomes of calls, each stored once, and the news of calls that run.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import type { Logger } from "../../log.ts";
import { putLarge } from "./results.ts";
import {
  failUnsendable,
  type PackedOutcomes,
  packOutcomes,
} from "./packing.ts";
import { isFull, reasonOf } from "./connect.ts";
import type { QueueEntry } from "./entry_worker.ts";
import type { HostedJob } from "./inbox.ts";
import type {
  CallOutcome,
  ClockReading,
  HomeMessage,
  Keys,
  NewsMessage,
} from "./protocol.ts";
import type { Seal } from "./seal.ts";
import { store } from "./store.ts";
import { packMessage } from "./wire.ts";
import { isRedisError } from "./writer.ts";

/** Outcomes in one message at most. */
const MOST = 512;
/** Entries that a message ends: while Redis ends those of one, the host and its workers are busy with another's. */
const TOGETHER = 16;
/** Times that what waits may be sent before the first has arrived. */
const FLIGHTS = 4;
/** Milliseconds until what could not be stored is tried again. */
const PAUSE = 500;

interface Item {
  hosted: HostedJob;
  /** It brought the call. */
  entry: QueueEntry;
  base: number;
  outcome: CallOutcome;
  /** Told whether it is, or need not be any more. */
  stored: (isStored: boolean) => void;
}

/** What an outbox needs to know. */
export interface OutboxOptions {
  redis: Redis;
  keys: Keys;
  seal: Seal;
  log: Logger;
  /** How the clock of this machine stands to that of Redis, now. */
  clock: () => ClockReading;
  /** Calls that are open here, and entries that brought them. */
  held: () => { calls: number; entries: number };
}

/** Sends what there is to send. */
export class Outbox {
  readonly #options: OutboxOptions;
  #queue: Item[] = [];
  /** Outcomes on their way. */
  #sent = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How many times what waited is on its way. */
  #flights = 0;
  /** What waits is to be sent as soon as it can. */
  #isDue = false;
  #isEnded = false;
  /** It was told that nothing can be stored. */
  #isSaid = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Sends the outcome of a call, in `patience` milliseconds at most, together with those that wait. Calls `stored` when it
   * is stored, or will never be as its run is gone: with true unless this host ends before. Its `entry` ends with the last.
   */
  add(
    hosted: HostedJob,
    entry: QueueEntry,
    base: number,
    outcome: CallOutcome,
    patience: number,
    stored: (isStored: boolean) => void,
  ): void {
    if (this.#isEnded) return; // Its queue entry goes to another host.
    this.#queue.push({ hosted, entry, base, outcome, stored });
    if (patience > 0 && !this.#isEnough) {
      this.#timer ??= setTimeout(() => void this.#flush(), patience);
    } else if (!this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => void this.#flush());
    }
  }

  /** Whether those that wait are a message, or half of all, as the rest keeps workers busy; or no more are to come. */
  get #isEnough(): boolean {
    const { calls, entries } = this.#options.held();
    const { length } = this.#queue;
    return length >= Math.min(calls / 2, calls - this.#sent) ||
      length >= TOGETHER * calls / entries;
  }

  /** Sends the news of a job; what cannot be sent is lost. */
  tell(hosted: HostedJob, news: NewsMessage): void {
    this.#store(hosted, 0, news, []).catch(() => {});
  }

  /** Tries no more to store what cannot be stored, and takes no more. */
  end(): void {
    this.#isEnded = true;
  }

  /** What ends while as much is on its way as may be shares the next messages. */
  async #flush(): Promise<void> {
    this.#isDue = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flights === FLIGHTS) return;
    this.#flights++;
    while (this.#isDue) {
      this.#isDue = false;
      await this.#sendAll(this.#queue.splice(0));
    }
    this.#flights--;
  }

  async #sendAll(items: readonly Item[]): Promise<void> {
    const groups = Map.groupBy(
      items,
      ({ hosted, base }) => `${hosted.job.number}/${base}`,
    );
    const sending: Promise<void>[] = [];
    for (const group of groups.values()) {
      for (const part of parts(group)) sending.push(this.#send(part));
    }
    await Promise.all(sending);
  }

  async #send(items: Item[]): Promise<void> {
    this.#sent += items.length;
    const { hosted, base } = items[0]!;
    const { log, clock } = this.#options;
    const outcomes = packOutcomes(items.map(({ outcome }) => outcome));
    let isStored = true;
    while (!hosted.run.isAbandoned) {
      try {
        await putLarge(hosted, outcomes);
        const lost = await this.#store(hosted, base, {
          type: "outcomes",
          job: hosted.number,
          outcomes,
          clock: clock(),
        }, endingWith(items));
        this.#isSaid = false;
        if (lost === null) log.debug(() => `Run ${hosted.run.id} is gone`);
        for (const ref of outcomes.blobs) {
          if (lost?.includes(ref.name) ?? true) await hosted.blobs.remove(ref);
        }
        break;
      } catch (error) {
        if (this.#isEnded) {
          isStored = false;
          break;
        }
        if (!isRedisError(error) && this.#repair(outcomes)) continue;
        if (!this.#isSaid) {
          this.#isSaid = true;
          log.warn(
            isFull(error)
              ? "Redis is full (maxmemory): results wait for room"
              : `Cannot store results yet: ${reasonOf(error)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    this.#sent -= items.length;
    for (const { entry, stored } of items) {
      entry.unstored--;
      stored(isStored);
    }
  }

  /** Fails the calls whose results cannot be encoded; gives whether there are any. */
  #repair(outcomes: PackedOutcomes): boolean {
    return failUnsendable(
      outcomes,
      (value) => this.#options.seal.seal("", value),
    );
  }

  async #store(
    { run, number, record }: HostedJob,
    base: number,
    message: HomeMessage,
    entries: readonly QueueEntry[],
  ): Promise<string[] | null> {
    const { redis, keys, seal } = this.#options;
    const { calls, blobs } = message.type === "outcomes"
      ? message.outcomes
      : { calls: [], blobs: [] };
    return await store(redis, {
      keys: [
        keys.run(run.id),
        keys.out(run.id),
        keys.done(run.id, number, base),
        keys.large(run.id, number, base),
      ],
      message: seal.seal(`${run.id} out`, packMessage(message)),
      ttl: record.ttl,
      calls,
      large: blobs.map(({ at, name }) => [calls[at]!, name]),
      entries,
    });
  }
}

/** Outcomes cut into messages. */
function* parts(items: Item[]): Generator<Item[]> {
  let from = 0, entries = 0;
  for (const [i, { entry }] of items.entries()) {
    // Those of an entry come together, mostly.
    const isNew = i === from || entry !== items[i - 1]!.entry;
    if (i - from === MOST || isNew && entries === TOGETHER) {
      yield items.slice(from, i);
      from = i;
      entries = 1;
    } else if (isNew) entries++;
  }
  yield items.slice(from);
}

/** Entries of which nothing is left to store when these are. */
function endingWith(items: readonly Item[]): QueueEntry[] {
  const counts = new Map<QueueEntry, number>();
  for (const { entry } of items) {
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  return [...counts.keys()].filter((entry) =>
    entry.unstored === counts.get(entry)
  );
}
