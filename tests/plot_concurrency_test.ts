/**
 * The curve of active calls and the thinning of marks, each against the plainest way to say the same.
 *
 * @module
 */
import {
  activeCalls,
  type PixelGrid,
  thinPoints,
  thinSpans,
  thinSteps,
} from "../plot/concurrency.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "./assert.ts";
import { fc } from "./fast_check.ts";

/** Few distinct instants, so that calls often start and end together; now and then a call that never ran. */
const instant = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 1, arbitrary: fc.constant(NaN) },
);
const spans = fc.array(fc.tuple(instant, instant), { maxLength: 60 });

function curveOf(calls: readonly (readonly [number, number])[]) {
  return activeCalls(
    Float64Array.from(calls, ([start]) => start),
    Float64Array.from(calls, ([, end]) => end),
  );
}

/** The value of a step curve at an instant. */
function valueAt(
  { times, counts }: { times: Float64Array; counts: Int32Array },
  instant: number,
): number {
  let value = 0;
  for (let i = 0; i < times.length && times[i]! <= instant; i++) {
    value = counts[i]!;
  }
  return value;
}

Deno.test("activeCalls() equals a count of the calls active at every instant", () => {
  fc.assert(fc.property(spans, (calls) => {
    const curve = curveOf(calls);
    const counts: number[] = [];
    for (let at = -0.5; at <= 41; at += 0.5) {
      const expected = calls.filter(([start, end]) =>
        start <= at && at < end
      ).length;
      assertEquals(valueAt(curve, at), expected, `at ${at}`);
      counts.push(expected);
    }
    assertEquals(curve.peak, Math.max(...counts));
    if (curve.peak === 0) {
      assertEquals([curve.times.length, curve.mean], [0, 0]);
      assertEquals(curve.peakTime, NaN);
      return;
    }
    assertEquals(valueAt(curve, curve.peakTime), curve.peak);
    assert(
      curve.times.every((time, i) =>
        i === 0 || (time > curve.times[i - 1]! &&
          curve.counts[i] !== curve.counts[i - 1])
      ),
    );
    const ran = calls.filter(([start, end]) => start < end);
    const first = Math.min(...ran.map(([start]) => start));
    const last = Math.max(...ran.map(([, end]) => end));
    const busy = ran.reduce((sum, [start, end]) => sum + end - start, 0);
    assertAlmostEquals(curve.mean, busy / (last - first), 1e-9);
    assertEquals(curve.counts.at(-1), 0);
  }));
});

Deno.test("activeCalls() does not count calls twice that follow each other at the same instant", () => {
  const curve = curveOf([[0, 1], [1, 2], [2, 3]]);
  assertEquals([...curve.times], [0, 3]);
  assertEquals([...curve.counts], [1, 0]);
  assertEquals([curve.peak, curve.peakTime, curve.mean], [1, 0, 1]);
});

Deno.test("activeCalls() takes a million calls", () => {
  const starts = Float64Array.from(
    { length: 1_000_000 },
    (_, i) => (i * 7919) % 1_000_003,
  );
  const curve = activeCalls(starts, starts.map((start) => start + 1000));
  assertEquals(curve.peak, 1000);
  assertEquals(curve.counts.at(-1), 0);
});

Deno.test("activeCalls() throws when starts and ends differ in number", () => {
  assertThrows(
    () => activeCalls(new Float64Array(2), new Float64Array(3)),
    RangeError,
    "Cannot count active calls as each start must have an end: 2 starts, 3 ends",
  );
});

/** Lowest and highest value that a step curve has within each column, the one it comes in with included. */
function extremes(
  { times, counts }: { times: Float64Array; counts: Int32Array },
  end: number,
  columns: number,
): [number, number][] {
  const found: [number, number][] = [];
  let i = 0, value = 0;
  const scale = columns / end; // as the code has it: at an edge, another rounding is another column
  for (let column = 0; column < columns; column++) {
    let low = value, high = value;
    while (
      i < times.length &&
      Math.min(columns - 1, Math.floor(times[i]! * scale)) === column
    ) {
      value = counts[i++]!;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    found.push([low, high]);
  }
  return found;
}

Deno.test("thinSteps() keeps the extremes of every pixel column, and only true steps", () => {
  const many = fc.array(
    fc.tuple(
      fc.double({ min: 0, max: 90, noNaN: true }),
      fc.double({ min: 0, max: 10, noNaN: true }),
    ),
    { minLength: 30, maxLength: 200 },
  );
  fc.assert(
    fc.property(many, fc.integer({ min: 1, max: 12 }), (calls, columns) => {
      const curve = curveOf(
        calls.map(([start, time]) => [start, start + time]),
      );
      const thin = thinSteps(curve, 0, 100, columns);
      assert(
        thin.times.length <= 4 * columns ||
          thin.times.length === curve.times.length,
      );
      assertEquals(
        extremes(thin, 100, columns),
        extremes(curve, 100, columns),
      );
      const steps = new Map(
        [...curve.times].map((time, i) => [time, curve.counts[i]]),
      );
      thin.times.forEach((time, i) =>
        assertEquals(thin.counts[i], steps.get(time))
      );
      assert(
        thin.times.every((time, i) => i === 0 || time > thin.times[i - 1]!),
      );
    }),
  );
});

Deno.test("thinSteps() returns the curve as it is when there is room for all of it", () => {
  const curve = curveOf([[0, 3], [1, 2]]);
  assertEquals(thinSteps(curve, 0, 3, 1), curve);
});

const grid: PixelGrid = {
  ...{ xMin: 0, xMax: 40, yMin: -0.5, yMax: 9.5 },
  ...{ columns: 8, rows: 5 },
};

function cellOf(x: number, y: number): string {
  const column = Math.min(7, Math.floor(x / 40 * 8));
  return `${column} ${Math.min(4, Math.floor((y + 0.5) / 10 * 5))}`;
}

Deno.test("thinPoints() keeps the first point of each pixel", () => {
  const points = fc.array(fc.tuple(instant, fc.integer({ min: 0, max: 9 })));
  fc.assert(fc.property(points, (all) => {
    const first = new Map<string, number>();
    all.forEach(([x, y], i) => {
      const cell = cellOf(x, y);
      if (!Number.isNaN(x) && !first.has(cell)) first.set(cell, i);
    });
    const kept = thinPoints(all.map(([x]) => x), all.map(([, y]) => y), grid);
    assertEquals([...kept], [...first.values()]);
  }));
});

Deno.test("thinSpans() covers the pixels that the spans cover, and no other", () => {
  const lines = fc.array(
    fc.tuple(instant, instant, fc.integer({ min: 0, max: 9 })),
    { maxLength: 30 },
  );
  fc.assert(fc.property(lines, (all) => {
    const expected = new Set<string>();
    for (const [start, end, y] of all) {
      if (Number.isNaN(start) || Number.isNaN(end)) continue;
      for (let x = start; x <= Math.max(start, end); x++) {
        expected.add(cellOf(x, y));
      }
    }
    const runs = thinSpans(
      all.map(([start]) => start),
      all.map(([, end]) => end),
      all.map(([, , y]) => y),
      grid,
    );
    const covered: string[] = [];
    runs.rows.forEach((row, i) => {
      for (let column = runs.from[i]!; column <= runs.to[i]!; column++) {
        covered.push(`${column} ${row}`);
      }
    });
    assertEquals(covered.toSorted(), [...expected].toSorted());
  }));
});

Deno.test("thinning throws when there are no pixels", () => {
  const message = "Cannot thin a plot as columns must be a positive integer: 0";
  const none = { ...grid, columns: 0 };
  assertThrows(() => thinPoints([], [], none), RangeError, message);
  assertThrows(() => thinSpans([], [], [], none), RangeError, message);
  assertThrows(() => thinSteps(curveOf([]), 0, 1, 0), RangeError, message);
});
