/**
 * Finds new processes: asks the kernel which process id it gave out last, and looks only when there is a new one.
 *
 * @module
 */
import { parseStat, type ProcStat, readProcBytes } from "./procfs.ts";
import { type FileBudget, listIds, Source } from "./_source.ts";

/** All processes are looked at once in this many times what that takes, in case ids are given out in another order. */
const CHECK_FACTOR = 1000;
/** ... but not more often than this. */
const CHECK_MS = 1000;

/** Watches a /proc for new processes. */
export class Discovery {
  readonly #root: string;
  readonly #loadavg: Source;
  #lastPid: number | null = null;
  #known = new Set<number>();
  #nextCheck = -Infinity;

  /** Watches the /proc at `root`. */
  constructor(root: string, files: FileBudget) {
    this.#root = root;
    this.#loadavg = new Source(`${root}/loadavg`, files, 128);
  }

  /** Makes the next look a full one. */
  reset(): void {
    this.#nextCheck = -Infinity;
  }

  /**
   * The processes that may have started since the last look, by id; `followed` are left out, `now` is in milliseconds.
   * From time to time all others are in it.
   */
  look(
    now: number,
    followed: ReadonlyMap<number, unknown>,
  ): Map<number, ProcStat> {
    const found = new Map<number, ProcStat>();
    const before = this.#lastPid;
    const last = this.#lastPid = this.#readLastPid();
    const full = last === null || before === null || now >= this.#nextCheck ||
      last < before; // ids begin anew after the highest one
    if (!full && last === before) return found;
    const start = performance.now();
    let reused = last !== null && before !== null && last < before;
    const pids = listIds(this.#root);
    for (const pid of pids) {
      const justGiven = !full && pid > before && pid <= last;
      if (followed.has(pid)) {
        reused ||= justGiven;
        continue;
      }
      const isNew = full || justGiven || !this.#known.has(pid);
      if (!isNew) continue;
      const bytes = readProcBytes(`${this.#root}/${pid}/stat`, 512);
      if (bytes === null) continue;
      try {
        found.set(pid, parseStat(bytes));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
    this.#known = new Set(pids);
    if (full) {
      const cost = performance.now() - start;
      this.#nextCheck = now + Math.max(CHECK_MS, CHECK_FACTOR * cost);
    }
    // A followed process has ended and its id names another one: that one is found in the next look.
    if (reused) this.reset();
    return found;
  }

  #readLastPid(): number | null {
    try {
      const bytes = this.#loadavg.read();
      let at = bytes.lastIndexOf(32) + 1;
      let pid = 0;
      for (; at < bytes.length && bytes[at]! >= 48; at++) {
        pid = pid * 10 + bytes[at]! - 48;
      }
      return pid > 0 ? pid : null;
    } catch {
      return null;
    }
  }

  /** Closes its file. */
  close(): void {
    this.#loadavg.close();
  }
}
