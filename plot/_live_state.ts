/**
 * What the live page shows, gathered while the run goes on: counters, jobs, failures by what they say, and the course of
 * the run in at most {@linkcode MOST_POINTS} points, which get further apart as it gets longer. Nothing here costs more
 * the longer a run is.
 */
import type { Collection } from "../profiler/record.ts";

/** Points of the course; when there are more, each two become one. */
export const MOST_POINTS = 1200;
/** Seconds between the first points. */
const FIRST_WIDTH = 0.5;
/** Jobs, and kinds of failures, that are shown: the newest. */
const MOST_JOBS = 40;
const MOST_FAILURES = 50;
/** Characters of a message and of a stack that are shown. */
const MOST_MESSAGE = 500;
const MOST_STACK = 3000;
/** Bars of the distribution of times a factor of ten; it starts at a microsecond. */
const BARS_A_DECADE = 20;
const DECADES = 12;

/** One point of the course: seconds since the start, then what was at that time; `null` where that is not known. */
export type LivePoint = [
  time: number,
  running: number | null,
  queued: number | null,
  done: number,
  failed: number,
  cpu: number | null,
  memory: number | null,
];

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

/** Failures that say the same, but for the numbers in them. */
export interface LiveFailure {
  /** Tells it from the others. */
  id: number;
  /** Class of the error. */
  name: string;
  /** What the last of them said. */
  message: string;
  /** Where the last of them came from. */
  stack: string;
  /** How many there were. */
  count: number;
  /** The last of these calls, `"M001/00042"`. */
  call: string;
  /** When that was, in epoch seconds. */
  tstamp: number;
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

/** What is told of a call that has failed. */
export interface LiveFailed {
  /** The call, `"00042"`. */
  call_id: string;
  /** Class of the error. */
  name: string;
  /** What it says. */
  message: string;
  /** Where it comes from. */
  stack: string;
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
  /** Rises with each change of the jobs, and of the failures. */
  jobsVersion = 0;
  failuresVersion = 0;
  /** Seconds between two points. */
  width = FIRST_WIDTH;
  /** The course so far. */
  points: LivePoint[] = [];
  /** What each worker uses, by its number, from the newest sample. */
  readonly uses = new Map<number, LiveUse>();
  readonly #jobs = new Map<string, LiveJob>();
  readonly #failures = new Map<string, LiveFailure>();
  readonly #times = new Uint32Array(BARS_A_DECADE * DECADES);
  #timed = 0;
  #failureId = 0;
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
    this.#failureNoted(jobId, failed, now);
  }

  #timeNoted(seconds: number): void {
    const bar = Math.floor((Math.log10(seconds) + 6) * BARS_A_DECADE);
    this.#times[bar > 0 ? Math.min(bar, this.#times.length - 1) : 0]!++;
    this.#timed++;
  }

  #failureNoted(
    jobId: string,
    { call_id, name, message, stack }: LiveFailed,
    tstamp: number,
  ): void {
    const text = short(message, MOST_MESSAGE);
    const key = `${name}: ${text.replace(/\d+/g, "0")}`;
    const known = this.#failures.get(key);
    const { id, count } = known ?? { id: ++this.#failureId, count: 0 };
    this.#failures.delete(key); // the newest is the last
    this.#failures.set(key, {
      id,
      name: short(name, 100),
      message: text,
      stack: short(stack, MOST_STACK),
      count: count + 1,
      call: `${jobId}/${call_id}`,
      tstamp,
    });
    if (this.#failures.size > MOST_FAILURES) {
      const [oldest] = this.#failures.keys();
      this.#failures.delete(oldest!);
    }
    this.failuresVersion++;
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

  /** Notes where the run is at `now`, in epoch seconds: adds to the last point, or makes the next. */
  tick(now: number, { running, queued }: LiveNow): void {
    const elapsed = Math.max(0, now - this.startedAt);
    let index = Math.floor(elapsed / this.width);
    while (index >= MOST_POINTS) {
      this.#halve();
      index = Math.floor(elapsed / this.width);
    }
    while (this.points.length <= index) {
      const at = this.points.length * this.width;
      const [, , , done = 0, failed = 0] = this.points.at(-1) ?? [];
      this.points.push([at, null, null, done, failed, null, null]);
    }
    const point = this.points[index]!;
    point[1] = highest(point[1], running);
    point[2] = highest(point[2], queued);
    point[3] = this.#done;
    point[4] = this.#failed;
    if (this.#isNoted) return;
    this.#isNoted = true;
    const { cpu, memory } = this.#use();
    point[5] = highest(point[5], cpu);
    point[6] = highest(point[6], memory);
  }

  /** Makes one of each two points. */
  #halve(): void {
    const old = this.points;
    this.width *= 2;
    this.points = [];
    for (let i = 0; i < old.length; i += 2) {
      const [first, second = first] = [old[i]!, old[i + 1]];
      this.points.push([
        first[0],
        highest(first[1], second[1]),
        highest(first[2], second[2]),
        second[3],
        second[4],
        highest(first[5], second[5]),
        highest(first[6], second[6]),
      ]);
    }
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

  /** The failures that are shown, the newest first. */
  failures(): LiveFailure[] {
    return [...this.#failures.values()].reverse();
  }
}

function highest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)} …` : text;
}
