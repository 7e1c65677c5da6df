/**
 * A pool whose code is loaded when there is something for it to do: what only some scripts use should not slow down the
 * start of all others.
 *
 * @module
 */
import type { Call } from "../call.ts";
import type { Job } from "../job.ts";
import { noWorkerFor } from "./outcome.ts";
import type { RunningNow } from "./worker.ts";
import type { PoolState, WorkerPool } from "./worker_pool.ts";

/** Stands for a pool until that is there, and passes everything on to it then. */
export class LatePool<P extends WorkerPool> implements WorkerPool {
  readonly #load: () => Promise<P>;
  /** Jobs that wait for it. */
  #jobs: Job[] = [];
  #loading: Promise<P> | undefined;
  #pool: P | undefined;

  /** A pool that `load` gives; nothing is loaded yet. */
  constructor(load: () => Promise<P>) {
    this.#load = load;
  }

  /** The pool itself; rejects if it cannot be loaded. */
  loaded(): Promise<P> {
    this.#loading ??= this.#load().then((pool) => this.#pool = pool);
    return this.#loading;
  }

  get history(): WorkerPool["history"] {
    return this.#pool?.history ?? [];
  }

  get running(): number {
    return this.#pool?.running ?? 0;
  }

  get busy(): number {
    return this.#pool?.busy ?? 0;
  }

  get state(): PoolState {
    if (this.#pool !== undefined) return this.#pool.state;
    const queued = this.#jobs
      .reduce((sum, { waiting }) => sum + waiting.ready, 0);
    return { queued, running: 0, workers: 0 };
  }

  runningNow(mostWorkers: number): RunningNow[] {
    return this.#pool?.runningNow(mostWorkers) ?? [];
  }

  add(job: Job): void {
    if (this.#pool !== undefined) return this.#pool.add(job);
    this.#jobs.push(job);
    this.loaded().then(
      (pool) => {
        this.#jobs = [];
        pool.add(job);
      },
      (error) => {
        // Calls may still be queued in it.
        job.taker = { offer: (each) => noWorkerFor(each, error) };
        job.wake();
      },
    );
  }

  anticipate(configPath: string | null): void {
    // What is in the way is told to the first job.
    this.loaded().then((pool) => pool.anticipate(configPath), () => {});
  }

  async warm(configPath: string | null): Promise<void> {
    await (await this.loaded()).warm(configPath);
  }

  cancel(call: Call, reason: unknown): void {
    if (this.#pool !== undefined) return this.#pool.cancel(call, reason);
    if (call.done) return;
    call.cancelling = true;
    call.cancelReason = reason;
    call.cancelled();
  }

  async leave(reason: string): Promise<void> {
    await (await this.#ending)?.leave(reason);
  }

  async samples(): Promise<void> {
    await this.#pool?.samples?.();
  }

  clean(): void {
    this.#pool?.clean?.();
  }

  async close(): Promise<void> {
    await (await this.#ending)?.close();
  }

  async kill(): Promise<void> {
    await (await this.#ending)?.kill();
  }

  /** The pool, if it is there, or on its way and can be had. */
  get #ending(): Promise<P | undefined> | undefined {
    return this.#loading?.catch(() => undefined);
  }
}
