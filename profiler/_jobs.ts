/**
 * The jobs of an executor as metrics: those that go on, and the last that have ended.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { JOB, JOB_ENDED, JOB_INFO, type JobState } from "./_call_metrics.ts";
import type { Family, Series } from "./_families.ts";

/** A job as its metrics know it. */
export interface StartedJob {
  /** `"M001"`. */
  job_id: string;
  /** Calls in it; `null` while that is not known. */
  calls: number | null;
  /** Name of its function. */
  function_name: string;
}

/** Jobs that have series: a script may start a job for each of thousands of calls. */
const SHOWN = 20;
/** Ended jobs that are remembered. */
const REMEMBERED = 20;

/** Keeps count of jobs. */
export class Jobs {
  /** Every metric of jobs. */
  static readonly families: readonly Family[] = [JOB, JOB_INFO, JOB_ENDED]
    .flatMap(({ families }) => families);
  readonly #executorId: string;
  readonly #open = new Map<string, JobState>();
  /** The last that have ended, oldest first. */
  #ended: JobState[] = [];

  /** No jobs yet. */
  constructor(executorId: string) {
    this.#executorId = executorId;
  }

  /** Jobs without series in the next text. */
  get leftOut(): number {
    return Math.max(0, this.#open.size - SHOWN);
  }

  /** A job has started. */
  started({ job_id, calls, function_name }: StartedJob): void {
    const job: JobState = {
      job_id,
      calls,
      function_name,
      ended: new Map(),
      progress_tstamp: now(),
    };
    this.#open.set(job_id, job);
    this.#look(job);
  }

  /** The number of a job's calls is known now. */
  calls(jobId: string, calls: number): void {
    const job = this.#open.get(jobId);
    if (job === undefined) return;
    job.calls = calls;
    this.#look(job);
  }

  /** A call of one of the jobs has ended. */
  callEnded({ job_id, outcome, host_status_done_tstamp }: CallStats): void {
    const job = this.#open.get(job_id);
    if (job === undefined) return;
    const name = outcome ?? "cancelled";
    job.ended.set(name, (job.ended.get(name) ?? 0) + 1);
    job.progress_tstamp = host_status_done_tstamp ?? now();
    this.#look(job);
  }

  /** The series of jobs: first those that wait longest for a call to end, then those that ended last. */
  series(): Series[] {
    const open = [...this.#open.values()]
      .sort((a, b) => a.progress_tstamp - b.progress_tstamp);
    const executor_id = this.#executorId;
    const series: Series[] = [];
    for (const job of [...open, ...this.#ended.toReversed()].slice(0, SHOWN)) {
      const { job_id, function_name } = job;
      const labels = { executor_id, job_id };
      series.push(
        ...JOB.series(job, labels),
        ...JOB_INFO.series(job, { ...labels, function_name }),
      );
      for (const [outcome, count] of job.ended) {
        series.push(...JOB_ENDED.series(count, { ...labels, outcome }));
      }
    }
    return series;
  }

  #look(job: JobState): void {
    let ended = 0;
    for (const count of job.ended.values()) ended += count;
    if (job.calls === null || ended < job.calls) return;
    this.#open.delete(job.job_id);
    this.#ended.push(job);
    if (this.#ended.length > REMEMBERED) this.#ended.shift();
  }
}

function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
