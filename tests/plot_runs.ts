/**
 * Made-up runs, and short ways to look into a chart of one.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import type {
  ChartConfiguration,
  ChartDefinition,
  ChartPoint,
} from "../plot/chart.ts";
import { assertAlmostEquals, assertEquals } from "./assert.ts";
import { callId, fakeCallAt } from "./fixtures/call_stats.ts";

/** Calls that each take a second, `width` at once, one after the other. */
export function run(
  count: number,
  width: number,
  partial: (i: number) => Partial<CallStats> = () => ({}),
): CallStats[] {
  return Array.from({ length: count }, (_, i) => {
    const start = 0.5 + Math.floor(i / width);
    return fakeCallAt({ start, end: start + 0.9 }, {
      call_id: callId(i),
      ...partial(i),
    }, 0.01);
  });
}

/** Calls that were cancelled before any worker took them up. */
export function neverRan(count: number): CallStats[] {
  return Array.from(
    { length: count },
    (_, i) =>
      fakeCallAt({ start: null, end: null }, {
        call_id: callId(i),
        outcome: "cancelled",
      }, 0.5),
  );
}

/** The data of each series, by its label. */
export function series(chart: ChartDefinition): Record<string, ChartPoint[]> {
  return Object.fromEntries(
    chart.data.datasets.map(({ label, data }) => [label, data]),
  );
}

/** The options of a chart, with their Chart.js types. */
export function optionsOf(chart: ChartDefinition) {
  const config: ChartConfiguration<"scatter"> = chart; // what it is meant to be
  const { scales, plugins } = config.options!;
  return {
    x: scales!.x!,
    y: scales!.y!,
    active: scales!.active,
    title: plugins!.title!.text,
    subtitle: plugins!.subtitle!.text,
    plugins: plugins as Record<string, unknown>,
  };
}

/** The points are those expected. */
export function isClose(actual: ChartPoint[], expected: ChartPoint[]): void {
  assertEquals(actual.length, expected.length);
  actual.forEach(({ x, y }, i) => {
    // Epoch seconds are kept to a quarter of a microsecond.
    assertAlmostEquals(x, expected[i]!.x, 1e-6);
    assertEquals(y, expected[i]!.y);
  });
}

/** Label of the curve of a histogram. */
export const ACTIVE = "calls active at once (right axis)";
/** Label of the lines of its calls. */
export const CALL = "call, from worker start to end";
/** Label of the lines of those that failed. */
export const FAILED = "failed call";
