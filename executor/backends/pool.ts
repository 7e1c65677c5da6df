/**
 * The workers of an executor: starts them as they are needed, gives each free lane the next calls, and makes sure that
 * every call ends, whatever happens to its worker.
 *
 * @module
 */
import type { Call } from "../call.ts";
import type { Job, Taker } from "../job.ts";
import type { Slot, SlotExit } from "./backend.ts";
import { Balance } from "./_balance.ts";
import { DelayedCalls } from "./delayed.ts";
import { Departure } from "./_departure.ts";
import { Hold } from "./_hold.ts";
import type { Lane } from "./lane.ts";
import { noWorkerFor, receive } from "./outcome.ts";
import type { PoolOptions } from "./_pool_options.ts";
import { Retirement } from "./_retirement.ts";
import { settleCalls } from "./_aftermath.ts";
import { Standstill } from "./_standstill.ts";
import { Starter } from "./starter.ts";
import { Stopper } from "./stopper.ts";
import { afterTaken, lookForOnly } from "./_turns.ts";
import { type RunningNow, Worker } from "./worker.ts";
import type { PoolState, WorkerPool, WorkerRecord } from "./worker_pool.ts";

/** The workers of one executor. */
export class Pool implements WorkerPool, Taker {
  readonly #history = new Map<number, WorkerRecord>();
  readonly #options: PoolOptions;
  readonly #workers = new Map<number, Worker>();
  readonly #starter: Starter;
  readonly #stopper: Stopper;
  readonly #retirement: Retirement;
  readonly #balance: Balance;
  readonly #standstill: Standstill;
  readonly #hold: Hold;
  /** Calls that wait for another attempt. */
  readonly #delayed = new DelayedCalls();
  /** Jobs that may have calls to run; who was served last is last. */
  readonly #jobs = new Set<Job>();
  #nextId = 0;
  #isScheduled = false;
  #isEnded = false;
  #departure: Departure | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#stopper = new Stopper(options.killDelay, options.log, this);
    this.#retirement = new Retirement(options);
    this.#balance = new Balance(this.#workers, this);
    this.#standstill = new Standstill(this.#workers, options, this);
    this.#hold = new Hold(this.#workers, this.#jobs);
    this.#starter = new Starter(options.backend, options.log, {
      started: (slot, { configPath }) => this.#started(slot, configPath),
      failed: (error, { configPath }) => this.#cannotStart(error, configPath),
      changed: () => this.wake(),
    });
  }

  /** Every worker there has been, for statistics. */
  get history(): WorkerRecord[] {
    return [...this.#history.values()];
  }

  /** One of those, by its number. */
  recordOf(id: number): WorkerRecord | undefined {
    return this.#history.get(id);
  }

  /** Calls that workers have been given and have not answered. */
  get running(): number {
    let running = 0;
    for (const worker of this.#workers.values()) running += worker.running;
    return running;
  }

  /** Calls that run at this moment: one a lane at most. */
  get busy(): number {
    let busy = 0;
    for (const worker of this.#workers.values()) busy += worker.busy;
    return busy;
  }

  /** Those calls, the ones that have run longest first, of so many workers at most. */
  runningNow(mostWorkers: number): RunningNow[] {
    const running: RunningNow[] = [];
    let seen = 0;
    for (const worker of this.#workers.values()) {
      if (worker.busy > 0 && seen++ < mostWorkers) {
        running.push(...worker.runningNow());
      }
    }
    return running.sort((a, b) => a.start_tstamp - b.start_tstamp);
  }

  /** How much there is to do: calls that wait, those that workers have, and workers that are up. */
  get state(): PoolState {
    let queued = this.#delayed.size;
    for (const job of this.#jobs) queued += job.waiting.ready;
    return { queued, running: this.running, workers: this.#workers.size };
  }

  /** Takes the calls of a job from now on. */
  add(job: Job): void {
    job.taker = this;
    this.offer(job);
  }

  /** A job may have more calls. */
  offer(job: Job): void {
    this.#jobs.add(job);
    this.wake();
  }

  /** Looks for work at the end of this turn. */
  wake(): void {
    if (this.#isScheduled || this.#isEnded) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#pump());
  }

  /** Starts the first worker ahead of the job that is about to come. */
  anticipate(configPath: string | null): void {
    if (this.#isEnded || this.#workers.size > 0 || this.#starter.count > 0) {
      return;
    }
    if (!this.#starter.isWaiting) this.#start(configPath);
  }

  /** Starts all workers ahead of the first call, and has each go through its part; rejects if none can be started. */
  async warm(configPath: string | null): Promise<void> {
    for (let free = this.#free; free > 0; free--) this.#start(configPath);
    await this.#starter.settled();
    const { lastError } = this.#starter;
    if (this.#workers.size === 0 && lastError !== undefined) throw lastError;
    const fresh = [...this.#workers.values()].filter((w) => w.given === 0);
    await Promise.all(fresh.map((worker) => worker.rehearse()));
    this.wake();
  }

  /** Lets all workers end by themselves; no call may be open. */
  async close(): Promise<void> {
    this.#end();
    await this.#starter.settled();
    await Promise.all(
      [...this.#workers.values()].map(({ slot }) => slot.close()),
    );
    await this.#options.backend.close();
    await this.#stopper.tellLingering();
  }

  /** Ends all workers now; their calls must have been settled. */
  async kill(): Promise<void> {
    this.#end();
    for (const worker of this.#workers.values()) {
      this.#stopper.abandon(worker);
      worker.slot.kill();
    }
    await this.#starter.settled();
    const left = [...this.#workers.values()];
    for (const { slot } of left) slot.kill();
    await Promise.all(left.map(({ slot }) => slot.exited));
    await this.#options.backend.close();
    await this.#stopper.tellLingering();
  }

  /** For a host that a signal is about to end: see {@linkcode Departure}. Resolves when no call runs, or `killDelay` is over. */
  async leave(reason: string): Promise<void> {
    this.#end();
    this.#departure = new Departure(this.#workers.values(), this.#stopper);
    await this.#departure.tell(reason, this.#options.killDelay);
  }

  #end(): void {
    this.#isEnded = true;
    this.#hold.end();
    this.#starter.end();
    this.#retirement.end();
    this.#balance.end();
    this.#standstill.end();
    this.#delayed.clear();
    for (const { lanes } of this.#workers.values()) {
      for (const lane of lanes) lane.lookNoMore();
    }
  }

  /** Cancels a call: one that waits ends now, one that runs is told, and ended with its worker if it does not listen. */
  cancel(call: Call, reason: unknown): void {
    if (call.done || call.cancelling) return;
    call.cancelling = true;
    call.cancelReason = reason;
    if (call.lane !== undefined) return this.#stopper.cancel(call, call.lane);
    this.#delayed.remove(call);
    call.cancelled();
  }

  /** Runs a call again after `delay` milliseconds. */
  again(call: Call, delay: number): void {
    call.lane = undefined;
    if (this.#isEnded) return call.cancelled();
    this.#delayed.add(call, delay);
  }

  /** Gives free lanes work and starts workers for what is left. */
  #pump(): void {
    this.#isScheduled = false;
    if (this.#isEnded) return;
    const { concurrency } = this.#options;
    const lanes = this.#workers.size * concurrency;
    for (let index = 0; index < concurrency; index++) {
      for (const worker of this.#workers.values()) {
        if (worker.takesCalls) this.#feed(worker.lanes[index]!, lanes);
      }
    }
    this.#startForWaiting();
    let hasIdle = false, hasWaiting = false, all = 0;
    for (const worker of this.#workers.values()) {
      const { busy, running, lanes } = worker, isBusy = running > 0;
      if (worker.takesCalls) {
        hasIdle ||= busy < lanes.length;
        hasWaiting ||= running > busy;
      }
      if (!isBusy) { for (const lane of worker.lanes) lane.rest(); }
      all += running;
      this.#hold.consider(worker);
      this.#retirement.consider(worker, isBusy);
    }
    if (hasIdle && hasWaiting) this.#balance.consider();
    if (all > 0) this.#standstill.consider();
    if (all === 1) queueMicrotask(() => lookForOnly(this.#workers.values()));
  }

  #feed(lane: Lane, lanes: number): void {
    const { worker } = lane;
    for (const job of this.#jobs) {
      const { ready, more } = job.waiting;
      if (ready === 0 && !more) {
        this.#jobs.delete(job); // It comes back when it has more.
        continue;
      }
      if (!this.#fits(worker, job)) continue;
      const most = lane.room(job, lanes, this.#options.messageWork);
      const room = Math.min(most, this.#retirement.left(worker));
      if (room <= 0) return;
      const given = worker.give(lane, job, room);
      if (given === 0) continue;
      this.#jobs.delete(job);
      if (more || given < ready) this.#jobs.add(job);
      const { timeout } = job.options;
      if (timeout > 0) this.#stopper.watch(lane, timeout);
    }
  }

  #fits(worker: Worker, job: Job): boolean {
    return worker.configPath === job.configPath;
  }

  /** Workers that may still be started. */
  get #free(): number {
    return this.#options.workers - this.#workers.size - this.#starter.count;
  }

  #startForWaiting(): void {
    if (this.#starter.isWaiting) return;
    const free = this.#free;
    const most = (free + this.#starter.count) * this.#options.concurrency;
    let waiting = 0;
    let next: Job | undefined;
    for (const job of this.#jobs) {
      const { ready, more } = job.waiting;
      if (ready === 0 && !more) continue;
      waiting += more ? Infinity : ready;
      next ??= job;
      if (waiting >= most) break;
    }
    if (next === undefined) return;
    if (free <= 0) return this.#makeRoom(next);
    const wanted = Math.ceil(waiting / this.#options.concurrency) -
      this.#starter.count;
    for (let n = Math.min(wanted, free); n > 0; n--) {
      this.#start(next.configPath);
    }
  }

  /** Lets an idle worker of another project go, as those that can run `job` are busy; its end wakes the pool again. */
  #makeRoom(job: Job): void {
    if (this.#starter.count > 0) return;
    const idle = [...this.#workers.values()].find((w) =>
      !w.isLeaving && w.running === 0 && !this.#fits(w, job)
    );
    if (idle !== undefined) this.#retirement.retire(idle);
  }

  #start(configPath: string | null): void {
    const id = this.#nextId++;
    let known: Worker | undefined;
    const worker = () => known ??= this.#workers.get(id);
    this.#starter.start({
      id,
      lanes: this.#options.concurrency,
      stats: this.#options.stats,
      configPath,
      marker: this.#options.marker(id),
      events: {
        messages: (messages, at) => {
          worker()?.receive(messages, at);
          afterTaken(messages, () => this.wake());
        },
        stray: (text) => worker()?.takeStray(text),
        unsendable: (message, error) => worker()?.repair(message, error) ?? [],
      },
    });
  }

  #started(slot: Slot, configPath: string | null): void {
    const worker = new Worker(
      slot,
      this.#options.backend.kind,
      configPath,
      this.#options.concurrency,
      this.#options.host,
      {
        results: (lane, results, at) =>
          this.#departure === undefined
            ? receive(lane, results, at, this)
            : this.#departure.receive(lane, results),
        printed: (text) => this.#options.onPrinted?.(text),
      },
    );
    this.#workers.set(slot.id, worker);
    this.#history.set(slot.id, worker);
    this.#options.log.debug(() =>
      `Worker ${slot.id} is up: pid ${slot.pid}, tid ${slot.tid}`
    );
    this.#options.onWorker?.(worker);
    void slot.exited.then((exit) => this.#exited(worker, exit));
  }

  #cannotStart(error: Error, configPath: string | null): void {
    const workers = [...this.#workers.values()];
    for (const job of [...this.#jobs]) {
      if (job.configPath !== configPath) continue;
      if (workers.some((worker) => this.#fits(worker, job))) continue; // They go on with the work.
      noWorkerFor(job, error);
    }
  }

  #exited(worker: Worker, exit: SlotExit): void {
    this.#workers.delete(worker.info.id);
    this.#history.set(worker.info.id, worker.record());
    this.#options.onWorkerEnd?.(worker);
    if (this.#departure !== undefined) return this.#departure.gone(worker);
    settleCalls(worker, exit, this);
    this.wake();
  }
}
