/**
 * Calls summed up as they end, in memory that does not grow with their number: for `keepStats: "summary"`.
 *
 * @module
 */
import type { CallStats } from "./stats.ts";
import {
  type Distribution,
  endOf,
  FIGURES,
  isUntimed,
  type Load,
  noOutcomes,
  type Quantile,
  type Span,
  spanOf,
  type Summary,
  UNTIMED,
  utilisation,
  type WorkerStats,
} from "./summary.ts";

/** How much larger the values of one step may be than those of the step below. */
const STEP = 1.01;
/** A call that comes behind so many that ended later is still put in its place. */
const LATE = 1000;
/** So many gaps of a worker are kept as they were; all before them are merged into about as many. */
const GAPS = 200;

/** Figures of the calls of one executor. */
export class Tally {
  #calls = 0;
  readonly #outcomes = noOutcomes();
  #created = Infinity;
  #ended = -Infinity;
  readonly #spreads = {
    queue_time: new Spread(),
    exec_time: new Spread(),
    cpu_time: new Spread(),
    peak_memory: new Spread(),
  };
  readonly #use = new Use();
  #hasUntimed = false;

  /** Counts a call that has ended. */
  add(call: CallStats): void {
    this.#calls++;
    this.#outcomes[call.outcome ?? "pending"]++;
    this.#created = Math.min(this.#created, call.host_job_create_tstamp);
    this.#ended = Math.max(this.#ended, endOf(call));
    this.#spreads.queue_time.add(FIGURES.queue_time(call), call);
    this.#spreads.exec_time.add(FIGURES.exec_time(call), call);
    this.#spreads.cpu_time.add(FIGURES.cpu_time(call), call);
    this.#spreads.peak_memory.add(FIGURES.peak_memory(call), call);
    const span = spanOf(call);
    if (span !== undefined) this.#use.add(span);
    else if (isUntimed(call)) this.#hasUntimed = true;
  }

  /** What `summarize` gives, within the bounds that docs/stats.md tells; `pending` calls have not ended. */
  summary(pending: number, workers: readonly WorkerStats[]): Summary {
    const makespan = this.#ended - this.#created;
    return {
      calls: this.#calls + pending,
      outcomes: { ...this.#outcomes, pending },
      queue_time: this.#spreads.queue_time.distribution(),
      exec_time: this.#spreads.exec_time.distribution(),
      cpu_time: this.#spreads.cpu_time.distribution(),
      peak_memory: this.#spreads.peak_memory.distribution(),
      makespan: makespan > 0 ? makespan : null,
      ...(this.#hasUntimed ? UNTIMED : this.#use.figures(workers)),
      workers: [...workers],
    };
  }
}

/** How one figure is spread: counted in steps of 1 %, each with one call to show for it. */
class Spread {
  readonly #steps = new Map<number, Quantile & { count: number }>();
  #count = 0;
  #total = 0;
  #min: Quantile | undefined;
  #max: Quantile | undefined;

  add(value: number | null, call: CallStats): void {
    if (value === null) return;
    this.#count++;
    this.#total += value;
    const at = value > 0
      ? Math.floor(Math.log(value) / Math.log(STEP))
      : -Infinity;
    const step = this.#steps.get(at);
    if (step !== undefined) step.count++;
    else this.#steps.set(at, { value, call: nameOf(call), count: 1 });
    if (this.#min === undefined || value < this.#min.value) {
      this.#min = { value, call: nameOf(call) };
    }
    if (this.#max === undefined || value > this.#max.value) {
      this.#max = { value, call: nameOf(call) };
    }
  }

  distribution(): Distribution | null {
    if (this.#min === undefined || this.#max === undefined) return null;
    const steps = [...this.#steps].sort(([a], [b]) => a - b);
    const quantile = (share: number): Quantile => {
      let left = Math.ceil(share * this.#count);
      const [, { value, call }] = steps.find(([, { count }]) =>
        (left -= count) <= 0
      )!;
      return { value, call };
    };
    return {
      count: this.#count,
      min: this.#min,
      p50: quantile(0.5),
      p95: quantile(0.95),
      max: this.#max,
      total: this.#total,
    };
  }
}

function nameOf(call: CallStats): string {
  return `${call.job_id}/${call.call_id}`;
}

/** How busy the workers were, all together and each. */
class Use {
  #first = Infinity;
  #last = -Infinity;
  #total = 0;
  readonly #lanes = new Lanes();
  readonly #workers = new Map<number, Busy>();

  /** Counts a call that has ended. */
  add(span: Span): void {
    this.#first = Math.min(this.#first, span.start);
    this.#last = Math.max(this.#last, span.end);
    this.#total += span.end - span.start;
    this.#lanes.add(span);
    const worker = this.#workers.get(span.worker);
    if (worker !== undefined) worker.add(span);
    else this.#workers.set(span.worker, new Busy(span));
  }

  /** What is known up to now. */
  figures(stats: readonly WorkerStats[]): Load {
    const length = this.#last - this.#first;
    const busy = new Map<number, number>();
    for (const [id, { time }] of this.#workers) busy.set(id, time);
    return {
      peak_concurrency: this.#lanes.count,
      mean_concurrency: length > 0 ? this.#total / length : null,
      worker_utilisation: utilisation(busy, this.#first, this.#last, stats),
    };
  }
}

/**
 * Most calls at one instant. Calls are put on lanes, on each one after the other: in the order of their ends, each on the
 * lane that became free last before it began. That takes as many lanes as there are calls at once, and of a lane only
 * the end of its last call matters. A call out of that order can only take a lane too many.
 */
class Lanes {
  /** When each lane becomes free, ascending. */
  readonly #ends: number[] = [];
  /** Calls that others may still have to go before. */
  #waiting: Span[] = [];

  add(span: Span): void {
    // No time at all is never at once with anything.
    if (!(span.end > span.start)) return;
    this.#waiting.push(span);
    if (this.#waiting.length < 2 * LATE) return;
    this.#waiting.sort(byEnd);
    for (const each of this.#waiting.splice(0, LATE)) place(each, this.#ends);
  }

  get count(): number {
    const ends = [...this.#ends];
    for (const each of this.#waiting.sort(byEnd)) place(each, ends);
    return ends.length;
  }
}

function byEnd(a: Span, b: Span): number {
  return a.end - b.end;
}

function place({ start, end }: Span, ends: number[]): void {
  const free = countUpTo(start, ends);
  if (free > 0) ends.splice(free - 1, 1);
  if (ends.length === 0 || end >= ends.at(-1)!) ends.push(end);
  else ends.splice(countUpTo(end, ends), 0, end);
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(limit: number, values: readonly number[]): number {
  let from = 0, to = values.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle]! <= limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A time in which a worker had no call; or several, and those between them that it had. */
interface Gap {
  from: number;
  to: number;
  /** Seconds without a call. */
  free: number;
}

/**
 * How long one worker had calls: from the first start to the last end, but for the gaps. They are kept, as a long call
 * that ends later may have covered them. Of many, the old ones are merged, and then one that such a call covers in part is
 * taken to be free evenly.
 */
class Busy {
  #first: number;
  #last: number;
  /** In the order of time. */
  #gaps: Gap[] = [];

  constructor({ start, end }: Span) {
    this.#first = start;
    this.#last = Math.max(start, end);
  }

  get time(): number {
    return this.#last - this.#first - freeOf(this.#gaps);
  }

  add({ start, end }: Span): void {
    const gaps = this.#gaps;
    if (start > this.#last) gaps.push(gap(this.#last, start));
    else if (end < this.#first) gaps.unshift(gap(end, this.#first));
    else this.#cover(start, end);
    this.#first = Math.min(this.#first, start);
    this.#last = Math.max(this.#last, end);
    if (gaps.length > 3 * GAPS) {
      this.#gaps = [...merged(gaps.slice(0, -GAPS)), ...gaps.slice(-GAPS)];
    }
  }

  #cover(start: number, end: number): void {
    const gaps = this.#gaps;
    // What it covers is mostly at the end.
    let from = gaps.length, to = gaps.length;
    while (from > 0 && gaps[from - 1]!.to > start) from--;
    while (to > from && gaps[to - 1]!.from >= end) to--;
    if (from === to) return;
    const first = gaps[from]!, last = gaps[to - 1]!;
    const left = [part(first, first.from, start), part(last, end, last.to)]
      .filter(({ from, to }) => to > from);
    gaps.splice(from, to - from, ...left);
  }
}

function gap(from: number, to: number): Gap {
  return { from, to, free: to - from };
}

function part(of: Gap, from: number, to: number): Gap {
  return { from, to, free: of.free * ((to - from) / (of.to - of.from)) };
}

function freeOf(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { free }) => sum + free, 0);
}

/** Joins neighbours as long as they are small, so that none of the `GAPS` or so that are left is much larger than others. */
function merged(gaps: readonly Gap[]): Gap[] {
  const limit = 2 * freeOf(gaps) / GAPS;
  const found: Gap[] = [];
  for (const each of gaps) {
    const last = found.at(-1);
    if (last === undefined || last.free + each.free > limit) found.push(each);
    else last.to = each.to, last.free += each.free;
  }
  return found;
}
