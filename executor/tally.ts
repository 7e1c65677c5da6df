/**
 * Calls summed up as they end, in memory that does not grow with their number: for `keepStats: "summary"`.
 *
 * @module
 */
import type { CallStats } from "./stats.ts";
import {
  byWorker,
  covered,
  type Distribution,
  endOf,
  FIGURES,
  noOutcomes,
  peakOf,
  type Quantile,
  type Span,
  spanOf,
  type Summary,
  utilisation,
  type WorkerStats,
} from "./summary.ts";

/** How much larger the values of one step may be than those of the step below. */
const STEP = 1.01;
/** Spans that are kept until they are counted. */
const BATCH = 1000;

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
  readonly #load = new Load();

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
    if (span !== undefined) this.#load.add(span);
  }

  /** What `summarize` gives, but for quantiles, which are up to 1 % off; `pending` calls have not ended. */
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
      ...this.#load.figures(workers),
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

/** How busy the workers were. Calls end about in the order of time, so a batch of them says most by itself. */
class Load {
  #batch: Span[] = [];
  #first = Infinity;
  #last = -Infinity;
  #total = 0;
  #peak = 0;
  /** For each worker: how long it had calls, and up to when that is counted. */
  readonly #workers = new Map<number, { busy: number; until: number }>();

  add(span: Span): void {
    this.#batch.push(span);
    if (this.#batch.length === BATCH) this.#count();
  }

  figures(stats: readonly WorkerStats[]): Pick<
    Summary,
    "peak_concurrency" | "mean_concurrency" | "worker_utilisation"
  > {
    this.#count();
    const length = this.#last - this.#first;
    const busy = new Map<number, number>();
    for (const [id, worker] of this.#workers) busy.set(id, worker.busy);
    return {
      peak_concurrency: this.#peak,
      mean_concurrency: length > 0 ? this.#total / length : null,
      worker_utilisation: utilisation(busy, this.#first, this.#last, stats),
    };
  }

  #count(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const { start, end } of batch) {
      this.#first = Math.min(this.#first, start);
      this.#last = Math.max(this.#last, end);
      this.#total += end - start;
    }
    this.#peak = Math.max(this.#peak, peakOf(batch));
    for (const [id, spans] of byWorker(batch)) {
      const worker = this.#workers.get(id) ?? { busy: 0, until: -Infinity };
      worker.busy += covered(spans, worker.until);
      for (const { end } of spans) worker.until = Math.max(worker.until, end);
      this.#workers.set(id, worker);
    }
  }
}

function nameOf(call: CallStats): string {
  return `${call.job_id}/${call.call_id}`;
}
