/**
 * How much calls tell that follow each other: the wait of a call holds the run times of all before it, memory belongs to
 * a worker, and a machine that is busy for a second slows down all calls of that second. A thousand such values may tell
 * no more than ten independent ones; a test that does not know it sells noise as change.
 */

/** Dependence is followed over so many calls at most. */
const MAX_LAG = 200;

/**
 * How many independent values tell as much as these, which are in the order of time: from their ranks' autocorrelation,
 * summed while neighbours are positive (Geyer's initial positive sequence). Never more than there are.
 */
export function independentOf(values: Float64Array): number {
  const n = values.length;
  if (n < 4) return n;
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!);
  const centred = new Float64Array(n);
  for (let from = 0, to = 0; from < n; from = to) {
    const value = values[order[from]!];
    while (to < n && values[order[to]!] === value) to++;
    for (let i = from; i < to; i++) centred[order[i]!] = (from + to - n) / 2;
  }
  const at = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += centred[i]! * centred[i - lag]!;
    return sum;
  };
  const variance = at(0);
  if (variance === 0) return n;
  let time = 1;
  for (let lag = 1; lag + 1 < Math.min(n / 2, MAX_LAG); lag += 2) {
    const pair = (at(lag) + at(lag + 1)) / variance;
    if (pair <= 0) break;
    time += 2 * pair;
  }
  return Math.max(1, n / time);
}

/** A two-sided probability as it is when the values tell as much as `share` of their number. */
export function weakened(p: number, share: number): number {
  if (share >= 1 || p >= 1) return p;
  return Math.min(1, 2 * upper(Math.sqrt(share) * deviate(p / 2)));
}

/** The upper tail of the normal distribution, to a relative error of 1.2e-7 (Press et al., Numerical Recipes, erfcc). */
export function upper(z: number): number {
  if (z < 0) return 1 - upper(-z);
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const factors = [
    ...[-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806],
    ...[0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277],
  ];
  const series = factors.reduceRight((sum, factor) => factor + t * sum, 0);
  return t * Math.exp(-x * x + series) / 2;
}

/** The deviate that is exceeded with this probability, at most a half: `upper` the other way round. */
function deviate(tail: number): number {
  let low = 0, high = 38; // there the tail is no number any more
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (upper(middle) > tail) low = middle;
    else high = middle;
  }
  return low;
}
