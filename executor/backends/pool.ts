/**
 * The workers of an executor: starts them as they are needed, gives each free lane the next calls, and makes sure that
 * every call ends, whatever happens to its worker.
 *
 * @module
 */
import type { Call, WorkerInfo } from "../call.ts";
import type { Job } from "../job.ts";
import type { Logger } from "../log.ts";
import { type BoardRow, readBoard } from "../../profiler/board.ts";
import {
  epochMillis,
  type FromWorker,
  type RunCalls,
  type StatsLevel,
  type ToWorker,
} from "../worker/protocol.ts";
import { inspectValue } from "../worker/values.ts";
import type { Backend, Slot, SlotExit } from "./backend.ts";
import { Lane } from "./lane.ts";
import {
  crashed,
  receive,
  stoppedAt,
  timedOut,
  unsendable,
  workerEnded,
} from "./outcome.ts";

/** A worker is given up on after so many failures to start in a row. */
const MAX_START_FAILURES = 3;
/** Delay before starting again after a failure, in milliseconds; doubled for each further one. */
const START_DELAY = 100;
/** A call that comes back unrun so often takes part in something that will not end by itself. */
const MAX_RETURNS = 5;
/** Bytes of items in one message, unless a single item is larger. */
const MESSAGE_BYTES = 1 << 20;
/** The longest timer there is. */
const MAX_TIMER = 2 ** 31 - 1;

/** How a pool is to work. */
export interface PoolOptions {
  backend: Backend;
  /** Most workers at once. */
  workers: number;
  /** Calls a worker runs at once. */
  concurrency: number;
  stats: StatsLevel;
  /** Milliseconds between telling a call to stop and ending its worker. */
  killDelay: number;
  /** Milliseconds a worker may idle before it is ended; Infinity for ever. */
  idleTimeout: number;
  /** Calls after which a worker is replaced. */
  maxCallsPerWorker: number;
  /** Configuration file of the project that a job's functions belong to. */
  configOf: (job: Job) => string | null;
  log: Logger;
  /** `NAME=value` for the environment of a worker process. */
  marker: (id: number) => string;
  /** A worker is up. */
  onWorker?: (worker: Worker) => void;
  /** A worker has ended. */
  onWorkerEnd?: (worker: Worker) => void;
  /** Something was printed by a call. */
  onPrinted?: (text: string) => void;
  /** Something happened that a progress bar shows. */
  onChange?: () => void;
}

/** A worker as the pool keeps it. */
export interface Worker {
  readonly info: WorkerInfo;
  readonly slot: Slot;
  readonly configPath: string | null;
  readonly lanes: Lane[];
  /** Jobs whose function it has. */
  readonly known: Set<number>;
  /** No new calls for it. */
  leaving: boolean;
  /** Why it was ended by us: the call that was stopped, and its error. */
  stopped: { call: Call; end: () => void } | undefined;
  /** Calls it has been given. */
  given: number;
  /** Calls it has answered. */
  answered: number;
  /** Ends it when it has idled too long. */
  idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** CPU seconds it has used, as it last told. */
  totals: { user: number; system: number };
}

/** The workers of one executor. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #workers = new Map<number, Worker>();
  readonly #starting = new Set<Promise<void>>();
  readonly #delayed = new Map<Call, ReturnType<typeof setTimeout>>();
  /** Every worker there has been, for statistics. */
  readonly history: Worker[] = [];
  #jobs: Job[] = [];
  #turn = 0;
  #nextId = 0;
  #startFailures = 0;
  #startTimer: ReturnType<typeof setTimeout> | undefined;
  #scheduled = false;
  #ended = false;
  /** Threads that were given up while they were busy. */
  readonly #lingering: { call: Call; slot: Slot }[] = [];
  readonly #lookingAfter: Promise<void>[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Calls that workers have been given and have not answered. */
  get running(): number {
    let running = 0;
    for (const { lanes } of this.#workers.values()) {
      for (const lane of lanes) running += lane.length;
    }
    return running;
  }

  /** Workers that are up. */
  get workers(): Worker[] {
    return [...this.#workers.values()];
  }

  /** Takes the calls of a job from now on. */
  add(job: Job): void {
    job.wake = () => this.wake();
    this.#jobs.push(job);
    this.wake();
  }

  /** Looks for work at the end of this turn. */
  wake(): void {
    if (this.#scheduled || this.#ended) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** Starts all workers ahead of the first call; rejects if they cannot be started. */
  async warm(configPath: string | null): Promise<void> {
    const free = this.#options.workers - this.#workers.size -
      this.#starting.size;
    for (let i = 0; i < free; i++) this.#start(configPath);
    await Promise.all(this.#starting);
  }

  /** Lets all workers end by themselves; no call may be open. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#starting);
    await Promise.all(
      [...this.#workers.values()].map((worker) => worker.slot.close()),
    );
    await this.#options.backend.close();
    await this.#tellLingering();
  }

  /** Ends all workers now; their calls must have been settled. */
  async kill(): Promise<void> {
    this.#end();
    for (const { slot } of this.#workers.values()) slot.kill();
    await Promise.all(this.#starting);
    const left = [...this.#workers.values()];
    for (const { slot } of left) slot.kill();
    await Promise.all(left.map(({ slot }) => slot.exited));
    await this.#options.backend.close();
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#startTimer);
    for (const timer of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    for (const { lanes, idleTimer } of this.#workers.values()) {
      clearTimeout(idleTimer);
      for (const lane of lanes) lane.lookNoMore();
    }
  }

  /** Cancels a call: one that waits ends now, one that runs is told, and ended with its worker if it does not listen. */
  cancel(call: Call, reason: unknown): void {
    if (call.done || call.cancelling) return;
    call.cancelling = true;
    call.cancelReason = reason;
    const lane = this.#laneOf(call);
    if (lane === undefined) {
      clearTimeout(this.#delayed.get(call));
      this.#delayed.delete(call);
      call.cancelled();
      return;
    }
    const { slot } = lane.worker;
    slot.send({
      type: "abort",
      job: call.job.number,
      call: call.index,
      reason: sendableReason(reason),
    });
    const timer = setTimeout(() => {
      if (call.done) return;
      const row = readRow(lane);
      if (lane.running(row) === call) {
        this.#stop(lane.worker, call, () => call.cancelled());
      } else call.cancelled(); // It has not started; its worker passes it over.
    }, Math.min(this.#options.killDelay, MAX_TIMER));
    call.onDone(() => clearTimeout(timer));
  }

  /** Runs a call again after `delay` milliseconds. */
  again(call: Call, delay: number): void {
    if (this.#ended) return call.cancelled();
    if (delay <= 0) return call.job.queueAgain(call);
    call.state = "invoked";
    this.#delayed.set(
      call,
      setTimeout(() => {
        this.#delayed.delete(call);
        call.job.queueAgain(call);
      }, delay),
    );
  }

  #laneOf(call: Call): Lane | undefined {
    for (const { lanes } of this.#workers.values()) {
      for (const lane of lanes) {
        if (lane.length > 0 && lane.calls.includes(call)) return lane;
      }
    }
    return undefined;
  }

  /** Gives free lanes work and starts workers for what is left. */
  #pump(): void {
    if (this.#ended) return;
    this.#jobs = this.#jobs.filter((job) => this.#keep(job));
    const workers = [...this.#workers.values()];
    const lanes = workers.length * this.#options.concurrency;
    for (let index = 0; index < this.#options.concurrency; index++) {
      for (const worker of workers) {
        if (!worker.leaving) this.#feed(worker.lanes[index]!, lanes);
      }
    }
    this.#startForWaiting();
    for (const worker of workers) {
      worker.slot.flush();
      let busy = false;
      for (const lane of worker.lanes) {
        if (lane.length > 0) busy = true;
        else lane.lookNoMore();
      }
      worker.slot.hold(busy);
      this.#retire(worker, busy);
    }
    this.#options.onChange?.();
  }

  /** Ends a worker that has run enough calls, or has idled too long. */
  #retire(worker: Worker, busy: boolean): void {
    if (busy) {
      clearTimeout(worker.idleTimer);
      worker.idleTimer = undefined;
      return;
    }
    if (worker.leaving) return;
    const { idleTimeout, maxCallsPerWorker } = this.#options;
    const leave = () => {
      worker.leaving = true;
      void worker.slot.close();
    };
    if (worker.given >= maxCallsPerWorker) leave();
    else if (idleTimeout < Infinity && worker.idleTimer === undefined) {
      worker.idleTimer = setTimeout(leave, Math.min(idleTimeout, MAX_TIMER));
      // Deno's timers are numbers, whatever Node's types say.
      Deno.unrefTimer(worker.idleTimer as unknown as number);
    }
  }

  /** Whether a job may still have work; the workers forget one that has not. */
  #keep(job: Job): boolean {
    if (job.open > 0 || !job.inputEnded) return true;
    for (const worker of this.#workers.values()) {
      if (worker.known.delete(job.number)) {
        worker.slot.send({ type: "forget", job: job.number });
      }
    }
    return false;
  }

  #feed(lane: Lane, lanes: number): void {
    // One turn of the jobs: whoever was served goes to the back.
    for (let tried = 0; tried < this.#jobs.length;) {
      const job = this.#jobs[this.#turn % this.#jobs.length]!;
      this.#turn++;
      const left = this.#options.maxCallsPerWorker - lane.worker.given;
      const room = this.#fits(lane.worker, job)
        ? Math.min(lane.room(job, lanes), left)
        : 0;
      if (room > 0 && this.#send(lane, job, room) > 0) tried = 0;
      else tried++;
    }
  }

  #fits(worker: Worker, job: Job): boolean {
    return worker.configPath === this.#options.configOf(job);
  }

  /** Sends up to `room` calls of `job`; returns how many there were. */
  #send(lane: Lane, job: Job, room: number): number {
    const { worker } = lane;
    const { slot } = worker;
    const message: RunCalls = {
      type: "calls",
      job: job.number,
      lane: lane.index,
      calls: [],
      attempts: [],
      items: [],
    };
    const calls: Call[] = [];
    const buffers: ArrayBuffer[] = [];
    let bytes = 0;
    while (calls.length < room && bytes < MESSAGE_BYTES) {
      const call = job.take();
      if (call === undefined) break;
      try {
        const info = inspectValue(call.item, job.options.transfer);
        call.inputSize = info.size;
        bytes += info.size;
        buffers.push(...info.buffers);
      } catch (error) {
        unsendable(call, error);
        continue;
      }
      calls.push(call);
      message.calls.push(call.index);
      message.attempts.push(++call.attempt);
      message.items.push(call.item);
      lane.push(call);
    }
    if (calls.length === 0) return 0;
    worker.given += calls.length;
    const began = performance.now();
    let functionTime = 0;
    if (!worker.known.has(job.number)) {
      this.#define(worker, job);
      functionTime = performance.now() - began;
    }
    const defined = performance.now();
    slot.send(message, buffers.length > 0 ? buffers : undefined);
    slot.flush();
    const uploadTime = (performance.now() - defined) / calls.length;
    for (const call of calls) {
      if (call.done) continue; // It could not be sent after all.
      call.state = "running";
      call.worker = worker.info;
      call.clockOffset = slot.clockOffset;
      call.uploadTime = uploadTime;
      call.functionTime = functionTime;
    }
    const { timeout } = job.options;
    if (timeout > 0) lane.lookIn(timeout, () => this.#look(lane));
    return calls.length;
  }

  #define(worker: Worker, job: Job): void {
    worker.known.add(job.number);
    worker.slot.send({
      type: "function",
      job: job.number,
      jobId: job.id,
      spec: job.prepared.spec,
      extraArgs: job.options.extraArgs,
      env: job.options.env,
      transfer: job.options.transfer,
    });
    worker.slot.flush();
  }

  /** Stops the running call of a lane if it has exceeded its timeout, and looks again when the next one may have. */
  #look(lane: Lane): void {
    if (this.#ended) return;
    const row = readRow(lane);
    const running = lane.running(row);
    let next = Infinity;
    for (const call of lane.calls) {
      const limit = call.job.options.timeout;
      if (limit === 0) continue;
      let left = limit; // counted from the start of the function, which is yet to come
      if (call === running) {
        left += row!.startedAt + lane.worker.slot.clockOffset - epochMillis();
        if (left <= 0) {
          return this.#stop(lane.worker, call, () => timedOut(call, this));
        }
      }
      next = Math.min(next, left);
    }
    if (next < Infinity) lane.lookIn(next, () => this.#look(lane));
  }

  /** Ends a worker because of one of its calls. */
  #stop(worker: Worker, call: Call, end: () => void): void {
    if (worker.stopped !== undefined) return;
    worker.stopped = { call, end };
    worker.leaving = true;
    worker.slot.kill();
    this.#lookingAfter.push(this.#warnOfLingering(worker, call));
  }

  async #warnOfLingering({ info, slot }: Worker, call: Call): Promise<void> {
    if (!await slot.lingers()) return;
    this.#lingering.push({ call, slot });
    this.#options.log.warn(
      `Call ${call.name} of ${call.job.title} still keeps a core busy: thread ${info.id} was given up, but no thread can be stopped while it computes; backend "process" can stop such a call`,
    );
  }

  /** Says what is still busy when the executor is closed. */
  async #tellLingering(): Promise<void> {
    await Promise.all(this.#lookingAfter);
    const still: string[] = [];
    for (const { call, slot } of this.#lingering) {
      if (await slot.lingers()) still.push(call.name);
    }
    if (still.length === 0) return;
    this.#options.log.warn(
      `Closed with ${still.length} thread${
        still.length === 1 ? "" : "s"
      } still busy until the program ends: ${still.join(", ")}`,
    );
  }

  #startForWaiting(): void {
    let waiting = 0;
    for (const job of this.#jobs) {
      const { ready, more } = job.waiting;
      waiting += more ? Infinity : ready;
    }
    if (waiting === 0 || this.#startTimer !== undefined) return;
    const { workers, concurrency } = this.#options;
    const job = this.#jobs.find((j) => j.waiting.ready > 0 || j.waiting.more)!;
    const configPath = this.#options.configOf(job);
    const fitting = this.workers.some((w) => this.#fits(w, job));
    let free = workers - this.#workers.size - this.#starting.size;
    if (free <= 0 && !fitting && this.#starting.size === 0) {
      this.#makeRoom();
      return;
    }
    let wanted = Math.ceil(waiting / concurrency) - this.#starting.size;
    for (; free > 0 && wanted > 0; free--, wanted--) this.#start(configPath);
  }

  /** Lets a worker of another project go, so that one of this can start. */
  #makeRoom(): void {
    const idle = this.workers.find((worker) =>
      !worker.leaving && worker.lanes.every((lane) => lane.length === 0)
    );
    if (idle === undefined) return; // Its answer wakes the pool again.
    idle.leaving = true;
    void idle.slot.close();
  }

  #start(configPath: string | null): void {
    const id = this.#nextId++;
    const starting = this.#spawn(id, configPath).finally(() => {
      this.#starting.delete(starting);
      this.wake();
    });
    this.#starting.add(starting);
  }

  async #spawn(id: number, configPath: string | null): Promise<void> {
    const { backend, concurrency, stats, log } = this.#options;
    let worker: Worker | undefined;
    try {
      const slot = await backend.spawn({
        id,
        lanes: concurrency,
        stats,
        configPath,
        marker: this.#options.marker(id),
        events: {
          messages: (messages, at) => this.#receive(worker!, messages, at),
          stray: (text) => worker && this.#printed(worker, text),
          unsendable: (message, error) => this.#repair(worker!, message, error),
        },
      });
      worker = {
        info: { id, pid: slot.pid, tid: slot.tid, bootTime: slot.bootTime },
        slot,
        configPath,
        lanes: [],
        known: new Set(),
        leaving: false,
        stopped: undefined,
        given: 0,
        answered: 0,
        idleTimer: undefined,
        totals: { user: 0, system: 0 },
      };
      for (let lane = 0; lane < concurrency; lane++) {
        worker.lanes.push(new Lane(worker, lane));
      }
      this.#startFailures = 0;
      this.#workers.set(id, worker);
      this.history.push(worker);
      log.debug(`Worker ${id} is up: pid ${slot.pid}, tid ${slot.tid}`);
      this.#options.onWorker?.(worker);
      const up = worker;
      void slot.exited.then((exit) => this.#exited(up, exit));
    } catch (error) {
      this.#startFailed(error as Error);
    }
  }

  #startFailed(error: Error): void {
    if (this.#ended) return;
    if (error instanceof Deno.errors.NotCapable) {
      // Another try will not be allowed more.
      this.#startFailures = MAX_START_FAILURES;
      error = new Error(
        `this script may not do what the ${this.#options.backend.kind} backend needs: ${error.message}; run it with --allow-all`,
        { cause: error },
      );
    } else {
      this.#startFailures++;
      this.#options.log.warn(error.message);
    }
    if (this.#startFailures < MAX_START_FAILURES) {
      this.#startTimer ??= setTimeout(() => {
        this.#startTimer = undefined;
        this.wake();
      }, START_DELAY * 2 ** this.#startFailures);
      return;
    }
    this.#startFailures = 0;
    if (this.#workers.size > 0) return; // Those that are up go on with the work.
    for (const job of this.#jobs) {
      for (let call = job.take(); call !== undefined; call = job.take()) {
        crashed(call, error);
      }
    }
  }

  #receive(worker: Worker, messages: FromWorker[], at: number): void {
    for (const message of messages) {
      switch (message.type) {
        case "results":
          worker.answered += message.calls.length;
          receive(worker.lanes[message.lane]!, message, at, this);
          break;
        case "printed": {
          const call = this.#find(worker, message.job, message.call);
          if (call !== undefined) call.logs += message.text;
          this.#options.onPrinted?.(message.text);
          break;
        }
        case "totals":
          worker.totals = { user: message.user, system: message.system };
          break;
      }
    }
    this.wake();
  }

  /** A call that a worker is running, or the one it ran last. */
  #find(worker: Worker, job: number, index: number): Call | undefined {
    for (const lane of worker.lanes) {
      for (const call of [...lane.calls, lane.last]) {
        if (call?.index === index && call.job.number === job) return call;
      }
    }
    return undefined;
  }

  /** Text on the worker's own streams belongs to the call that is running, as far as can be told. */
  #printed(worker: Worker, text: string): void {
    const call = worker.lanes.find((lane) => lane.length > 0)?.calls[0];
    if (call !== undefined) call.logs += text;
    this.#options.onPrinted?.(text);
  }

  /** A message could not be sent: the calls whose items are at fault end, the others go again. */
  #repair(worker: Worker, message: ToWorker, error: unknown): ToWorker[] {
    if (message.type === "function") {
      // Its calls must fail in the worker; there, the function is one that says why.
      return [{
        ...message,
        extraArgs: [],
        spec: {
          kind: "source",
          name: message.spec.name,
          base: "file:///",
          source: `(() => { throw new TypeError(${
            JSON.stringify(
              `Cannot send the extraArgs: ${(error as Error).message}`,
            )
          }) })`,
        },
      }];
    }
    if (message.type !== "calls") return [];
    if (message.calls.length > 1) {
      return message.calls.map((call, i) => ({
        ...message,
        calls: [call],
        attempts: [message.attempts[i]!],
        items: [message.items[i]],
      }));
    }
    const call = this.#find(worker, message.job, message.calls[0]!);
    if (call !== undefined) {
      worker.lanes[message.lane]!.remove(call);
      unsendable(call, error);
    }
    return [];
  }

  #exited(worker: Worker, exit: SlotExit): void {
    this.#workers.delete(worker.info.id);
    this.#options.onWorkerEnd?.(worker);
    for (const lane of worker.lanes) {
      lane.lookNoMore();
      const row = exit.board[lane.index];
      const running = lane.running(row);
      for (const call of lane.takeAll()) {
        if (call.done) continue;
        if (call === running) {
          stoppedAt(call, row!.startedAt);
          if (worker.stopped?.call === call) worker.stopped.end();
          else workerEnded(call, exit, worker.stopped?.call, this);
        } else this.#returned(call, exit);
      }
    }
    this.wake();
  }

  /** A call that its worker never ran, or whose result was lost with it: it runs elsewhere, as if nothing had been. */
  #returned(call: Call, exit: SlotExit): void {
    call.attempt--;
    if (call.cancelling) call.cancelled();
    else if (++call.returned > MAX_RETURNS || this.#ended) {
      workerEnded(call, exit, undefined, this);
    } else call.job.queueAgain(call);
  }
}

/** The row of a lane on its worker's board, as it is now. */
function readRow(lane: Lane): BoardRow | undefined {
  try {
    return readBoard(lane.worker.slot.board)[lane.index];
  } catch {
    return undefined; // The worker has just ended.
  }
}

/** A reason as the worker may have it: errors and text travel, anything else does not. */
function sendableReason(reason: unknown): unknown {
  return reason instanceof Error
    ? reason.message
    : typeof reason === "string"
    ? reason
    : undefined;
}
