/** What a pool needs to know. */
import type { Logger } from "../log.ts";
import type { StatsLevel } from "../options.ts";
import type { Backend } from "./backend.ts";
import type { Worker } from "./worker.ts";

/** How a pool is to work. Durations in milliseconds. */
export interface PoolOptions {
  backend: Backend;
  /** Most workers at once. */
  workers: number;
  /** Calls a worker runs at once. */
  concurrency: number;
  /** Work in one message of quick calls. @default {1} */
  messageWork?: number | undefined;
  stats: StatsLevel;
  /** Time between telling a call to stop and ending its worker. */
  killDelay: number;
  /** Time a worker may idle before it is ended; Infinity for ever. */
  idleTimeout: number;
  /** Calls after which a worker is replaced. */
  maxCallsPerWorker: number;
  /** `NAME=value` for the environment of a worker process. */
  marker: (id: number) => string;
  /** Name of this machine, `null` if it may not be known. */
  host: string | null;
  log: Logger;
  /** A worker is up. */
  onWorker?: (worker: Worker) => void;
  /** A worker has ended. */
  onWorkerEnd?: (worker: Worker) => void;
  /** Somebody has stopped a worker: in what way, and how it goes on; `null` when it does. */
  onStill?: ((worker: Worker, why: string | null) => void) | undefined;
  /** Something was printed by a call. */
  onPrinted?: (text: string) => void;
}
