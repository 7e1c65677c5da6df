import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
} from "./assert.ts";
import { EPOCH, fakeCallStats } from "./fixtures/call_stats.ts";
import { fakeCollection, fakeSample } from "./fixtures/collections.ts";
import { crowd, metricsOf, seriesOf, valueOf } from "./metrics.ts";
import { select } from "./prometheus_text.ts";

Deno.test("text() keeps within maxSeries: all trees, the busiest processes, the others as a sum", async () => {
  const metrics = metricsOf({ maxSeries: 1000 });
  const series = await seriesOf(metrics, crowd(60));
  assertLessOrEqual(series.length, 1000);
  assertEquals(valueOf(series, "lithoscope_profiler_series"), series.length);
  const trees = select(series, "lithoscope_tree_resident_memory_bytes");
  assertEquals(trees.length, 60);
  const pids = select(series, "memory_usage").map((it) => it.labels["pid"]!);
  assert(pids.includes("1059") && !pids.includes("1000"));
  const shown = pids.filter((pid) => pid !== "other").length;
  const other = select(series, "memory_usage", { pid: "other" })[0]!;
  assertEquals(other.labels["call_id"], "other");
  assertEquals(other.value, 64 * (60 - shown)); // nothing is lost
  const leftOut = valueOf(series, "lithoscope_profiler_series_left_out", {
    kind: "process",
  })!;
  assertEquals(leftOut % (60 - shown), 0);
  assert(leftOut > 0);
});

Deno.test("text() shows everything when there is room", async () => {
  const series = await seriesOf(metricsOf({ maxSeries: 10_000 }), crowd(60));
  assertEquals(select(series, "memory_usage").length, 60);
  const left = select(series, "lithoscope_profiler_series_left_out");
  assertEquals(left.map(({ value }) => value), [0]);
});

Deno.test("text() never lets the counters of the others fall", async () => {
  const metrics = metricsOf({ maxSeries: 1200, legacyNames: false });
  const name = "lithoscope_process_cpu_seconds_total";
  const other = { pid: "other", mode: "user" };
  const first = crowd(60);
  assertEquals(valueOf(await seriesOf(metrics, first), name, other), 0);
  // All use one more second; then one of the others becomes the busiest, and leaves them.
  const second = crowd(60, { tstamp: EPOCH + 1 });
  for (const it of second.processes) it.cpu_user_time = 2;
  const before = await seriesOf(metrics, second);
  const hidden = 60 - select(before, name, { mode: "user" }).length + 1;
  assert(hidden > 10);
  assertAlmostEquals(valueOf(before, name, other)!, hidden);
  const third = crowd(60, { tstamp: EPOCH + 2 });
  for (const it of third.processes) it.cpu_user_time = 3;
  third.processes[0]!.cpu_percent = 5000;
  const after = await seriesOf(metrics, third);
  assertEquals(valueOf(after, name, { pid: "1000", mode: "user" }), 3);
  assertAlmostEquals(valueOf(after, name, other)!, 2 * hidden);
});

Deno.test("text() counts a process among the others from its start if that was just now", async () => {
  const metrics = metricsOf({ maxSeries: 1200, legacyNames: false });
  await seriesOf(metrics, crowd(60));
  const second = crowd(60, { tstamp: EPOCH + 1 });
  second.processes.push(fakeSample({
    pid: 5000,
    cpu_percent: 0,
    rss: 0,
    cpu_user_time: 0.75,
    start_tstamp: EPOCH + 0.1,
  }));
  const series = await seriesOf(metrics, second);
  const name = "lithoscope_process_cpu_seconds_total";
  assertEquals(valueOf(series, name, { pid: "other", mode: "user" }), 0.75);
});

Deno.test("text() gives the same for one collection, however often it is asked", async () => {
  const metrics = metricsOf({ maxSeries: 1200 });
  metrics.collect(crowd(60));
  const texts = await Promise.all([metrics.text(), metrics.text()]);
  assertEquals(texts[0], texts[1]);
});

Deno.test("text() keeps lines from changing places when two processes are about as busy", async () => {
  const metrics = metricsOf({ maxSeries: 1200, legacyNames: false });
  const shown = async (percents: (i: number) => number) => {
    const collection = crowd(60);
    collection.processes.forEach((it, i) => it.cpu_percent = percents(i));
    const series = await seriesOf(metrics, collection);
    return select(series, "lithoscope_process_threads")
      .map((it) => it.labels["pid"]).sort();
  };
  const first = await shown((i) => 50 + i / 10);
  assertEquals(await shown((i) => 50 - i / 10), first);
});

Deno.test("text() is bounded, whatever ends and however long it runs", async () => {
  const metrics = metricsOf({ maxSeries: 100_000 });
  let size = 0;
  for (let round = 0; round < 60; round++) {
    const collection = crowd(2);
    collection.processes.forEach((it, i) => it.pid = 10 * round + i);
    for (let i = 0; i < 20; i++) {
      const call_id = `${round * 20 + i}`;
      metrics.callEnded(fakeCallStats({ call_id }));
    }
    const series = await seriesOf(metrics, collection);
    if (round === 30) size = series.length;
  }
  assertEquals((await seriesOf(metrics)).length, size);
});

Deno.test("text() keeps what the machine said last when a collection has not asked it, for a while", async () => {
  const metrics = metricsOf();
  const traffic = async (tstamp: number, asked: boolean) => {
    const series = await seriesOf(
      metrics,
      fakeCollection({ tstamp, ...(asked ? {} : { networks: [] }) }),
    );
    return select(series, "net_read_mb").map(({ value }) => value);
  };
  assertEquals(await traffic(EPOCH, false), []); // nothing is made up
  assertEquals((await traffic(EPOCH + 0.1, true)).length, 1);
  assertEquals((await traffic(EPOCH + 0.2, false)).length, 1);
  assertEquals(await traffic(EPOCH + 60, false), []);
});
