/**
 * Worker threads that are followed, and their samples.
 *
 * @module
 */
import { ownerOf } from "./_boards.ts";
import {
  parseSchedstat,
  parseStat,
  parseStatus,
  type ProcSchedstat,
} from "./procfs.ts";
import type { RunningCall, SampleOwner, ThreadSample } from "./record.ts";
import type { SampleContext } from "./_samples.ts";
import { type FileBudget, isGone, Source } from "./_source.ts";
import type { Clock, WorkerTarget } from "./targets.ts";

/** The worker threads that are followed, by the number of the worker. */
export class ThreadTargets {
  readonly #executorId: string;
  readonly #root: string;
  readonly #files: FileBudget;
  readonly #entries = new Map<
    number,
    { thread: TrackedThread; worker: WorkerTarget }
  >();

  /** Follows none yet. */
  constructor(executorId: string, root: string, files: FileBudget) {
    this.#executorId = executorId;
    this.#root = root;
    this.#files = files;
  }

  /** Follows the thread of a worker. */
  add(worker: WorkerTarget): void {
    this.remove(worker.workerId);
    const { pid, tid } = worker;
    const thread = new TrackedThread(this.#root, pid, tid, this.#files);
    this.#entries.set(worker.workerId, { worker, thread });
  }

  /** Stops following the thread of a worker. */
  remove(workerId: number): void {
    this.#entries.get(workerId)?.thread.close();
    this.#entries.delete(workerId);
  }

  /** The workers whose threads are followed. */
  *workers(): Generator<WorkerTarget> {
    for (const { worker } of this.#entries.values()) yield worker;
  }

  /** Samples of all; a thread that has ended is followed no longer. */
  sample(
    calls: ReadonlyMap<WorkerTarget, RunningCall[]>,
    clock: Clock,
    context: SampleContext,
  ): ThreadSample[] {
    const samples: ThreadSample[] = [];
    for (const [workerId, { thread, worker }] of this.#entries) {
      const running = calls.get(worker) ?? [];
      const owner = ownerOf(this.#executorId, workerId, running);
      try {
        samples.push(thread.sample(owner, clock.now(), context));
      } catch (error) {
        if (isGone(error)) this.remove(workerId);
      }
    }
    return samples;
  }

  /** Closes all files. */
  close(): void {
    for (const { thread } of this.#entries.values()) thread.close();
    this.#entries.clear();
  }
}

/** A worker thread that is followed. */
class TrackedThread {
  /** Process of the thread. */
  readonly pid: number;
  /** Thread id. */
  readonly tid: number;
  readonly #stat: Source;
  readonly #schedstat: Source;
  readonly #status: Source;
  #before: ProcSchedstat | null = null;
  #at = 0;

  /** Names thread `tid` of process `pid`; nothing is read yet. */
  constructor(root: string, pid: number, tid: number, files: FileBudget) {
    this.pid = pid;
    this.tid = tid;
    const folder = `${root}/${pid}/task/${tid}`;
    this.#stat = new Source(`${folder}/stat`, files, 512);
    this.#schedstat = new Source(`${folder}/schedstat`, files, 128);
    this.#status = new Source(`${folder}/status`, files, 2048);
  }

  /** Reads it; throws as `ProcFile` does once it has ended. */
  sample(
    owner: SampleOwner,
    now: number,
    context: SampleContext,
  ): ThreadSample {
    const stat = parseStat(this.#stat.read());
    const status = parseStatus(this.#status.read());
    let sched: ProcSchedstat | null = null;
    try {
      sched = parseSchedstat(this.#schedstat.read());
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const elapsed = now - this.#at;
    const percent = sched === null || this.#before === null || elapsed <= 0
      ? null
      : (sched.run_ns - this.#before.run_ns) / 1e4 / elapsed;
    this.#before = sched;
    this.#at = now;
    const ticks = context.clockTicks;
    return {
      executor_id: owner.executor_id,
      worker_id: owner.worker_id,
      job_id: owner.job_id,
      call_id: owner.call_id,
      tstamp: (context.epoch + now) / 1000,
      pid: this.pid,
      tid: this.tid,
      command: stat.comm,
      state: stat.state,
      cpu_percent: percent,
      cpu_time: sched === null ? null : sched.run_ns / 1e9,
      cpu_user_time: stat.utime / ticks,
      cpu_system_time: stat.stime / ticks,
      run_queue_time: sched === null ? null : sched.wait_ns / 1e9,
      minor_faults: stat.minflt,
      major_faults: stat.majflt,
      voluntary_switches: status.voluntary_switches,
      involuntary_switches: status.nonvoluntary_switches,
    };
  }

  /** Closes its files. */
  close(): void {
    this.#stat.close();
    this.#schedstat.close();
    this.#status.close();
  }
}
