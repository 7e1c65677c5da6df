/**
 * Runs calls inside a worker and reports how they went: the same for threads, processes and workers on other machines.
 *
 * A lane runs its calls one after the other. Results of quick calls share a message; a result never waits longer than
 * about a millisecond of other calls' work.
 *
 * @module
 */
import { type PackedError, packError } from "../errors.ts";
import { BoardWriter, createSharedBoard } from "../../profiler/board.ts";
import type { Lane, LaneStorage } from "./_lane.ts";
import { RunningContext } from "./context.ts";
import { applyEnv } from "./environment.ts";
import { LoadedFunction } from "./load.ts";
import { Meter, type Span } from "./measure.ts";
import { isPending, settle } from "./nested.ts";
import { Printer } from "./printer.ts";
import {
  clock,
  Column,
  epochMillis,
  type FromWorker,
  type RunCalls,
  type Setup,
  type ToWorker,
} from "./protocol.ts";
import { isSendable, Work } from "./work.ts";

/** How a runner reaches its host. */
export interface Link {
  /** Queues a message, in order, with the array buffers in it that need not be encoded. */
  send(message: FromWorker, buffers?: ArrayBuffer[]): void;
  /** Makes what is queued leave now, as far as the channel has room. */
  flush(): void;
  /** Loads what the first call may do without, so that its result is there early. @default {undefined} there is nothing */
  prepare?(): Promise<void>;
}

/** Results wait for company this long, in milliseconds. */
const RESULT_DELAY = 1;

/** Runs the calls of one worker. */
export class Runner {
  readonly #link: Link;
  readonly #setup: Setup;
  readonly #meter: Meter;
  readonly #board: BoardWriter;
  readonly #printer: Printer;
  readonly #lanes: Lane[];
  readonly #functions = new Map<number, LoadedFunction>();
  /** Calls that are not to be started, as `job/call`. */
  readonly #cancelled = new Set<string>();
  #storage: LaneStorage | undefined;
  /** What no call can do without. */
  #ready: Promise<void> | undefined;
  #isPrepared: boolean;
  #isCold = true;
  #running = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A runner that works as `setup` says, reports through `link` and measures by `meter`. */
  constructor(
    link: Link,
    setup: Setup,
    meter: Meter = new Meter(setup.backend, setup.stats),
  ) {
    this.#link = link;
    this.#isPrepared = link.prepare === undefined;
    this.#setup = setup;
    this.#meter = meter;
    this.#board = new BoardWriter(setup.board, setup.lanes);
    this.#printer = new Printer((message) => link.send(message));
    this.#lanes = Array.from({ length: setup.lanes }, (_, index) => ({
      index,
      queue: [],
      isBusy: false,
      running: undefined,
      isAlone: true,
    }));
    if (setup.lanes > 1) {
      this.#ready = Promise.all([this.#openStorage(), this.#prepare()])
        .then(() => this.#ready = undefined);
    }
  }

  /** No call runs or waits. */
  get isIdle(): boolean {
    return this.#lanes.every(({ isBusy }) => !isBusy);
  }

  /** Takes a message of the host. */
  receive(message: ToWorker): void {
    switch (message.type) {
      case "function":
        this.#functions.set(
          message.id,
          new LoadedFunction(message, this.#setup.backend),
        );
        break;
      case "calls":
        this.#enqueue(message);
        break;
      case "abort":
        this.#abort(message.job, message.call, message.reason);
        break;
      case "forget":
        this.#functions.delete(message.definition);
        break;
      case "rehearse":
        this.#rehearse(message.calls);
        break;
    }
  }

  /** Runs calls that do nothing on a board of their own, and forgets their function. */
  #rehearse(calls: RunCalls): void {
    const send = async (message: FromWorker) => {
      if (message.type !== "results") return;
      await this.#prepare();
      this.#link.send({ type: "rehearsed", results: message });
      this.#link.flush();
    };
    const setup = { ...this.#setup, lanes: 1, board: createSharedBoard(1) };
    const understudy = new Runner({ send, flush() {} }, setup, this.#meter);
    const fn = this.#functions.get(calls.definition)!;
    this.#functions.delete(calls.definition);
    understudy.#functions.set(calls.definition, fn);
    understudy.receive(calls);
  }

  /** Takes text that was printed and finds the call it belongs to. */
  print(text: string): void {
    const lane = this.#storage?.getStore() ?? this.#lanes[0]!;
    if (this.#printer.print(text, lane.running)) this.#link.flush();
    else this.#flushSoon();
  }

  /** Sends all that is known: for a worker that is about to end. */
  sendAll(): void {
    this.#printer.flush();
    for (const lane of this.#lanes) this.#report(lane.queue[0]);
    this.#link.flush();
  }

  async #openStorage(): Promise<void> {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    this.#storage = new AsyncLocalStorage<Lane>();
  }

  async #prepare(): Promise<void> {
    await this.#link.prepare?.();
    this.#isPrepared = true;
  }

  #enqueue(message: RunCalls): void {
    const lane = this.#lanes[message.lane]!;
    lane.queue.push(
      new Work(
        message,
        this.#functions.get(message.definition)!,
        this.#setup.stats !== "off",
      ),
    );
    if (!lane.isBusy) void this.#drain(lane);
  }

  async #drain(lane: Lane): Promise<void> {
    lane.isBusy = true;
    // When the first of the calls was started whose results have not left, and when the last one ended, if nothing was
    // done since then. Both on `clock()`, which takes longer than a short function: it is read once for each.
    let since = NaN, now = NaN;
    if (this.#ready !== undefined) await this.#ready;
    for (let work = lane.queue[0]; work !== undefined; work = lane.queue[0]) {
      const { length } = work.message.calls;
      if (length > 1) this.#meter.several(clock(), length);
      let failure: PackedError | undefined;
      if (work.fn.call === undefined) {
        try {
          await work.fn.ready;
        } catch (error) {
          failure = packError(error, isSendable);
        }
      }
      while (!work.isDone) {
        if (!this.#isCold && !this.#isPrepared) {
          // Now, so that no call is charged with it.
          this.sendAll();
          await this.#prepare();
          since = now = NaN;
        }
        if (Number.isNaN(now)) now = clock();
        if (Number.isNaN(since)) since = now;
        if (!this.#board.take(lane.index, work.message.round)) {
          this.#drop(work);
        } else if (failure !== undefined) now = work.refuse(failure);
        else {
          const pending = this.#run(lane, work, now);
          if (pending === undefined) now = work.endedAt;
          else {
            if (work.hasResults) this.#flushSoon();
            await pending;
            now = clock();
          }
        }
        if (
          !work.isDone && (work.holdsObject || now - since > RESULT_DELAY)
        ) {
          this.#report(work, now);
          this.#link.flush();
          since = now = NaN;
        }
      }
      lane.queue.shift();
      const isIdle = lane.queue.length === 0;
      if (isIdle) this.#board.idle(lane.index);
      const isDue = isIdle || now - since > RESULT_DELAY;
      this.#report(work, now);
      if (isDue) {
        this.#link.flush();
        since = NaN;
      }
      now = NaN;
    }
    lane.isBusy = false;
    if (!this.#isPrepared) await this.#prepare();
  }

  /** Runs the next call of `work` from `began` on; what it returns is pending if the function is asynchronous. */
  #run(lane: Lane, work: Work, began: number): Promise<void> | undefined {
    const { numbers, row, ended: index } = work;
    const { job, jobId, calls, attempts, items } = work.message;
    const { extraArgs, env } = work.fn.definition;
    const call = calls[index]!;
    if (this.#isCancelled(job, call)) {
      work.refuse();
      return undefined;
    }
    const item = items[index];
    items[index] = undefined; // a call may free its input
    const context = new RunningContext(call, jobId, attempts[index]!, env);
    const fn = work.fn.call!;
    const run = () =>
      extraArgs.length === 0
        ? fn(item, context)
        : fn(item, ...extraArgs, context);
    this.#enter(lane, { job, call, context });
    work.start(began);
    this.#board.start(lane.index, job, call, epochMillis(began));
    const isCold = this.#isCold;
    this.#isCold = false;
    let restore: (() => void) | undefined;
    let span: Span | null = null, entered = began;
    const end = (value: unknown, failed: boolean) => {
      if (numbers !== undefined) {
        const left = clock();
        if (lane.isAlone) this.#meter.end(span, numbers, row, entered, left);
        numbers[row + Column.start] = epochMillis(began);
        numbers[row + Column.funcStart] = epochMillis(entered);
        numbers[row + Column.funcEnd] = epochMillis(left);
        numbers[row + Column.cold] = isCold ? 1 : 0;
      }
      restore?.();
      this.#leave(lane);
      work.end(value, failed);
    };
    let value: unknown, pending: Promise<unknown> | undefined;
    try {
      if (this.#ownsProcess) restore = applyEnv(env);
      // From here to the function's first line nothing else is done: what the clocks show is the call's own.
      if (numbers !== undefined) {
        span = this.#meter.begin(began);
        entered = clock();
      }
      value = this.#storage === undefined
        ? run()
        : this.#storage.run(lane, run);
      if (isPending(value)) pending = settle(value);
    } catch (error) {
      end(error, true);
      return undefined;
    }
    if (pending === undefined) {
      end(value, false);
      return undefined;
    }
    return pending.then(
      (result) => end(result, false),
      (error) => end(error, true),
    );
  }

  /** A process that runs one call at a time may give each its own environment. */
  get #ownsProcess(): boolean {
    return this.#setup.backend === "process" && this.#setup.lanes === 1;
  }

  #enter(lane: Lane, running: NonNullable<Lane["running"]>): void {
    lane.running = running;
    lane.isAlone = this.#running === 0;
    if (!lane.isAlone) { for (const each of this.#lanes) each.isAlone = false; }
    this.#running++;
  }

  #leave(lane: Lane): void {
    this.#running--;
    this.#printer.turnTo(lane.running!);
    this.#printer.flush();
    lane.running = undefined;
  }

  #report(work: Work | undefined, now = clock()): void {
    if (work === undefined || !work.hasResults) return;
    const { results, buffers } = work.take(now, this.#meter.totals(now));
    this.#link.send(results, buffers.length > 0 ? buffers : undefined);
  }

  /** Lets waiting results and text go even if a call keeps the lane waiting. */
  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#printer.flush();
      for (const lane of this.#lanes) this.#report(lane.queue[0]);
      this.#link.flush();
    }, RESULT_DELAY);
  }

  /** Passes over calls that the host has taken back. */
  #drop(work: Work): void {
    for (const call of work.drop()) this.#isCancelled(work.message.job, call);
  }

  #isCancelled(job: number, call: number): boolean {
    return this.#cancelled.size > 0 &&
      this.#cancelled.delete(`${job}/${call}`);
  }

  #abort(job: number, call: number, reason: unknown): void {
    for (const { running, queue } of this.#lanes) {
      if (running?.call === call && running.job === job) {
        return running.context.abort(reason);
      }
      for (const { message, ended } of queue) {
        if (message.job === job && message.calls.indexOf(call, ended) >= 0) {
          this.#cancelled.add(`${job}/${call}`);
          return;
        }
      }
    }
  }
}
