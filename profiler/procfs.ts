/**
 * The only reader of /proc: files that stay open, and pure parsers of their bytes beside them.
 *
 * A process that has ended makes a kept-open file throw (`ESRCH`), also when its id has been given to another process
 * since. Deno lets a script read /proc only under `--allow-all` with no `--deny-*`.
 *
 * @module
 */
import { parseAuxv, type SystemConstants } from "./_machine_parse.ts";
import { parseStat } from "./_proc_parse.ts";
import { parseStatus } from "./_memory_parse.ts";
import { demandRead } from "./granted.ts";

export {
  parseChildren,
  parseIo,
  parseSchedstat,
  parseStat,
  parseStatm,
} from "./_proc_parse.ts";
export type {
  ProcIo,
  ProcSchedstat,
  ProcStat,
  ProcStatm,
} from "./_proc_parse.ts";
export { parseSmapsRollup, parseStatus } from "./_memory_parse.ts";
export type { ProcRollup, ProcStatus } from "./_memory_parse.ts";
export {
  parseAuxv,
  parseCores,
  parseNetDev,
  parsePressure,
} from "./_machine_parse.ts";
export type {
  CoreTicks,
  NetCounters,
  NetDev,
  SystemConstants,
} from "./_machine_parse.ts";

/**
 * The kernel fills a page per read of a many-line file and stops before the line that does not fit, so a read that
 * leaves less than a line's room may not be the last one.
 */
const SURELY_LAST = 4096 - 512;

/** Where the kernel shows its processes. */
export const PROC = "/proc";

/** A kernel file that stays open: read again and again, it costs a seek and a read. */
export class ProcFile {
  readonly #file: Deno.FsFile;
  #buffer: Uint8Array<ArrayBuffer>;

  /**
   * Opens the file at `path`; throws `Deno.errors.NotFound` if it is not there, and `Deno.errors.NotCapable` without
   * `--allow-all`. The buffer starts at `size` bytes and grows when full.
   */
  constructor(path: string, size = 2048) {
    demandRead(path);
    this.#file = Deno.openSync(path);
    this.#buffer = new Uint8Array(size);
  }

  /** The file's bytes as they are now, valid until the next read; throws if its process has ended (`ESRCH`). */
  read(): Uint8Array {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    let length = 0;
    while (true) {
      const room = this.#buffer.length - length;
      const read = this.#file.readSync(this.#buffer.subarray(length)) ?? 0;
      length += read;
      if (read === 0 || (read < room && read < SURELY_LAST)) break;
      if (length === this.#buffer.length) {
        const larger = new Uint8Array(this.#buffer.length * 4);
        larger.set(this.#buffer);
        this.#buffer = larger;
      }
    }
    return this.#buffer.subarray(0, length);
  }

  /** The file as text, without the newline at its end. */
  text(): string {
    return new TextDecoder().decode(this.read()).trimEnd();
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Reads a kernel file once; `null` if it is not there, may not be read, or its process has ended. */
export function readProcBytes(path: string, size = 2048): Uint8Array | null {
  try {
    using file = new ProcFile(path, size);
    return file.read();
  } catch {
    return null;
  }
}

/** Reads a kernel file once as text, without the newline at its end; `null` as {@linkcode readProcBytes}. */
export function readProcText(path: string): string | null {
  const bytes = readProcBytes(path);
  return bytes === null ? null : new TextDecoder().decode(bytes).trimEnd();
}

/** Reads the units that /proc counts in; those of nearly every Linux if it may not be read. */
export function systemConstants(root = PROC): SystemConstants {
  return parseAuxv(readProcBytes(`${root}/self/auxv`) ?? new Uint8Array(0));
}

/**
 * Opens a file of the calling process (`self`) or of the calling thread (`thread-self`), such as `"stat"`; `null` where
 * there is none or it may not be read.
 */
export function openOwn(
  whose: "self" | "thread-self",
  name: string,
): ProcFile | null {
  try {
    const file = new ProcFile(`/proc/${whose}/${name}`);
    file.read();
    return file;
  } catch {
    return null;
  }
}

/** Thread id of the caller; its process id where that cannot be known. */
export function ownThreadId(): number {
  try {
    const path = "/proc/thread-self";
    demandRead(path);
    return Number(Deno.readLinkSync(path).split("/").pop());
  } catch {
    return Deno.pid;
  }
}

/**
 * Makes a function that sets the peak resident memory (`VmHWM`) of the calling process back to what it has resident
 * now; `null` where the kernel does not let it.
 */
export function openPeakReset(): (() => void) | null {
  try {
    const path = "/proc/self/clear_refs";
    demandRead(path); // Who may not read there may not write either.
    const file = Deno.openSync(path, { write: true });
    const five = new TextEncoder().encode("5");
    file.writeSync(five);
    return () => file.writeSync(five);
  } catch {
    return null;
  }
}

/** Whether a thread of the calling process is still there; false where that cannot be known. */
export function isOwnThread(tid: number): boolean {
  try {
    const path = `/proc/self/task/${tid}`;
    demandRead(path);
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Memory of a process, in bytes. */
export interface ProcMemory {
  /** Resident. */
  rss: number;
  /** Most that was resident, since the process set that back. */
  peak: number;
  /** Virtual. */
  vms: number;
}

/** Memory of a process now; `null` if it has ended or that may not be read. */
export function memoryOf(pid: number): ProcMemory | null {
  const bytes = readProcBytes(`/proc/${pid}/status`);
  if (bytes === null) return null;
  const { vm_rss: rss, vm_hwm: peak, vm_size: vms } = parseStatus(bytes);
  return rss === null || peak === null || vms === null
    ? null
    : { rss, peak, vms };
}

/** Processes that the kernel has killed as memory ran out, on the whole machine; `null` if it does not tell. */
export function machineOomKills(): number | null {
  const kills = /^oom_kill (\d+)$/m.exec(readProcText("/proc/vmstat") ?? "");
  return kills === null ? null : Number(kills[1]);
}

/** How far a process has got. */
export interface ProcProgress {
  /** One letter, as in `ProcStat`: T stopped by a signal, t held by a debugger. */
  state: string;
  /** CPU time of it and its threads, in clock ticks. */
  ticks: number;
}

/** How far a process has got; `null` if it has ended, or where that cannot be known. */
export function progressOf(pid: number): ProcProgress | null {
  const bytes = readProcBytes(`${PROC}/${pid}/stat`);
  if (bytes === null) return null;
  const { state, utime, stime } = parseStat(bytes);
  return { state, ticks: utime + stime };
}

/** Name of the environment variable by which a worker process, and all that it starts, can be told from others. */
export const MARKER_ENV = "LITHOSCOPE_CHILD";

/** Processes that were started with `marker` (`NAME=value`) in their environment, as far as that may be read. */
export function processesMarked(marker: string): number[] {
  const isMarked = (pid: string) => {
    try {
      return Deno.readTextFileSync(`${PROC}/${pid}/environ`).split("\0")
        .includes(marker);
    } catch {
      return false; // Ended, or another user's.
    }
  };
  try {
    demandRead(PROC);
    return [...Deno.readDirSync(PROC)]
      .map(({ name }) => name)
      .filter((name) => /^\d+$/.test(name) && isMarked(name))
      .map(Number);
  } catch {
    return []; // This script may not look.
  }
}
