/** How a figure of calls changed from one run to another, and whether that is more than chance. */
import {
  type Drawable,
  medianInterval,
  middleOf,
  ratioInterval,
} from "./_bootstrap.ts";
import { independentOf, weakened } from "./_dependence.ts";
import { mannWhitney, signedRank } from "./_statistics.ts";
import type { FigureChange, Spread } from "./compare.ts";

/** What of a change the values tell. */
export type Change = Omit<FigureChange, "key" | "title" | "unit">;

/** Fewer tell nothing. */
const MIN_CALLS = 5;
/** Pairs are compared if there are so many, and at least half of the calls of each run are in them. */
const MIN_PAIRS = 10;

/** Values of both runs, and of the calls that are in both, all in the order of time; without a verdict yet. */
export function changeOf(
  a: Float64Array,
  b: Float64Array,
  pairs: readonly (readonly [number, number])[],
): Change {
  const x = drawable(a), y = drawable(b);
  const unknown: Change = {
    a: spreadOf(x.sorted),
    b: spreadOf(y.sorted),
    method: null,
    ratio: null,
    low: null,
    high: null,
    p: null,
    verdict: "unknown",
  };
  // What took no time has no ratio.
  const ratios = drawable(Float64Array.from(
    pairs.filter(([from, to]) => from > 0 && to > 0),
    ([from, to]) => to / from,
  ));
  const { length } = ratios.sorted;
  if (length >= MIN_PAIRS && 2 * length >= Math.max(a.length, b.length)) {
    const [low, high] = medianInterval(ratios);
    const p = weakened(
      signedRank(ratios.sorted.map(Math.log)),
      ratios.independent / length,
    );
    const ratio = middleOf(ratios.sorted);
    return { ...unknown, method: "pairs", ratio, low, high, p };
  }
  const from = unknown.a?.p50 ?? 0, to = unknown.b?.p50 ?? 0;
  const ratio = from > 0 && to > 0 ? to / from : null;
  if (Math.min(a.length, b.length) < MIN_CALLS) return { ...unknown, ratio };
  const bounds = ratio === null ? [] : ratioInterval(x, y);
  // Of values many of which are 0, a median may be.
  const [low = null, high = null] = bounds.every(Number.isFinite) ? bounds : [];
  const p = weakened(
    mannWhitney(a, b),
    Math.min(x.independent / a.length, y.independent / b.length),
  );
  return { ...unknown, method: "groups", ratio, low, high, p };
}

function drawable(values: Float64Array): Drawable {
  return { sorted: values.toSorted(), independent: independentOf(values) };
}

function spreadOf(sorted: Float64Array): Spread | null {
  if (sorted.length === 0) return null;
  const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1]!;
  return { count: sorted.length, p50: middleOf(sorted), p95, sorted };
}
