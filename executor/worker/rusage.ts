/**
 * `getrusage(2)`: what the kernel charges to this process, to its reaped children, or to the calling thread, to the
 * microsecond and in under two microseconds. Deno has no call for it, so it is reached through the C library; where
 * that may not be loaded (no `--allow-ffi`, another libc), /proc answers in clock ticks.
 *
 * @module
 */
import { isGranted } from "../../profiler/granted.ts";
import {
  openOwn,
  parseStat,
  type ProcFile,
  systemConstants,
} from "../../profiler/procfs.ts";

/** Whose usage to read. */
export type Whose = "process" | "children" | "thread";

/** What was used so far. */
export interface Rusage {
  /** CPU seconds in user mode. */
  user: number;
  /** CPU seconds in the kernel. */
  system: number;
  /** Largest resident memory in bytes (of the largest child, for children); `NaN` if not known. */
  peak: number;
  /** Times the CPU was given up; `NaN` if not known. */
  voluntary: number;
  /** Times the CPU was taken away; `NaN` if not known. */
  involuntary: number;
}

const WHO: Record<Whose, number> = { process: 0, children: -1, thread: 1 };
const CLOCK_THREAD_CPUTIME = 3;
const LIBRARIES = [
  "libc.so.6",
  "libc.musl-x86_64.so.1",
  "libc.musl-aarch64.so.1",
];

/** Reads the usage of the process that it was made in. */
export type ReadUsage = (whose: Whose) => Rusage;

/** The best way this process may read its usage. */
export function openRusage(): ReadUsage {
  return openLibrary() ?? openProc();
}

function openLibrary(): ReadUsage | null {
  if (Deno.build.os !== "linux") return null;
  for (const name of LIBRARIES) {
    if (!isGranted({ name: "ffi", path: name })) continue;
    try {
      const library = Deno.dlopen(name, {
        getrusage: { parameters: ["i32", "buffer"], result: "i32" },
        clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
      });
      const clock = new BigInt64Array(2);
      // struct rusage: two timevals, then fourteen longs, all of 64 bits and far from using the upper half in full.
      const fields = new Uint32Array(36);
      const at = (i: number) => fields[2 * i]! + fields[2 * i + 1]! * 2 ** 32;
      return (whose) => {
        // Only reading its clock makes the kernel charge the running slice to the thread.
        if (whose === "thread") {
          library.symbols.clock_gettime(CLOCK_THREAD_CPUTIME, clock);
        }
        library.symbols.getrusage(WHO[whose], fields);
        return {
          user: at(0) + at(1) / 1e6,
          system: at(2) + at(3) / 1e6,
          peak: at(4) * 1024,
          voluntary: at(16),
          involuntary: at(17),
        };
      };
    } catch {
      continue;
    }
  }
  return null;
}

function openProc(): ReadUsage {
  const { clockTicks } = systemConstants();
  const files: Record<Whose, ProcFile | null> = {
    process: openOwn("self", "stat"),
    children: openOwn("self", "stat"),
    thread: openOwn("thread-self", "stat"),
  };
  return (whose) => {
    // Without /proc the process still knows its own time.
    if (whose === "process" && files.process === null) {
      const { user, system } = process.cpuUsage();
      return {
        user: user / 1e6,
        system: system / 1e6,
        peak: NaN,
        voluntary: NaN,
        involuntary: NaN,
      };
    }
    const file = files[whose];
    const stat = file === null ? null : parseStat(file.read());
    const ticks = stat === null
      ? [NaN, NaN]
      : whose === "children"
      ? [stat.cutime, stat.cstime]
      : [stat.utime, stat.stime];
    return {
      user: ticks[0]! / clockTicks,
      system: ticks[1]! / clockTicks,
      peak: NaN,
      voluntary: NaN,
      involuntary: NaN,
    };
  };
}

declare const process: { cpuUsage(): { user: number; system: number } };
