/**
 * Samples workers on an interval, from a thread of its own: the script's side.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { Gathering } from "./gathering.ts";
import type { FromSampler, SamplerSettings, ToSampler } from "./_messages.ts";
import { Profile } from "./profile.ts";
import type { Collection } from "./record.ts";
import { Ring } from "./ring.ts";
import type { TreeOptions, WorkerTarget } from "./targets.ts";

export type { TreeOptions, WorkerTarget } from "./targets.ts";

/** Milliseconds that a thread has to take its last collection and write it down. */
const STOP_WITHIN = 5000;

/** Options of {@linkcode startSampler}. */
export interface SamplerOptions {
  /** Executor whose workers are sampled, `<6 hex>-<n>`. */
  executorId: string;
  /** Seconds between collections, at least 0.01. @default {10} */
  interval?: number;
  /** File to write every collection to, as a JSON line each; it is emptied first. */
  record?: string | undefined;
  /** Command line for the header of that file. */
  command?: string[] | undefined;
  /** Collections to hold in memory, the newest. @default {6000} */
  ringSize?: number | undefined;
  /** Sample the machine, and the process of the script. @default {true} */
  host?: boolean | undefined;
  /** Gets each collection, a few at a time and up to a quarter of a second late. */
  onCollection?: ((collection: Collection) => void) | undefined;
  /**
   * Gets what the user should know, each thing once: /proc may not be read, a disk is full. By default it is written to
   * stderr.
   */
  onNotice?: ((text: string) => void) | undefined;
}

/** A running sampler. */
export class Sampler implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #ring: Ring<Collection>;
  /** What was sampled elsewhere. */
  readonly #others: Gathering;
  readonly #options: SamplerOptions;
  readonly #flushes = new Map<number, () => void>();
  #flushId = 0;
  #lost = 0;
  #ended = false;
  #sinkFailed = false;
  #ending: (() => void)[] = [];
  #stopping: Promise<void> | null = null;

  /** Wraps a thread that is ready; made by {@linkcode startSampler}. */
  constructor(worker: Worker, options: SamplerOptions) {
    this.#worker = worker;
    this.#options = options;
    this.#ring = new Ring(options.ringSize ?? 6000);
    this.#others = new Gathering(options.ringSize ?? 6000);
    worker.on("message", (message: FromSampler) => this.#receive(message));
    worker.on("exit", () => this.#end());
    worker.on("error", (error: Error) => {
      this.#notice(
        `Cannot sample any longer as the sampler failed: ${error.message}`,
      );
      this.#end();
    });
  }

  /** Makes a job known by its number, so that the notice boards of workers can be read: `addJob(1, "M001")`. */
  addJob(number: number, jobId: string): void {
    this.#post({ type: "job", number, jobId });
  }

  /** Starts to sample a worker. */
  addWorker(worker: WorkerTarget): void {
    this.#post({ type: "worker", worker });
  }

  /** Stops sampling a worker. What it used stays in the totals; processes that it has left behind are still sampled. */
  removeWorker(workerId: number): void {
    this.#post({ type: "remove", workerId });
  }

  /** Starts to sample the tree of any process, closely at first, as it may be over soon. */
  addTree(options: TreeOptions): void {
    this.#post({ type: "tree", options });
  }

  /** Adds a collection that a sampler elsewhere has taken; those of one `sampler` come in order. */
  gather(sampler: string, collection: Collection): void {
    this.#others.add(sampler, collection);
    if (this.#options.record !== undefined) {
      this.#post({ type: "gathered", collection });
    }
  }

  /** Counts collections that were taken elsewhere and never came. */
  miss(collections: number): void {
    this.#others.lose(collections);
  }

  /** What all samplers saw last, as one collection: `own` where there are no others. */
  together(own: Collection): Collection {
    return this.#others.isEmpty ? own : this.#others.now(own);
  }

  /**
   * The collections received so far, oldest first, with those that were gathered; after {@linkcode Sampler.stop} all of
   * them, if the ring held them.
   */
  collections(): Collection[] {
    const own = this.#ring.values();
    return this.#others.isEmpty ? own : this.#others.with(own);
  }

  /** The collections received so far, to be looked at by worker or by call. */
  profile(): Profile {
    return new Profile(this.collections(), this.dropped);
  }

  /** Collections that are no longer in memory: the ring was full, or the script was too busy to take them. */
  get dropped(): number {
    return this.#ring.dropped + this.#lost + this.#others.dropped;
  }

  /** Resolves when all collections taken until now have been received; never rejects. */
  async flush(): Promise<void> {
    if (this.#ended) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = ++this.#flushId;
    this.#flushes.set(id, resolve);
    this.#ending.push(resolve);
    this.#worker.ref();
    this.#post({ type: "flush", id });
    await promise;
    if (this.#flushes.size === 0 && !this.#ended) this.#worker.unref();
  }

  /** Takes a last collection, writes the record to its end and ends the thread. Never rejects; may be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (!this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#ending.push(resolve);
      const timer = setTimeout(resolve, STOP_WITHIN);
      this.#worker.ref();
      this.#post({ type: "stop" });
      await promise;
      clearTimeout(timer);
    }
    this.#end();
    await this.#worker.terminate();
  }

  /** Stops at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #receive(message: FromSampler): void {
    switch (message.type) {
      case "batch":
        this.#post({ type: "received" });
        this.#lost += message.dropped;
        for (const collection of message.collections) this.#take(collection);
        return;
      case "flushed":
        this.#flushes.get(message.id)?.();
        this.#flushes.delete(message.id);
        return;
      case "notice":
        return this.#notice(message.text);
      case "done":
        return this.#end();
    }
  }

  #take(collection: Collection): void {
    this.#ring.push(collection);
    try {
      this.#options.onCollection?.(collection);
    } catch (error) {
      // A sink that fails must not end the script in a callback that nobody awaits.
      if (!this.#sinkFailed) {
        this.#notice(
          `Cannot pass a collection on as its sink failed: ${error}`,
        );
      }
      this.#sinkFailed = true;
    }
  }

  #notice(text: string): void {
    noticeTo(this.#options, text);
  }

  #post(message: ToSampler): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  #end(): void {
    this.#ended = true;
    for (const resolve of this.#ending) resolve();
    this.#ending = [];
    this.#flushes.clear();
  }
}

function noticeTo(options: SamplerOptions, text: string): void {
  if (options.onNotice !== undefined) return options.onNotice(text);
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/**
 * Starts a sampler in a thread of its own, and takes the first collection. The thread never keeps the script alive.
 *
 * @example Sample a child process
 * ```ts
 * import { startSampler } from "./sampler.ts";
 *
 * const child = new Deno.Command("sleep", { args: ["0.3"] }).spawn();
 * const sampler = await startSampler({ executorId: "0a1b2c-0", interval: 0.1 });
 * sampler.addTree({ pid: child.pid, kind: "command", workerId: null });
 * await child.status;
 * await sampler.stop();
 * console.log(sampler.profile().total()?.cpu_user_time);
 * ```
 *
 * @throws {TypeError} If the interval is no number.
 * @throws {RangeError} If the interval is under 10 ms, or the ring holds nothing.
 * @throws {Error} If the thread does not start.
 */
export async function startSampler(options: SamplerOptions): Promise<Sampler> {
  const interval = options.interval ?? 10;
  if (typeof interval !== "number") {
    throw new TypeError(
      `Cannot start a sampler as its interval must be a number of seconds: ${typeof interval}`,
    );
  }
  if (!(interval >= 0.01 && interval <= 86_400)) {
    throw new RangeError(
      `Cannot start a sampler as its interval must be from 0.01 to 86400 seconds: ${interval}`,
    );
  }
  const settings: SamplerSettings = {
    executorId: options.executorId,
    hostPid: Deno.pid,
    interval,
    record: options.record ?? null,
    command: options.command ?? null,
    host: options.host ?? true,
    batch: options.onCollection === undefined ? 1000 : 250,
  };
  // Without an environment: to copy this one, Deno would ask for the right to read it.
  const worker = new Worker(entryUrl(), { workerData: settings, env: {} });
  const sampler = new Sampler(worker, options);
  await new Promise<void>((resolve, reject) => {
    worker.on("message", ({ type }: FromSampler) => {
      if (type === "ready") resolve();
    });
    worker.on("error", reject);
  });
  worker.unref();
  return sampler;
}

/** The thread's entry. A thread may start from a file only; from elsewhere a small module that loads it stands in. */
function entryUrl(): URL {
  const entry = new URL("./sampler_entry.ts", import.meta.url);
  if (entry.protocol === "file:") return entry;
  const source = `import ${JSON.stringify(entry.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
