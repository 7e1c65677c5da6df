/**
 * The way from a script to Redis: writes functions, queues calls, and reads what came of them.
 *
 * @module
 */
import { Queue, type Redis } from "../_bullmq.ts";
import type { Job } from "../../job.ts";
import { clockOffset, readClock } from "./clock.ts";
import { another, connect, disconnect, reasonOf, shownUrl } from "./connect.ts";
import { enterGate } from "./gate.ts";
import type { HomeLink, HomeOptions, Outgoing } from "./link.ts";
import {
  type Batch,
  type ClockReading,
  type ControlMessage,
  type Entry,
  type HomeMessage,
  type HostRecord,
  type JobRecord,
  type Keys,
  keysOf,
  queueOf,
  REDIS_PROTOCOL,
} from "./protocol.ts";
import { Seal } from "./seal.ts";

/** Time until a Redis that does not answer is given up, in milliseconds. */
const PATIENCE = 5000;
/** Milliseconds between two looks for worker hosts. */
const LOOK = 2000;
/** Longest wait for messages in one question, in milliseconds. */
const BLOCK = 5000;
/** Messages in one answer at most. */
const MESSAGES = 256;
/** Attempts of a queue entry whose results could not be written. */
const ENTRY_ATTEMPTS = 20;

/** Opens the way to Redis. Rejects with what is wrong, in words that hold no secret. */
export async function openHome(options: HomeOptions): Promise<HomeLink> {
  const { url, log, prefix, executorId } = options;
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
    await redis.hset(keys.run(executorId), "protocol", REDIS_PROTOCOL);
    await redis.expire(keys.run(executorId), options.ttl);
    const home = new Home(redis, keys, seal, await readClock(redis), options);
    await home.look();
    return home;
  } catch (error) {
    await disconnect(redis);
    throw error;
  }
}

class Home implements HomeLink {
  hosts: HostRecord[] = [];
  readonly #redis: Redis;
  readonly #reader: Redis;
  readonly #keys: Keys;
  readonly #seal: Seal;
  readonly #options: HomeOptions;
  readonly #clock: ClockReading;
  readonly #queues = new Map<string, Queue>();
  /** Jobs and definitions that are written, or on their way. */
  readonly #written = new Map<string, Promise<unknown>>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #reading: Promise<void>;
  #isClosed = false;
  #isHeld = true;

  constructor(
    redis: Redis,
    keys: Keys,
    seal: Seal,
    clock: ClockReading,
    options: HomeOptions,
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#seal = seal;
    this.#clock = clock;
    this.#options = options;
    this.#reader = another(redis);
    this.#reading = this.#read();
    this.#timer = setInterval(() => void this.look(), LOOK);
    for (const each of [redis, this.#reader]) {
      each.on("connect", () => this.hold(this.#isHeld));
    }
  }

  async duplicates(): Promise<number> {
    const { executorId } = this.#options;
    return Number(
      await this.#redis.hget(this.#keys.run(executorId), "duplicates") ?? 0,
    );
  }

  encode(job: Job, batch: Batch): string {
    const place = `${this.#options.executorId} batch ${job.number}`;
    return this.#seal.seal(place, batch).toString("base64");
  }

  async put(batches: readonly Outgoing[]): Promise<void> {
    const byQueue = new Map<string, Outgoing[]>();
    const writing: Promise<unknown>[] = [];
    for (const each of batches) {
      writing.push(this.#write(each.job));
      const name = queueOf(each.job.options.tags);
      const list = byQueue.get(name);
      if (list === undefined) byQueue.set(name, [each]);
      else list.push(each);
    }
    await Promise.all(writing);
    for (const [name, list] of byQueue) {
      await this.#queue(name).addBulk(list.map((each) => this.#entry(each)));
    }
  }

  #entry({ job, batch, sealed }: Outgoing) {
    const run = this.#options.executorId;
    const data: Entry = {
      v: REDIS_PROTOCOL,
      run,
      job: job.number,
      batch: sealed,
    };
    return {
      name: job.id,
      data,
      opts: {
        // The same again when a lost connection makes it uncertain whether it was written.
        jobId: `${run}.${job.number}.${batch.calls[0]}.${batch.bases[0]}`,
        removeOnComplete: true,
        removeOnFail: true,
        attempts: ENTRY_ATTEMPTS,
        backoff: { type: "fixed", delay: 500 },
      },
    };
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

  /** Writes a job and its definition, once each. */
  async #write(job: Job): Promise<void> {
    const { definition, options } = job;
    const record: JobRecord = {
      id: job.id,
      definition: definition.id,
      functionSize: job.functionSize,
      createdAt: job.createdAt,
      timeout: options.timeout,
      // Where a function of the script decides, the script makes the attempts.
      retries: options.retryIf === undefined ? options.retries : 0,
      retryDelay: options.retryDelay,
      ttl: this.#options.ttl,
    };
    await Promise.all([
      this.#writeOnce(`definition ${definition.id}`, () => definition),
      this.#writeOnce(`job ${job.number}`, () => record),
    ]);
  }

  #writeOnce(field: string, make: () => unknown): Promise<unknown> {
    let writing = this.#written.get(field);
    if (writing === undefined) {
      const { executorId } = this.#options;
      const sealed = this.#seal.seal(`${executorId} ${field}`, make());
      writing = this.#redis.hset(this.#keys.run(executorId), field, sealed);
      this.#written.set(field, writing);
      writing.catch(() => this.#written.delete(field));
    }
    return writing;
  }

  cancel(job: Job, index: number, reason: unknown): void {
    const { executorId: run } = this.#options;
    const call = { job: job.number, index, reason };
    this.#redis.sadd(this.#keys.cancelled(run), `${job.number}/${index}`)
      .catch(() => {});
    void this.#tell({ run, call });
  }

  async #tell(message: ControlMessage): Promise<void> {
    const sealed = this.#seal.seal("control", message);
    await this.#redis.publish(this.#keys.control, sealed).catch(() => {});
  }

  async look(): Promise<void> {
    if (this.#isClosed || this.#redis.status !== "ready") return;
    try {
      const ids = await this.#redis.smembers(this.#keys.hosts);
      const texts = ids.length === 0
        ? []
        : await this.#redis.mget(ids.map((id) => this.#keys.host(id)));
      this.hosts = texts.filter((text) => text !== null)
        .map((text) => JSON.parse(text!) as HostRecord);
      const { executorId, ttl } = this.#options;
      await this.#redis.expire(this.#keys.run(executorId), ttl);
    } catch {
      return; // The next look may have more luck.
    }
    this.#options.onHosts();
  }

  /** Reads the stream of the run from its start until the end. */
  async #read(): Promise<void> {
    const { executorId, log } = this.#options;
    const key = this.#keys.out(executorId);
    let last = "0";
    while (!this.#isClosed) {
      try {
        const answer = await this.#reader.xreadBuffer(
          ...["COUNT", MESSAGES, "BLOCK", BLOCK, "STREAMS", key, last] as [
            "COUNT",
            number,
            "BLOCK",
            number,
            "STREAMS",
            ...string[],
          ],
        );
        if (answer === null) continue;
        for (const [id, fields] of answer[0]![1]) {
          last = id.toString();
          this.#receive(fields[1]!);
        }
      } catch (error) {
        if (this.#isClosed) return;
        log.debug(() => `Cannot read results: ${reasonOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  #receive(bytes: Uint8Array): void {
    const { executorId, log, onMessage } = this.#options;
    let message: HomeMessage;
    try {
      message = this.#seal.open(`${executorId} out`, bytes) as HomeMessage;
    } catch (error) {
      return log.warn(`Ignored a result: ${reasonOf(error)}`);
    }
    onMessage(message, clockOffset(message.clock, this.#clock));
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const { stream } of [this.#redis, this.#reader]) {
      if (isHeld) (stream as Socket | undefined)?.ref?.();
      else (stream as Socket | undefined)?.unref?.();
    }
    if (isHeld) Deno.refTimer(Number(this.#timer));
    else Deno.unrefTimer(Number(this.#timer));
  }

  async abandon(): Promise<void> {
    if (this.#redis.status !== "ready") return;
    const { executorId: run } = this.#options;
    await Promise.all([
      this.#redis.hset(this.#keys.run(run), "abandoned", 1).catch(() => {}),
      this.#tell({ run }),
    ]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await disconnect(this.#reader);
    await this.#reading;
    for (const queue of this.#queues.values()) {
      await queue.close().catch(() => {});
    }
    await disconnect(this.#redis);
  }
}

/** What holds a program: known to Node's sockets. */
interface Socket {
  ref?(): void;
  unref?(): void;
}
