/**
 * A BullMQ worker whose entries may end by the script that stores what came of them, so that they wait for Redis once, not
 * twice.
 *
 * @module
 */
import {
  Job,
  raw2NextJobData,
  type RedisQueueBackend,
  Worker,
} from "../_bullmq.ts";

/** A worker that takes the entries of one queue. */
export class EntryWorker extends Worker {
  /** Whether it takes another entry in place of one that ends now, as BullMQ decides it. */
  get takesMore(): boolean {
    return this.closing === undefined &&
      this.lockManager.getActiveJobCount() <= this.concurrency;
  }

  protected override createJob(
    ...[data, id]: Parameters<Worker["createJob"]>
  ): Job {
    return QueueEntry.fromJSON(this, data, id);
  }
}

/** A queue entry that a host has taken. */
export class QueueEntry extends Job {
  /** Calls of it that have not ended; those that another entry brought here are never counted down. */
  open = Infinity;
  /** The same of calls whose outcome is not stored. */
  unstored = Infinity;
  #answer: unknown;

  /** What BullMQ's script `moveToFinished` is to be called with to end it and, most often, to take the next one. */
  ending(): (string | Uint8Array)[] {
    const { takesMore } = this.queue as unknown as EntryWorker;
    const args = this.#backend.moveToCompletedArgs(
      this,
      "null",
      this.opts.removeOnComplete!,
      this.token!,
      takesMore,
    );
    return args.map((arg) => arg instanceof Uint8Array ? arg : `${arg ?? ""}`);
  }

  /** The script was called, and gave this `answer`: BullMQ need not call it. */
  ended(answer: unknown): void {
    this.#answer = answer;
  }

  override async moveToCompleted(
    ...args: Parameters<Job["moveToCompleted"]>
  ): Promise<void | unknown[]> {
    const answer = this.#answer;
    if (answer === undefined) return await super.moveToCompleted(...args);
    if (typeof answer === "number" && answer < 0) {
      throw this.#backend.finishedErrors({
        code: answer,
        jobId: this.id!,
        command: "moveToFinished",
        state: "active",
      });
    }
    return raw2NextJobData(answer as unknown[]);
  }

  get #backend(): RedisQueueBackend {
    return this.backend as RedisQueueBackend;
  }
}
