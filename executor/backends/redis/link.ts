/**
 * What the home of a run is to its pool: the way to Redis, behind an interface, as what is behind it is loaded late.
 *
 * @module
 */
import type { Collection } from "../../../profiler/record.ts";
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import type { Logger } from "../../log.ts";
import type { FunctionSpec } from "../../function.ts";
import type { SealedBlob } from "./blobs.ts";
import type {
  Batch,
  HomeMessage,
  HostRecord,
  JobRecord,
  ProfileRecord,
  SamplesMessage,
} from "./protocol.ts";

/** Calls of a job on their way to a queue. */
export interface Outgoing {
  /** Their job. */
  job: Job;
  /** The numbers and items. */
  batch: Batch;
  /** The batch as it is queued. */
  sealed: string;
  /** Its large items. */
  blobs: SealedBlob[];
}

/** Batches of a job that cannot be queued. */
export interface Refused {
  /** The batch. */
  outgoing: Outgoing;
  /** What is wrong with its function or its arguments. */
  error: Error;
}

/** A job that another script has started. */
export interface FoundJob extends JobRecord {
  /** Its number. */
  number: number;
  /** Its function. */
  spec: FunctionSpec;
  /** Calls that were queued. */
  calls: number;
  /** Calls that there were to be, as far as was known. */
  total: number;
}

/** A run that another script has started. */
export interface FoundRun {
  /** Its jobs, in order. */
  jobs: FoundJob[];
  /** It was ended: what has not run never will. */
  isAbandoned: boolean;
}

/** Name of the entry of a batch. */
export function entryName(run: string, { job, batch }: Outgoing): string {
  return `${run}.${job.number}.${batch.calls[0]}.${batch.bases[0]}`;
}

/** The way from a script to Redis and back. */
export interface HomeLink {
  /** Worker hosts that were there when last looked for. */
  readonly hosts: readonly HostRecord[];
  /** Whether Redis is there and says anything within some seconds. */
  answers(): Promise<boolean>;
  /** Calls whose result came a second time, as far as is known. */
  duplicates(): Promise<number>;
  /** Larger items are blobs, in bytes. */
  readonly blobLimit: number;
  /** Calls as they are queued. Throws if one of the items cannot be encoded. */
  encode(job: Job, calls: readonly Call[]): Outgoing;
  /** Queues batches; the functions of their jobs are written first. Resolves to those that cannot be, with why. */
  put(batches: readonly Outgoing[]): Promise<Refused[]>;
  /** The jobs of the run as they are in Redis. Rejects if there is no such run. */
  jobs(): Promise<FoundRun>;
  /** Reads what came of calls from now on: from the start of the run, or on from there. */
  listen(): void;
  /** Resolves when all has been read that was there when it was called. */
  caughtUp(): Promise<void>;
  /** Names of the entries in the queue for `tags` that are not there any more. */
  missing(
    entries: Iterable<string>,
    tags: readonly string[],
  ): Promise<Set<string>>;
  /** Takes nothing as written any more: Redis has lost it. */
  rewrite(): void;
  /** Removes what is kept of calls that have ended; with `all`, everything of the run. */
  clean(all: boolean): Promise<void>;
  /** Tells all hosts to cancel a call. */
  cancel(job: Job, index: number, reason: unknown): void;
  /** Resolves when these hosts have sent what they have sampled up to now, or after a second. */
  samples(hosts: ReadonlySet<string>): Promise<void>;
  /** Looks for worker hosts now. */
  look(): Promise<void>;
  /** Whether it keeps the program from ending. */
  hold(isHeld: boolean): void;
  /** Tells all hosts to let go of the run, and removes the large items of these calls. Never rejects. */
  abandon(open: Iterable<Call>): Promise<void>;
  /** Ends the connections. Never rejects. */
  close(): Promise<void>;
}

/** What {@linkcode HomeLink} is opened with. */
export interface HomeOptions {
  /** Id of the executor, and so of the run. */
  executorId: string;
  /** Where Redis is. */
  url: string;
  /** Put before every key. */
  prefix: string;
  /** Signs what is sent; undefined for unsigned. */
  secret: string | undefined;
  /** Seconds after which the run expires. */
  ttl: number;
  /** Larger items and results are blobs, in bytes. */
  blobLimit: number;
  /** A folder for them that all machines share; undefined to keep them in Redis. */
  blobFolder: string | undefined;
  /** How hosts sample their workers; undefined for not at all. */
  profile: ProfileRecord | undefined;
  /** Where trouble is told. */
  log: Logger;
  /** Takes samples; `offset` as below. */
  onSamples: (
    message: SamplesMessage,
    collections: readonly Collection[],
    offset: number,
  ) => void;
  /** Takes messages; `offset` in milliseconds is to be added to the instants of the host that sent one. */
  onMessage: (message: HomeMessage, offset: number) => void;
  /** The hosts were looked for. */
  onHosts: () => void;
  /** A lost connection is back. */
  onBack: () => void;
}
