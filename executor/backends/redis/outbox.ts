/**
 * What a worker host sends home: the outcomes of calls, each stored once, and the news of calls that run.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { Redis } from "../_bullmq.ts";
import type { Logger } from "../../log.ts";
import { putLarge } from "./results.ts";
import { packOutcomes } from "./packing.ts";
import { isFull, reasonOf } from "./connect.ts";
import type { HostedJob } from "./inbox.ts";
import type {
  CallOutcome,
  ClockReading,
  HomeMessage,
  Keys,
  NewsMessage,
} from "./protocol.ts";
import type { Seal } from "./seal.ts";
import { packMessage } from "./wire.ts";

/** Outcomes in one message at most. */
const MOST = 512;
/** Milliseconds until what could not be stored is tried again. */
const PAUSE = 500;

/**
 * Appends a message to the stream of a run, unless all the calls in it are done already. Returns the names of large
 * results that do not count, as one of their call was there before; nil if the run is gone.
 * KEYS: run, stream, bits, names of large results. ARGV: message, ttl, number of calls, the calls, then call and name of
 * each large result.
 */
const STORE = `
if redis.call("EXISTS", KEYS[1]) == 0 then return false end
local calls, fresh, isFresh, lost = tonumber(ARGV[3]), 0, {}, {}
for i = 4, calls + 3 do
  if redis.call("SETBIT", KEYS[3], ARGV[i], 1) == 0 then
    fresh = fresh + 1
    isFresh[ARGV[i]] = true
  end
end
if fresh < calls then redis.call("HINCRBY", KEYS[1], "duplicates", calls - fresh) end
if fresh > 0 or calls == 0 then
  redis.call("XADD", KEYS[2], "*", "m", ARGV[1])
  redis.call("EXPIRE", KEYS[2], ARGV[2])
  redis.call("EXPIRE", KEYS[3], ARGV[2])
end
for i = calls + 4, #ARGV, 2 do
  if isFresh[ARGV[i]] then
    redis.call("HSET", KEYS[4], ARGV[i], ARGV[i + 1])
    redis.call("EXPIRE", KEYS[4], ARGV[2])
  elseif redis.call("HGET", KEYS[4], ARGV[i]) ~= ARGV[i + 1] then
    lost[#lost + 1] = ARGV[i + 1]
  end
end
return lost`;

interface Item {
  hosted: HostedJob;
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
  /** Outcomes that wait for no more company. */
  enough: () => number;
}

/** Sends what there is to send. */
export class Outbox {
  readonly #options: OutboxOptions;
  #queue: Item[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFlushing = false;
  /** What waits is to be sent as soon as it can. */
  #isDue = false;
  #isEnded = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.redis.defineCommand("lithoscopeStore", {
      numberOfKeys: 4,
      lua: STORE,
    });
  }

  /**
   * Sends the outcome of a call, in `patience` milliseconds at most, together with those that wait. Calls `stored` when it
   * is stored, or will never be as its run is gone: with true unless this host ends before.
   */
  add(
    hosted: HostedJob,
    base: number,
    outcome: CallOutcome,
    patience: number,
    stored: (isStored: boolean) => void,
  ): void {
    if (this.#isEnded) return; // Its queue entry goes to another host.
    this.#queue.push({ hosted, base, outcome, stored });
    if (patience > 0 && this.#queue.length < this.#options.enough()) {
      this.#timer ??= setTimeout(() => void this.#flush(), patience);
    } else if (!this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => void this.#flush());
    }
  }

  /** Sends the news of a job; what cannot be sent is lost. */
  tell(hosted: HostedJob, news: NewsMessage): void {
    this.#store(hosted, 0, news).catch(() => {});
  }

  /** Tries no more to store what cannot be stored, and takes no more. */
  end(): void {
    this.#isEnded = true;
  }

  /** One message at a time for each job: what ends meanwhile shares the next one. */
  async #flush(): Promise<void> {
    this.#isDue = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    while (this.#isDue) {
      this.#isDue = false;
      await this.#sendAll(this.#queue.splice(0));
    }
    this.#isFlushing = false;
  }

  async #sendAll(items: readonly Item[]): Promise<void> {
    const groups = Map.groupBy(
      items,
      ({ hosted, base }) => `${hosted.job.number}/${base}`,
    );
    const sending: Promise<void>[] = [];
    for (const group of groups.values()) {
      for (let from = 0; from < group.length; from += MOST) {
        sending.push(this.#send(group.slice(from, from + MOST)));
      }
    }
    await Promise.all(sending);
  }

  async #send(items: Item[]): Promise<void> {
    const { hosted, base } = items[0]!;
    const { log, clock } = this.#options;
    const outcomes = packOutcomes(items.map(({ outcome }) => outcome));
    let isSaid = false, isStored = true;
    while (!hosted.run.isAbandoned) {
      try {
        await putLarge(hosted, outcomes);
        const lost = await this.#store(hosted, base, {
          type: "outcomes",
          job: hosted.number,
          outcomes,
          clock: clock(),
        });
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
        if (!isSaid) {
          isSaid = true;
          log.warn(
            isFull(error)
              ? "Redis is full (maxmemory): results wait for room"
              : `Cannot store results yet: ${reasonOf(error)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    for (const { stored } of items) stored(isStored);
  }

  async #store(
    { run, number, record }: HostedJob,
    base: number,
    message: HomeMessage,
  ): Promise<string[] | null> {
    const { redis, keys, seal } = this.#options;
    const sealed = seal.seal(`${run.id} out`, packMessage(message));
    const { calls, blobs } = message.type === "outcomes"
      ? message.outcomes
      : { calls: [], blobs: [] };
    const store = (redis as unknown as {
      lithoscopeStore(
        ...args: (string | number | Buffer)[]
      ): Promise<string[] | null>;
    }).lithoscopeStore;
    return await store.call(
      redis,
      keys.run(run.id),
      keys.out(run.id),
      keys.done(run.id, number, base),
      keys.large(run.id, number, base),
      sealed,
      record.ttl,
      calls.length,
      ...calls,
      ...blobs.flatMap(({ at, name }) => [calls[at]!, name]),
    );
  }
}
