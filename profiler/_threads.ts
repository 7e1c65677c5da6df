/**
 * Counters that the kernel keeps by thread only: time on a CPU in nanoseconds, time waited for one, switches. Summed
 * over the threads of a process; threads that have ended count as last seen.
 *
 * @module
 */
import {
  parseChildren,
  parseSchedstat,
  parseStatus,
  type ProcSchedstat,
  readProcBytes,
} from "./procfs.ts";
import { type FileBudget, isGone, listIds, Source } from "./_source.ts";

/** Threads may come and go without their number changing; they are listed anew at least this often. */
const RELIST_MS = 1000;
/** Threads but the main one are read no more often than this; ticks of `stat` tell what they do meanwhile. */
const OTHERS_MS = 450;
/** Switches of all threads are read again after this many times what reading them took. */
const SWITCHES_FACTOR = 5000;

interface Thread {
  schedstat: Source;
  children: Source;
  last: ProcSchedstat;
  voluntary: number;
  involuntary: number;
}

/** Sums over the threads of a process. */
export interface ThreadSums {
  /** Nanoseconds on a CPU; exited threads that were never seen are not in it. */
  run_ns: number;
  /** Nanoseconds ready but waiting for a CPU. */
  wait_ns: number;
  /** Times they gave up the CPU by themselves. */
  voluntary: number;
  /** Times the kernel took the CPU away from them. */
  involuntary: number;
}

/** The threads of one process with several. */
export class ThreadTable {
  readonly #main: number;
  readonly #folder: string;
  readonly #budget: FileBudget;
  readonly #threads = new Map<number, Thread>();
  readonly #ended: ThreadSums = {
    run_ns: 0,
    wait_ns: 0,
    voluntary: 0,
    involuntary: 0,
  };
  #listedAt = -Infinity;
  #othersAt = -Infinity;
  #childrenAt = -Infinity;
  #nextSwitches = -Infinity;

  /** The threads of process `pid`, whose folder under /proc is `folder`. */
  constructor(pid: number, folder: string, budget: FileBudget) {
    this.#main = pid;
    this.#folder = `${folder}/task`;
    this.#budget = budget;
  }

  /**
   * Reads the main thread, and all others unless they were read a moment ago; `expected` is how many the process has,
   * `now` in milliseconds of a clock that never steps.
   */
  read(expected: number, now: number): ThreadSums {
    if (
      this.#threads.size !== expected || now - this.#listedAt > RELIST_MS
    ) {
      this.#list(now);
    }
    const all = now - this.#othersAt > OTHERS_MS;
    if (all) this.#othersAt = now;
    for (const [tid, thread] of this.#threads) {
      if (!all && tid !== this.#main) continue;
      try {
        thread.last = parseSchedstat(thread.schedstat.read());
      } catch (error) {
        if (!isGone(error)) throw error;
        this.#end(tid, thread);
      }
    }
    if (now >= this.#nextSwitches) this.#readSwitches(now);
    const sums = { ...this.#ended };
    for (const thread of this.#threads.values()) this.#add(sums, thread);
    return sums;
  }

  #list(now: number): void {
    this.#listedAt = now;
    const live = new Set(listIds(this.#folder));
    for (const [tid, thread] of this.#threads) {
      if (!live.has(tid)) this.#end(tid, thread);
    }
    for (const tid of live) {
      if (this.#threads.has(tid)) continue;
      this.#threads.set(tid, {
        schedstat: this.#source(tid, "schedstat", 128),
        children: this.#source(tid, "children", 256),
        last: { run_ns: 0, wait_ns: 0, slices: 0 },
        voluntary: 0,
        involuntary: 0,
      });
    }
  }

  #source(tid: number, name: string, size: number): Source {
    return new Source(`${this.#folder}/${tid}/${name}`, this.#budget, size);
  }

  /** Threads known. */
  get size(): number {
    return this.#threads.size;
  }

  /**
   * Ids of the children that run and that the main thread has started, or, unless that was asked a moment ago, any of
   * the threads; `now` is in milliseconds.
   */
  listChildren(now: number): number[] {
    const children: number[] = [];
    const all = now - this.#childrenAt > OTHERS_MS;
    if (all) this.#childrenAt = now;
    for (const [tid, thread] of this.#threads) {
      if (!all && tid !== this.#main) continue;
      try {
        children.push(...parseChildren(thread.children.read()));
      } catch (error) {
        // A thread that has ended is noticed by its schedstat; a kernel that does not tell is the caller's matter.
        if (error instanceof Deno.errors.NotFound) throw error;
      }
    }
    return children;
  }

  #readSwitches(now: number): void {
    const start = performance.now();
    for (const [tid, thread] of this.#threads) {
      const bytes = readProcBytes(`${this.#folder}/${tid}/status`);
      if (bytes === null) continue;
      const status = parseStatus(bytes);
      thread.voluntary = status.voluntary_switches ?? thread.voluntary;
      thread.involuntary = status.nonvoluntary_switches ?? thread.involuntary;
    }
    this.#nextSwitches = now + SWITCHES_FACTOR * (performance.now() - start);
  }

  #add(sums: ThreadSums, thread: Thread): void {
    sums.run_ns += thread.last.run_ns;
    sums.wait_ns += thread.last.wait_ns;
    sums.voluntary += thread.voluntary;
    sums.involuntary += thread.involuntary;
  }

  #end(tid: number, thread: Thread): void {
    this.#add(this.#ended, thread);
    thread.schedstat.close();
    thread.children.close();
    this.#threads.delete(tid);
  }

  /** Closes all files. */
  close(): void {
    for (const { schedstat, children } of this.#threads.values()) {
      schedstat.close();
      children.close();
    }
    this.#threads.clear();
  }
}
