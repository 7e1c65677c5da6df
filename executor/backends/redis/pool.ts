/**
 * The workers of other machines, as an executor sees them: puts its calls on a queue in Redis, and settles them by what
 * comes back.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import type { Logger } from "../../log.ts";
import { DelayedCalls } from "../delayed.ts";
import type { RunningNow } from "../worker.ts";
import type { PoolState, WorkerPool } from "../worker_pool.ts";
import { OpenCalls } from "./open_calls.ts";
import type { FoundRun, HomeLink, HomeOptions } from "./link.ts";
import { endOfLost, lostCalls } from "./recovery.ts";
import { lanesOf, Sender } from "./sender.ts";
import { Vigil } from "./vigil.ts";
import { Ended, Started } from "./settle.ts";
import { Crew } from "./crew.ts";
import type { SamplesMessage } from "./protocol.ts";
import { placed } from "./placement.ts";
import type { Collection } from "../../../profiler/record.ts";
import type { WorkerWatch } from "../../_setup.ts";

/** Milliseconds that a running call gets to listen to its cancellation, beyond the time its host gives it. */
const GRACE = 4000;

/** Milliseconds of silence after which lost calls are looked for. */
const QUIET = 10_000;

/** Not a literal in the `import()`, so that only who uses Redis loads BullMQ. */
const HOME = import.meta.resolve("./home.ts");

/** What a Redis pool needs to know. */
export interface RedisPoolOptions extends
  Omit<
    HomeOptions,
    "onMessage" | "onSamples" | "onHosts" | "onBack" | "log"
  > {
  /** Where trouble is told. */
  log: Logger;
  /** Milliseconds between telling a call to stop and ending its worker. */
  killDelay: number;
  /** Something was printed by a call. */
  onPrinted: ((text: string) => void) | undefined;
  /** Who learns of what worker hosts have sampled. */
  watch: Pick<WorkerWatch, "sampled" | "unsampled">;
}

/** Runs the calls of one executor on worker hosts behind Redis. */
export class RedisPool implements WorkerPool {
  readonly #options: RedisPoolOptions;
  readonly #crew = new Crew();
  readonly #open = new OpenCalls();
  readonly #delayed = new DelayedCalls();
  #opening: Promise<HomeLink> | undefined;
  #home: HomeLink | undefined;
  #isRecovering = false;
  /** When something came from a host last, or was looked for in vain. */
  #heardAt = 0;
  #cleaning: Promise<void> | undefined;
  /** A run is being looked for. */
  #isFinding = false;
  #isEnded = false;

  constructor(options: RedisPoolOptions) {
    this.#options = options;
    const { executorId, prefix, log } = options;
    this.#vigil = new Vigil(prefix, log);
    this.#started = new Started({
      find: (job, index) => this.#open.find(job, index),
      crew: this.#crew,
      printed: (text) => this.#options.onPrinted?.(text),
      log,
    });
    this.#sender = new Sender({
      executorId,
      log,
      open: this.#open,
      connect: () => this.#connect(),
      end: (call, end) => this.#end(call, end),
      hold: () => this.#hold(),
    });
  }

  get history(): WorkerPool["history"] {
    return this.#crew.all;
  }

  get running(): number {
    let running = 0;
    for (const _ of this.#open.running()) running++;
    return running;
  }

  get busy(): number {
    return this.running;
  }

  runningNow(mostWorkers: number): RunningNow[] {
    return this.#open.runningNow(mostWorkers);
  }

  get state(): PoolState {
    const { running } = this;
    const queued = this.#delayed.size + this.#open.size - running +
      this.#sender.waiting;
    const workers = this.#home === undefined ? 0 : lanesOf(this.#home);
    return { queued, running, workers };
  }

  add(job: Job): void {
    job.taker = { offer: (each) => this.#sender.add(each) };
    job.wake();
  }

  anticipate(): void {
    if (!this.#isEnded) this.#connect().catch(() => {}); // told to the first call
  }

  async warm(): Promise<void> {
    const home = await this.#connect();
    while (home.hosts.length === 0 && !this.#isEnded) {
      this.#vigil.look(this.#home?.hosts ?? [], this.#open);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await home.look();
    }
  }

  cancel(call: Call, reason: unknown): void {
    if (call.done || call.cancelling) return;
    call.cancelling = true;
    call.cancelReason = reason;
    this.#delayed.remove(call);
    const { job, index } = call;
    if (this.#open.find(job.number, index) === undefined) {
      return call.cancelled();
    }
    this.#home?.cancel(job, index, textOf(reason));
    if (call.state !== "running") {
      return this.#end(call, () => call.cancelled());
    }
    const timer = setTimeout(
      () => this.#end(call, () => call.cancelled()),
      this.#options.killDelay + GRACE,
    );
    call.onDone(() => clearTimeout(timer));
  }

  async leave(): Promise<void> {
    this.#isEnded = true;
    this.#sender.end();
    await this.#home?.abandon(this.#open.all());
  }

  close(): Promise<void> {
    return this.#close(false);
  }

  kill(): Promise<void> {
    return this.#close(true);
  }

  async #close(abandon: boolean): Promise<void> {
    this.#isEnded = true;
    this.#sender.end();
    this.#delayed.clear();
    const home = await this.#opening?.catch(() => undefined);
    this.#hold();
    const left = abandon && this.#open.size > 0
      ? home?.abandon(this.#open.all())
      : undefined;
    // A Redis that is gone, or stopped, keeps nobody from ending.
    if (home !== undefined && await home.answers()) {
      await left;
      await this.#cleaning;
      await this.#tellDuplicates(home);
    }
    await home?.close();
  }

  async #tellDuplicates(home: HomeLink): Promise<void> {
    const duplicates = await home.duplicates().catch(() => 0);
    if (duplicates === 0) return;
    this.#options.log.info(
      `${duplicates} calls ran more than once, as their host was lost; the first results count`,
    );
  }

  async samples(): Promise<void> {
    await this.#home?.samples(this.#crew.hosts);
  }

  #sampled(
    message: SamplesMessage,
    collections: readonly Collection[],
    offset: number,
  ): void {
    const { executorId: run, watch } = this.#options;
    const { host: id, name, sampler, dropped } = message;
    watch.unsampled(dropped);
    for (const collection of collections) {
      const at = placed(collection, {
        run,
        host: { id, name },
        offset: offset / 1000,
        numberOf: (worker) => this.#crew.numberOf(id, worker),
      });
      watch.sampled(`${id}/${sampler}`, at);
    }
  }

  /** The jobs of a run that another script has started; its calls are to be adopted before `listen`. */
  async find(): Promise<FoundRun> {
    this.#isFinding = true;
    return await (await this.#connect()).jobs();
  }

  /** Takes up a call that another script has queued. */
  adopt(call: Call): void {
    this.#open.add(call, "");
  }

  /** Reads what came of adopted calls; with `isAbandoned`, those of which nothing has come are cancelled. */
  async listen(isAbandoned: boolean): Promise<void> {
    const home = await this.#connect();
    home.listen();
    this.#isFinding = false;
    this.#hold();
    if (!isAbandoned) return;
    await home.caughtUp();
    for (const call of [...this.#open.all()]) {
      call.cancelReason = "its run was ended";
      this.#end(call, () => call.cancelled());
    }
  }

  /** Removes what Redis keeps of calls that have ended. */
  clean(): void {
    const cleaning = this.#connect().then((home) =>
      home.clean(this.#open.size + this.#delayed.size === 0)
    ).catch((error) =>
      this.#options.log.warn(`Cannot clean Redis: ${error.message}`)
    ).finally(() => {
      if (this.#cleaning === cleaning) this.#cleaning = undefined;
      this.#hold();
    });
    this.#cleaning = cleaning;
    this.#hold();
  }

  /** Looks for lost calls when nothing has been heard for a while. */
  #recoverIfQuiet(): void {
    if (this.#open.size === 0) return;
    const now = performance.now();
    if (now - this.#heardAt < QUIET) return;
    this.#heardAt = now;
    void this.#recover();
  }

  /** Queues calls again whose entries are gone: lost with a Redis that kept nothing, or given up after many hosts. */
  async #recover(): Promise<void> {
    const home = this.#home;
    if (home === undefined || this.#isRecovering || this.#isEnded) return;
    this.#isRecovering = true;
    try {
      while (this.#sender.isSending) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const lost = await lostCalls(home, this.#open);
      if (lost.length === 0 || this.#isEnded) return;
      this.#options.log.warn(
        `${lost.length} calls were lost and are queued again`,
      );
      home.rewrite();
      for (const call of lost) {
        const end = endOfLost(call);
        if (end !== undefined) this.#end(call, end);
        else {
          this.#open.remove(call);
          call.job.queueAgain(call);
        }
      }
    } catch {
      // The connection was lost again: it comes back, or the script ends.
    } finally {
      this.#isRecovering = false;
      this.#hold();
    }
  }

  #connect(): Promise<HomeLink> {
    this.#opening ??= this.#openHome();
    this.#opening.catch(() => this.#opening = undefined); // the next job may have more luck
    return this.#opening;
  }

  async #openHome(): Promise<HomeLink> {
    const { openHome } = await import(HOME) as {
      openHome: (options: HomeOptions) => Promise<HomeLink>;
    };
    this.#home = await openHome({
      ...this.#options,
      onMessage: (message, offset) => {
        this.#heardAt = performance.now();
        if (message.type === "news") this.#started.take(message, offset);
        else this.#ended.take(message, offset);
        this.#hold();
      },
      onSamples: (message, collections, offset) =>
        this.#sampled(message, collections, offset),
      onHosts: () => {
        this.#vigil.look(this.#home?.hosts ?? [], this.#open);
        this.#recoverIfQuiet();
      },
      onBack: () => void this.#recover(),
    });
    this.#hold();
    return this.#home;
  }

  /** Takes a call out of those that are open, then ends it. */
  #end(call: Call, end: () => void): void {
    this.#open.remove(call);
    if (!call.done) end();
    if (call.job.waiting.more) call.job.wake();
    this.#hold();
  }

  readonly #sender: Sender;
  readonly #vigil: Vigil;
  readonly #started: Started;

  readonly #ended = new Ended({
    find: (job, index) => this.#open.find(job, index),
    crew: this.#crew,
    end: (call, end) => this.#end(call, end),
    again: (call, delay) => this.#again(call, delay),
  });

  /** Queues a call once more after `delay` milliseconds. */
  #again(call: Call, delay: number): void {
    if (this.#isEnded) return call.cancelled();
    this.#delayed.add(call, delay);
  }

  /** What is open keeps the program up, and so does whatever Redis is asked for; nothing else does. */
  #hold(): void {
    const isBusy = this.#isEnded || this.#isFinding ||
      this.#cleaning !== undefined;
    this.#home?.hold(isBusy || this.#open.size + this.#delayed.size > 0);
  }
}

/** A reason as it may travel. */
function textOf(reason: unknown): string | undefined {
  return reason instanceof Error
    ? reason.message
    : typeof reason === "string"
    ? reason
    : undefined;
}
