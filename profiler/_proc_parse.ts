/**
 * Pure parsers of the kernel's text files under /proc: bytes in, numbers out, named as in proc(5).
 *
 * @module
 */
import { nextLine, numberAt, numbersOfLine, textOf } from "./_bytes.ts";

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
  /** Signal that its parent gets when it ends; -1 for a thread that is not the main one of its process. */
  exit_signal: number;
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
    exit_signal: f[34]!,
    processor: f[35]!,
    delayacct_blkio_ticks: f[38]!,
  };
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
