/**
 * What the histogram is defined to show.
 *
 * @module
 */
import { histogramChart } from "../plot/mod.ts";
import { assert, assertAlmostEquals, assertEquals } from "./assert.ts";
import { fakeCallAt } from "./fixtures/call_stats.ts";
import {
  ACTIVE,
  CALL,
  FAILED,
  isClose,
  neverRan,
  optionsOf,
  run,
  series,
} from "./plot_runs.ts";

Deno.test("histogramChart() says so when no call ran", () => {
  const chart = histogramChart(neverRan(20));
  assertEquals(Object.keys(series(chart)), [ACTIVE]);
  assert(series(chart)[ACTIVE]!.every(({ y }) => y === 0));
  const { plugins } = optionsOf(chart);
  assertEquals(
    (plugins.note as { text: string }).text,
    "No call reached a worker",
  );
  assertEquals(plugins.marker, undefined);
});

Deno.test("histogramChart() says so when calls ran, but their times were not taken", () => {
  const calls = run(3, 2, () => ({
    worker_start_tstamp: null,
    worker_end_tstamp: null,
    worker_func_start_tstamp: null,
    worker_func_end_tstamp: null,
  }));
  assertEquals(
    (optionsOf(histogramChart(calls)).plugins.note as { text: string }).text,
    "When calls ran was not measured",
  );
});

Deno.test("histogramChart() counts nothing when only calls that were stopped have times", () => {
  const calls = run(
    3,
    2,
    (i) =>
      i === 1 ? { outcome: "timeout", host_result_done_tstamp: null } : {
        worker_start_tstamp: null,
        worker_end_tstamp: null,
        worker_func_start_tstamp: null,
        worker_func_end_tstamp: null,
      },
  );
  const chart = histogramChart(calls);
  const { plugins, subtitle, active } = optionsOf(chart);
  assertEquals(Object.keys(series(chart)), [FAILED]);
  assertEquals(
    (plugins.note as { text: string }).text,
    "When 2 of 3 calls ran was not measured",
  );
  assertEquals([plugins.marker, active], [undefined, undefined]);
  assert(!`${subtitle}`.includes("peak"), `${subtitle}`);
});

Deno.test("histogramChart() says that times were not taken when all calls threw", () => {
  const calls = run(2, 2, () => ({
    outcome: "error",
    host_result_done_tstamp: null,
    worker_start_tstamp: null,
    worker_end_tstamp: null,
    worker_func_start_tstamp: null,
    worker_func_end_tstamp: null,
  }));
  assertEquals(
    (optionsOf(histogramChart(calls)).plugins.note as { text: string }).text,
    "When calls ran was not measured",
  );
});

Deno.test("histogramChart() has a line for each call from worker start to worker end", () => {
  const chart = histogramChart(
    run(3, 2, (i) => ({ outcome: i === 1 ? "error" : "success" })),
  );
  const gap = { x: NaN, y: NaN };
  const lines = series(chart);
  const xs = [0.5, 1.41, NaN, 1.5, 2.41, NaN];
  assertEquals(lines[CALL]!.length, 6);
  lines[CALL]!.forEach(({ x }, i) =>
    Number.isNaN(xs[i]!)
      ? assertEquals(x, NaN)
      : assertAlmostEquals(x, xs[i]!, 1e-6)
  );
  assertEquals(lines[CALL]!.map(({ y }) => y), [0, 0, NaN, 2, 2, NaN]);
  assertEquals(lines[FAILED]!.map(({ y }) => y), [1, 1, NaN]);
  assertEquals(lines[FAILED]![2], gap);
  const color = (label: string) =>
    chart.data.datasets.find((dataset) => dataset.label === label)!.borderColor;
  assert(color(CALL) !== color(FAILED));
});

Deno.test("histogramChart() counts the active calls exactly, and marks their peak", () => {
  const calls = [
    fakeCallAt({ start: 1, end: 3 }, { call_id: "00000" }, 0),
    fakeCallAt({ start: 2, end: 4 }, { call_id: "00001" }, 0),
    // Shorter than any bin that a person would choose.
    fakeCallAt({ start: 2.5, end: 2.5001 }, { call_id: "00002" }, 0),
  ];
  const chart = histogramChart(calls);
  isClose(series(chart)[ACTIVE]!, [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
    { x: 2, y: 2 },
    { x: 2.5, y: 3 },
    { x: 2.5001, y: 2 },
    { x: 3, y: 1 },
    { x: 4, y: 0 },
    { x: 4, y: 0 },
  ]);
  const line = chart.data.datasets.find(({ label }) => label === ACTIVE)!;
  assertEquals([line.stepped, line.yAxisID], [true, "active"]);
  const { active, plugins } = optionsOf(chart);
  assertEquals(active!.title, {
    ...active!.title,
    text: "Calls active at once",
  });
  assert(Number(active!.max) > 3 && active!.min === 0);
  const marker = plugins.marker as { x: number; y: number; text: string };
  assertAlmostEquals(marker.x, 2.5, 1e-6);
  assertEquals([marker.y, marker.text], [3, "peak 3"]);
});

Deno.test("histogramChart() draws a call that still runs to the end of the picture", () => {
  const calls = run(2, 1);
  calls[0] = {
    ...calls[0]!,
    outcome: null,
    worker_func_end_tstamp: null,
    worker_end_tstamp: null,
    host_status_done_tstamp: null,
    host_result_done_tstamp: null,
  };
  const [, end] = series(histogramChart(calls))[CALL]!;
  assertAlmostEquals(end!.x, 2.43, 1e-6);
});
