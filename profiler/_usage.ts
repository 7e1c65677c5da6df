/**
 * Adds up the processes of a tree, and trees to a total: counters that never go down, and rates between two ticks.
 *
 * @module
 */
import type { TrackedProcess } from "./_process.ts";
import { addIo } from "./_remainder.ts";
import type { TreeUsage } from "./record.ts";
import type { ProcessTree } from "./tree.ts";

/** Keys of {@linkcode TreeUsage} that never go down. */
const COUNTERS = [
  "processes_seen",
  "cpu_user_time",
  "cpu_system_time",
  "run_queue_time",
  "peak_rss",
  "largest_peak_rss",
  "storage_read_bytes",
  "storage_write_bytes",
  "syscall_read_bytes",
  "syscall_write_bytes",
  "minor_faults",
  "major_faults",
  "voluntary_switches",
  "involuntary_switches",
] as const;

/** Keys of {@linkcode TreeUsage} that are what is there now. */
const GAUGES = [
  "processes",
  "threads",
  "rss",
  "vms",
  "swap",
  "uss",
  "pss",
  "open_files",
  "unreadable",
] as const;

/** Each rate with the counter it is the rate of. */
const RATES = [
  ["storage_read_rate", "storage_read_bytes"],
  ["storage_write_rate", "storage_write_bytes"],
  ["syscall_read_rate", "syscall_read_bytes"],
  ["syscall_write_rate", "syscall_write_bytes"],
] as const;

/** A usage with its CPU time in nanoseconds, which percentages are made from. */
export interface Measured {
  /** The usage; rates, percent and peaks of sums are not in it yet. */
  usage: TreeUsage;
  /** CPU time, finer than that of `usage`; may go down by the size of a clock tick. */
  cpuNs: number;
}

/** The sum of what is known; `null` if nothing is. */
function sumKnown(values: Iterable<number | null>): number | null {
  let sum: number | null = null;
  for (const value of values) if (value !== null) sum = (sum ?? 0) + value;
  return sum;
}

/** The sum; `null` if any part of it is unknown. */
function sumAll(values: Iterable<number | null>): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

/** Adds up the processes of `tree` and what its ended ones used. */
export function measureTree(
  tree: ProcessTree,
  clockTicks: number,
  pageSize: number,
): Measured {
  const processes = [...tree.processes];
  const { remainder } = tree;
  const tickNs = 1e9 / clockTicks;
  // The root of a tree that is measured alone has taken over what its children used; they are measured elsewhere.
  const alone = tree.options.alone === true;
  let user = remainder.user;
  let system = remainder.system;
  let minor = remainder.minor;
  let major = remainder.major;
  let cpuNs = (remainder.user + remainder.system) * tickNs;
  let io = remainder.io;
  for (const p of processes) {
    user += p.stat.utime + (alone ? 0 : p.stat.cutime);
    system += p.stat.stime + (alone ? 0 : p.stat.cstime);
    minor += p.stat.minflt + (alone ? 0 : p.stat.cminflt);
    major += p.stat.majflt + (alone ? 0 : p.stat.cmajflt);
    cpuNs += p.cpuNs +
      (alone ? 0 : (p.stat.cutime + p.stat.cstime) * tickNs);
    if (p.io !== null) io = addIo(io, p.io);
  }
  // A zombie has no memory and no files left; that is not the same as not knowing.
  const alive = processes.filter((p) => p.stat.state !== "Z");
  const of = (
    pick: (p: TrackedProcess) => number | null,
  ) => (alive.length === 0 ? 0 : sumKnown(alive.map(pick)));
  const largest = processes.reduce(
    (most, p) => Math.max(most, p.peakRss),
    tree.largestEnded,
  );
  const everWaited = tree.seen > processes.length ||
    processes.some((p) => p.waitNs !== null);
  const usage: TreeUsage = {
    processes: processes.length,
    processes_seen: tree.seen,
    threads: alive.reduce((sum, p) => sum + p.stat.num_threads, 0),
    cpu_percent: null,
    cpu_user_time: user / clockTicks,
    cpu_system_time: system / clockTicks,
    run_queue_time: everWaited
      ? (remainder.waitNs + (sumKnown(processes.map((p) => p.waitNs)) ?? 0)) /
        1e9
      : null,
    rss: of((p) => residentBytes(p, pageSize)),
    vms: of((p) => p.stat.vsize),
    swap: of((p) => p.status?.vm_swap ?? null),
    uss: sumAll(alive.map((p) => p.uss)),
    pss: sumAll(alive.map((p) => p.pss)),
    peak_rss: null,
    largest_peak_rss: largest > 0 ? largest : null,
    storage_read_bytes: io?.read_bytes ?? null,
    storage_write_bytes: io?.write_bytes ?? null,
    storage_read_rate: null,
    storage_write_rate: null,
    syscall_read_bytes: io?.rchar ?? null,
    syscall_write_bytes: io?.wchar ?? null,
    syscall_read_rate: null,
    syscall_write_rate: null,
    minor_faults: minor,
    major_faults: major,
    voluntary_switches: remainder.voluntary +
      processes.reduce((sum, p) => sum + (p.voluntary ?? 0), 0),
    involuntary_switches: remainder.involuntary +
      processes.reduce((sum, p) => sum + (p.involuntary ?? 0), 0),
    open_files: of((p) => p.openFiles),
    unreadable: processes.filter((p) => p.unreadable).length,
  };
  return { usage, cpuNs };
}

/** Resident memory of a process: exact where its `status` can be read. */
export function residentBytes(
  process: TrackedProcess,
  pageSize: number,
): number | null {
  if (process.status !== null) return process.status.vm_rss;
  return process.stat.rss * pageSize;
}

/** The sum of several usages. */
export function addUp(parts: readonly Measured[]): Measured {
  const usage = emptyUsage();
  for (const key of [...COUNTERS, ...GAUGES]) {
    const values = parts.map((part) => part.usage[key]);
    const sum = key === "uss" || key === "pss"
      ? sumAll(values)
      : sumKnown(values);
    // deno-lint-ignore no-explicit-any -- keys that are never null are known in each part
    (usage as any)[key] = sum ?? (parts.length === 0 ? 0 : null);
  }
  usage.largest_peak_rss = parts.reduce<number | null>((most, part) => {
    const peak = part.usage.largest_peak_rss;
    return peak === null ? most : Math.max(most ?? 0, peak);
  }, null);
  return {
    usage,
    cpuNs: parts.reduce((sum, part) => sum + part.cpuNs, 0),
  };
}

function emptyUsage(): TreeUsage {
  return {
    processes: 0,
    processes_seen: 0,
    threads: 0,
    cpu_percent: null,
    cpu_user_time: 0,
    cpu_system_time: 0,
    run_queue_time: null,
    rss: null,
    vms: null,
    swap: null,
    uss: null,
    pss: null,
    peak_rss: null,
    largest_peak_rss: null,
    storage_read_bytes: null,
    storage_write_bytes: null,
    storage_read_rate: null,
    storage_write_rate: null,
    syscall_read_bytes: null,
    syscall_write_bytes: null,
    syscall_read_rate: null,
    syscall_write_rate: null,
    minor_faults: null,
    major_faults: null,
    voluntary_switches: null,
    involuntary_switches: null,
    open_files: null,
    unreadable: 0,
  };
}

/** Follows one sum from tick to tick. */
export class UsageMeter {
  #before: Measured | null = null;
  #at = 0;

  /** Fills in rates, percent and peaks, and lets no counter go down; `now` is in milliseconds. */
  next(measured: Measured, now: number): TreeUsage {
    const { usage, cpuNs } = measured;
    const before = this.#before;
    usage.peak_rss = usage.rss;
    if (before !== null) {
      for (const key of COUNTERS) {
        const old = before.usage[key];
        if (old === null) continue;
        usage[key] = Math.max(usage[key] ?? 0, old);
      }
      const elapsed = now - this.#at;
      if (elapsed > 0) {
        const percent = (cpuNs - before.cpuNs) / 1e4 / elapsed;
        usage.cpu_percent = Math.max(0, percent);
        for (const [rate, counter] of RATES) {
          usage[rate] = rateOf(
            before.usage[counter],
            usage[counter],
            elapsed,
          );
        }
      }
    }
    this.#before = {
      usage,
      cpuNs: Math.max(cpuNs, before?.cpuNs ?? 0),
    };
    this.#at = now;
    return usage;
  }

  /** What it told last; `null` before. */
  get last(): Measured | null {
    return this.#before;
  }
}

/** Units a second between two values of a counter, `elapsed` milliseconds apart; `null` unless both are known. */
export function rateOf(
  before: number | null | undefined,
  after: number | null | undefined,
  elapsed: number,
): number | null {
  if (before == null || after == null || elapsed <= 0) return null;
  return Math.max(0, after - before) / elapsed * 1000;
}
