/**
 * The collections of several machines as one series: in order of time, each with what all of them used together.
 *
 * @module
 */
import type { Collection, TreeUsage } from "./record.ts";
import { Ring } from "./ring.ts";

/** Keys that only rise. */
const COUNTERS = [
  ...["cpu_user_time", "cpu_system_time", "run_queue_time"] as const,
  ...["storage_read_bytes", "storage_write_bytes"] as const,
  ...["syscall_read_bytes", "syscall_write_bytes"] as const,
  ...["minor_faults", "major_faults"] as const,
  ...["voluntary_switches", "involuntary_switches"] as const,
];

/** Keys that hold until the next collection. */
const GAUGES = [
  ...["processes", "threads", "rss", "vms", "swap", "open_files"] as const,
];

/** Keys that are of the time since the collection before. */
const RATES = [
  ...["cpu_percent", "storage_read_rate", "storage_write_rate"] as const,
  ...["syscall_read_rate", "syscall_write_rate"] as const,
];

/** Keys that are unknown as soon as a part of them is. */
const WHOLE = ["uss", "pss"] as const;

/** Intervals for which the last collection of a machine holds that has said nothing since. */
const HOLDS = 2.5;

/** Collections of one sampler, and how far a walk through time has come in them. */
interface Series {
  list: Collection[];
  at: number;
}

/** Gathers what the samplers of other machines have taken. */
export class Gathering {
  readonly #ring: Ring<{ sampler: string; collection: Collection }>;
  /** The newest collection of each sampler that has not ended. */
  readonly #newest = new Map<string, Collection>();
  #lost = 0;
  #version = 0;
  #cached: { key: string; collections: Collection[] } | undefined;

  /** Holds so many collections, the newest. */
  constructor(capacity = 6000) {
    this.#ring = new Ring(capacity);
  }

  /** Adds a collection of a sampler; those of one sampler come in order. */
  add(sampler: string, collection: Collection): void {
    this.#ring.push({ sampler, collection });
    if (collection.final) this.#newest.delete(sampler);
    else this.#newest.set(sampler, collection);
    this.#version++;
  }

  /** Counts collections that never came. */
  lose(collections: number): void {
    this.#lost += collections;
  }

  /** Whether nothing has come so far. */
  get isEmpty(): boolean {
    return this.#version === 0;
  }

  /** Collections that are not among them any more, or never were. */
  get dropped(): number {
    return this.#ring.dropped + this.#lost;
  }

  /** All collections, with those that this machine has taken itself. */
  with(own: readonly Collection[]): Collection[] {
    const key = `${this.#version} ${own.length} ${own.at(-1)?.collection_id}`;
    if (this.#cached?.key !== key) {
      this.#cached = { key, collections: merge(own, this.#ring.values()) };
    }
    return this.#cached.collections;
  }

  /** The newest of all machines as one: what their workers do now. */
  now(own: Collection): Collection {
    const newest = [...this.#newest.values()];
    const series = newest.map((one) => ({ list: [one], at: 0 }));
    const total = sumAt(Infinity, series, false);
    return {
      ...own,
      processes: newest.flatMap(({ processes }) => processes),
      threads: newest.flatMap(({ threads }) => threads),
      trees: newest.flatMap(({ trees }) => trees),
      total: { ...total, peak_rss: total.rss },
      networks: [],
      host: null,
      cgroups: [],
    };
  }
}

function merge(
  own: readonly Collection[],
  others: readonly { sampler: string; collection: Collection }[],
): Collection[] {
  const samplers = new Map<string, Series>();
  for (const { sampler, collection } of others) {
    const series = samplers.get(sampler);
    if (series === undefined) {
      samplers.set(sampler, { list: [collection], at: -1 });
    } else series.list.push(collection);
  }
  const series = [...samplers.values()];
  let peak: number | null = null;
  return [...own, ...others.map(({ collection }) => collection)]
    .sort((a, b) => a.tstamp - b.tstamp)
    .map((collection, collection_id) => {
      const total = sumAt(collection.tstamp, series, true);
      if (total.rss !== null) peak = Math.max(peak ?? 0, total.rss);
      return {
        ...collection,
        collection_id,
        total: { ...total, peak_rss: peak },
      };
    });
}

/** What all samplers together saw at an instant, which comes after that of the last question. */
function sumAt(
  tstamp: number,
  samplers: readonly Series[],
  isOver: boolean,
): TreeUsage {
  // deno-lint-ignore no-explicit-any -- the keys are those of the type, in groups
  const sum: any = {
    processes_seen: 0,
    largest_peak_rss: null,
    peak_rss: null,
    unreadable: 0,
  };
  for (const key of COUNTERS) sum[key] = null;
  for (const key of [...GAUGES, ...RATES]) sum[key] = null;
  for (const key of WHOLE) sum[key] = 0;
  sum.processes = sum.threads = 0;
  sum.cpu_user_time = sum.cpu_system_time = 0;
  for (const series of samplers) {
    const { list } = series;
    while (
      list.length > series.at + 1 && list[series.at + 1]!.tstamp <= tstamp
    ) {
      series.at++;
    }
    const last = list[series.at];
    if (last === undefined) continue;
    const next = list[series.at + 1];
    const from = last.total, to = next?.total;
    const share = next === undefined
      ? 0
      : (tstamp - last.tstamp) / (next.tstamp - last.tstamp);
    for (const key of COUNTERS) {
      const value = from[key];
      if (value === null) continue;
      const rise = to === undefined ? 0 : ((to[key] ?? value) - value) * share;
      sum[key] = (sum[key] ?? 0) + value + rise;
    }
    sum.processes_seen += from.processes_seen;
    if (from.largest_peak_rss !== null) {
      sum.largest_peak_rss = Math.max(
        sum.largest_peak_rss ?? 0,
        from.largest_peak_rss,
      );
    }
    const isGone = isOver && next === undefined &&
      (last.final && tstamp > last.tstamp ||
        tstamp - last.tstamp > HOLDS * Math.max(1, last.elapsed ?? 0));
    if (isGone) continue;
    sum.unreadable += from.unreadable;
    for (const key of GAUGES) {
      if (from[key] !== null) sum[key] = (sum[key] ?? 0) + from[key];
    }
    for (const key of WHOLE) {
      sum[key] = sum[key] === null || from[key] === null
        ? null
        : sum[key] + from[key];
    }
    // Between two collections the rate is what the later one tells.
    const rates = share === 0 ? from : to!;
    for (const key of RATES) {
      if (rates[key] !== null) sum[key] = (sum[key] ?? 0) + rates[key];
    }
  }
  return sum;
}
