/**
 * Pure parsers of the kernel's text files under /proc: bytes in, numbers out, named as in proc(5).
 *
 * @module
 */
import {
  hasKey,
  key,
  lastNumberOfLine,
  nextLine,
  numberAt,
  numbersOfLine,
  textOf,
} from "./_bytes.ts";

/** What `/proc/<pid>/stat` and `/proc/<pid>/task/<tid>/stat` tell, named and counted as in proc(5). */
export interface ProcStat {
  /** Process (or thread) id. */
  pid: number;
  /** Name of the command, at most 15 bytes; may hold spaces and parentheses. */
  comm: string;
  /** One letter: R running, S sleeping, D waiting for a disk, T stopped, t traced, Z ended but not reaped, I idle. */
  state: string;
  /** Process id of the parent. */
  ppid: number;
  /** Process group. */
  pgrp: number;
  /** Session. */
  session: number;
  /** Page faults that needed no disk. */
  minflt: number;
  /** Those of reaped children. */
  cminflt: number;
  /** Page faults that needed a disk. */
  majflt: number;
  /** Those of reaped children. */
  cmajflt: number;
  /** CPU time in user mode, in clock ticks; includes exited threads. */
  utime: number;
  /** CPU time in the kernel, in clock ticks; includes exited threads. */
  stime: number;
  /** CPU time in user mode of reaped children and theirs, in clock ticks. */
  cutime: number;
  /** CPU time in the kernel of reaped children and theirs, in clock ticks. */
  cstime: number;
  /** Threads. */
  num_threads: number;
  /** Start of the process, in clock ticks since boot: with `pid` it names a process once and for all. */
  starttime: number;
  /** Virtual memory in bytes. */
  vsize: number;
  /** Resident memory in pages, from counters that may lag by some pages per core. */
  rss: number;
  /** Core it last ran on. */
  processor: number;
  /** Time waited for disks, in clock ticks; always 0 unless the kernel's delay accounting is on. */
  delayacct_blkio_ticks: number;
}

const CLOSE_PAREN = 41;
const OPEN_PAREN = 40;
const statFields = new Float64Array(40);

/** Parses `/proc/<pid>/stat`; throws a `SyntaxError` if it is cut short. */
export function parseStat(bytes: Uint8Array): ProcStat {
  const open = bytes.indexOf(OPEN_PAREN);
  const close = bytes.lastIndexOf(CLOSE_PAREN);
  // Fields are counted from 1 in proc(5); the first number after the state is field 4.
  const count = numbersOfLine(bytes, close + 3, statFields);
  if (open < 0 || close < 0 || count < 39) {
    throw new SyntaxError(
      `Cannot read a process as its stat line is cut short: ${bytes.length} bytes`,
    );
  }
  const f = statFields;
  return {
    pid: numberAt(bytes, 0)!,
    comm: textOf(bytes, open + 1, close),
    state: String.fromCharCode(bytes[close + 2]!),
    ppid: f[0]!,
    pgrp: f[1]!,
    session: f[2]!,
    minflt: f[6]!,
    cminflt: f[7]!,
    majflt: f[8]!,
    cmajflt: f[9]!,
    utime: f[10]!,
    stime: f[11]!,
    cutime: f[12]!,
    cstime: f[13]!,
    num_threads: f[16]!,
    starttime: f[18]!,
    vsize: f[19]!,
    rss: f[20]!,
    processor: f[35]!,
    delayacct_blkio_ticks: f[38]!,
  };
}

/** What `/proc/<pid>/status` tells; memory in bytes, `null` for a process without memory of its own (kernel, zombie). */
export interface ProcStatus {
  /** Process id of the parent. */
  ppid: number | null;
  /** Its id in the innermost pid namespace it is in: what the process itself calls its pid. */
  ns_pid: number | null;
  /** Real user id. */
  uid: number | null;
  /** Threads. */
  threads: number | null;
  /** Peak resident memory since the process started or since its peak was reset. */
  vm_hwm: number | null;
  /** Resident memory. */
  vm_rss: number | null;
  /** Virtual memory. */
  vm_size: number | null;
  /** Peak virtual memory. */
  vm_peak: number | null;
  /** Memory in swap, shared memory left out. */
  vm_swap: number | null;
  /** Times the main (or this) thread gave up the CPU by itself. */
  voluntary_switches: number | null;
  /** Times the kernel took the CPU away from the main (or this) thread. */
  nonvoluntary_switches: number | null;
}

const P_PID = key("PPid:");
const NS_PID = key("NSpid:");
const UID = key("Uid:");
const THREADS = key("Threads:");
const VM_HWM = key("VmHWM:");
const VM_RSS = key("VmRSS:");
const VM_SIZE = key("VmSize:");
const VM_PEAK = key("VmPeak:");
const VM_SWAP = key("VmSwap:");
const VOLUNTARY = key("voluntary_ctxt_switches:");
const NONVOLUNTARY = key("nonvoluntary_ctxt_switches:");

function kilobytes(
  bytes: Uint8Array,
  at: number,
  wanted: Uint8Array,
): number | null {
  const value = numberAt(bytes, at + wanted.length);
  return value === null ? null : value * 1024;
}

/** Parses `/proc/<pid>/status` or `/proc/<pid>/task/<tid>/status`. */
export function parseStatus(bytes: Uint8Array): ProcStatus {
  const status: ProcStatus = {
    ppid: null,
    ns_pid: null,
    uid: null,
    threads: null,
    vm_hwm: null,
    vm_rss: null,
    vm_size: null,
    vm_peak: null,
    vm_swap: null,
    voluntary_switches: null,
    nonvoluntary_switches: null,
  };
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at)) {
    switch (bytes[at]) {
      case 86: // V
        if (hasKey(bytes, at, VM_HWM)) {
          status.vm_hwm = kilobytes(bytes, at, VM_HWM);
        } else if (hasKey(bytes, at, VM_RSS)) {
          status.vm_rss = kilobytes(bytes, at, VM_RSS);
        } else if (hasKey(bytes, at, VM_SIZE)) {
          status.vm_size = kilobytes(bytes, at, VM_SIZE);
        } else if (hasKey(bytes, at, VM_PEAK)) {
          status.vm_peak = kilobytes(bytes, at, VM_PEAK);
        } else if (hasKey(bytes, at, VM_SWAP)) {
          status.vm_swap = kilobytes(bytes, at, VM_SWAP);
        }
        break;
      case 118: // v
        if (hasKey(bytes, at, VOLUNTARY)) {
          status.voluntary_switches = numberAt(bytes, at + VOLUNTARY.length);
        }
        break;
      case 110: // n
        if (hasKey(bytes, at, NONVOLUNTARY)) {
          status.nonvoluntary_switches = numberAt(
            bytes,
            at + NONVOLUNTARY.length,
          );
        }
        break;
      case 84: // T
        if (hasKey(bytes, at, THREADS)) {
          status.threads = numberAt(bytes, at + THREADS.length);
        }
        break;
      case 80: // P
        if (hasKey(bytes, at, P_PID)) {
          status.ppid = numberAt(bytes, at + P_PID.length);
        }
        break;
      case 85: // U
        if (hasKey(bytes, at, UID)) {
          status.uid = numberAt(bytes, at + UID.length);
        }
        break;
      case 78: // N
        if (hasKey(bytes, at, NS_PID)) {
          status.ns_pid = lastNumberOfLine(bytes, at + NS_PID.length);
        }
        break;
    }
  }
  return status;
}

/** What `/proc/<pid>/io` tells, in bytes and calls; the counters of reaped children are added to their parent's. */
export interface ProcIo {
  /** Bytes read by system calls, from anything: files, pipes, terminals, the page cache. */
  rchar: number;
  /** Bytes written by system calls. */
  wchar: number;
  /** Read calls. */
  syscr: number;
  /** Write calls. */
  syscw: number;
  /** Bytes fetched from storage: what the page cache held already is not in it. */
  read_bytes: number;
  /** Bytes sent to storage, counted when the page is dirtied. */
  write_bytes: number;
  /** Bytes of `write_bytes` that never reached storage as the file was truncated or removed in time. */
  cancelled_write_bytes: number;
}

const ioFields = new Float64Array(1);

/** Parses `/proc/<pid>/io`: seven lines in a fixed order. */
export function parseIo(bytes: Uint8Array): ProcIo {
  let at = 0;
  const next = (): number => {
    const colon = bytes.indexOf(58, at);
    if (colon < 0 || numbersOfLine(bytes, colon + 1, ioFields) === 0) {
      throw new SyntaxError(
        `Cannot read a process's I/O as its io file is cut short: ${bytes.length} bytes`,
      );
    }
    at = nextLine(bytes, colon);
    return ioFields[0]!;
  };
  return {
    rchar: next(),
    wchar: next(),
    syscr: next(),
    syscw: next(),
    read_bytes: next(),
    write_bytes: next(),
    cancelled_write_bytes: next(),
  };
}

/** What `schedstat` tells of one thread (`/proc/<pid>/schedstat` is the main thread alone). */
export interface ProcSchedstat {
  /** Nanoseconds on a CPU. */
  run_ns: number;
  /** Nanoseconds it was ready but had to wait for a CPU. */
  wait_ns: number;
  /** Times it was put on a CPU. */
  slices: number;
}

/** Parses `schedstat`. */
export function parseSchedstat(bytes: Uint8Array): ProcSchedstat {
  numbersOfLine(bytes, 0, statFields.fill(0, 0, 3));
  return {
    run_ns: statFields[0]!,
    wait_ns: statFields[1]!,
    slices: statFields[2]!,
  };
}

/** What `/proc/<pid>/statm` tells, in pages of {@linkcode SystemConstants.pageSize} bytes. */
export interface ProcStatm {
  /** Virtual memory. */
  size: number;
  /** Resident memory. */
  resident: number;
  /** Resident memory backed by files or shared memory. */
  shared: number;
}

/** Parses `/proc/<pid>/statm`. */
export function parseStatm(bytes: Uint8Array): ProcStatm {
  numbersOfLine(bytes, 0, statFields.fill(0, 0, 3));
  return {
    size: statFields[0]!,
    resident: statFields[1]!,
    shared: statFields[2]!,
  };
}

/** What `/proc/<pid>/smaps_rollup` tells, in bytes; the kernel walks all pages of the process to make it. */
export interface ProcRollup {
  /** Resident memory, exact. */
  rss: number;
  /** Resident memory with each shared page divided by the number of processes that share it. */
  pss: number;
  /** Memory that only this process uses: what would be free if it ended. */
  uss: number;
  /** Memory in swap. */
  swap: number;
}

const RSS = key("Rss:");
const PSS = key("Pss:");
const PRIVATE_CLEAN = key("Private_Clean:");
const PRIVATE_DIRTY = key("Private_Dirty:");
const PRIVATE_HUGE = key("Private_Hugetlb:");
const SWAP = key("Swap:");

/** Parses `/proc/<pid>/smaps_rollup`, or the sum of a whole `/proc/<pid>/smaps`. */
export function parseSmapsRollup(bytes: Uint8Array): ProcRollup {
  const rollup: ProcRollup = { rss: 0, pss: 0, uss: 0, swap: 0 };
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at)) {
    switch (bytes[at]) {
      case 82: // R
        if (hasKey(bytes, at, RSS)) rollup.rss += kilobytes(bytes, at, RSS)!;
        break;
      case 80: // P
        if (hasKey(bytes, at, PSS)) rollup.pss += kilobytes(bytes, at, PSS)!;
        else if (hasKey(bytes, at, PRIVATE_CLEAN)) {
          rollup.uss += kilobytes(bytes, at, PRIVATE_CLEAN)!;
        } else if (hasKey(bytes, at, PRIVATE_DIRTY)) {
          rollup.uss += kilobytes(bytes, at, PRIVATE_DIRTY)!;
        } else if (hasKey(bytes, at, PRIVATE_HUGE)) {
          rollup.uss += kilobytes(bytes, at, PRIVATE_HUGE)!;
        }
        break;
      case 83: // S
        if (hasKey(bytes, at, SWAP)) rollup.swap += kilobytes(bytes, at, SWAP)!;
        break;
    }
  }
  return rollup;
}

/** Parses `/proc/<pid>/task/<tid>/children`: the ids of the children that this thread started and that still run. */
export function parseChildren(bytes: Uint8Array): number[] {
  const children: number[] = [];
  let value = -1;
  for (let at = 0; at <= bytes.length; at++) {
    const digit = (bytes[at] ?? 32) - 48;
    if (digit >= 0 && digit <= 9) value = Math.max(value, 0) * 10 + digit;
    else if (value >= 0) {
      children.push(value);
      value = -1;
    }
  }
  return children;
}
