/**
 * A worker host: takes calls from a queue in Redis, runs them on a pool of its own, and sends home what came of them.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { type Redis, UnrecoverableError, WaitingError } from "../_bullmq.ts";
import { Call } from "../../call.ts";
import { createLocalPool } from "../../_setup.ts";
import { isObserved, Observer } from "../../observe.ts";
import { unsendable } from "../outcome.ts";
import type { Pool } from "../pool.ts";
import { another, connect, disconnect, reasonOf } from "./connect.ts";
import { EntryWorker, type QueueEntry } from "./entry_worker.ts";
import { fetchItems, removeItem } from "./items.ts";
import { Holding, LOOK } from "./holding.ts";
import type { HostOptions } from "./host_options.ts";
import { type HostedJob, Inbox, type OpenCall } from "./inbox.ts";
import { Parting } from "./parting.ts";
import { nameOf, outcomeOf } from "./messages.ts";
import { News } from "./news.ts";
import { Outbox } from "./outbox.ts";
import { Presence } from "./presence.ts";
import {
  type Batch,
  type ControlMessage,
  type Keys,
  keysOf,
  queueOf,
  type WorkerName,
} from "./protocol.ts";
import { Sampling } from "./sampling.ts";
import { Seal } from "./seal.ts";
import { openBatch, readEntry } from "./received.ts";
import { checkTags, combinations } from "./tags.ts";
import { Waking } from "./waking.ts";

export type { HostOptions } from "./host_options.ts";

/** Milliseconds for which an entry is a host's own unless it says so again, and between two looks for those that are nobody's. */
const LOCK = 4000, STALLED_LOOK = 2000;
/** Attempts of an entry whose outcomes could not be stored. */
const RETRY = { attempts: 20, backoff: { type: "fixed", delay: 500 } };
/** Milliseconds until BullMQ asks Redis again after their connection was lost; 15 seconds by default. */
const RETRY_DELAY = 500;
/** Hosts that may be lost with an entry until it is held to be its fault. */
const MOST_LOST = 10;
/** Milliseconds that an outcome waits for others; the last one of an entry does where many entries are held. */
const COMPANY = 20;
/** Milliseconds of work that a worker is given at once: nobody waits for its results more closely than they come home. */
const MESSAGE_WORK = 5;

const NONE_LOST: ReadonlyMap<number, Error> = new Map();

/** Starts a worker host; resolves when it takes calls. Rejects with what is wrong, in words that hold no secret. */
export async function startHost(options: HostOptions): Promise<WorkerHost> {
  const { url, log, tags } = options;
  checkTags(tags);
  const redis = await connect({ url, patience: Infinity, log });
  try {
    const host = new WorkerHost(redis, options);
    await host.start();
    return host;
  } catch (error) {
    await disconnect(redis);
    throw error;
  }
}

/** A worker host that runs. */
export class WorkerHost {
  readonly id: string = crypto.randomUUID().slice(0, 8);
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #keys: Keys;
  readonly #seal: Seal;
  readonly #options: HostOptions;
  readonly #pool: Pool;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #queues: EntryWorker[] = [];
  readonly #holding: Holding;
  readonly #presence: Presence;
  readonly #waking = new Waking();
  readonly #news: News;
  /** Samples this host and tells Prometheus, as an instance of its own. */
  readonly #observer: Observer | undefined;
  /** Samples it for the runs that ask, too. */
  readonly #sampling: Sampling;
  #timer: ReturnType<typeof setInterval> | undefined;
  #ran = 0;

  /** A host on a connection, which takes no calls yet. */
  constructor(redis: Redis, options: HostOptions) {
    const { prefix, config, log } = options;
    const seal = this.#seal = new Seal(options.secret);
    this.#redis = redis;
    this.#options = options;
    this.#presence = new Presence(redis, seal, this.id, options);
    const keys = this.#keys = keysOf(prefix);
    const executorId = `worker-${this.id}`;
    this.#pool = createLocalPool(executorId, config, log, {
      up: (worker, marker) => this.#sampling.workerUp(worker, marker),
      gone: (worker) => {
        this.#sampling.workerGone(worker);
        this.#news.stoppages.set(worker.info.id, null);
      },
      still: ({ info }, why) => this.#news.stoppages.set(info.id, why),
    }, MESSAGE_WORK);
    this.#observer = !isObserved(config) ? undefined : new Observer({
      executorId,
      config,
      log,
      hostName: options.name,
      queue: () => this.#pool.state,
      busy: () => this.#pool.busy,
      runningNow: (mostWorkers) => this.#pool.runningNow(mostWorkers),
    });
    this.#inbox = new Inbox({
      redis,
      keys,
      seal,
      blobFolder: options.blobFolder,
      onJob: (hosted) => {
        this.#pool.add(hosted.job);
        this.#sampling.jobStarted(hosted);
      },
    });
    const clock = () => this.#presence.clock;
    const line = { redis, keys, seal, log, clock };
    this.#outbox = new Outbox({ ...line, held: () => this.#holding });
    const { name, config: { backend } } = options;
    this.#news = new News({ id: this.id, name, outbox: this.#outbox, clock });
    const own = this.#observer;
    this.#sampling = new Sampling({ ...line, id: this.id, name, backend, own });
    this.#subscriber = another(redis);
    this.#holding = new Holding(this.#lanes, (entries) => {
      for (const queue of this.#queues) queue.concurrency = entries;
    });
  }

  /** Calls that have ended here. */
  get ran(): number {
    return this.#ran;
  }

  /** Takes calls from now on. */
  async start(): Promise<void> {
    const { tags, log } = this.#options;
    await this.#presence.enter();
    await this.#pool.warm(null);
    this.#subscriber.on("messageBuffer", (_: Buffer, bytes: Buffer) => {
      try {
        this.#heed(this.#seal.open("control", bytes) as ControlMessage);
      } catch (error) {
        log.warn(`Ignored a message: ${reasonOf(error)}`);
      }
    });
    await this.#subscriber.subscribe(this.#keys.control);
    this.#subscriber.on("ready", () => void this.#catchUp().catch(() => {}));
    for (const some of combinations(tags)) this.#serve(queueOf(some));
    await Promise.all(this.#queues.map((queue) => queue.waitUntilReady()));
    await this.#presence.start();
    this.#timer = setInterval(() => {
      this.#holding.leave();
      this.#news.tellAll(this.#inbox.runs.values());
    }, LOOK);
  }

  #serve(name: string): void {
    const queue = new EntryWorker(
      name,
      (entry, token) => this.#run(entry as QueueEntry, token),
      {
        connection: this.#redis,
        prefix: this.#keys.queues,
        concurrency: this.#lanes,
        lockDuration: LOCK,
        stalledInterval: STALLED_LOOK,
        maxStalledCount: MOST_LOST,
        runRetryDelay: RETRY_DELAY,
        removeOnComplete: { count: 0 },
      },
    );
    queue.on(
      "error",
      (error: Error) =>
        this.#options.log.debug(() => `Queue ${name}: ${reasonOf(error)}`),
    );
    queue.on("failed", (entry, error) => {
      if (entry === undefined) return;
      this.#options.log.error(`Refused a queue entry: ${reasonOf(error)}`);
    });
    this.#queues.push(queue);
  }

  get #lanes(): number {
    const { workers, concurrency } = this.#options.config;
    return workers * concurrency;
  }

  /** Runs the calls of a queue entry; resolves when all of their outcomes are stored. */
  async #run(entry: QueueEntry, token: string | undefined): Promise<void> {
    Object.assign(entry.opts, RETRY); // They need not travel with each.
    const data = readEntry(entry.data);
    let hosted: HostedJob | undefined, batch: Batch;
    try {
      hosted = await this.#inbox.find(data.run, data.job);
      if (hosted === undefined) return; // The run is gone.
      batch = openBatch(data, this.#seal);
    } catch (error) {
      if ((error as Error).name !== "SignatureError") throw error;
      throw new UnrecoverableError((error as Error).message);
    }
    const began = performance.now();
    // It may be the second time, after a host was lost or slow.
    const again = entry.stalledCounter > 0 || entry.attemptsStarted > 1;
    const done = again
      ? await this.#inbox.done(hosted, batch.bases[0]!, batch.calls)
      : undefined;
    const lost = batch.blobs.length === 0
      ? NONE_LOST
      : await fetchItems(hosted, batch, done);
    const calls: OpenCall[] = [];
    const left = batch.calls.filter((index) => !done?.has(index));
    entry.open = entry.unstored = left.length;
    batch.calls.forEach((index, i) => {
      if (done?.has(index)) return;
      calls.push(
        hosted.open.get(index) ??
          this.#take(hosted, entry, batch, i, lost.get(i)),
      );
    });
    this.#waking.add(hosted.job);
    if (await this.#holding.hold(calls, began)) {
      await entry.moveToWait(token);
      throw new WaitingError();
    }
  }

  /** Queues a call of a batch on the pool of this host, unless its item is `lost`. */
  #take(
    hosted: HostedJob,
    entry: QueueEntry,
    batch: Batch,
    at: number,
    lost: Error | undefined,
  ): OpenCall {
    const { run, number, job, open } = hosted;
    const index = batch.calls[at]!, base = batch.bases[at]!;
    const item = batch.items[at];
    const call = new Call(job, index, item);
    call.attempt = base;
    job.open++;
    const stored = new Promise<void>((resolve) =>
      call.onDone(() => {
        const mine = open.get(index);
        if (mine?.call !== call) return resolve(); // It was left to others.
        this.#ran++;
        const { worker } = call;
        const record = worker && this.#pool.recordOf(worker.id);
        const name = this.#nameOf(call), totals = record?.totals ?? null;
        const outcome = outcomeOf(call, base, name, totals);
        this.#observer?.callEnded(call);
        this.#news.tell(hosted, [mine]);
        const waits = --entry.open > 0 || this.#holding.isCrowded;
        const patience = waits ? COMPANY : 0;
        this.#outbox.add(hosted, entry, base, outcome, patience, (isStored) => {
          open.delete(index);
          if (isStored) removeItem(hosted, batch, at);
          resolve();
        });
      })
    );
    const taken = {
      hosted,
      call,
      stored,
      told: 0,
      logged: 0,
      entries: 0,
    };
    open.set(index, taken);
    if (run.isAbandoned || run.cancelled.has(`${number}/${index}`)) {
      call.cancelReason = "cancelled before it started";
      call.cancelled();
    } else if (lost !== undefined) unsendable(call, lost);
    else job.queue(call);
    return taken;
  }

  #nameOf(call: Call): WorkerName | null {
    return nameOf(call, this.id, this.#options.name);
  }

  /** What homes said while the connection was lost nobody says again. */
  async #catchUp(): Promise<void> {
    await this.#subscriber.subscribe(this.#keys.control); // from here on it is heard
    for (const message of await this.#inbox.missed()) this.#heed(message);
  }

  /** Stops what a home wants stopped. */
  #heed({ run: id, call, samples }: ControlMessage): void {
    if (samples !== undefined) return void this.#sampling.answer(id, samples);
    const run = this.#inbox.runs.get(id);
    if (run === undefined) return;
    if (call === undefined) {
      run.isAbandoned = true;
      for (const { open } of run.jobs.values()) {
        for (const each of open.values()) {
          this.#pool.cancel(each.call, "its run was ended");
        }
      }
      return;
    }
    const { job, index, reason } = call;
    run.cancelled.add(`${job}/${index}`);
    const open = run.jobs.get(job)?.open.get(index);
    if (open !== undefined) this.#pool.cancel(open.call, reason);
  }

  /**
   * Takes no more calls, waits until those it has are done and told, then ends. With `now` it does not wait; while Redis is
   * gone or stopped, for ten seconds. What it has not told by then, others run.
   */
  async close({ now = false }: { now?: boolean } = {}): Promise<void> {
    this.#holding.end();
    if (now) this.#outbox.end();
    const ended = this.#queues.map((queue) => queue.close(now));
    const all = Promise.allSettled([this.#presence.leave(), ...ended]);
    const parting = new Parting(this.#redis, this.#pool, this.#holding);
    let isVain = now;
    const inVain = parting.inVain.then(() => isVain = true);
    if (!now) await Promise.race([all, inVain]);
    parting.end();
    clearInterval(this.#timer);
    this.#outbox.end();
    await this.#sampling.stop({ now: isVain });
    await (now ? this.#pool.kill() : this.#pool.close());
    await disconnect(this.#subscriber);
    await disconnect(this.#redis);
  }
}
