/**
 * The process that reaps the root of a tree: what it takes over when the root ends is what the root used since it was
 * last seen.
 *
 * @module
 */
import type { Conserved, ProcContext } from "./_context.ts";
import { TrackedProcess } from "./_process.ts";
import { covers, type Remainder, subtract } from "./_remainder.ts";
import type { ProcessTree } from "./tree.ts";

/** Watches what a process has taken over from its children. */
export class Reaper {
  readonly #context: ProcContext;
  readonly #process: TrackedProcess;
  /** Children of the reaper that nobody follows. */
  readonly #others = new Set<number>();
  #tick = 0;
  /** Read its I/O as well: it has some only from the root of a tree. */
  isIdle = false;

  private constructor(context: ProcContext, process: TrackedProcess) {
    this.#context = context;
    this.#process = process;
  }

  /** Watches process `pid`; `null` if it may not be read. */
  static open(context: ProcContext, pid: number): Reaper | null {
    try {
      return new Reaper(
        context,
        new TrackedProcess(context, pid, null, 0),
      );
    } catch {
      return null;
    }
  }

  /** Reads it, the first time in this tick. */
  read(): void {
    this.#process.readConserved(++this.#tick, this.isIdle);
  }

  /** Reads it once more in this tick. */
  readAgain(): void {
    this.#process.readConserved(this.#tick, this.isIdle);
  }

  /** True if it has taken over anything since the tick before. */
  get hasReaped(): boolean {
    const taken = this.#process.takenOver();
    return taken.minor > 0 || taken.user > 0 || taken.system > 0;
  }

  /** Remembers which of the processes found are its children and are not followed. */
  noteChildren(
    found: ReadonlyMap<number, { ppid: number }>,
    followed: ReadonlyMap<number, unknown>,
  ): void {
    for (const [pid, stat] of found) {
      if (stat.ppid === this.#process.pid && !followed.has(pid)) {
        this.#others.add(pid);
      }
    }
  }

  /**
   * Credits the trees whose roots it has reaped with what they used since they were last seen. `ended` are the processes
   * of its trees that ended in this tick and that no living process of their tree accounts for. They cannot have used more
   * than all cores had to give since `before`, when the last tick began.
   */
  settle(
    ended: readonly TrackedProcess[],
    treeOf: (process: TrackedProcess) => ProcessTree,
    before: number,
  ): void {
    const roots = ended.filter((process) => process.depth === 0);
    if (roots.length === 0) return;
    const available = this.#process.takenOver();
    for (const process of ended) {
      const use = process.conserved();
      if (covers(available, use)) subtract(available, use);
    }
    if (this.#otherEnded()) return; // then nobody can tell what was whose
    for (const root of roots) {
      const since = (this.#process.at - Math.min(before, root.at)) / 1000;
      // A process may have used up to a clock tick in each mode more than it told.
      const room = since * this.#context.clockTicks *
          navigator.hardwareConcurrency + 2 * ended.length;
      const share = limited(available, roots.length, room);
      const { remainder, options } = treeOf(root);
      remainder.addConserved(share);
      if (options.reaperIsIdle === true) this.#creditIo(remainder, ended);
    }
  }

  #creditIo(remainder: Remainder, ended: readonly TrackedProcess[]): void {
    const { io, ioBefore } = this.#process;
    if (io === null || ioBefore === null) return;
    const rest = (key: "read_bytes" | "write_bytes") => {
      const seen = ended.reduce((sum, { io }) => sum + (io?.[key] ?? 0), 0);
      return Math.max(0, io[key] - ioBefore[key] - seen);
    };
    remainder.addIo({
      rchar: 0,
      wchar: 0,
      syscr: 0,
      syscw: 0,
      read_bytes: rest("read_bytes"),
      write_bytes: rest("write_bytes"),
      cancelled_write_bytes: 0,
    });
  }

  #otherEnded(): boolean {
    let ended = false;
    for (const pid of this.#others) {
      try {
        Deno.statSync(`${this.#context.root}/${pid}`);
      } catch {
        this.#others.delete(pid);
        ended = true;
      }
    }
    return ended;
  }

  /** Closes its files. */
  close(): void {
    this.#process.close();
  }
}

/** One of `count` equal parts of `use`, no more than `room` ticks of CPU. */
function limited(use: Conserved, count: number, room: number): Conserved {
  const user = Math.max(0, use.user / count);
  const system = Math.max(0, use.system / count);
  const factor = Math.min(1, room / Math.max(1, user + system));
  return {
    user: user * factor,
    system: system * factor,
    minor: Math.max(0, use.minor / count),
    major: Math.max(0, use.major / count),
  };
}
