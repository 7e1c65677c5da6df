/**
 * CPU, memory, I/O and network of one call, read from the kernel around it.
 *
 * Reading costs time too, so each group of sources has a budget and is not read again before that many times its own
 * cost has passed. Calls that come one by one or take long are measured in full; of a dense stream of tiny ones some
 * are, and the others carry `NaN` (shown as `null`), never a guess.
 *
 * @module
 */
import {
  openOwn,
  openPeakReset,
  parseIo,
  parseNetDev,
  parseSmapsRollup,
  parseStatus,
  type ProcFile,
} from "../../profiler/procfs.ts";
import type { StatsLevel } from "../options.ts";
import { clock, Column, type CpuTotals, type Numbers } from "./protocol.ts";
import { openRusage, type ReadUsage } from "./rusage.ts";

/** Share of a worker's time that reading its CPU clock may take. */
const CPU_BUDGET = 0.01;
/** The same for memory, I/O and network. */
const REST_BUDGET = 0.015;
/** The same for USS, which walks the page tables. */
const USS_BUDGET = 0.005;
/** Milliseconds that may be spent ahead of the budget: some dozens of calls in a row are measured in any case. */
const CREDIT = 2;
/** The same for a message of several calls, divided by their number: it mostly holds 1 ms of work, so what one call takes. */
const SEVERAL_CREDIT = 1;
/** Milliseconds after which the worker's totals are read anew. */
const TOTALS_AGE = 5;
/** A function is not charged with CPU time that was read over more than so many times its own duration. */
const MAX_WINDOW = 2;
/** A reading from before a call stands for its start if the gap is at most this share of the call. */
const GAP = 0.01;

/** What the kernel had charged to the worker at one instant. */
interface CpuReading {
  /** Between when and when, in milliseconds of `clock()`. */
  at: number;
  until: number;
  user: number;
  system: number;
  childPeak: number;
  voluntary: number;
  involuntary: number;
}

/** Memory, I/O and network at one instant; `NaN` where there is no source. */
interface RestReading {
  at: number;
  received: number;
  sent: number;
  rss: number;
  vms: number;
  peak: number;
  read: number;
  written: number;
}

/** What was read at the start of a call; `null` for a group that was not due. */
export interface Span {
  /** The CPU clock. */
  cpu: CpuReading | null;
  /** Memory, I/O and network. */
  rest: RestReading | null;
}

/** Measures the calls of one worker. */
export class Meter {
  readonly #process: boolean;
  /** That can be used at once by what is measured. */
  readonly #cores: number;
  readonly #full: boolean;
  readonly #usage: ReadUsage;
  readonly #status: ProcFile | null = null;
  readonly #io: ProcFile | null = null;
  readonly #net: ProcFile | null = null;
  readonly #rollup: ProcFile | null = null;
  readonly #resetPeak: (() => void) | null = null;
  #lastCpu: CpuReading | null = null;
  #lastRest: RestReading | null = null;
  readonly #cpuBudget = new Budget(CPU_BUDGET, 0.01);
  readonly #restBudget = new Budget(REST_BUDGET, 0.05);
  readonly #ussBudget = new Budget(USS_BUDGET, 0.2);

  /** Opens the sources of this process, or of the calling thread; but for `usage`, if that is open already. */
  constructor(
    backend: "process" | "thread",
    level: StatsLevel,
    usage: ReadUsage = openRusage(),
  ) {
    this.#process = backend === "process";
    this.#cores = this.#process ? navigator.hardwareConcurrency : 1;
    this.#full = level === "full";
    this.#usage = usage;
    if (!this.#full) return;
    this.#net = openOwn("self", "net/dev");
    // Memory and I/O are kept per process: those of one thread among others cannot be told.
    if (!this.#process) return;
    this.#status = openOwn("self", "status");
    this.#io = openOwn("self", "io");
    this.#rollup = openOwn("self", "smaps_rollup");
    this.#resetPeak = openPeakReset();
  }

  /**
   * A message of several `calls` begins at `now`. The time before it pays for no reading of them, and what was saved for
   * little, as their cost would be many times their work where messages are few and short.
   */
  several(now: number, calls: number): void {
    const credit = SEVERAL_CREDIT / calls;
    this.#cpuBudget.limit(now, credit);
    this.#restBudget.limit(now, credit);
    this.#ussBudget.limit(now, credit);
  }

  /** Reads what is due at the start of a call; `now` is `clock()`. */
  begin(now: number): Span | null {
    if (!this.#full) return null;
    const span: Span = { cpu: null, rest: null };
    if (this.#restBudget.allows(now)) {
      // First of all, so that the peak is never below what was there at the start.
      this.#resetPeak?.();
      span.rest = this.#readRest();
    }
    if (this.#cpuBudget.allows(now)) span.cpu = this.#readCpu();
    return span;
  }

  /**
   * Writes what the call used into its row of `numbers`, which starts at `row`; to be called as soon as the function has
   * ended. `start` and `end` are the instants of the function on `clock()`.
   */
  end(
    span: Span | null,
    numbers: Numbers,
    row: number,
    start: number,
    end: number,
  ): void {
    if (span === null) return;
    const cpu = span.cpu ?? usable(this.#lastCpu, start, end);
    const rest = span.rest ?? usable(this.#lastRest, start, end);
    let childPeak = 0;
    if (cpu !== null) {
      const now = this.#readCpu();
      // The time between the two is known to within what they took; nobody can have used more than there was.
      const used = now.user - cpu.user + now.system - cpu.system;
      const least = used * 1000 / this.#cores, most = now.until - cpu.at;
      if (most <= (end - start) * MAX_WINDOW && least <= most) {
        numbers[row + Column.cpuWindow] = Math.max(now.at - cpu.at, least);
        numbers[row + Column.cpuUser] = now.user - cpu.user;
        numbers[row + Column.cpuSystem] = now.system - cpu.system;
      }
      numbers[row + Column.voluntary] = now.voluntary - cpu.voluntary;
      numbers[row + Column.involuntary] = now.involuntary - cpu.involuntary;
      // The kernel keeps the largest child of all; when that grew, it grew during this call.
      if (now.childPeak > cpu.childPeak) childPeak = now.childPeak;
    }
    if (rest !== null) {
      this.#writeRest(rest, numbers, row, childPeak);
      // The peak of an earlier reading was another call's; what was resident then is what this one began with.
      numbers[row + Column.peakStart] = span.rest === null
        ? rest.rss
        : rest.peak;
    }
  }

  /** CPU seconds of the worker so far: as read last, or now (`clock()`) if that is a while ago. */
  totals(now: number): CpuTotals | null {
    if (!this.#full) return null;
    const last = this.#lastCpu;
    const { user, system } = last !== null && now - last.at < TOTALS_AGE
      ? last
      : this.#readCpu();
    return Number.isNaN(user) ? null : { user, system };
  }

  #writeRest(
    was: RestReading,
    numbers: Numbers,
    row: number,
    childPeak: number,
  ): void {
    const now = this.#readRest();
    numbers[row + Column.netReceived] = now.received - was.received;
    numbers[row + Column.netSent] = now.sent - was.sent;
    numbers[row + Column.rss] = now.rss;
    numbers[row + Column.vms] = now.vms;
    numbers[row + Column.read] = now.read - was.read;
    numbers[row + Column.written] = now.written - was.written;
    numbers[row + Column.peakEnd] = Math.max(now.peak, childPeak);
    numbers[row + Column.uss] = this.#readUss();
    // A call that begins without a reading of its own counts its peak from here on.
    this.#resetPeak?.();
  }

  #readCpu(): CpuReading {
    const began = clock();
    const own = this.#usage(this.#process ? "process" : "thread");
    const reading: CpuReading = {
      at: began,
      until: began,
      user: own.user,
      system: own.system,
      childPeak: 0,
      voluntary: own.voluntary,
      involuntary: own.involuntary,
    };
    if (this.#process) {
      const children = this.#usage("children");
      reading.user += children.user;
      reading.system += children.system;
      reading.childPeak = children.peak;
    }
    this.#lastCpu = reading;
    reading.until = this.#cpuBudget.spend(began);
    return reading;
  }

  #readRest(): RestReading {
    const began = clock();
    const status = this.#status && parseStatus(this.#status.read());
    const io = this.#io && parseIo(this.#io.read());
    const net = this.#net && parseNetDev(this.#net.read());
    const reading: RestReading = {
      at: began,
      received: net ? net.external.recv_bytes + net.loopback.recv_bytes : NaN,
      sent: net ? net.external.sent_bytes + net.loopback.sent_bytes : NaN,
      rss: status?.vm_rss ?? NaN,
      vms: status?.vm_size ?? NaN,
      peak: status?.vm_hwm ?? NaN,
      read: io?.read_bytes ?? NaN,
      written: io?.write_bytes ?? NaN,
    };
    this.#lastRest = reading;
    this.#restBudget.spend(began);
    return reading;
  }

  #readUss(): number {
    const began = clock();
    if (this.#rollup === null || !this.#ussBudget.allows(began)) return NaN;
    const uss = parseSmapsRollup(this.#rollup.read()).uss;
    this.#ussBudget.spend(began);
    return uss;
  }
}

/** Time that may be spent on reading: it grows with the clock, up to a limit. */
class Budget {
  readonly #share: number;
  #left = CREDIT;
  #since = clock();
  #least: number;

  /** A budget of `share` of all time, for something that costs about so many milliseconds. */
  constructor(share: number, cost: number) {
    this.#share = share;
    this.#least = cost;
  }

  /** Whether there is anything left at `now`. */
  allows(now: number): boolean {
    this.#left = Math.min(
      CREDIT,
      this.#left + (now - this.#since) * this.#share,
    );
    this.#since = now;
    return this.#left > 0;
  }

  /** The time until `now` does not count, and what is left counts up to `most`. */
  limit(now: number, most: number): void {
    this.#since = now;
    this.#left = Math.min(this.#left, most);
  }

  /** Takes off what reading since `began` has cost; gives the time now. */
  spend(began: number): number {
    const now = clock(), cost = now - began;
    this.#least = Math.min(this.#least, cost);
    // Much more than that was not reading: code was compiled, or the kernel had given the CPU to somebody else.
    this.#left -= Math.min(cost, this.#least * 10);
    return now;
  }
}

/** A reading from before the call, if hardly anything can have happened between the two. */
function usable<R extends { at: number }>(
  last: R | null,
  start: number,
  end: number,
): R | null {
  return last !== null && start - last.at <= (end - start) * GAP ? last : null;
}
