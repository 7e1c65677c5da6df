/**
 * One process that the profiler follows: its files, and what they told last.
 *
 * @module
 */
import { demandRead } from "./granted.ts";
import {
  parseChildren,
  parseIo,
  parseSchedstat,
  parseStat,
  parseStatus,
  type ProcIo,
  type ProcStat,
  type ProcStatus,
} from "./procfs.ts";
import type { Conserved, ProcContext } from "./_context.ts";
import { isForbidden, isGone, Source } from "./_source.ts";
import { ThreadTable } from "./_threads.ts";

/** The status of a process without page faults is read no more often than this, in milliseconds. */
const STATUS_EVERY = 450;
/** Open files are counted no more often than this, in milliseconds. */
const FILES_EVERY = 500;

/** A followed process. */
export class TrackedProcess {
  /** Process id. */
  readonly pid: number;
  /** Start in clock ticks since boot. */
  readonly start: number;
  /** The followed process that would reap this one; `null` for a root, and for an orphan. */
  parent: TrackedProcess | null;
  /** Its folder under /proc. */
  readonly folder: string;
  /** Followed processes whose parent this is. */
  readonly children = new Set<TrackedProcess>();
  /** Steps from the root. */
  readonly depth: number;
  /** Number of the tick in which it was read last. */
  tick = -1;
  /** When `stat` was read last, and before that; milliseconds of the context's clock. */
  at = 0;
  /** Value of `at` in the tick before; 0 in the first. */
  atBefore = 0;
  /** `stat`, as read last. */
  stat: ProcStat;
  /** `stat` of the tick before. */
  statBefore: ProcStat;
  /** `io`; `null` while it may not be read. */
  io: ProcIo | null = null;
  /** `io` of the tick before. */
  ioBefore: ProcIo | null = null;
  /** What ended children that were followed had told of their `io`, if they handed it on in this tick. */
  ioHandedOn: ProcIo | null = null;
  /** Whether `io` may not be read. */
  unreadable = false;
  /** `status`. */
  status: ProcStatus | null = null;
  /** CPU time in nanoseconds, from threads where they agree with `stat`. */
  cpuNs = 0;
  /** Value of `cpuNs` in the tick before; `null` in the first. */
  cpuNsBefore: number | null = null;
  /** Nanoseconds waited for a CPU; `null` where the kernel does not tell. */
  waitNs: number | null = null;
  /** Switches of all threads. */
  voluntary: number | null = null;
  /** Switches of all threads that the kernel forced. */
  involuntary: number | null = null;
  /** Open files; `null` where the kernel does not tell. */
  openFiles: number | null = null;
  /** Highest `VmHWM` seen: a program that resets its own does not lower it. */
  peakRss = 0;
  /** USS as last read. */
  uss: number | null = null;
  /** PSS as last read. */
  pss: number | null = null;
  /** When USS was read, milliseconds of the context's clock. */
  ussAt: number | null = null;

  readonly #context: ProcContext;
  readonly #statFile: Source;
  readonly #ioFile: Source;
  readonly #statusFile: Source;
  readonly #schedFile: Source;
  #childrenFile: Source | null = null;
  #threads: ThreadTable | null = null;
  #filesAt = -Infinity;
  #statusAt = -Infinity;
  #statusMark = -1;
  #runNs: number | null = null;
  #lostNs = 0;
  #hasSchedstat = true;

  /** Follows process `pid`; throws as `ProcFile` does if it is not there. */
  constructor(
    context: ProcContext,
    pid: number,
    parent: TrackedProcess | null,
    depth: number,
  ) {
    this.#context = context;
    this.pid = pid;
    this.parent = parent;
    this.depth = depth;
    this.folder = `${context.root}/${pid}`;
    const source = (name: string, size: number) =>
      new Source(`${this.folder}/${name}`, context.files, size);
    this.#statFile = source("stat", 512);
    this.#ioFile = source("io", 256);
    this.#statusFile = source("status", 2048);
    this.#schedFile = source("schedstat", 128);
    try {
      this.stat = this.statBefore = parseStat(this.#statFile.read());
    } catch (error) {
      this.close();
      throw error;
    }
    this.start = this.stat.starttime;
    parent?.children.add(this);
  }

  /** Reads what parents take over from children (`stat`, and `io` if wanted); false if the process has ended. */
  readConserved(tick: number, withIo = true): boolean {
    let stat: ProcStat;
    try {
      stat = parseStat(this.#statFile.read());
    } catch (error) {
      if (isGone(error) || error instanceof SyntaxError) return false;
      return true; // out of file handles, say: what was read last still stands
    }
    if (stat.starttime !== this.start) return false; // its id belongs to another process now
    const at = this.#context.now();
    if (this.tick !== tick) {
      this.statBefore = this.stat;
      this.ioBefore = this.io;
      this.ioHandedOn = null;
      this.atBefore = this.tick < 0 ? 0 : this.at;
      this.tick = tick;
    }
    this.stat = stat;
    this.at = at;
    if (!withIo) return true;
    try {
      this.io = parseIo(this.#ioFile.read());
      this.unreadable = false;
    } catch (error) {
      if (isForbidden(error)) this.unreadable = true;
    }
    return true;
  }

  /** Tells whether it is still there, without taking in anything new. */
  isAlive(): boolean {
    try {
      return parseStat(this.#statFile.read()).starttime === this.start;
    } catch (error) {
      return !isGone(error);
    }
  }

  /** Reads the rest; what cannot be read keeps its last value. */
  readDetails(): void {
    this.#readStatus();
    this.peakRss = Math.max(this.peakRss, this.status?.vm_hwm ?? 0);
    this.#readThreads();
    this.#countFiles();
    this.#settleCpu();
  }

  /** Memory grows by page faults only: without any, `status` tells nothing new but switches, which can wait a little. */
  #readStatus(): void {
    const { minflt, majflt, rss } = this.stat;
    const mark = minflt + majflt + rss;
    if (mark === this.#statusMark && this.at - this.#statusAt < STATUS_EVERY) {
      return;
    }
    this.#statusMark = mark;
    this.#statusAt = this.at;
    try {
      this.status = parseStatus(this.#statusFile.read());
    } catch { /* it has ended, or may not be read */ }
  }

  #readThreads(): void {
    if (this.#threads === null && this.stat.num_threads <= 1) {
      this.voluntary = this.status?.voluntary_switches ?? this.voluntary;
      this.involuntary = this.status?.nonvoluntary_switches ?? this.involuntary;
      if (!this.#hasSchedstat) return;
      try {
        const sched = parseSchedstat(this.#schedFile.read());
        this.#runNs = sched.run_ns;
        this.waitNs = sched.wait_ns;
      } catch (error) {
        // A kernel without scheduler statistics; a process that has just ended is noticed by its stat.
        this.#hasSchedstat = !(error instanceof Deno.errors.NotFound);
      }
      return;
    }
    this.#schedFile.close();
    this.#childrenFile?.close();
    this.#childrenFile = null;
    this.#threads ??= new ThreadTable(
      this.pid,
      this.folder,
      this.#context.files,
    );
    try {
      const sums = this.#threads.read(this.stat.num_threads, this.at);
      this.#runNs = sums.run_ns;
      this.waitNs = sums.wait_ns;
      this.voluntary = sums.voluntary;
      this.involuntary = sums.involuntary;
    } catch { /* out of file handles: as last seen */ }
  }

  #countFiles(): void {
    if (this.at - this.#filesAt < FILES_EVERY) return;
    this.#filesAt = this.at;
    try {
      const path = `${this.folder}/fd`;
      demandRead(path);
      const { size } = Deno.statSync(path);
      this.openFiles = size > 0 ? size : null; // 0 before Linux 6.2
    } catch { /* it has ended, or may not be read */ }
  }

  /** Threads know nanoseconds but forget those that ended; `stat` forgets none but counts in ticks. */
  #settleCpu(): void {
    const tickNs = 1e9 / this.#context.clockTicks;
    const ticks = (this.stat.utime + this.stat.stime) * tickNs;
    const run = this.#runNs;
    let cpu = ticks;
    if (run !== null) {
      const known = run + this.#lostNs;
      if (known < ticks - tickNs || known > ticks + 4 * tickNs) {
        this.#lostNs = ticks + tickNs - run; // threads that ended unseen
      }
      cpu = run + this.#lostNs;
    }
    this.cpuNsBefore = this.atBefore === 0 ? null : this.cpuNs;
    this.cpuNs = Math.max(this.cpuNs, cpu);
  }

  /** Own and handed-on use together, as `stat` told last. */
  conserved(): Conserved {
    const { stat } = this;
    return {
      user: stat.utime + stat.cutime,
      system: stat.stime + stat.cstime,
      minor: stat.minflt + stat.cminflt,
      major: stat.majflt + stat.cmajflt,
    };
  }

  /** What children have handed on to it since the tick before. */
  takenOver(): Conserved {
    const { stat, statBefore } = this;
    return {
      user: stat.cutime - statBefore.cutime,
      system: stat.cstime - statBefore.cstime,
      minor: stat.cminflt - statBefore.cminflt,
      major: stat.cmajflt - statBefore.cmajflt,
    };
  }

  /** Threads that are read to find its children. */
  get threads(): number {
    return this.#threads?.size ?? 1;
  }

  /** Ids of its children that run; throws `Deno.errors.NotFound` on a kernel that does not tell. */
  listChildren(): number[] {
    if (this.#threads !== null) return this.#threads.listChildren(this.at);
    this.#childrenFile ??= new Source(
      `${this.folder}/task/${this.pid}/children`,
      this.#context.files,
      256,
    );
    return parseChildren(this.#childrenFile.read());
  }

  /** How much a counter of `io` rose since the tick before by what the process (or a child too short to see) did. */
  ioSince(key: keyof ProcIo): number | null {
    if (this.io === null || this.ioBefore === null) return null;
    const handedOn = this.ioHandedOn?.[key] ?? 0;
    return Math.max(0, this.io[key] - this.ioBefore[key] - handedOn);
  }

  /** Closes all files and leaves the family. */
  close(): void {
    this.#statFile.close();
    this.#ioFile.close();
    this.#statusFile.close();
    this.#schedFile.close();
    this.#childrenFile?.close();
    this.#threads?.close();
    this.parent?.children.delete(this);
  }
}
