/**
 * The calls of a script that are queued or run.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import type { RunningNow } from "../worker.ts";

/** Open calls, by number of their job and their own. */
export class OpenCalls {
  readonly #jobs = new Map<number, Map<number, Call>>();
  /** Names of the queue entries that they are in. */
  readonly #entries = new Map<Call, string>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** How many of a job there are. */
  of(job: number): number {
    return this.#jobs.get(job)?.size ?? 0;
  }

  /** Calls with the name of the queue entry that each is in. */
  entries(): Iterable<[Call, string]> {
    return this.#entries;
  }

  /** Adds a call that is in a queue entry. */
  add(call: Call, entry: string): void {
    this.#entries.set(call, entry);
    const { number } = call.job;
    let calls = this.#jobs.get(number);
    if (calls === undefined) this.#jobs.set(number, calls = new Map());
    if (!calls.has(call.index)) this.#size++;
    calls.set(call.index, call);
  }

  /** The call of that number, if it is open. */
  find(job: number, index: number): Call | undefined {
    return this.#jobs.get(job)?.get(index);
  }

  /** Takes a call out. */
  remove(call: Call): void {
    const { job, index } = call;
    this.#entries.delete(call);
    const calls = this.#jobs.get(job.number);
    if (!calls?.delete(index)) return;
    this.#size--;
    if (calls.size === 0) this.#jobs.delete(job.number);
  }

  /** The jobs that they are of. */
  *jobs(): Generator<Job> {
    for (const calls of this.#jobs.values()) {
      for (const { job } of calls.values()) {
        yield job;
        break;
      }
    }
  }

  /** All of them. */
  *all(): Generator<Call> {
    for (const calls of this.#jobs.values()) yield* calls.values();
  }

  /** Calls that run, as far as is known. */
  *running(): Generator<Call> {
    for (const calls of this.#jobs.values()) {
      for (const call of calls.values()) {
        if (call.state === "running") yield call;
      }
    }
  }

  /** The same as they are shown, those that have run longest first, of so many workers at most. */
  runningNow(mostWorkers: number): RunningNow[] {
    const running: RunningNow[] = [];
    const workers = new Set<number>();
    for (const call of this.running()) {
      const { worker } = call;
      if (worker === null) continue;
      if (!workers.has(worker.id) && workers.size >= mostWorkers) continue;
      workers.add(worker.id);
      running.push({
        job_id: call.job.id,
        call_id: call.callId,
        worker_id: worker.id,
        pid: worker.pid,
        start_tstamp: call.stats().worker_start_tstamp ?? 0,
      });
    }
    return running.sort((a, b) => a.start_tstamp - b.start_tstamp);
  }
}
