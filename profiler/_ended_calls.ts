/**
 * The last calls that have ended, as metrics.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import {
  callLabels,
  ENDED,
  ENDED_INFO,
  ENDED_LITHOPS,
  infoLabels,
} from "./_call_metrics.ts";
import type { Family, Series } from "./_families.ts";

/** Ended calls that have series: what all calls did is told by counters and histograms. */
const KEPT = 30;

/** Keeps the statistics of the last calls. */
export class EndedCalls {
  /** Every metric of ended calls. */
  static readonly families: readonly Family[] = [
    ENDED_LITHOPS,
    ENDED,
    ENDED_INFO,
  ].flatMap(({ families }) => families);
  /** Oldest first. */
  readonly #calls: CallStats[] = [];

  /** A call has ended. */
  add(stats: CallStats): void {
    this.#calls.push(stats);
    if (this.#calls.length > KEPT) this.#calls.shift();
  }

  /** The series of the last calls, at most `room` of them. */
  series(room: number): Series[] {
    const all: Series[] = [];
    for (const stats of this.#calls.toReversed()) {
      const labels = callLabels(stats);
      const series = [
        ...ENDED_LITHOPS.series(stats, labels),
        ...ENDED.series(stats, labels),
        ...ENDED_INFO.series(stats, infoLabels(stats)),
      ];
      if (all.length + series.length > room) break;
      all.push(...series);
    }
    return all;
  }
}
