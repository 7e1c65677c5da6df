/**
 * A made-up /proc, for what cannot be brought about at will: used process ids, thousands of processes, old kernels.
 *
 * @module
 */

/** One made-up process; all that is left out is 0. */
export interface FakeProcess {
  /** Process id. */
  pid: number;
  /** Process id of its parent. */
  ppid: number;
  /** Name of its command. @default {"fake"} */
  comm?: string;
  /** Start, in clock ticks since boot. @default {1000} */
  start?: number;
  /** CPU time in user mode, in clock ticks. */
  utime?: number;
  /** CPU time in user mode of reaped children, in clock ticks. */
  cutime?: number;
  /** Page faults without disk. @default {100} */
  minflt?: number;
  /** Those of reaped children. */
  cminflt?: number;
  /** State. @default {"S"} */
  state?: string;
  /** Time waited for disks, in clock ticks. */
  iowait?: number;
}

/** A folder that looks like /proc. */
export class FakeProc implements Disposable {
  /** Its path, without a slash at the end. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "lithoscope_proc_" });
  /** Process id that the kernel gave out last; `null` for a kernel that does not tell. */
  lastPid: number | null = null;

  /** Makes it with a `self`, as a collector wants to read that first. */
  constructor() {
    this.write("self/stat", "1 (init) S 0 0 0 0 -1");
    this.write("uptime", "100.00 50.00\n");
  }

  /** Writes a file in it, over the one that is there, in place: files that are kept open see the new text. */
  write(name: string, text: string): void {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }

  /** Adds a process, or gives new values to one that is there. */
  put(process: FakeProcess): void {
    const { pid, ppid, comm = "fake", state = "S", start = 1000 } = process;
    const { minflt = 100, cminflt = 0, utime = 0, cutime = 0 } = process;
    const fields = [
      ...[ppid, pid, pid, 0, -1, 0, minflt, cminflt, 0, 0],
      ...[utime, 0, cutime, 0, 20, 0, 1, 0, start, 4096 * 1000, 250],
      ...Array.from({ length: 17 }, () => 0),
      ...[process.iowait ?? 0, 0, 0],
    ];
    this.write(
      `${pid}/stat`,
      `${pid} (${comm}) ${state} ${fields.join(" ")}\n`,
    );
    this.write(
      `${pid}/status`,
      `Name:\t${comm}\nVmHWM:\t2000 kB\nVmRSS:\t1000 kB\nVmSwap:\t0 kB\nThreads:\t1\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t3\n`,
    );
    this.write(
      `${pid}/io`,
      "rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n",
    );
    this.write(`${pid}/schedstat`, `${utime * 1e7} 5000 7\n`);
    if (this.lastPid !== null) {
      this.lastPid = Math.max(this.lastPid, pid);
      this.write("loadavg", `0.1 0.2 0.3 1/90 ${this.lastPid}\n`);
    }
  }

  /** Ends a process: the folder goes, and files of it that were kept open say that it is no more. */
  remove(pid: number): void {
    for (const name of ["stat", "status", "io", "schedstat"]) {
      this.write(`${pid}/${name}`, "");
    }
    Deno.removeSync(`${this.path}/${pid}`, { recursive: true });
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
