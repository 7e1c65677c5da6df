/**
 * The contract between host and worker: the messages, and the columns of numbers that tell how a call went. Messages
 * are sent in arrays, as the codec's cost is per message and not per value.
 *
 * @module
 */
import type { Definition } from "../definition.ts";
import type { PackedError } from "../errors.ts";
import type { StatsLevel } from "../options.ts";
import type { BoardPlace } from "../../profiler/board.ts";

/** Raised with every change of this file; host and worker must agree. */
export const PROTOCOL_VERSION = 9;

/** Name of the environment variable that turns a compiled binary into a worker: the path of its host's socket. */
export const WORKER_ENV = "LITHOSCOPE_WORKER";

/** Futures that a function returns know under this key how to wait for the results that are wanted in their place. */
export const NESTED: unique symbol = Symbol.for("lithoscope.nested");

/** While a worker loads a module for a task, its global object holds the module's URL under this key. */
export const LOADING: unique symbol = Symbol.for("lithoscope.loading");

/** First message to a worker: how it is to work. */
export interface Setup {
  type: "setup";
  lanes: number;
  board: BoardPlace;
  stats: StatsLevel;
  backend: "process" | "thread";
  /** Whether large buffers go through files in shared memory, which are beside the board. @default {false} */
  memory?: boolean;
  /** Memory that a thread shares with its host for plain messages. @default {undefined} all are posted */
  shared?: { toWorker: SharedArrayBuffer; fromWorker: SharedArrayBuffer };
  /** `NAME=value` for the environment of what a thread starts. @default {undefined} it has it in its own, as a process */
  marker?: string;
}

/** A function, sent to each worker once. */
export interface DefineFunction extends Definition {
  type: "function";
}

/** Calls for one lane, run one after the other. */
export interface RunCalls {
  type: "calls";
  /** The {@linkcode Definition} whose function to run. */
  definition: number;
  /** Number of the job, and what users call it. */
  job: number;
  jobId: string;
  lane: number;
  /** The round of the lane's turn; when that has ended, the calls that are left are none of the worker's any more. */
  round: number;
  /** Numbers of the calls in their job. */
  calls: number[];
  attempts: number[];
  items: unknown[];
}

/** Tells a running call that it should stop. */
export interface AbortCall {
  type: "abort";
  job: number;
  call: number;
  reason: unknown;
}

/** A function is not needed any more. */
export interface ForgetFunction {
  type: "forget";
  definition: number;
}

/** Asks for a rehearsal with these calls, which leaves no traces. */
export interface Rehearse {
  type: "rehearse";
  calls: RunCalls;
}

/** There is a way past the socket from here on: the worker opens it, and says so by the same. */
export interface TakeShortcut {
  type: "shortcut";
}

/** From host to worker. */
export type ToWorker =
  | Setup
  | DefineFunction
  | RunCalls
  | AbortCall
  | ForgetFunction
  | Rehearse
  | TakeShortcut
  | { type: "close" };

/** First message of a worker. */
export interface Hello {
  type: "hello";
  version: number;
  pid: number;
  tid: number;
  /** When this message was made, in epoch milliseconds of the worker's clock. */
  sentAt: number;
  /** Proves that it was started by this host. */
  secret: string;
}

/** Calls that have ended, in the order they were run on their lane. */
export interface Results {
  type: "results";
  job: number;
  lane: number;
  calls: number[];
  /** The result, or a {@linkcode PackedError} where `failed` says so. */
  values: unknown[];
  failed: boolean[];
  /** How many of them were run: all but those that were refused. */
  runs: number;
  /** `COLUMNS` numbers a call, `NaN` for what was not measured; none where nothing is measured. */
  numbers: Numbers;
  /** Milliseconds from the start of the first of them to this message. */
  took: number;
  /** When this message was made, in epoch milliseconds of the worker's clock. */
  sentAt: number;
  /** What the worker as a whole has used, as far as it knows. */
  totals: CpuTotals | null;
}

/** Numbers of some calls; an array is the quicker one to send of a single call, and beside buffers that are moved. */
export type Numbers = Float64Array | number[];

/** CPU seconds of a worker so far, with those of the children it has reaped. */
export interface CpuTotals {
  /** In user mode. */
  user: number;
  /** In the kernel. */
  system: number;
}

/** What a call printed. */
export interface Printed {
  type: "printed";
  job: number;
  call: number;
  text: string;
}

/** A thread was asked to end itself (`Deno.exit`, `self.close`). */
export interface Exiting {
  type: "exiting";
  code: number;
}

/** A thread is about to start its first program. */
export interface Starting {
  type: "starting";
}

/** The worker has rehearsed. */
export interface Rehearsed {
  type: "rehearsed";
  results: Results;
}

/** From worker to host. */
export type FromWorker =
  | Hello
  | Results
  | Printed
  | Exiting
  | Starting
  | TakeShortcut
  | Rehearsed;

/** A failure as it travels; the type is named here so that both sides read one contract. */
export type Failure = PackedError;

/** Columns of {@linkcode Results.numbers}. */
export const Column = {
  start: 0,
  funcStart: 1,
  funcEnd: 2,
  end: 3,
  cold: 4,
  cpuUser: 5,
  cpuSystem: 6,
  netReceived: 7,
  netSent: 8,
  rss: 9,
  uss: 10,
  vms: 11,
  peakStart: 12,
  peakEnd: 13,
  read: 14,
  written: 15,
  voluntary: 16,
  involuntary: 17,
  resultSize: 18,
  /** Milliseconds between the two readings of the CPU clock. */
  cpuWindow: 19,
} as const;

/** Numbers a call. */
export const COLUMNS = 20;

/** The numbers of so many calls, none of which was measured yet. */
export function newNumbers(calls: number): Numbers {
  return calls === 1
    ? UNKNOWN.slice()
    : new Float64Array(COLUMNS * calls).fill(NaN);
}

/** The same numbers as a plain array of doubles and nothing else, which what the codec makes of them is not. */
export function plainNumbers(numbers: ArrayLike<number>): number[] {
  // One by one: what takes an iterator takes ten times as long.
  const copy = new Array<number>(numbers.length).fill(NaN);
  for (let i = 0; i < copy.length; i++) copy[i] = numbers[i]!;
  return copy;
}

/** As a literal would be, without holes: the codec is quick with such alone. */
const UNKNOWN: readonly number[] = Array.from({ length: COLUMNS }, () => NaN);

/** This isolate's clock, in milliseconds: kept from the start, as a function may put one of its own in its place. */
export const clock: () => number = performance.now.bind(performance);
/** When it was at 0, in epoch milliseconds: kept, as to ask for it takes longer than the clock itself. */
const ORIGIN = performance.timeOrigin;

/** Now, in epoch milliseconds of this isolate's clock; or the instant that is `now` of `clock()`. */
export function epochMillis(now: number = clock()): number {
  return ORIGIN + now;
}
