/**
 * Runs calls inside a worker and reports how they went: the same for threads, processes and workers on other machines.
 *
 * A lane runs its calls one after the other. Results of quick calls share a message; a result never waits longer than
 * about a millisecond of other calls' work.
 *
 * @module
 */
import { type PackedError, packError } from "../errors.ts";
import { BoardWriter } from "../../profiler/board.ts";
import { RunningContext } from "./context.ts";
import { type Loaded, loadFunction } from "./load.ts";
import { Meter, type Span } from "./measure.ts";
import {
  Column,
  COLUMNS,
  type DefineFunction,
  epochMillis,
  type FromWorker,
  NESTED,
  type Results,
  type RunCalls,
  type Setup,
  type ToWorker,
} from "./protocol.ts";
import { inspectValue } from "./values.ts";

/** How a runner reaches its host. */
export interface Link {
  /** Queues a message, in order. */
  send(message: FromWorker, transfer?: ArrayBuffer[]): void;
  /** Makes what is queued leave now, as far as the channel has room. */
  flush(): void;
}

/** Results wait for company this long, in milliseconds. */
const RESULT_DELAY = 1;
/** Printed text is sent at once, then at most this often in milliseconds, or at this many characters. */
const PRINT_DELAY = 1, PRINT_SIZE = 64 * 1024;
/** The worker's own totals are sent at most this often, in milliseconds. */
const TOTALS_DELAY = 100;

interface Definition {
  message: DefineFunction;
  loaded: Loaded | undefined;
  loading: Promise<Loaded>;
}

/** A message of calls, and the results of it that have not been sent. */
interface Work {
  message: RunCalls;
  definition: Definition;
  numbers: Float64Array;
  values: unknown[];
  failed: boolean[];
  /** Calls ended, and of those, calls reported. */
  ended: number;
  sent: number;
  buffers: ArrayBuffer[];
}

interface Lane {
  index: number;
  queue: Work[];
  busy: boolean;
  running: RunningContext | undefined;
  job: number;
  /** Nothing else ran on this worker since the call began. */
  alone: boolean;
}

/** What was printed and not sent yet. */
interface Page {
  job: number;
  call: number;
  text: string;
}

/** Runs the calls of one worker. */
export class Runner {
  readonly #link: Link;
  readonly #setup: Setup;
  readonly #meter: Meter;
  readonly #board: BoardWriter;
  readonly #lanes: Lane[];
  readonly #definitions = new Map<number, Definition>();
  readonly #cancelled = new Set<string>();
  #storage:
    | { run<R>(lane: Lane, f: () => R): R; getStore(): Lane | undefined }
    | undefined;
  #ready: Promise<void> | undefined;
  #cold = true;
  #running = 0;
  #lastFlush = 0;
  #lastTotals = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #page: Page = { job: 0, call: 0, text: "" };
  #lastPrint = 0;

  /** A runner that works as `setup` says and reports through `link`. */
  constructor(link: Link, setup: Setup) {
    this.#link = link;
    this.#setup = setup;
    this.#meter = new Meter(setup.backend, setup.stats);
    this.#board = new BoardWriter(setup.board, setup.lanes);
    this.#lanes = Array.from({ length: setup.lanes }, (_, index) => ({
      index,
      queue: [],
      busy: false,
      running: undefined,
      job: 0,
      alone: true,
    }));
    if (setup.lanes > 1) {
      this.#ready = import("node:async_hooks").then((module) => {
        this.#storage = new module.AsyncLocalStorage<Lane>();
        this.#ready = undefined;
      });
    }
  }

  /** Takes a message of the host. */
  receive(message: ToWorker): void {
    switch (message.type) {
      case "function": {
        const loading = loadFunction(message.spec);
        const definition: Definition = { message, loaded: undefined, loading };
        // Whoever runs a call of it awaits it too; this only keeps the rejection from being unhandled before.
        loading.then((loaded) => definition.loaded = loaded, () => {});
        this.#definitions.set(message.job, definition);
        break;
      }
      case "calls":
        this.#enqueue(message);
        break;
      case "abort":
        this.#abort(message.job, message.call, message.reason);
        break;
      case "forget":
        this.#definitions.delete(message.job);
        break;
    }
  }

  /** Takes text that was printed and finds the call it belongs to. */
  print(text: string): void {
    const lane = this.#storage?.getStore() ?? this.#lanes[0]!;
    const call = lane.running?.id ?? this.#page.call;
    const job = lane.running === undefined ? this.#page.job : lane.job;
    if (call !== this.#page.call || job !== this.#page.job) {
      this.#sendPage();
      this.#page.job = job;
      this.#page.call = call;
    }
    this.#page.text += text;
    const now = performance.now();
    if (
      now - this.#lastPrint > PRINT_DELAY || this.#page.text.length > PRINT_SIZE
    ) {
      this.#sendPage();
      this.#link.flush();
      this.#lastPrint = now;
    } else this.#flushSoon();
  }

  /** Sends all that is known: for a worker that is about to end. */
  sendAll(): void {
    for (const lane of this.#lanes) {
      const work = lane.queue[0];
      if (work !== undefined) this.#report(work);
    }
    this.#sendPage();
    this.#sendTotals();
    this.#link.flush();
  }

  #enqueue(message: RunCalls): void {
    const definition = this.#definitions.get(message.job)!;
    const lane = this.#lanes[message.lane]!;
    lane.queue.push({
      message,
      definition,
      numbers: new Float64Array(COLUMNS * message.calls.length).fill(NaN),
      values: [],
      failed: [],
      ended: 0,
      sent: 0,
      buffers: [],
    });
    if (!lane.busy) void this.#drain(lane);
  }

  async #drain(lane: Lane): Promise<void> {
    lane.busy = true;
    if (this.#ready !== undefined) await this.#ready;
    for (let work = lane.queue[0]; work !== undefined; work = lane.queue[0]) {
      const { definition } = work;
      let failure: PackedError | undefined;
      if (definition.loaded === undefined) {
        try {
          definition.loaded = await definition.loading;
        } catch (error) {
          failure = packError(error, isSendable);
        }
      }
      const count = work.message.calls.length;
      while (work.ended < count) {
        if (failure !== undefined) this.#refuse(work, failure);
        else {
          const pending = this.#run(lane, work);
          if (pending !== undefined) {
            if (work.ended > work.sent) this.#flushSoon();
            await pending;
          }
        }
        if (
          work.ended < count &&
          performance.now() - this.#lastFlush > RESULT_DELAY
        ) {
          this.#report(work);
          this.#link.flush();
        }
      }
      lane.queue.shift();
      const idle = lane.queue.length === 0;
      if (idle) {
        this.#board.idle(lane.index);
        if (this.#setup.lanes > 1) this.#sendTotals();
      }
      this.#report(work);
      if (idle) this.#link.flush();
    }
    lane.busy = false;
  }

  /** Starts the next call of `work`; what it returns is pending if the function is asynchronous. */
  #run(lane: Lane, work: Work): Promise<void> | undefined {
    const index = work.ended;
    const { job, calls, attempts, items } = work.message;
    const { extraArgs, env, jobId } = work.definition.message;
    const row = index * COLUMNS;
    const context = new RunningContext(
      calls[index]!,
      jobId,
      attempts[index]!,
      env,
    );
    if (
      this.#cancelled.size > 0 &&
      this.#cancelled.delete(`${job}/${calls[index]}`)
    ) {
      this.#refuse(work, CANCELLED);
      return undefined;
    }
    const item = items[index];
    items[index] = undefined; // a call may free its input
    const began = performance.now();
    lane.running = context;
    lane.job = job;
    lane.alone = this.#running === 0;
    if (!lane.alone) { for (const other of this.#lanes) other.alone = false; }
    this.#running++;
    const { numbers } = work;
    numbers[row + Column.start] = performance.timeOrigin + began;
    numbers[row + Column.cold] = this.#cold ? 1 : 0;
    this.#cold = false;
    const restore = this.#setup.backend === "process" &&
        this.#setup.lanes === 1 && hasKeys(env)
      ? applyEnv(env)
      : undefined;
    this.#board.start(
      lane.index,
      job,
      context.id,
      numbers[row + Column.start]!,
    );
    const fn = work.definition.loaded!;
    const run = () =>
      extraArgs.length === 0
        ? fn(item, context)
        : fn(item, ...extraArgs, context);
    let span: Span | null = null, entered = began;
    const end = (value: unknown, failed: boolean) => {
      const left = performance.now();
      if (lane.alone) this.#meter.end(span, numbers, row, entered, left);
      numbers[row + Column.funcStart] = performance.timeOrigin + entered;
      numbers[row + Column.funcEnd] = performance.timeOrigin + left;
      restore?.();
      this.#running--;
      lane.running = undefined;
      if (this.#page.text !== "") this.#sendPage();
      this.#page.job = job;
      this.#page.call = context.id;
      this.#finish(work, row, value, failed);
    };
    let value: unknown, pending: Promise<unknown> | undefined;
    // From here to the function's first line nothing else is done: what the clocks show is the call's own.
    span = this.#meter.begin(began);
    entered = performance.now();
    try {
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

  #finish(
    work: Work,
    row: number,
    value: unknown,
    failed: boolean,
  ): void {
    const { numbers } = work;
    if (!failed) {
      try {
        const transfer = work.definition.message.transfer;
        const { size, buffers } = inspectValue(value, transfer);
        numbers[row + Column.resultSize] = size;
        if (transfer) work.buffers.push(...buffers);
      } catch (error) {
        value = unsendableResult(error);
        failed = true;
      }
    }
    numbers[row + Column.end] = epochMillis();
    work.values.push(failed ? packError(value, isSendable) : value);
    work.failed.push(failed);
    work.ended++;
  }

  /** Ends the next call of `work` without running it. */
  #refuse(work: Work, failure: PackedError): void {
    const row = work.ended * COLUMNS;
    work.numbers[row + Column.start] = epochMillis();
    work.numbers[row + Column.end] = epochMillis();
    work.values.push(failure);
    work.failed.push(true);
    work.ended++;
  }

  #report(work: Work): void {
    const { sent, ended, message } = work;
    this.#lastFlush = performance.now();
    if (sent === ended) return;
    const whole = sent === 0 && ended === message.calls.length;
    const results: Results = {
      type: "results",
      job: message.job,
      lane: message.lane,
      calls: whole ? message.calls : message.calls.slice(sent, ended),
      values: work.values,
      failed: work.failed,
      numbers: whole
        ? work.numbers
        : work.numbers.slice(sent * COLUMNS, ended * COLUMNS),
      sentAt: performance.timeOrigin + this.#lastFlush,
    };
    if (this.#lastFlush - this.#lastTotals > TOTALS_DELAY) this.#sendTotals();
    work.sent = ended;
    work.values = [];
    work.failed = [];
    const buffers = work.buffers;
    work.buffers = [];
    this.#link.send(results, buffers.length > 0 ? buffers : undefined);
  }

  /** Lets waiting results and text go even if a call keeps the lane waiting. */
  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const lane of this.#lanes) {
        const work = lane.queue[0];
        if (work !== undefined) this.#report(work);
      }
      this.#sendPage();
      this.#link.flush();
    }, RESULT_DELAY);
  }

  #sendPage(): void {
    if (this.#page.text === "") return;
    const { job, call, text } = this.#page;
    this.#page.text = "";
    this.#link.send({ type: "printed", job, call, text });
  }

  #sendTotals(): void {
    this.#lastTotals = performance.now();
    this.#link.send({ type: "totals", ...this.#meter.totals() });
  }

  #abort(job: number, call: number, reason: unknown): void {
    for (const lane of this.#lanes) {
      if (lane.running?.id === call && lane.job === job) {
        lane.running.abort(reason);
        return;
      }
      for (const { message, ended } of lane.queue) {
        if (message.job === job && message.calls.indexOf(call, ended) >= 0) {
          this.#cancelled.add(`${job}/${call}`);
          return;
        }
      }
    }
  }
}

/** Why a call failed whose function gave what cannot be sent. */
export function unsendableResult(cause: unknown): TypeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TypeError(`Cannot send the result of the function: ${why}`, {
    cause,
  });
}

const CANCELLED: PackedError = {
  isError: true,
  name: "CancelledError",
  className: "CancelledError",
  message: "Cancelled before it started",
};

function isSendable(value: unknown): boolean {
  try {
    inspectValue(value);
    return true;
  } catch {
    return false;
  }
}

/** True for a promise or another thenable, and for futures that were returned in a list. */
function isPending(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  return typeof (value as PromiseLike<unknown>).then === "function" ||
    isNested(value);
}

function isNested(value: object): boolean {
  if (NESTED in value) return true;
  return Array.isArray(value) && value.length > 0 &&
    typeof value[0] === "object" && value[0] !== null && NESTED in value[0];
}

/** The value of a promise; where that is futures of a nested executor, their results. */
async function settle(value: unknown): Promise<unknown> {
  const result = await value;
  if (result === null || typeof result !== "object" || !isNested(result)) {
    return result;
  }
  if (NESTED in result) {
    return (result as { [NESTED]: () => Promise<unknown> })[NESTED]();
  }
  return Promise.all(result as unknown[]);
}

function hasKeys(env: Record<string, string>): boolean {
  for (const _ in env) return true;
  return false;
}

/** Puts `env` into the environment; what it returns takes it out again. */
function applyEnv(env: Record<string, string>): () => void {
  const before = new Map<string, string | undefined>();
  for (const [key, value] of Object.entries(env)) {
    before.set(key, Deno.env.get(key));
    Deno.env.set(key, value);
  }
  return () => {
    for (const [key, value] of before) {
      if (value === undefined) Deno.env.delete(key);
      else Deno.env.set(key, value);
    }
  };
}
