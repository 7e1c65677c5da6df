/**
 * Finds new processes: asks the kernel which process id it gave out last, and looks only when there is a new one.
 *
 * @module
 */
import { parseStat, type ProcStat, readProcBytes } from "./procfs.ts";
import { type FileBudget, listIds, Source } from "./_source.ts";

/** All processes are looked at once in this many times what that takes, in case ids are given out in another order. */
const CHECK_FACTOR = 5000;
/** ... but not more often than this. */
const CHECK_MS = 5000;
/** More new ids than this are not tried one by one. */
const MOST_TRIED = 8;

/** Where children are looked for among those of known processes first, all new ids are looked at this often. */
const SEARCH_MS = 1000;

/** Watches a /proc for new processes. */
export class Discovery {
  readonly #root: string;
  readonly #loadavg: Source;
  #searched: number | null = null;
  #seen: number | null = null;
  #nextSearch = -Infinity;
  /** Ids given out of which nothing could be seen, as they had ended already or were still being made. */
  #unseen: number[] = [];
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

  /** Makes the next look one at all new ids: there may be orphans among them. */
  hurry(): void {
    this.#nextSearch = -Infinity;
  }

  /** True if a process may have started since this was asked last. */
  hasNews(): boolean {
    const last = this.#readLastPid();
    const news = last === null || last !== this.#seen;
    this.#seen = last;
    return news;
  }

  /** True if it is time for {@linkcode Discovery.look}; `now` is in milliseconds. */
  isDue(now: number): boolean {
    return now >= this.#nextCheck || this.#seen === null ||
      (this.#seen !== this.#searched && now >= this.#nextSearch);
  }

  /**
   * The processes that have started since the last look until {@linkcode Discovery.hasNews} was asked, by id; `followed`
   * are left out, `now` is in milliseconds. From time to time all others are in it.
   */
  look(
    now: number,
    followed: ReadonlyMap<number, unknown>,
  ): Map<number, ProcStat> {
    const found = new Map<number, ProcStat>();
    const before = this.#searched;
    const last = this.#searched = this.#seen;
    this.#nextSearch = now + SEARCH_MS;
    const full = last === null || before === null || now >= this.#nextCheck ||
      last < before; // ids begin anew after the highest one
    if (!full && last === before) return found;
    const start = performance.now();
    let reused = last !== null && before !== null && last < before;
    // A few ids are tried one by one; for many, or for all, the folder is listed.
    const few = !full && last - before <= MOST_TRIED;
    const pids = few
      ? Array.from({ length: last - before }, (_, n) => before + n + 1)
      : listIds(this.#root);
    pids.push(...this.#unseen.filter((pid) => few && !pids.includes(pid)));
    this.#unseen = [];
    for (const pid of pids) {
      const justGiven = !full && pid > before && pid <= last;
      if (followed.has(pid)) {
        reused ||= justGiven;
        continue;
      }
      if (!full && !few && !justGiven && this.#known.has(pid)) continue;
      const stat = this.read(pid);
      if (stat !== null) {
        found.set(pid, stat);
        if (few) this.#known.add(pid);
      } else if (justGiven) this.#unseen.push(pid);
    }
    if (!few) this.#known = new Set(pids);
    if (full) {
      const cost = performance.now() - start;
      this.#nextCheck = now + Math.max(CHECK_MS, CHECK_FACTOR * cost);
    }
    // A followed process has ended and its id names another one: that one is found in the next look.
    if (reused) this.reset();
    return found;
  }

  /** Reads a process; `null` if there is none: threads have ids too, and files under them. */
  read(pid: number): ProcStat | null {
    const bytes = readProcBytes(`${this.#root}/${pid}/stat`, 512);
    if (bytes === null) return null;
    try {
      const stat = parseStat(bytes);
      return stat.exit_signal === -1 ? null : stat;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
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
