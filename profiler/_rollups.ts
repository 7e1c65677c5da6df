/**
 * Reads USS and PSS now and then: to make them the kernel walks all pages of a process and stalls it meanwhile, so all
 * such reads together may take a small share of the time only.
 *
 * @module
 */
import type { TrackedProcess } from "./_process.ts";
import { parseSmapsRollup, readProcBytes } from "./procfs.ts";

/** Share of one core for these reads: a read costs 2,000 times its own time of waiting. */
const SHARE = 1 / 2000;
/** Milliseconds that may be spent at once, at the start or after a long wait. */
const MOST = 20;

/** Decides when to read USS and PSS, and of which process. */
export class Rollups {
  #budget = MOST;
  #at: number | null = null;

  /** Reads those of the processes whose values are oldest, while there is time for it; `now` is in milliseconds. */
  read(processes: Iterable<TrackedProcess>, now: number): void {
    const elapsed = this.#at === null ? 0 : now - this.#at;
    this.#at = now;
    this.#budget = Math.min(MOST, this.#budget + elapsed * SHARE);
    if (this.#budget <= 0) return;
    const age = (process: TrackedProcess) => process.ussAt ?? -Infinity;
    const oldest = [...processes].sort((a, b) => age(a) - age(b));
    for (const process of oldest) {
      const start = performance.now();
      const bytes = readProcBytes(`${process.folder}/smaps_rollup`, 2048);
      if (bytes !== null && bytes.length > 0) {
        const rollup = parseSmapsRollup(bytes);
        process.uss = rollup.uss;
        process.pss = rollup.pss;
      }
      process.ussAt = now;
      this.#budget -= performance.now() - start;
      if (this.#budget <= 0) return;
    }
  }
}
