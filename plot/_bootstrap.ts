/**
 * How far medians can be trusted: what they would be if the calls were drawn again (the bootstrap). A median of values
 * drawn with replacement is the value at a place that follows a beta distribution, so it is drawn at once, however many
 * values there are, and as if there were fewer where they depend on each other. The same data gives the same interval: the numbers are random, but always the same.
 */

/** Draws in all. */
const DRAWS = 1000;

/** The lower middle of sorted values: always one of them, as in the summary. */
export function middleOf(sorted: Float64Array): number {
  return sorted[Math.ceil(sorted.length / 2) - 1]!;
}

/** Sorted values, and how many independent ones tell as much. */
export interface Drawable {
  /** Ascending. */
  sorted: Float64Array;
  /** At least 1. */
  independent: number;
}

/** Where 95 % of the ratios of two medians lie, `b` to `a`. */
export function ratioInterval(
  a: Drawable,
  b: Drawable,
): [low: number, high: number] {
  const random = new Random(1);
  return interval(() => drawMedian(b, random) / drawMedian(a, random));
}

/** Where 95 % of the medians lie. */
export function medianInterval(
  values: Drawable,
): [low: number, high: number] {
  const random = new Random(1);
  return interval(() => drawMedian(values, random));
}

function interval(draw: () => number): [low: number, high: number] {
  const drawn = Float64Array.from({ length: DRAWS }, draw).sort();
  return [drawn[DRAWS * 0.025]!, drawn[DRAWS * 0.975 - 1]!];
}

function drawMedian({ sorted, independent }: Drawable, random: Random): number {
  const half = (independent + 1) / 2;
  const place = Math.ceil(sorted.length * random.beta(half, half)) - 1;
  return sorted[Math.min(sorted.length - 1, Math.max(0, place))]!;
}

/** Random numbers that are the same for the same seed. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Above 0, below 1 (mulberry32). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return (((t ^ t >>> 14) >>> 0) + 0.5) / 2 ** 32;
  }

  /** The beta distribution, as a share of two gamma distributions. */
  beta(a: number, b: number): number {
    const x = this.#gamma(a);
    return x / (x + this.#gamma(b));
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) *
      Math.cos(2 * Math.PI * this.uniform());
  }

  /** For shapes of at least 1 (Marsaglia and Tsang, 2000). */
  #gamma(shape: number): number {
    const d = shape - 1 / 3, c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.#normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(this.uniform()) < x * x / 2 + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }
}
