/**
 * Reads USS and PSS now and then: to make them the kernel walks all pages of a process and stalls it meanwhile, so all
 * such reads together may take a small share of the time only.
 *
 * @module
 */
import type { TrackedProcess } from "./_process.ts";
import { parseSmapsRollup, readProcBytes } from "./procfs.ts";

/** Share of one core for these reads: after one there is none for 2,000 times what it took. */
const SHARE = 1 / 2000;
/** Milliseconds that may be spent at once, at the start or after a long wait. */
const MOST = 20;

/** What is known of a process here. */
type Read = Pick<TrackedProcess, "folder" | "uss" | "pss" | "ussAt">;

/** Decides when to read USS and PSS, and of which process. */
export class Rollups {
  readonly #cpuTime: () => number | null;
  readonly #wallTime: () => number;
  #budget = MOST;
  #at: number | null = null;

  /** `cpuTime` gives the milliseconds of CPU time of this thread as the kernel has counted them so far. */
  constructor(
    cpuTime: () => number | null,
    wallTime: () => number = () => performance.now(),
  ) {
    this.#cpuTime = cpuTime;
    this.#wallTime = wallTime;
  }

  /** Reads those of the processes whose values are oldest, while there is time for it; `now` is in milliseconds. */
  read(processes: Iterable<Read>, now: number): void {
    const elapsed = this.#at === null ? 0 : now - this.#at;
    this.#at = now;
    this.#budget = Math.min(MOST, this.#budget + elapsed * SHARE);
    if (this.#budget <= 0) return;
    const age = (process: Read) => process.ussAt ?? -Infinity;
    const oldest = [...processes].sort((a, b) => age(a) - age(b));
    for (const process of oldest) {
      const cpu = this.#cpuTime(), wall = this.#wallTime();
      const bytes = readProcBytes(`${process.folder}/smaps_rollup`, 2048);
      if (bytes !== null && bytes.length > 0) {
        const rollup = parseSmapsRollup(bytes);
        process.uss = rollup.uss;
        process.pss = rollup.pss;
      }
      process.ussAt = now;
      this.#budget -= this.#cost(cpu, wall);
      if (this.#budget <= 0) return;
    }
  }

  /**
   * What was spent since then. On a loaded machine a read waits for a core most of its time, which is nobody's cost. The
   * kernel adds to the CPU time of a thread at its ticks and when it takes the core away: if it has added nothing, the
   * thread has run all the time.
   */
  #cost(cpu: number | null, wall: number): number {
    const passed = this.#wallTime() - wall;
    const used = (this.#cpuTime() ?? 0) - (cpu ?? 0);
    return used > 0 ? Math.min(used, passed) : passed;
  }
}
