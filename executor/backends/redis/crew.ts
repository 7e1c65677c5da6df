/**
 * The workers that a run has heard of, numbered as they came.
 *
 * @module
 */
import type { WorkerInfo } from "../../call.ts";
import type { CpuTotals } from "../../worker/protocol.ts";
import type { WorkerRecord } from "../worker_pool.ts";
import type { WorkerName } from "./protocol.ts";

/** A worker on another machine. */
export class RemoteWorker implements WorkerRecord {
  readonly info: WorkerInfo;
  answered = 0;
  totals: CpuTotals | null = null;
  readonly startedAt = null;
  readonly endedAt = null;

  constructor(info: WorkerInfo) {
    this.info = info;
  }
}

/** All workers of a run. */
export class Crew {
  /** In the order in which they were heard of. */
  readonly all: RemoteWorker[] = [];
  readonly #known = new Map<string, RemoteWorker>();

  /** The worker of that name; a new one if it was not heard of before. */
  of(
    { host, name, cores, worker, pid, tid, bootTime }: WorkerName,
  ): RemoteWorker {
    const key = `${host}/${worker}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const id = this.all.length;
      known = new RemoteWorker({ id, pid, tid, bootTime, host: name, cores });
      this.#known.set(key, known);
      this.all.push(known);
    }
    return known;
  }
}
