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
  hostOffset = 0;

  constructor(info: WorkerInfo) {
    this.info = info;
  }
}

/** All workers of a run. */
export class Crew {
  /** Those that have had a call, in the order in which that was heard of. */
  readonly all: RemoteWorker[] = [];
  /** Ids of the worker hosts that they are on. */
  readonly hosts = new Set<string>();
  readonly #known = new Map<string, RemoteWorker>();
  readonly #numbers = new Map<string, number>();

  /** The worker of that name; a new one if it was not heard of before. */
  of(
    { host, name, cores, worker, pid, tid, bootTime }: WorkerName,
  ): RemoteWorker {
    const key = `${host}/${worker}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const id = this.numberOf(host, worker);
      this.hosts.add(host);
      known = new RemoteWorker({ id, pid, tid, bootTime, host: name, cores });
      this.#known.set(key, known);
      this.all.push(known);
    }
    return known;
  }

  /** What a worker is called here that has this number on its host; it may not have had a call yet. */
  numberOf(host: string, worker: number): number {
    const key = `${host}/${worker}`;
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }
}
