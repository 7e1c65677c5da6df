/**
 * How the calls of a run lie in time: how long there was work, what workers did meanwhile, and why they stood still.
 * All is exact: a sweep over sorted instants, no bins.
 */
import type { CallStats } from "../executor/stats.ts";
import { bootOf } from "./_boot.ts";
import type { Queue } from "./_replay.ts";
import type { RunData, RunDataWorker } from "./run_data.ts";

/** A call that ran from start to end. */
export interface RanCall {
  /** Its statistics. */
  readonly call: CallStats;
  /** When the worker took it up. */
  readonly start: number;
  /** When the worker was done with it. */
  readonly end: number;
}

/** Where the time of workers went while there was work, in seconds of workers. */
export interface Idle {
  /** They had no call, though calls waited: behind others in a chunk, or on their way. */
  held: number;
  /** No call waited, as those to come had not been submitted yet. */
  starved: number;
  /** No call waited and none was to come. */
  tail: number;
  /** They were starting while their first call waited; part of `held` or `starved`. */
  booting: number;
}

/** The shape of a run. */
export interface Shape {
  /** Calls that ran, by start. */
  readonly ran: readonly RanCall[];
  /** Seconds in which a job was in progress: what the script did between jobs is not in it. */
  readonly open: number;
  /** Workers that were there at once. */
  readonly slots: number;
  /** Most calls in workers at once. */
  readonly peak: number;
  /** Seconds in which `peak` calls were in workers and others waited. */
  readonly full: number;
  /** Why workers stood still. */
  readonly idle: Idle;
  /** Seconds between two calls of one worker where the second one waited already, on average; 0 without such. */
  readonly gap: number;
  /** Seconds a call was in its worker, on average; `NaN` without calls. */
  readonly held: number;
  /** The calls for a replay. */
  readonly queue: Queue;
}

/** Outcomes of calls whose worker may have been ended with them. */
const ENDING: readonly string[] = ["cancelled", "timeout", "crashed"];

/** Finds the shape of a run. */
export function shapeOf({ calls, workers }: RunData): Shape {
  const ran: RanCall[] = [];
  for (const call of calls) {
    const { worker_start_tstamp: start, worker_end_tstamp: end } = call;
    if (start !== null && end !== null && end >= start) {
      ran.push({ call, start, end });
    }
  }
  ran.sort((a, b) => a.start - b.start);
  const spans = busySpans(ran);
  const slots = recordedSlots(workers, ran) ??
    guessedSlots(workers, ran, spans);
  const peak = peakOf(ran);
  const windows = openWindows(calls);
  const swept = sweep(ran, spans, windows, slots, peak);
  return {
    ran,
    slots,
    peak,
    ...swept,
    gap: gapOf(ran),
    held: ran.reduce((sum, { start, end }) => sum + end - start, 0) /
      ran.length,
    queue: {
      ready: Float64Array.from(
        ran,
        ({ call, start }) => Math.min(call.host_submit_tstamp, start),
      ),
      held: Float64Array.from(ran, ({ start, end }) => end - start),
    },
  };
}

type Span = [start: number, end: number];

/** When each worker had at least one call. */
function busySpans(ran: readonly RanCall[]): Map<number, Span[]> {
  const byWorker = new Map<number, Span[]>();
  for (const { call, start, end } of ran) {
    const worker = call.worker_id ?? -1;
    const spans = byWorker.get(worker);
    if (spans === undefined) byWorker.set(worker, [[start, end]]);
    else {
      const last = spans.at(-1)!;
      if (start <= last[1]) last[1] = Math.max(last[1], end);
      else spans.push([start, end]);
    }
  }
  return byWorker;
}

/** Most workers that were up at once, from the first call to the last end; undefined if it is not known when each was. */
function recordedSlots(
  workers: readonly RunDataWorker[],
  ran: readonly RanCall[],
): number | undefined {
  const first = ran[0]?.start ?? -Infinity;
  const last = ran.reduce((most, { end }) => Math.max(most, end), first);
  const lives: Span[] = [];
  for (const worker of workers) {
    const { worker_start_tstamp: up, worker_end_tstamp: ended } = worker;
    if (up == null) return undefined;
    const from = Math.max(up, first), to = Math.min(ended ?? Infinity, last);
    if (from <= to) lives.push([from, to]);
  }
  if (lives.length === 0) return undefined;
  return mostAtOnce(lives.map(([from]) => from), lives.map(([, to]) => to));
}

/** The same, told from their calls. */
function guessedSlots(
  workers: readonly RunDataWorker[],
  ran: readonly RanCall[],
  spans: ReadonlyMap<number, Span[]>,
): number {
  const unused =
    workers.filter(({ worker_id, calls }) =>
      calls === 0 && !spans.has(worker_id)
    ).length;
  // Each of those may have taken the place of a worker that ended with its call.
  return slotsOf(ran, spans) + Math.max(0, unused - lostOf(ran));
}

/** Most workers between their start and their last call: one that took the place of another does not count beside it. */
function slotsOf(
  ran: readonly RanCall[],
  spans: ReadonlyMap<number, Span[]>,
): number {
  const boots = new Map(
    ran.map(({ call }) => [call.worker_id ?? -1, bootOf(call)] as const)
      .filter(([, boot]) => boot !== null),
  );
  const lives = [...spans].map(([worker, each]): Span => [
    Math.min(each[0]![0], boots.get(worker)?.start ?? Infinity),
    each.at(-1)![1],
  ]);
  return mostAtOnce(lives.map(([from]) => from), lives.map(([, to]) => to));
}

/** Workers whose last call may have ended them. `ran` is sorted by start. */
function lostOf(ran: readonly RanCall[]): number {
  const last = new Map(
    ran.map(({ call }) => [call.worker_id, call.outcome] as const),
  );
  return [...last.values()]
    .filter((outcome) => ENDING.includes(outcome ?? "")).length;
}

function peakOf(ran: readonly RanCall[]): number {
  return mostAtOnce(ran.map(({ start }) => start), ran.map(({ end }) => end));
}

/** At one instant an end comes before a start, but what lasts no time at all counts too. */
function mostAtOnce(starts: number[], ends: number[]): number {
  const ups = Float64Array.from(starts).sort();
  const downs = Float64Array.from(ends).sort();
  let most = 0;
  for (let up = 0, down = 0; up < ups.length; up++) {
    while (downs[down]! <= ups[up]! && down < up) down++;
    most = Math.max(most, up + 1 - down);
  }
  return most;
}

/** When a job was in progress, from its creation to the end of its last call; overlapping ones as one. */
function openWindows(calls: readonly CallStats[]): Span[] {
  const jobs = new Map<string, Span>();
  for (const call of calls) {
    const created = call.host_job_create_tstamp;
    const end = call.host_status_done_tstamp ?? call.worker_end_tstamp;
    if (end === null) continue;
    const job = jobs.get(call.job_id);
    if (job === undefined) jobs.set(call.job_id, [created, end]);
    else {
      job[0] = Math.min(job[0], created);
      job[1] = Math.max(job[1], end);
    }
  }
  const windows: Span[] = [];
  for (const [from, to] of [...jobs.values()].sort((a, b) => a[0] - b[0])) {
    const last = windows.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else windows.push([from, to]);
  }
  return windows;
}

/** A call is chained if one of another job had just ended when it was submitted: it could not have come earlier. */
const CHAINED = 0.005;

/** Creation of the job and submission of each call that could have been submitted at once. */
function toCome(
  ran: readonly RanCall[],
): [created: number[], submitted: number[]] {
  const ends = ran.map(({ call, end }) => ({
    job: call.job_id,
    at: call.host_status_done_tstamp ?? end,
  })).sort((a, b) => a.at - b.at);
  const created: number[] = [], submitted: number[] = [];
  const bySubmit = ran.map(({ call }) => call)
    .sort((a, b) => a.host_submit_tstamp - b.host_submit_tstamp);
  let next = 0;
  for (const call of bySubmit) {
    const { host_submit_tstamp: at, job_id } = call;
    while (next < ends.length && ends[next]!.at <= at) next++;
    let isChained = false;
    for (let i = next - 1; i >= 0 && ends[i]!.at >= at - CHAINED; i--) {
      if (ends[i]!.job === job_id) continue;
      isChained = true;
      break;
    }
    if (isChained) continue;
    created.push(Math.min(call.host_job_create_tstamp, at));
    submitted.push(at);
  }
  return [created, submitted];
}

/** A number of things over time: one more at each of `ups`, one less at each of `downs`. */
class Level {
  value = 0;
  readonly #ups: Float64Array;
  readonly #downs: Float64Array;
  #up = 0;
  #down = 0;

  constructor(ups: Iterable<number>, downs: Iterable<number>) {
    this.#ups = Float64Array.from(ups).sort();
    this.#downs = Float64Array.from(downs).sort();
  }

  /** The next instant of a change. */
  get next(): number {
    return Math.min(
      this.#ups[this.#up] ?? Infinity,
      this.#downs[this.#down] ?? Infinity,
    );
  }

  /** Goes on to what it is from `time` on. */
  reach(time: number): void {
    while (this.#ups[this.#up]! <= time) this.value++, this.#up++;
    while (this.#downs[this.#down]! <= time) this.value--, this.#down++;
  }
}

function sweep(
  ran: readonly RanCall[],
  spans: ReadonlyMap<number, Span[]>,
  windows: readonly Span[],
  slots: number,
  peak: number,
): Pick<Shape, "open" | "full" | "idle"> {
  const starts = ran.map(({ start }) => start);
  const busySpans = [...spans.values()].flat();
  const submits = ran.map(({ call, start }) =>
    Math.min(call.host_submit_tstamp, start)
  );
  const isOpen = new Level(windows.map(([a]) => a), windows.map(([, b]) => b));
  const waiting = new Level(submits, starts);
  const active = new Level(starts, ran.map(({ end }) => end));
  const busy = new Level(
    busySpans.map(([a]) => a),
    busySpans.map(([, b]) => b),
  );
  const coming = new Level(...toCome(ran));
  const levels = [isOpen, waiting, active, busy, coming];
  const idle: Idle = { held: 0, starved: 0, tail: 0, booting: 0 };
  let open = 0, full = 0;
  for (let now = isOpen.next; now < Infinity;) {
    for (const level of levels) level.reach(now);
    const next = Math.min(...levels.map((level) => level.next));
    if (next === Infinity) break;
    if (isOpen.value > 0) {
      const length = next - now;
      const unused = Math.max(0, slots - busy.value) * length;
      open += length;
      if (waiting.value > 0) idle.held += unused;
      else if (coming.value > 0) idle.starved += unused;
      else idle.tail += unused;
      if (waiting.value > 0 && active.value >= peak) full += length;
    }
    now = next;
  }
  for (const { call, start } of ran) {
    if (call.worker_cold_start !== true) continue;
    // A worker that was started ahead of the job cost the job nothing.
    const waited = start - call.host_job_create_tstamp;
    idle.booting += Math.max(0, Math.min(call.worker_boot_time ?? 0, waited));
  }
  return { open, full, idle };
}

/** On average and not in the middle: calls that go together in one message have no gap but before the first. */
function gapOf(ran: readonly RanCall[]): number {
  let total = 0, count = 0;
  const ends = new Map<number, number>();
  for (const { call, start, end } of ran) {
    const worker = call.worker_id ?? -1;
    const before = ends.get(worker);
    if (before !== undefined && call.host_submit_tstamp <= before) {
      total += Math.max(0, start - before);
      count++;
    }
    ends.set(worker, Math.max(before ?? -Infinity, end));
  }
  return count === 0 ? 0 : total / count;
}
