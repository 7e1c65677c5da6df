/**
 * The contract between a script and the worker hosts that run its calls: what lies in Redis, under which keys, and what
 * the messages say.
 *
 * How it works, in short. A script that uses `backend: "redis"` is the home of a run, whose id is the executor's. It
 * writes each function once into the hash of the run, and puts calls on a BullMQ queue, several in a queue entry where they
 * are short: a batch. A worker host takes batches, runs their calls on a local pool, and appends what came of them to the
 * stream of the run, where the home reads it. A bit for each call says whether its result is in the stream already: a
 * batch that is run again, as its host died, adds only what is missing. Items and results above a limit are blobs, which lie
 * beside queue and stream. Everything of a run expires after its `ttl`.
 *
 * - `pool.ts` is the home's side as `executor/jobs.ts` sees it, `home.ts` its way to Redis;
 * - `host.ts` is a worker host, `inbox.ts` what it knows of runs, `outbox.ts` what it sends home, and `store.ts` the
 *   script that stores it, which ends the queue entries, too, of which nothing is left then;
 * - `blobs.ts` is what takes large values out of messages, `blob_stores.ts` where they go;
 * - `wire.ts` is the shape of messages as they travel, `seal.ts` turns them into signed bytes and back;
 * - `connect.ts` opens connections, `clock.ts` compares clocks.
 *
 * Only `home.ts`, `host.ts` and what they import may load BullMQ, and those two are reached by `import()` alone.
 *
 * @module
 */
import type { Definition } from "../../definition.ts";
import type { PackedError, WorkerExit } from "../../errors.ts";
import type { Outcome } from "../../stats.ts";
import type { CpuTotals, Numbers } from "../../worker/protocol.ts";
import type { PackedOutcomes } from "./packing.ts";

/** Raised with every change of this file; scripts and workers under one prefix must agree. */
export const REDIS_PROTOCOL = 6;

/** Names of keys under a prefix. */
export interface Keys {
  /** What BullMQ puts before its keys. */
  queues: string;
  /** Hash that says who may use the prefix: `protocol` and `check`. */
  gate: string;
  /** Set of the ids of worker hosts. */
  hosts: string;
  /** Channel on which homes tell hosts what to stop. */
  control: string;
  /** What a worker host says of itself; it expires with it. */
  host(id: string): string;
  /** Hash of a run: functions, jobs, counts. */
  run(id: string): string;
  /** Stream of what came of its calls. */
  out(id: string): string;
  /** Set of calls that were cancelled, as `<job>/<call>`. */
  cancelled(id: string): string;
  /** Channel on which hosts send the samples of a run home: nothing of it is kept where nobody listens. */
  samples(id: string): string;
  /** Hash with the chunks of a large item or result. */
  blob(id: string, name: string): string;
  /** Bits of the calls whose result is in the stream; `base` counts attempts that the home had made before. */
  done(id: string, job: number, base: number): string;
  /** Hash of those of them whose result is a blob: its name. */
  large(id: string, job: number, base: number): string;
}

/** The names under `prefix`. */
export function keysOf(prefix: string): Keys {
  const run = (id: string) => `${prefix}:run:${id}`;
  return {
    queues: `${prefix}:queue`,
    gate: `${prefix}:gate`,
    hosts: `${prefix}:hosts`,
    control: `${prefix}:control`,
    host: (id) => `${prefix}:host:${id}`,
    run,
    out: (id) => `${run(id)}:out`,
    cancelled: (id) => `${run(id)}:cancelled`,
    samples: (id) => `${run(id)}:samples`,
    blob: (id, name) => `${run(id)}:blob:${name}`,
    done: (id, job, base) => `${run(id)}:done:${job}:${base}`,
    large: (id, job, base) => `${run(id)}:large:${job}:${base}`,
  };
}

/** Name of the queue for calls that need workers with all of these tags. */
export function queueOf(tags: readonly string[]): string {
  return ["calls", ...[...new Set(tags)].sort()].join("+");
}

/** A job as the run's hash has it. Durations in milliseconds. */
export interface JobRecord {
  /** What users call it: `"M001"`. */
  id: string;
  /** Number of its definition. */
  definition: number;
  /** Size of the function as sent, in bytes. */
  functionSize: number;
  /** When it was created, in epoch milliseconds of the home's clock. */
  createdAt: number;
  /** Longest run of a call; 0 for no limit. */
  timeout: number;
  /** Further attempts of a failed call that the host makes. */
  retries: number;
  /** Delay before the first of them. */
  retryDelay: number;
  /** What a machine must have to run the calls. */
  tags: readonly string[];
  /** Seconds after which the run expires. */
  ttl: number;
  /** Larger items and results are blobs, in bytes. */
  blobLimit: number;
  /** The folder they are in, by its path on the home's machine; undefined for Redis. */
  blobFolder: string | undefined;
  /** How hosts sample their workers for the run; undefined for not at all. */
  profile: ProfileRecord | undefined;
}

/** What a run wants sampled. */
export interface ProfileRecord {
  /** Seconds between two collections. */
  interval: number;
  /** The machine too, and the process of its worker host. */
  host: boolean;
}

/** A function as the run's hash has it. */
export interface DefinitionRecord extends Definition {
  /** A module of the home's machine with all it imports; undefined where the URL leads to it from anywhere. */
  bundle: string | undefined;
}

/** A large value that was taken out of a message. */
export interface BlobRef {
  /** Its place among the values of the message. */
  at: number;
  /** Its name in the run. */
  name: string;
  /** It is in the shared folder, not in Redis. */
  isShared: boolean;
}

/** Calls that are queued together. */
export interface Batch {
  /** Numbers of the calls in their job. */
  calls: number[];
  /** Attempts that the home has made of each before. */
  bases: number[];
  /** The items. */
  items: unknown[];
  /** Items that are elsewhere. */
  blobs: BlobRef[];
}

/** A queue entry: a batch and who sent it. */
export interface Entry {
  /** The {@linkcode REDIS_PROTOCOL} it is written in. */
  v: number;
  /** Id of the run. */
  run: string;
  /** Number of the job in the run. */
  job: number;
  /** The {@linkcode Batch}, sealed. */
  batch: string;
}

/** Who ran a call. */
export interface WorkerName {
  /** Id of the worker host. */
  host: string;
  /** What it is called, mostly the name of the machine. */
  name: string;
  /** Cores of the host. */
  cores: number;
  /** Number of the worker on its host. */
  worker: number;
  /** Process id. */
  pid: number;
  /** Thread id. */
  tid: number;
  /** Seconds from starting it to its first message. */
  bootTime: number;
}

/** An error of a call as it travels. */
export interface CallFailure {
  /** `"CallError"`, `"CallTimeoutError"`, `"WorkerExitError"` or `"CancelledError"`. */
  kind: string;
  /** Its message. */
  message: string;
  /** The original error, if there is one. */
  cause: PackedError | undefined;
  /** How the worker ended, where that is what happened. */
  exit: WorkerExit | undefined;
}

/** What came of a call. Durations in milliseconds, instants in epoch milliseconds of the worker host's clock. */
export interface CallOutcome {
  /** Number of the call in its job. */
  call: number;
  /** Attempts the home had made before. */
  base: number;
  /** The attempt that this is. */
  attempt: number;
  /** How it ended. */
  outcome: Outcome;
  /** Class of its error. */
  errorClass: string | null;
  /** Its result, where it has one. */
  value: unknown;
  /** Why it failed, where it did. */
  failure: CallFailure | undefined;
  /** Why earlier attempts failed. */
  attempts: CallFailure[];
  /** Kernel counters and instants; `null` if it never ran. */
  numbers: Numbers | null;
  /** Which of the rows of `COLUMNS` numbers there are the call's. */
  row: number;
  /** Milliseconds to be added to its instants there. */
  clockOffset: number;
  /** Who ran it; `null` if nobody did. */
  worker: WorkerName | null;
  /** CPU seconds of that worker so far. */
  totals: CpuTotals | null;
  /** Size of the item as its worker got it. */
  inputSize: number;
  /** Time to hand it to its worker. */
  uploadTime: number;
  /** Time to hand the function to its worker. */
  functionTime: number;
  /** When its worker sent the result. */
  resultSentAt: number;
}

/** How the clock of a worker host stands to that of Redis. Milliseconds. */
export interface ClockReading {
  /** To be added to the host's instants. */
  offset: number;
  /** How far off that may be. */
  error: number;
}

/** Calls of a job have ended. */
export interface OutcomesMessage {
  type: "outcomes";
  job: number;
  outcomes: PackedOutcomes;
  clock: ClockReading;
}

/** Calls of a job have been started, what they printed since the last such message, and workers that run no more. */
export interface NewsMessage {
  type: "news";
  job: number;
  started: StartedNews[];
  printed: { call: number; text: string }[];
  stopped: StoppedNews[];
  clock: ClockReading;
}

/** An attempt of a call has begun. */
export interface StartedNews {
  call: number;
  /** Attempts that began on this host so far. */
  began: number;
  worker: WorkerName;
  /** When that was seen. */
  at: number;
}

/** Somebody has stopped a worker of the host, or lets it go on. */
export interface StoppedNews {
  /** Id of the worker host. */
  host: string;
  /** What it is called. */
  name: string;
  /** Number of the worker on its host. */
  worker: number;
  /** What has happened to it, and what waits for it of the run; undefined if it goes on. */
  text: string | undefined;
}

/** What a worker host has sampled for a run since it last told. */
export interface SamplesMessage {
  /** Id of the worker host. */
  host: string;
  /** What it is called. */
  name: string;
  /** Number of the sampler on its host: each counts its collections, and what was used, from its own start. */
  sampler: number;
  /** The collections, as `packSamples` of `samples.ts` gives them. */
  packed: Uint8Array;
  /** Collections that were left out, as they were too many or the way was closed. */
  dropped: number;
  /** Numbers of the questions that this answers: nothing that was sampled before they came is missing. */
  answers: number[];
  clock: ClockReading;
}

/** From worker hosts to the home of a run. */
export type HomeMessage = OutcomesMessage | NewsMessage;

/** What a home tells all hosts: to cancel a call of its run, to send what they have sampled, or to let go of the run. */
export interface ControlMessage {
  run: string;
  /** A call to cancel. */
  call?: { job: number; index: number; reason: unknown };
  /** Number of a question: send the samples now. */
  samples?: number;
}

/** What a worker host says of itself. */
export interface HostRecord {
  id: string;
  name: string;
  /** Calls it runs at once. */
  lanes: number;
  cores: number;
  tags: string[];
  backend: "process" | "thread";
}
