/**
 * What the home of a run is to its pool: the way to Redis, behind an interface, as what is behind it is loaded late.
 *
 * @module
 */
import type { Job } from "../../job.ts";
import type { Logger } from "../../log.ts";
import type { Batch, HomeMessage, HostRecord } from "./protocol.ts";

/** Calls of a job on their way to a queue. */
export interface Outgoing {
  /** Their job. */
  job: Job;
  /** The numbers and items. */
  batch: Batch;
  /** The batch as it is queued. */
  sealed: string;
}

/** The way from a script to Redis and back. */
export interface HomeLink {
  /** Worker hosts that were there when last looked for. */
  readonly hosts: readonly HostRecord[];
  /** Calls whose result came a second time, as far as is known. */
  duplicates(): Promise<number>;
  /** A batch as it is queued. Throws if one of the items cannot be encoded. */
  encode(job: Job, batch: Batch): string;
  /** Queues batches; the functions of their jobs are written first. */
  put(batches: readonly Outgoing[]): Promise<void>;
  /** Tells all hosts to cancel a call. */
  cancel(job: Job, index: number, reason: unknown): void;
  /** Looks for worker hosts now. */
  look(): Promise<void>;
  /** Whether it keeps the program from ending. */
  hold(isHeld: boolean): void;
  /** Tells all hosts to let go of the run. Never rejects. */
  abandon(): Promise<void>;
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
  /** Where trouble is told. */
  log: Logger;
  /** Takes messages; `offset` in milliseconds is to be added to the instants of the host that sent one. */
  onMessage: (message: HomeMessage, offset: number) => void;
  /** The hosts were looked for. */
  onHosts: () => void;
}
