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

/** Keys of {@linkcode TreeUsage} that a total adds up. */
const SUMMED = [
  ...["processes", "processes_seen", "threads"] as const,
  ...["cpu_user_time", "cpu_system_time", "run_queue_time"] as const,
  ...["rss", "vms", "swap", "open_files", "unreadable"] as const,
  ...["storage_read_bytes", "storage_write_bytes"] as const,
  ...["syscall_read_bytes", "syscall_write_bytes"] as const,
  ...["minor_faults", "major_faults"] as const,
  ...["voluntary_switches", "involuntary_switches"] as const,
];

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

/** Adds to a sum of what is known: `null` while nothing is. */
function plus(sum: number | null, value: number | null): number | null {
  return value === null ? sum : (sum ?? 0) + value;
}

/** Adds to a sum that is `null` once any part of it is unknown. */
function plusAll(sum: number | null, value: number | null): number | null {
  return sum === null || value === null ? null : sum + value;
}

/** Adds up the processes of `tree` and what its ended ones used. */
export function measureTree(
  tree: ProcessTree,
  clockTicks: number,
  pageSize: number,
): Measured {
  const { remainder } = tree;
  const tickNs = 1e9 / clockTicks;
  // The root of a tree that is measured alone has taken over what its children used; they are measured elsewhere.
  const alone = tree.options.alone === true;
  let { user, system, minor, major, voluntary, involuntary, io } = remainder;
  let cpuNs = (user + system) * tickNs; // negative where what was used before is taken off
  let waitNs: number | null = null;
  let largest = tree.largestEnded;
  const usage = emptyUsage();
  // A zombie has no memory and no files left; that is not the same as not knowing.
  let alive = 0;
  let rss: number | null = null;
  let swap: number | null = null;
  let openFiles: number | null = null;
  let uss: number | null = 0;
  let pss: number | null = 0;
  let threads = 0;
  let vms = 0;
  for (const p of tree.processes) {
    const { stat } = p;
    user += stat.utime;
    system += stat.stime;
    minor += stat.minflt;
    major += stat.majflt;
    cpuNs += p.cpuNs;
    if (!alone) {
      user += stat.cutime;
      system += stat.cstime;
      minor += stat.cminflt;
      major += stat.cmajflt;
      cpuNs += (stat.cutime + stat.cstime) * tickNs;
    }
    if (p.io !== null) io = addIo(io, p.io);
    waitNs = plus(waitNs, p.waitNs);
    voluntary += p.voluntary ?? 0;
    involuntary += p.involuntary ?? 0;
    largest = Math.max(largest, p.peakRss);
    if (p.unreadable) usage.unreadable++;
    if (stat.state === "Z") continue;
    alive++;
    threads += stat.num_threads;
    vms += stat.vsize;
    rss = plus(rss, residentBytes(p, pageSize));
    swap = plus(swap, p.status?.vm_swap ?? null);
    openFiles = plus(openFiles, p.openFiles);
    uss = plusAll(uss, p.uss);
    pss = plusAll(pss, p.pss);
  }
  const processes = tree.processes.size;
  const waited = waitNs !== null || tree.seen > processes;
  usage.processes = processes;
  usage.processes_seen = tree.seen;
  usage.threads = threads;
  usage.cpu_user_time = user / clockTicks;
  usage.cpu_system_time = system / clockTicks;
  usage.run_queue_time = waited
    ? ((waitNs ?? 0) + remainder.waitNs) / 1e9
    : null;
  usage.rss = alive === 0 ? 0 : rss;
  usage.vms = vms;
  usage.swap = alive === 0 ? 0 : swap;
  usage.uss = uss;
  usage.pss = pss;
  usage.largest_peak_rss = largest > 0 ? largest : null;
  usage.storage_read_bytes = io?.read_bytes ?? null;
  usage.storage_write_bytes = io?.write_bytes ?? null;
  usage.syscall_read_bytes = io?.rchar ?? null;
  usage.syscall_write_bytes = io?.wchar ?? null;
  usage.minor_faults = minor;
  usage.major_faults = major;
  usage.voluntary_switches = voluntary;
  usage.involuntary_switches = involuntary;
  usage.open_files = alive === 0 ? 0 : openFiles;
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
  let cpuNs = 0;
  let largest: number | null = null;
  // deno-lint-ignore no-explicit-any -- keys that are never null are known in each part
  const sums: any = usage;
  for (const key of SUMMED) sums[key] = parts.length === 0 ? 0 : null;
  sums.uss = sums.pss = 0;
  for (const part of parts) {
    cpuNs += part.cpuNs;
    for (const key of SUMMED) sums[key] = plus(sums[key], part.usage[key]);
    usage.uss = plusAll(usage.uss, part.usage.uss);
    usage.pss = plusAll(usage.pss, part.usage.pss);
    const peak = part.usage.largest_peak_rss;
    if (peak !== null) largest = Math.max(largest ?? 0, peak);
  }
  usage.largest_peak_rss = largest;
  usage.peak_rss = null;
  return { usage, cpuNs };
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
    // Of what ended before it was seen nothing is known, not that it was 0.
    usage.peak_rss = usage.threads === 0 ? null : usage.rss;
    if (before !== null) {
      const isNobody = usage.processes === 0 &&
        before.usage.processes_seen > 0;
      // deno-lint-ignore no-explicit-any -- keys that are never null were known before, too
      const counters: any = usage;
      for (const key of COUNTERS) {
        const old = before.usage[key], value = usage[key];
        // The 0 of nobody, at first and at last, says nothing of those whose counter is not known.
        if (old === null) {
          if (isNobody) counters[key] = null;
        } else if (value !== null || old > 0) {
          usage[key] = Math.max(value ?? 0, old);
        }
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
