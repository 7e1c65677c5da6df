/**
 * That a worker host is there: what it says of itself, every few seconds, and how its clock stands.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import { NO_READING, readClockAgain } from "./clock.ts";
import { reasonOf, shownUrl } from "./connect.ts";
import { enterGate } from "./gate.ts";
import type { HostOptions } from "./host_options.ts";
import {
  type ClockReading,
  type HostRecord,
  type Keys,
  keysOf,
} from "./protocol.ts";
import type { Seal } from "./seal.ts";

/** Milliseconds between two signs of life, and for which one is good. */
const BEAT = 3000, ALIVE = 12_000;

/** The presence of one host. */
export class Presence {
  /** How its clock stands to that of Redis. */
  clock: ClockReading = NO_READING;
  readonly #redis: Redis;
  readonly #seal: Seal;
  readonly #options: HostOptions;
  readonly #record: HostRecord;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** A host that is not there yet. */
  constructor(redis: Redis, seal: Seal, id: string, options: HostOptions) {
    const { name, tags, config: { workers, concurrency, backend } } = options;
    this.#redis = redis;
    this.#seal = seal;
    this.#options = options;
    this.#record = {
      id,
      name,
      lanes: workers * concurrency,
      cores: navigator.hardwareConcurrency,
      tags: [...tags],
      backend: backend === "thread" ? "thread" : "process",
    };
  }

  /** Enters; rejects if others keep it out. */
  async enter(): Promise<void> {
    const { prefix, url } = this.#options;
    const where = shownUrl(url);
    await enterGate(this.#redis, {
      prefix,
      seal: this.#seal,
      where,
      as: "worker",
    });
    this.clock = await readClockAgain(this.#redis, this.clock);
  }

  /** Says that it is there from now on. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#beat(), BEAT);
    await this.#beat();
  }

  async #beat(): Promise<void> {
    if (this.#redis.status !== "ready") return;
    const { hosts, host } = keysOf(this.#options.prefix);
    const { id } = this.#record;
    try {
      const text = JSON.stringify(this.#record);
      await Promise.all([
        this.#redis.set(host(id), text, "PX", ALIVE),
        this.#redis.sadd(hosts, id),
        this.enter(),
      ]);
    } catch (error) {
      this.#options.log.warn(reasonOf(error));
    }
  }

  /** Says that it is there no more. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#redis.status !== "ready") return;
    const { hosts, host } = keysOf(this.#options.prefix);
    const { id } = this.#record;
    await Promise.all([
      this.#redis.srem(hosts, id),
      this.#redis.del(host(id)),
    ]).catch(() => {}); // It expires, too.
  }
}

/** The hosts that are there; those that ended without a word are forgotten. */
export async function readHosts(
  redis: Redis,
  keys: Keys,
): Promise<HostRecord[]> {
  const ids = await redis.smembers(keys.hosts);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map((id) => keys.host(id)));
  // One that is there after all says so again.
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(keys.hosts, gone);
  return texts.filter((text) => text !== null)
    .map((text) => JSON.parse(text!) as HostRecord);
}
