/**
 * Tests that ask nothing of a distribution: whether two samples differ, whether pairs do, whether two shares do. All
 * give the probability of a difference at least as large by chance alone (two-sided).
 */
import { upper } from "./_dependence.ts";

/** Whether one of two independent samples tends to larger values (Mann and Whitney's U): exact for small ones without ties. */
export function mannWhitney(a: Float64Array, b: Float64Array): number {
  const n = a.length, m = b.length;
  if (n === 0 || m === 0) return 1;
  const all = [
    ...Array.from(a, (value) => ({ value, isA: true })),
    ...Array.from(b, (value) => ({ value, isA: false })),
  ].sort((x, y) => x.value - y.value);
  const { ranks, ties, hasTies } = ranked(all.map(({ value }) => value));
  let sum = 0;
  all.forEach(({ isA }, i) => {
    if (isA) sum += ranks[i]!;
  });
  const u = sum - n * (n + 1) / 2;
  if (!hasTies && n <= 20 && m <= 20) {
    return twoSided(u, n * m, waysOfU(n, m));
  }
  const size = n + m;
  const variance = n * m / 12 * (size + 1 - ties / (size * (size - 1)));
  return normal(u - n * m / 2, variance);
}

/** Whether differences of pairs tend to one side (Wilcoxon's signed ranks): exact for few without ties. */
export function signedRank(differences: Float64Array): number {
  const known = Array.from(differences).filter((it) => it !== 0)
    .sort((x, y) => Math.abs(x) - Math.abs(y));
  const n = known.length;
  if (n === 0) return 1;
  const { ranks, ties, hasTies } = ranked(known.map(Math.abs));
  let up = 0;
  known.forEach((difference, i) => {
    if (difference > 0) up += ranks[i]!;
  });
  const most = n * (n + 1) / 2;
  if (!hasTies && n <= 30) return twoSided(up, most, waysOfSum(n));
  const variance = most * (2 * n + 1) / 12 - ties / 48;
  return normal(up - most / 2, variance);
}

/** Whether the shares `a / ofA` and `b / ofB` differ (Fisher's exact test). */
export function fisher(a: number, ofA: number, b: number, ofB: number): number {
  const some = a + b;
  const logs = new Float64Array(ofA + ofB + 1); // logarithms of factorials
  for (let i = 2; i < logs.length; i++) logs[i] = logs[i - 1]! + Math.log(i);
  const choose = (n: number, k: number) => logs[n]! - logs[k]! - logs[n - k]!;
  const chance = (k: number) =>
    Math.exp(choose(ofA, k) + choose(ofB, some - k) - choose(ofA + ofB, some));
  const seen = chance(a) * (1 + 1e-9);
  let p = 0;
  for (let k = Math.max(0, some - ofB); k <= Math.min(some, ofA); k++) {
    const each = chance(k);
    if (each <= seen) p += each;
  }
  return Math.min(1, p);
}

/** Probabilities of several tests, corrected so that one false alarm among them is as rare as in one test (Holm). */
export function holm(ps: readonly number[]): number[] {
  const order = [...ps.keys()].sort((i, j) => ps[i]! - ps[j]!);
  const corrected = new Array<number>(ps.length);
  let least = 0;
  order.forEach((at, i) => {
    least = Math.max(least, Math.min(1, (ps.length - i) * ps[at]!));
    corrected[at] = least;
  });
  return corrected;
}

/** Ranks from 1 of ascending values, equal ones sharing theirs; `ties` is the sum of t³ - t over the sizes of ties. */
function ranked(
  values: readonly number[],
): { ranks: Float64Array; ties: number; hasTies: boolean } {
  const ranks = new Float64Array(values.length);
  let ties = 0;
  for (let from = 0, to = 0; from < values.length; from = to) {
    while (to < values.length && values[to] === values[from]) to++;
    ranks.fill((from + 1 + to) / 2, from, to);
    const size = to - from;
    ties += size ** 3 - size;
  }
  return { ranks, ties, hasTies: ties > 0 };
}

/** In how many ways each value of U comes about: the recurrence over which sample has the largest value. */
function waysOfU(n: number, m: number): Float64Array {
  let rows = Array.from({ length: m + 1 }, () => Float64Array.of(1)); // of no values in the first sample
  for (let i = 1; i <= n; i++) {
    const next = [Float64Array.of(1)];
    for (let j = 1; j <= m; j++) {
      const ways = new Float64Array(i * j + 1);
      rows[j]!.forEach((count, u) => ways[u + j]! += count);
      next[j - 1]!.forEach((count, u) => ways[u]! += count);
      next.push(ways);
    }
    rows = next;
  }
  return rows[m]!;
}

/** In how many ways ranks from 1 to n add up to each sum, each taken or not. */
function waysOfSum(n: number): Float64Array {
  const ways = new Float64Array(n * (n + 1) / 2 + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = ways.length - 1; sum >= rank; sum--) {
      ways[sum]! += ways[sum - rank]!;
    }
  }
  return ways;
}

function twoSided(value: number, most: number, ways: Float64Array): number {
  const low = Math.min(value, most - value);
  let tail = 0, all = 0;
  ways.forEach((count, i) => {
    all += count;
    if (i <= low) tail += count;
  });
  return Math.min(1, 2 * tail / all);
}

/** By the normal distribution, with a correction for whole steps. */
function normal(distance: number, variance: number): number {
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(distance) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upper(z));
}
