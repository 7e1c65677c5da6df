/**
 * The way from a script to Redis: writes functions, queues calls, and reads what came of them.
 *
 * @module
 */
import { unpackSamples } from "./thinning.ts";
import { Queue, type Redis } from "../_bullmq.ts";
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import { RedisStore } from "./blob_stores.ts";
import { Blobs } from "./blobs.ts";
import { clockOffset, NO_READING, readClockAgain } from "./clock.ts";
import { another, answers, connect, disconnect, shownUrl } from "./connect.ts";
import { enterGate } from "./gate.ts";
import type {
  FoundRun,
  HomeLink,
  HomeOptions,
  Outgoing,
  Refused,
} from "./link.ts";
import { encodeCalls, queueEntry } from "./outgoing.ts";
import { readRun } from "./found.ts";
import { Reader } from "./reader.ts";
import { removeRun } from "./removal.ts";
import { Hold } from "./hold.ts";
import { Samples } from "./samples.ts";
import { readHosts } from "./presence.ts";
import { isRedisError, Writer } from "./writer.ts";
import {
  type ClockReading,
  type ControlMessage,
  type HostRecord,
  type Keys,
  keysOf,
  queueOf,
} from "./protocol.ts";
import { Seal } from "./seal.ts";

/** Time until a Redis that does not answer is given up, in milliseconds. */
const PATIENCE = 3000;
/** Milliseconds between two looks for worker hosts. */
const LOOK = 2000;

/** Opens the way to Redis. Rejects with what is wrong, in words that hold no secret. */
export async function openHome(options: HomeOptions): Promise<HomeLink> {
  const { url, log, prefix } = options;
  const redis = await connect({ url, patience: PATIENCE, log });
  try {
    const seal = new Seal(options.secret);
    await enterGate(redis, {
      prefix,
      seal,
      where: shownUrl(url),
      as: "script",
    });
    const keys = keysOf(prefix);
    const home = new Home(redis, keys, seal, options);
    await Promise.all([home.look(), home.sample()]);
    return home;
  } catch (error) {
    await disconnect(redis);
    throw error;
  }
}

class Home implements HomeLink {
  hosts: HostRecord[] = [];
  /** How the clock of this machine stands to that of Redis. */
  #clock: ClockReading = NO_READING;
  readonly #redis: Redis;
  readonly #reader: Reader;
  readonly #keys: Keys;
  readonly #seal: Seal;
  readonly #options: HomeOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #writer: Writer;
  readonly #blobs: Blobs;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Calls queued so far, by job. */
  readonly #queued = new Map<number, number>();
  readonly #hold: Hold;
  readonly #samples: Samples | undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(
    redis: Redis,
    keys: Keys,
    seal: Seal,
    options: HomeOptions,
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#seal = seal;
    this.#options = options;
    const place = { keys, seal, id: options.executorId };
    this.#writer = new Writer(redis, place, options);
    const blobsBy = (connection: Redis) =>
      new Blobs({
        run: place.id,
        seal,
        redis: new RedisStore(
          connection,
          (name) => keys.blob(place.id, name),
          options.ttl,
        ),
        folder: options.blobFolder,
        limit: options.blobLimit,
      });
    this.#blobs = blobsBy(redis);
    const reading = another(redis);
    this.#reader = new Reader(
      reading,
      place,
      blobsBy(reading),
      options.log,
      (message) =>
        options.onMessage(message, clockOffset(message.clock, this.#clock)),
    );
    this.#samples = options.profile === undefined ? undefined : new Samples({
      redis: another(redis),
      place,
      log: options.log,
      onSamples: (message) =>
        options.onSamples(
          message,
          unpackSamples(message.packed),
          clockOffset(message.clock, this.#clock),
        ),
      ask: (samples) => void this.#tell({ run: place.id, samples }),
    });
    this.#timer = setInterval(() => void this.look(), LOOK);
    redis.on("ready", () => options.onBack());
    const connections = [redis, this.#reader.redis];
    if (this.#samples !== undefined) connections.push(this.#samples.redis);
    this.#hold = new Hold(connections, this.#timer);
  }

  /** Listens to samples, if there are to be any. */
  async sample(): Promise<void> {
    await this.#samples?.listen();
  }

  async samples(hosts: ReadonlySet<string>): Promise<void> {
    await this.#samples?.latest(
      this.hosts.map(({ id }) => id).filter((id) => hosts.has(id)),
    );
  }

  answers(): Promise<boolean> {
    return answers(this.#redis, PATIENCE);
  }

  async duplicates(): Promise<number> {
    const { executorId } = this.#options;
    return Number(
      await this.#redis.hget(this.#keys.run(executorId), "duplicates") ?? 0,
    );
  }

  get blobLimit(): number {
    return this.#options.blobLimit;
  }

  encode(job: Job, calls: readonly Call[]): Outgoing {
    const { executorId: run } = this.#options;
    return encodeCalls(run, job, calls, this.#seal, this.#blobs);
  }

  async put(batches: readonly Outgoing[]): Promise<Refused[]> {
    this.listen();
    await this.#cleaning; // It would take away what is written meanwhile.
    const { executorId } = this.#options;
    const refused: Refused[] = [];
    const byQueue = new Map<string, Outgoing[]>();
    await Promise.all(batches.map(async (outgoing) => {
      const { job } = outgoing;
      try {
        await this.#writer.write(job);
        for (const blob of outgoing.blobs) await this.#blobs.put(blob);
      } catch (error) {
        if (isRedisError(error)) throw error;
        refused.push({ outgoing, error: error as Error });
        return;
      }
      const name = queueOf(job.options.tags);
      const list = byQueue.get(name);
      if (list === undefined) byQueue.set(name, [outgoing]);
      else list.push(outgoing);
    }));
    for (const [name, list] of byQueue) {
      await this.#queue(name).addBulk(
        list.map((each) => queueEntry(executorId, each)),
      );
    }
    await this.#count([...byQueue.values()].flat());
    return refused;
  }

  /** Writes how many calls of each job were queued, and how many there are, for who attaches. */
  async #count(batches: readonly Outgoing[]): Promise<void> {
    const counts: Record<string, number> = {};
    for (const { job, batch } of batches) {
      const field = `calls ${job.number}`;
      const queued = this.#queued.get(job.number) ?? 0;
      const calls = Math.max(queued, batch.calls.at(-1)! + 1);
      this.#queued.set(job.number, calls);
      counts[field] = calls;
      counts[`total ${job.number}`] = job.made;
    }
    if (batches.length === 0) return;
    await this.#redis.hset(this.#keys.run(this.#options.executorId), counts);
  }

  async jobs(): Promise<FoundRun> {
    const { executorId, prefix } = this.#options;
    const fields = await this.#redis.hgetallBuffer(this.#keys.run(executorId));
    return readRun(executorId, prefix, fields, this.#seal);
  }

  listen(): void {
    this.#reader.listen();
  }

  async caughtUp(): Promise<void> {
    const key = this.#keys.out(this.#options.executorId);
    const [last] = await this.#redis.xrevrange(key, "+", "-", "COUNT", 1);
    if (last !== undefined) await this.#reader.hasRead(last[0]);
  }

  async missing(
    entries: Iterable<string>,
    tags: readonly string[],
  ): Promise<Set<string>> {
    const names = [...entries];
    const queue = `${this.#keys.queues}:${queueOf(tags)}`;
    const found = await Promise.all(
      names.map((name) => this.#redis.exists(`${queue}:${name}`)),
    );
    return new Set(names.filter((_, i) => found[i] === 0));
  }

  rewrite(): void {
    this.#writer.forget();
  }

  async clean(all: boolean): Promise<void> {
    const cleaned = this.#cleaning.then(() => this.#clean(all));
    this.#cleaning = cleaned.catch(() => {}); // told to who asked for it
    await cleaned;
  }

  async #clean(all: boolean): Promise<void> {
    const { executorId } = this.#options;
    const key = this.#keys.out(executorId);
    if (!all) {
      await this.#redis.xtrim(key, "MINID", this.#reader.last);
      const read = this.#reader.blobs.splice(0);
      await Promise.all(read.map((ref) => this.#blobs.remove(ref)));
      return;
    }
    const removed = removeRun(this.#redis, this.#keys, executorId);
    await Promise.all([removed, this.#blobs.clean()]);
    this.#writer.forget();
    this.#queued.clear();
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new Queue(name, {
        connection: this.#redis,
        prefix: this.#keys.queues,
      });
      queue.on("error", () => {}); // whoever asked for something is told
      this.#queues.set(name, queue);
    }
    return queue;
  }

  cancel(job: Job, index: number, reason: unknown): void {
    const { executorId: run } = this.#options;
    const call = { job: job.number, index, reason };
    const cancelled = this.#keys.cancelled(run);
    this.#redis.sadd(cancelled, `${job.number}/${index}`).catch(() => {});
    this.#redis.expire(cancelled, this.#options.ttl).catch(() => {});
    void this.#tell({ run, call });
  }

  async #tell(message: ControlMessage): Promise<void> {
    const sealed = this.#seal.seal("control", message);
    await this.#redis.publish(this.#keys.control, sealed).catch(() => {});
  }

  async look(): Promise<void> {
    if (this.#isClosed || this.#redis.status !== "ready") return;
    try {
      [this.hosts, this.#clock] = await Promise.all([
        readHosts(this.#redis, this.#keys),
        readClockAgain(this.#redis, this.#clock),
      ]);
      const { executorId, ttl } = this.#options;
      await this.#redis.expire(this.#keys.run(executorId), ttl);
    } catch {
      return; // The next look may have more luck.
    }
    this.#options.onHosts();
  }

  hold(isHeld: boolean): void {
    this.#hold.set(isHeld);
  }

  async abandon(open: Iterable<Call>): Promise<void> {
    this.#blobs.end();
    if (this.#redis.status !== "ready") return;
    const { executorId: run } = this.#options;
    await Promise.all([
      this.#redis.hset(this.#keys.run(run), "abandoned", 1).catch(() => {}),
      this.#tell({ run }),
      ...Array.from(open, (call) => this.#blobs.removeItem(call)),
    ]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#samples?.close();
    await this.#reader.close();
    if (this.#redis.status === "ready") {
      for (const queue of this.#queues.values()) {
        await queue.close().catch(() => {});
      }
    }
    await disconnect(this.#redis);
  }
}
