/**
 * What an executor asks of whoever runs its calls: the workers of this machine, or those of others behind Redis.
 *
 * @module
 */
import type { Call, WorkerInfo } from "../call.ts";
import type { Job } from "../job.ts";
import type { CpuTotals } from "../worker/protocol.ts";
import type { RunningNow } from "./worker.ts";

/** A worker as statistics know it. */
export interface WorkerRecord {
  /** What it is. */
  readonly info: WorkerInfo;
  /** Calls it has answered. */
  readonly answered: number;
  /** CPU seconds it has used, as far as it told. */
  readonly totals: CpuTotals | null;
  /** When it was up, in epoch milliseconds; `null` where that is not known. */
  readonly startedAt: number | null;
  /** When it had ended, in epoch milliseconds; `null` while it has not. */
  readonly endedAt: number | null;
  /** Milliseconds that were added to the instants of its host to have them on the clock here; 0 for this machine. */
  readonly hostOffset: number;
}

/** How much there is to do. */
export interface PoolState {
  /** Calls that wait for a worker. */
  queued: number;
  /** Calls that workers have. */
  running: number;
  /** Workers that are up. */
  workers: number;
}

/** Runs the calls of one executor. */
export interface WorkerPool {
  /** Every worker there has been. */
  readonly history: readonly WorkerRecord[];
  /** Calls that workers have been given and have not answered. */
  readonly running: number;
  /** Calls that run at this moment, as far as is known. */
  readonly busy: number;
  /** How much there is to do now. */
  readonly state: PoolState;
  /** The calls that run, those that have run longest first, of so many workers at most. */
  runningNow(mostWorkers: number): RunningNow[];
  /** Takes the calls of a job from now on. */
  add(job: Job): void;
  /** Does ahead what a job that is about to come will need. */
  anticipate(configPath: string | null): void;
  /** Resolves when workers are up; rejects if none can be had. */
  warm(configPath: string | null): Promise<void>;
  /** Cancels a call, whether it waits or runs. */
  cancel(call: Call, reason: unknown): void;
  /** Stops all calls as a signal is about to end the script; resolves when they were told. */
  leave(reason: string): Promise<void>;
  /** Resolves when what other machines have sampled up to now is there, or will not be. */
  samples?(): Promise<void>;
  /** Removes what is kept elsewhere of calls that have ended. */
  clean?(): void;
  /** Lets go of all workers; no call may be open. */
  close(): Promise<void>;
  /** Ends all workers now; what they run is settled by others. */
  kill(): Promise<void>;
}
