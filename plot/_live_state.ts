/**
 * What the live page shows, gathered while the run goes on: counters, jobs, failures, what is used, and the course of the
 * run. Nothing here costs more the longer a run is.
 */
import type { Collection } from "../profiler/record.ts";
import { LiveCourse } from "./_live_course.ts";
import { type LiveFailed, LiveFailures } from "./_live_failures.ts";

/** Jobs that are shown: the newest. */
const MOST_JOBS = 40;
/** Bars of the distribution of times a factor of ten; it starts at a microsecond. */
const BARS_A_DECADE = 20;
const DECADES = 12;

/** A job as it is shown. */
export interface LiveJob {
  /** `"M001"`. */
  id: string;
  /** Name of its function; empty if it has none. */
  name: string;
  /** Calls; `null` while that is not known. */
  calls: number | null;
  /** Calls that have ended, failed ones included. */
  done: number;
  /** Calls that have failed. */
  failed: number;
}

/** What a worker uses. */
export interface LiveUse {
  /** CPU, 100 a core; `null` in the first sample. */
  cpu: number | null;
  /** Resident memory in bytes. */
  memory: number | null;
}

/** How much there is to do at an instant. */
export interface LiveNow {
  /** Calls that run. */
  running: number;
  /** Calls that wait for a worker. */
  queued: number;
  /** Workers that are up. */
  workers: number;
}

/** The figures that change all the time. */
export interface LiveFigures extends LiveNow {
  /** Seconds since the start. */
  elapsed: number;
  /** Calls that have ended, failed ones included. */
  done: number;
  /** Calls that have failed. */
  failed: number;
  /** Further attempts of calls that have ended. */
  retried: number;
  /** All calls; `null` while that is not known. */
  total: number | null;
  /** Jobs that have calls left, or may get some. */
  open_jobs: number;
  /** CPU of the workers, 100 a core; `null` if it is not sampled. */
  cpu: number | null;
  /** Resident memory of the workers in bytes; `null` if it is not sampled. */
  memory: number | null;
  /** Most of that so far. */
  peak_memory: number | null;
  /** Memory of the machine, or of the control group, in bytes. */
  memory_limit: number | null;
  /** CPU of the machine, 100 a core. */
  machine_cpu: number | null;
  /** Median of the times that functions ran, in seconds. */
  p50: number | null;
  /** Of 100 functions 95 ran no longer than that. */
  p95: number | null;
}

/** What is known of a run. */
export class LiveState {
  /** Epoch seconds of the start: when the executor was first used. */
  readonly startedAt: number;
  /** Rises with each change of the jobs. */
  jobsVersion = 0;
  /** How the run went so far. */
  readonly course = new LiveCourse();
  /** What has failed. */
  readonly failures = new LiveFailures();
  /** What each worker uses, by its number, from the newest sample. */
  readonly uses = new Map<number, LiveUse>();
  readonly #jobs = new Map<string, LiveJob>();
  readonly #times = new Uint32Array(BARS_A_DECADE * DECADES);
  #timed = 0;
  /** Jobs that have ended, the oldest first. */
  readonly #endedJobs: string[] = [];
  #openJobs = 0;
  /** Calls of jobs whose number of calls is known, and how many jobs there are whose is not. */
  #known = 0;
  #unknown = 0;
  #done = 0;
  #failed = 0;
  #retried = 0;
  #collection: Collection | undefined;
  /** The newest sample is in a point already. */
  #isNoted = true;
  #machineCpu: number | null = null;
  #memoryLimit: number | null = null;

  /** A run that starts at `startedAt`, in epoch seconds. */
  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** A job has started; `calls` is `null` while its input goes on. */
  jobStarted(id: string, name: string, calls: number | null): void {
    const job = { id, name, calls, done: 0, failed: 0 };
    this.#jobs.set(id, job);
    this.#openJobs++;
    if (calls === null) this.#unknown++;
    else this.#jobKnown(job, calls);
    this.jobsVersion++;
  }

  /** The number of a job's calls is known now. */
  jobCalls(id: string, calls: number): void {
    const job = this.#jobs.get(id);
    if (job === undefined || job.calls !== null) return;
    this.#unknown--;
    this.#jobKnown(job, calls);
    this.jobsVersion++;
  }

  #jobKnown(job: LiveJob, calls: number): void {
    job.calls = calls;
    this.#known += calls;
    if (job.done >= calls) this.#jobEnded(job);
  }

  /** The oldest of many that have ended are let go of. */
  #jobEnded({ id }: LiveJob): void {
    this.#openJobs--;
    this.#endedJobs.push(id);
    if (this.#endedJobs.length > 2 * MOST_JOBS) {
      for (const old of this.#endedJobs.splice(0, MOST_JOBS)) {
        this.#jobs.delete(old);
      }
    }
  }

  /**
   * A call of the job has ended at `now`, in epoch seconds, with this attempt (1 for the first); its function ran so many
   * seconds, `null` if that is not known. Told for every call, so there is little to it.
   */
  callEnded(
    jobId: string,
    attempt: number,
    funcTime: number | null,
    failed: LiveFailed | null,
    now: number,
  ): void {
    this.#done++;
    if (attempt > 1) this.#retried += attempt - 1;
    this.jobsVersion++;
    if (funcTime !== null) this.#timeNoted(funcTime);
    const job = this.#jobs.get(jobId);
    if (job !== undefined) {
      if (failed !== null) job.failed++;
      if (++job.done === job.calls) this.#jobEnded(job);
    }
    if (failed === null) return;
    this.#failed++;
    this.failures.add(jobId, failed, now);
  }

  #timeNoted(seconds: number): void {
    const bar = Math.floor((Math.log10(seconds) + 6) * BARS_A_DECADE);
    this.#times[bar > 0 ? Math.min(bar, this.#times.length - 1) : 0]!++;
    this.#timed++;
  }

  /** Takes the newest samples. */
  collection(collection: Collection): void {
    this.#collection = collection;
    this.#isNoted = false;
    // Of a run that has ended nothing is left but its totals.
    if (collection.final) return;
    const { host, cgroups, trees, threads } = collection;
    if (host !== null) this.#machineCpu = host.cpu_percent ?? this.#machineCpu;
    const limits = [
      host?.memory_total ?? null,
      ...cgroups.map((group) => group.memory_limit),
    ].filter((limit) => limit !== null);
    if (limits.length > 0) this.#memoryLimit = Math.min(...limits);
    this.uses.clear();
    for (const { worker_id, cpu_percent, rss } of trees) {
      if (worker_id === null) continue;
      this.uses.set(worker_id, { cpu: cpu_percent, memory: rss });
    }
    // Threads share the memory of the script.
    for (const { worker_id, cpu_percent } of threads) {
      if (worker_id === null) continue;
      this.uses.set(worker_id, { cpu: cpu_percent, memory: null });
    }
  }

  /** Notes where the run is at `now`, in epoch seconds. */
  tick(now: number, { running, queued }: LiveNow): void {
    const elapsed = Math.max(0, now - this.startedAt);
    this.course.note(elapsed, {
      running,
      queued,
      done: this.#done,
      failed: this.#failed,
      // A sample is of one point alone.
      ...(this.#isNoted ? { cpu: null, memory: null } : this.#use()),
    });
    this.#isNoted = true;
  }

  #use(): LiveUse {
    if (this.#collection === undefined) return { cpu: null, memory: null };
    const { cpu_percent, rss, processes_seen } = this.#collection.total;
    // Before the first worker is up there is nothing to measure.
    return processes_seen === 0
      ? { cpu: null, memory: null }
      : { cpu: cpu_percent, memory: rss };
  }

  /** The figures at `now`, in epoch seconds. */
  figures(now: number, how: LiveNow): LiveFigures {
    return {
      ...how,
      elapsed: Math.max(0, now - this.startedAt),
      done: this.#done,
      failed: this.#failed,
      retried: this.#retried,
      total: this.#unknown > 0 ? null : this.#known,
      open_jobs: this.#openJobs,
      ...this.#use(),
      peak_memory: this.#collection?.total.peak_rss ?? null,
      memory_limit: this.#memoryLimit,
      machine_cpu: this.#machineCpu,
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
    };
  }

  #quantile(share: number): number | null {
    if (this.#timed === 0) return null;
    let left = share * this.#timed;
    const bar = this.#times.findIndex((count) => (left -= count) <= 0);
    return 10 ** ((bar + 0.5) / BARS_A_DECADE - 6);
  }

  /** The jobs that are shown: the first of those with calls left, then the others, the newest first. */
  jobs(): LiveJob[] {
    const open: LiveJob[] = [];
    for (const job of this.#jobs.values()) {
      if (job.calls !== null && job.done >= job.calls) continue;
      if (open.push(job) === MOST_JOBS) return open;
    }
    const ended = this.#endedJobs.slice(open.length - MOST_JOBS)
      .map((id) => this.#jobs.get(id)!);
    return [...open, ...ended.reverse()];
  }
}
