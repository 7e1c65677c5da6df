/**
 * What the timeline is defined to show.
 *
 * @module
 */
import type { Outcome } from "../executor/stats.ts";
import { timelineChart } from "../plot/mod.ts";
import { assert, assertAlmostEquals, assertEquals } from "./assert.ts";
import { EPOCH, fakeCallStats } from "./fixtures/call_stats.ts";
import { isClose, neverRan, optionsOf, run, series } from "./plot_runs.ts";

Deno.test("timelineChart() has a point for each instant of each call, in seconds since the first job", () => {
  const created = EPOCH + 100;
  const chart = timelineChart([
    fakeCallStats({
      host_job_create_tstamp: created,
      host_submit_tstamp: created + 1,
      worker_func_start_tstamp: created + 2,
      worker_func_end_tstamp: created + 3,
      host_status_done_tstamp: created + 4,
      host_result_done_tstamp: created + 5,
    }),
  ]);
  assertEquals(Object.keys(series(chart)), [
    "host submit",
    "call start",
    "call done",
    "status fetched",
    "result fetched",
  ]);
  Object.values(series(chart)).forEach((data, i) =>
    isClose(data, [{ x: i + 1, y: 0 }])
  );
});

Deno.test("timelineChart() keeps every point of 500 calls", () => {
  const chart = timelineChart(run(500, 500));
  for (const data of Object.values(series(chart))) {
    assertEquals(
      data.map(({ y }) => y),
      Array.from({ length: 500 }, (_, i) => i),
    );
  }
});

Deno.test("timelineChart() crosses failed calls where they failed", () => {
  const outcomes: Outcome[] = ["success", "error", "timeout", "crashed"];
  const calls = run(4, 4, (i) => ({ outcome: outcomes[i]! }));
  // A worker that died says nothing: what is known is when the host learnt of it.
  calls[3] = {
    ...calls[3]!,
    worker_func_end_tstamp: null,
    worker_end_tstamp: null,
    host_result_done_tstamp: null,
  };
  const chart = timelineChart(calls);
  isClose(series(chart).failed!, [
    { x: 1.4, y: 1 },
    { x: 1.4, y: 2 },
    { x: 1.42, y: 3 },
  ]);
  const looks = chart.data.datasets.map((
    { label, pointStyle, borderColor },
  ) => ({
    label,
    pointStyle,
    borderColor,
  }));
  const failed = looks.find(({ label }) => label === "failed")!;
  for (const other of looks) {
    if (other === failed) continue;
    assert(other.pointStyle !== failed.pointStyle);
    assert(other.borderColor !== failed.borderColor);
  }
  const orders = chart.data.datasets.map(({ order }) => order);
  assertEquals(Math.min(...orders), chart.data.datasets.at(-1)!.order); // over all others
  assertEquals(
    optionsOf(chart).subtitle,
    "Executor 1a2b3c-0 · job M000 · 3 failed (1 crashed, 1 error, 1 timeout)",
  );
});

Deno.test("timelineChart() shows calls that never ran where they were cancelled", () => {
  const chart = timelineChart(neverRan(20));
  assertEquals(Object.keys(series(chart)), [
    "host submit",
    "status fetched",
    "failed",
  ]);
  assertEquals(series(chart).failed!.length, 20);
  assertAlmostEquals(series(chart).failed![0]!.x, 1.001, 1e-6);
  assertEquals(
    optionsOf(chart).subtitle,
    "Executor 1a2b3c-0 · job M000 · 20 failed (cancelled)",
  );
});
