/**
 * How many calls were active at each instant, exactly: a sweep over the sorted starts and ends, no bins. And the
 * thinning that makes a million calls drawable without changing what the picture shows.
 *
 * @module
 */

/** Steps of a curve: it has the value `counts[i]` from `times[i]` until `times[i + 1]`. */
export interface Steps {
  /** Instants at which the value changes, ascending, in the unit of the input. */
  times: Float64Array;
  /** The value from that instant on. */
  counts: Int32Array;
}

/** The exact number of active calls over time. */
export interface ActiveCurve extends Steps {
  /** The largest number of calls active at once. */
  peak: number;
  /** The first instant of the peak, in the unit of the input; `NaN` if no call was ever active. */
  peakTime: number;
  /** Mean number of active calls between the first start and the last end. */
  mean: number;
}

/** The pixels of a chart area, and the part of the data that it shows. */
export interface PixelGrid {
  /** Data value at the left edge. */
  xMin: number;
  /** Data value at the right edge. */
  xMax: number;
  /** Data value at the bottom edge. */
  yMin: number;
  /** Data value at the top edge. */
  yMax: number;
  /** Pixels from left to right. */
  columns: number;
  /** Pixels from bottom to top. */
  rows: number;
}

/** Horizontal runs of covered pixels, see {@linkcode thinSpans}. */
export interface PixelRuns {
  /** Row of each run, 0 at the bottom. */
  rows: Int32Array;
  /** First covered column of each run. */
  from: Int32Array;
  /** Last covered column of each run. */
  to: Int32Array;
}

/**
 * Counts the calls active at each instant. A call is active from its start until just before its end, so calls that
 * follow each other at the same instant never count twice. A call whose start or end is `NaN` never ran, one that ends
 * before it starts (clocks of two machines) counts as of no duration: neither is ever active.
 *
 * @example Two calls that overlap for a second
 * ```ts
 * import { activeCalls } from "./concurrency.ts";
 *
 * const curve = activeCalls(Float64Array.of(0, 2), Float64Array.of(3, 5));
 * console.log(curve.times, curve.counts); // 0 2 3 5, 1 2 1 0
 * console.log(curve.peak, curve.mean); // 2, 1.2
 * ```
 *
 * @throws {RangeError} If the two arrays differ in length.
 */
export function activeCalls(
  starts: Float64Array,
  ends: Float64Array,
): ActiveCurve {
  if (starts.length !== ends.length) {
    throw new RangeError(
      `Cannot count active calls as each start must have an end: ${starts.length} starts, ${ends.length} ends`,
    );
  }
  const ups = new Float64Array(starts.length);
  const downs = new Float64Array(starts.length);
  let n = 0;
  for (let i = 0; i < starts.length; i++) {
    if (ends[i]! > starts[i]!) { // false for NaN
      ups[n] = starts[i]!;
      downs[n++] = ends[i]!;
    }
  }
  ups.subarray(0, n).sort();
  downs.subarray(0, n).sort();

  const times = new Float64Array(2 * n);
  const counts = new Int32Array(2 * n);
  let length = 0, active = 0, peak = 0, peakTime = NaN, area = 0;
  for (let up = 0, down = 0; down < n;) {
    const time = up < n ? Math.min(ups[up]!, downs[down]!) : downs[down]!;
    const before = active;
    while (down < n && downs[down] === time) active--, down++;
    while (up < n && ups[up] === time) active++, up++;
    if (active === before) continue;
    if (length > 0) area += before * (time - times[length - 1]!);
    times[length] = time;
    counts[length++] = active;
    if (active > peak) peak = active, peakTime = time;
  }
  const span = n > 0 ? downs[n - 1]! - ups[0]! : 0;
  return {
    times: times.subarray(0, length),
    counts: counts.subarray(0, length),
    peak,
    peakTime,
    mean: span > 0 ? area / span : 0,
  };
}

/**
 * Thins a step curve to at most four steps a pixel column: the first, the lowest, the highest and the last. What is
 * kept keeps its true instant, and every column still shows the extremes that it had.
 *
 * @throws {RangeError} If `columns` is not a positive integer.
 */
export function thinSteps(
  steps: Steps,
  xMin: number,
  xMax: number,
  columns: number,
): Steps {
  checkCount("columns", columns);
  const { times, counts } = steps;
  if (times.length <= 4 * columns) return steps;
  const scale = columns / (xMax - xMin);
  const kept = new Uint32Array(4 * (columns + 2));
  let length = 0;
  for (let first = 0; first < times.length;) {
    const column = columnOf(times[first]!, xMin, scale, columns);
    let low = first, high = first, next = first + 1;
    while (
      next < times.length &&
      columnOf(times[next]!, xMin, scale, columns) === column
    ) {
      if (counts[next]! < counts[low]!) low = next;
      if (counts[next]! > counts[high]!) high = next;
      next++;
    }
    const [a, b] = low < high ? [low, high] : [high, low];
    kept[length++] = first;
    if (a !== first) kept[length++] = a;
    if (b !== a) kept[length++] = b;
    if (next - 1 !== b) kept[length++] = next - 1;
    first = next;
  }
  const thin = {
    times: new Float64Array(length),
    counts: new Int32Array(length),
  };
  for (let i = 0; i < length; i++) {
    thin.times[i] = times[kept[i]!]!;
    thin.counts[i] = counts[kept[i]!]!;
  }
  return thin;
}

/**
 * Thins points to the first one of each pixel, and returns their indexes in order. A point whose `x` is `NaN` is left
 * out: so a series of failed calls, thinned apart from the others, loses none that can be told apart.
 *
 * @throws {RangeError} If `columns` or `rows` is not a positive integer.
 */
export function thinPoints(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  grid: PixelGrid,
): Uint32Array {
  checkCount("columns", grid.columns);
  checkCount("rows", grid.rows);
  const { columns, rows, xMin, yMin } = grid;
  const xScale = columns / (grid.xMax - xMin);
  const yScale = rows / (grid.yMax - yMin);
  const taken = new Uint8Array(columns * rows);
  const kept = new Uint32Array(Math.min(xs.length, columns * rows));
  let length = 0;
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (x !== x) continue;
    const cell = columnOf(ys[i]!, yMin, yScale, rows) * columns +
      columnOf(x, xMin, xScale, columns);
    if (taken[cell] === 1) continue;
    taken[cell] = 1;
    kept[length++] = i;
  }
  return kept.subarray(0, length);
}

/**
 * Thins horizontal spans to the runs of pixels that they cover together, row by row. The cost does not depend on how
 * long the spans are. A span is at least one pixel long; one whose start or end is `NaN` is left out.
 *
 * @throws {RangeError} If `columns` or `rows` is not a positive integer.
 */
export function thinSpans(
  starts: ArrayLike<number>,
  ends: ArrayLike<number>,
  ys: ArrayLike<number>,
  grid: PixelGrid,
): PixelRuns {
  checkCount("columns", grid.columns);
  checkCount("rows", grid.rows);
  const { columns, rows, xMin, yMin } = grid;
  const xScale = columns / (grid.xMax - xMin);
  const yScale = rows / (grid.yMax - yMin);
  // +1 where a span begins and -1 after it ends: a running sum along a row is the number of spans over each pixel.
  const width = columns + 1;
  const changes = new Int32Array(rows * width);
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i]!, end = ends[i]!;
    if (start !== start || end !== end) continue;
    const base = columnOf(ys[i]!, yMin, yScale, rows) * width;
    const from = columnOf(start, xMin, xScale, columns);
    const to = Math.max(from, columnOf(end, xMin, xScale, columns));
    changes[base + from]!++;
    changes[base + to + 1]!--;
  }
  const runs: [number[], number[], number[]] = [[], [], []];
  for (let row = 0; row < rows; row++) {
    let over = 0;
    for (let column = 0; column < width; column++) {
      const before = over;
      over += changes[row * width + column]!;
      if (before === 0 && over > 0) runs[0].push(row), runs[1].push(column);
      else if (before > 0 && over === 0) runs[2].push(column - 1);
    }
  }
  return {
    rows: Int32Array.from(runs[0]),
    from: Int32Array.from(runs[1]),
    to: Int32Array.from(runs[2]),
  };
}

/** The xs of points within the grid; `NaN` in place of those beside it, which thinning would put into its outermost cells. */
export function within(
  xs: Float64Array,
  ys: Float64Array,
  { xMin, xMax, yMin, yMax }: PixelGrid,
): Float64Array {
  return xs.map((x, i) =>
    x >= xMin && x <= xMax && ys[i]! >= yMin && ys[i]! <= yMax ? x : NaN
  );
}

/** The steps that tell of the time from `from` to `to`: the one that holds at `from`, and all until `to`. */
export function stepsIn(steps: Steps, from: number, to: number): Steps {
  const { times, counts } = steps;
  let first = 0, end = times.length;
  while (first + 1 < end && times[first + 1]! <= from) first++;
  while (end > first && times[end - 1]! > to) end--;
  return {
    times: times.subarray(first, end),
    counts: counts.subarray(first, end),
  };
}

/** The cell of a value, held within the grid so that a value at the edge has one too. */
function columnOf(
  value: number,
  min: number,
  scale: number,
  cells: number,
): number {
  const cell = Math.floor((value - min) * scale);
  return cell > 0 ? Math.min(cell, cells - 1) : 0; // 0 too where the scale is not finite
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(
    `Cannot thin a plot as ${name} must be a positive integer: ${value}`,
  );
}
