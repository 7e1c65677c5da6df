/**
 * What a process tree used from its start to its end: `time -v` for the whole tree.
 *
 * @module
 */
import { columns, count, many, percent, seconds, size } from "./_format.ts";
import type { Collection, Sample, TreeSample } from "./record.ts";

/** What one process of a tree used, as last seen. */
export interface ProcessSummary {
  /** Process id. */
  pid: number;
  /** Process id of its parent when first seen. */
  parent_pid: number | null;
  /** Name of its command when last seen. */
  command: string;
  /** When it was first seen. */
  first_tstamp: number;
  /** When it was last seen. */
  last_tstamp: number;
  /** Its own CPU seconds, both modes. */
  cpu_time: number;
  /** CPU seconds of the children that it reaped, of which some may have a line of their own. */
  cpu_children_time: number | null;
  /** Peak resident memory. */
  peak_rss: number | null;
  /** Highest USS seen. */
  peak_uss: number | null;
  /** Bytes fetched from storage, by it and its reaped children. */
  storage_read_bytes: number | null;
  /** Bytes sent to storage, by it and its reaped children. */
  storage_write_bytes: number | null;
}

/** Adds up the collections of one tree as they come, in memory that grows with the number of processes only. */
export class TreeSummary {
  readonly #pid: number;
  readonly #processes = new Map<string, ProcessSummary>();
  /** The first sample of the tree. */
  first: TreeSample | null = null;
  /** The last sample of the tree; `null` before the first. */
  last: TreeSample | null = null;
  /** Collections that the tree was in. */
  samples = 0;
  /** Ticks that were missed. */
  missed = 0;
  /** Most processes at once. */
  mostProcesses = 0;
  /** Most threads at once. */
  mostThreads: number | null = null;
  /** Highest PSS of the tree. */
  peakPss: number | null = null;
  /** Highest USS of the tree. */
  peakUss: number | null = null;

  /** Sums up the tree whose root is process `pid`. */
  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Takes a collection in. */
  add(collection: Collection): void {
    this.missed = collection.missed_ticks;
    const tree = collection.trees.find(({ pid }) => pid === this.#pid);
    if (tree === undefined) return;
    this.first ??= tree;
    this.last = tree;
    this.samples++;
    this.mostProcesses = Math.max(this.mostProcesses, tree.processes);
    this.mostThreads = highest(this.mostThreads, tree.threads);
    if (!tree.ended) {
      this.peakPss = highest(this.peakPss, tree.pss);
      this.peakUss = highest(this.peakUss, tree.uss);
    }
    for (const sample of collection.processes) {
      if (sample.worker_id === tree.worker_id) this.#addProcess(sample);
    }
  }

  #addProcess(sample: Sample): void {
    const key = `${sample.pid} ${sample.start_tstamp}`;
    const known = this.#processes.get(key);
    this.#processes.set(key, {
      pid: sample.pid,
      parent_pid: known?.parent_pid ?? sample.parent_pid,
      command: sample.command,
      first_tstamp: known?.first_tstamp ?? sample.tstamp,
      last_tstamp: sample.tstamp,
      cpu_time: sample.cpu_user_time + sample.cpu_system_time,
      cpu_children_time: sample.cpu_children_user_time === null
        ? null
        : sample.cpu_children_user_time +
          (sample.cpu_children_system_time ?? 0),
      peak_rss: highest(known?.peak_rss ?? null, sample.peak_rss),
      peak_uss: highest(known?.peak_uss ?? null, sample.uss),
      storage_read_bytes: sample.storage_read_bytes,
      storage_write_bytes: sample.storage_write_bytes,
    });
  }

  /** The processes that were seen, those with the most CPU time first. */
  processes(): ProcessSummary[] {
    return [...this.#processes.values()].sort((a, b) =>
      b.cpu_time - a.cpu_time || a.first_tstamp - b.first_tstamp
    );
  }
}

function highest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** Lines of a {@linkcode formatSummary}. */
export interface SummaryFacts {
  /** What ran. */
  title: string;
  /** How it ended: `"exit status 0"`. */
  outcome: string;
  /** Seconds from start to end. */
  wall: number;
  /** Seconds between collections. */
  interval: number;
  /** Tell what was used since the first sample, not since the start of the process. */
  sinceFirst: boolean;
  /** Whether other processes could be looked at. */
  canSee: boolean;
}

/** Keys of a tree sample that count what was used. */
type Counter =
  | "cpu_user_time"
  | "cpu_system_time"
  | "run_queue_time"
  | `storage_${"read" | "write"}_bytes`
  | `syscall_${"read" | "write"}_bytes`
  | `${"minor" | "major"}_faults`
  | `${"voluntary" | "involuntary"}_switches`;

/** Processes that the table of a summary names at most. */
const MOST_ROWS = 20;

/** A summary as text. */
export function formatSummary(
  summary: TreeSummary,
  facts: SummaryFacts,
): string {
  const { last } = summary;
  const lines = [`${facts.title}: ${facts.outcome}`];
  const row = (name: string, value: string) =>
    lines.push(`  ${name.padEnd(17)} ${value}`);
  row("wall time", seconds(facts.wall));
  if (last === null) {
    const why = facts.canSee
      ? "the command ended before it was seen"
      : "other processes cannot be looked at here";
    row("resources", `not measured: ${why}`);
    return `${lines.join("\n")}\n`;
  }
  const used = (key: Counter): number | null => {
    const value = last[key];
    const before = facts.sinceFirst ? summary.first?.[key] ?? 0 : 0;
    return value === null ? null : value - before;
  };
  const user = used("cpu_user_time")!;
  const system = used("cpu_system_time")!;
  const share = facts.wall > 0 ? (user + system) / facts.wall * 100 : null;
  row(
    "CPU time",
    `${seconds(user + system)} (user ${seconds(user)}, system ${
      seconds(system)
    })`,
  );
  row(
    "CPU use",
    `${percent(share)} of ${navigator.hardwareConcurrency * 100}%, waited ${
      seconds(used("run_queue_time"))
    } for a CPU`,
  );
  row(
    "peak memory",
    `${size(last.peak_rss)} RSS of the tree, ${
      size(last.largest_peak_rss)
    } of its largest process`,
  );
  row(
    "",
    `${size(summary.peakPss)} PSS, ${size(summary.peakUss)} USS of the tree`,
  );
  row(
    "disk",
    `read ${size(used("storage_read_bytes"))}, written ${
      size(used("storage_write_bytes"))
    }`,
  );
  row(
    "system calls",
    `read ${size(used("syscall_read_bytes"))}, written ${
      size(used("syscall_write_bytes"))
    }`,
  );
  row(
    "page faults",
    `${count(used("minor_faults"))} without disk, ${
      count(used("major_faults"))
    } with`,
  );
  row(
    "context switches",
    `${count(used("voluntary_switches"))} voluntary, ${
      count(used("involuntary_switches"))
    } involuntary, as last seen`,
  );
  row(
    "processes",
    `${count(last.processes_seen)} seen, ${
      count(summary.mostProcesses)
    } at once; ${many(summary.mostThreads, "thread")} at once`,
  );
  if (last.unreadable > 0) {
    row(
      "not readable",
      `I/O of ${many(last.unreadable, "process", "es")} of other users`,
    );
  }
  row(
    "samples",
    `${count(summary.samples)}, every ${facts.interval} s, ${
      count(summary.missed)
    } missed`,
  );
  lines.push("", ...table(summary).map((line) => `  ${line}`));
  return `${lines.join("\n")}\n`;
}

function table(summary: TreeSummary): string[] {
  const all = summary.processes();
  const rows = all.slice(0, MOST_ROWS).map((process) => [
    String(process.pid),
    String(process.parent_pid ?? "-"),
    seconds(process.last_tstamp - process.first_tstamp),
    seconds(process.cpu_time),
    seconds(process.cpu_children_time),
    size(process.peak_rss),
    size(process.storage_read_bytes),
    size(process.storage_write_bytes),
    process.command,
  ]);
  const head = [
    ...["PID", "PARENT", "SEEN FOR", "CPU", "CPU OF CHILDREN", "PEAK RSS"],
    ...["READ", "WRITTEN", "COMMAND"],
  ];
  const lines = columns([head, ...rows], [8]);
  if (all.length > MOST_ROWS) {
    lines.push(`... and ${count(all.length - MOST_ROWS)} more`);
  }
  return lines;
}
