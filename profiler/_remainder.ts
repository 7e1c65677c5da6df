/**
 * What ended processes used and no living process of their tree accounts for.
 *
 * @module
 */
import type { Conserved } from "./_context.ts";
import type { TrackedProcess } from "./_process.ts";
import type { ProcIo } from "./procfs.ts";

/** Use of ended processes that is to be added to what the living ones tell. */
export class Remainder implements Conserved {
  /** CPU in user mode, clock ticks. */
  user = 0;
  /** CPU in the kernel, clock ticks. */
  system = 0;
  /** Page faults that needed no disk. */
  minor = 0;
  /** Page faults that needed a disk. */
  major = 0;
  /** Bytes and calls; `null` while no process with readable counters is in it. */
  io: ProcIo | null = null;
  /** Nanoseconds waited for a CPU. */
  waitNs = 0;
  /** Switches of threads by themselves. */
  voluntary = 0;
  /** Switches of threads that the kernel forced. */
  involuntary = 0;

  /** Adds what no parent ever takes over: it is forgotten by the kernel when a process ends. */
  addForgotten(process: TrackedProcess): void {
    this.waitNs += process.waitNs ?? 0;
    this.voluntary += process.voluntary ?? 0;
    this.involuntary += process.involuntary ?? 0;
  }

  /** Adds what a parent would have taken over, had it reaped the process. */
  addUnclaimed(process: TrackedProcess): void {
    this.addConserved(process.conserved());
    if (process.io !== null) this.addIo(process.io);
  }

  /** Adds bytes and calls. */
  addIo(io: ProcIo): void {
    this.io = addIo(this.io, io);
  }

  /** Takes off what a process and its reaped children have used until now (without `children`: what it has itself). */
  takeOff(process: TrackedProcess, children: boolean): void {
    const { stat, io } = process;
    this.user -= stat.utime + (children ? stat.cutime : 0);
    this.system -= stat.stime + (children ? stat.cstime : 0);
    this.minor -= stat.minflt + (children ? stat.cminflt : 0);
    this.major -= stat.majflt + (children ? stat.cmajflt : 0);
    this.waitNs -= process.waitNs ?? 0;
    this.voluntary -= process.voluntary ?? 0;
    this.involuntary -= process.involuntary ?? 0;
    if (io === null) return;
    this.addIo({
      rchar: -io.rchar,
      wchar: -io.wchar,
      syscr: -io.syscr,
      syscw: -io.syscw,
      read_bytes: -io.read_bytes,
      write_bytes: -io.write_bytes,
      cancelled_write_bytes: -io.cancelled_write_bytes,
    });
  }

  /** Adds CPU and faults. */
  addConserved(use: Conserved): void {
    this.user += use.user;
    this.system += use.system;
    this.minor += use.minor;
    this.major += use.major;
  }
}

/** The sum of two I/O counters, of which the first may be unknown. */
export function addIo(sum: ProcIo | null, io: ProcIo): ProcIo {
  if (sum === null) return { ...io };
  return {
    rchar: sum.rchar + io.rchar,
    wchar: sum.wchar + io.wchar,
    syscr: sum.syscr + io.syscr,
    syscw: sum.syscw + io.syscw,
    read_bytes: sum.read_bytes + io.read_bytes,
    write_bytes: sum.write_bytes + io.write_bytes,
    cancelled_write_bytes: sum.cancelled_write_bytes +
      io.cancelled_write_bytes,
  };
}

/** Tells whether `wanted` is contained in `available` (one clock tick may be lost to rounding). */
export function covers(available: Conserved, wanted: Conserved): boolean {
  return available.user + 1 >= wanted.user &&
    available.system + 1 >= wanted.system &&
    available.minor >= wanted.minor && available.major >= wanted.major;
}

/** Takes `used` off `available`. */
export function subtract(available: Conserved, used: Conserved): void {
  available.user -= used.user;
  available.system -= used.system;
  available.minor -= used.minor;
  available.major -= used.major;
}
