/**
 * What the charts of calls are defined to show.
 *
 * @module
 */
import type { CallStats, Outcome } from "../executor/stats.ts";
import type { ChartConfiguration } from "../plot/chart.ts";
import {
  type ChartDefinition,
  type ChartPoint,
  histogramChart,
  timelineChart,
} from "../plot/mod.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "./assert.ts";
import {
  callId,
  EPOCH,
  fakeCallAt,
  fakeCallStats,
} from "./fixtures/call_stats.ts";

/** Calls that each take a second, `width` at once, one after the other. */
function run(
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
function neverRan(count: number): CallStats[] {
  return Array.from(
    { length: count },
    (_, i) =>
      fakeCallAt({ start: null, end: null }, {
        call_id: callId(i),
        outcome: "cancelled",
      }, 0.5),
  );
}

function series(chart: ChartDefinition): Record<string, ChartPoint[]> {
  return Object.fromEntries(
    chart.data.datasets.map(({ label, data }) => [label, data]),
  );
}

/** The options of a chart, with their Chart.js types. */
function optionsOf(chart: ChartDefinition) {
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

function isClose(actual: ChartPoint[], expected: ChartPoint[]): void {
  assertEquals(actual.length, expected.length);
  actual.forEach(({ x, y }, i) => {
    // Epoch seconds are kept to a quarter of a microsecond.
    assertAlmostEquals(x, expected[i]!.x, 1e-6);
    assertEquals(y, expected[i]!.y);
  });
}

const ACTIVE = "calls active at once (right axis)";
const CALL = "call, from worker start to end";
const FAILED = "failed call";

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

Deno.test("the axes end where the data ends", () => {
  for (
    const [calls, end] of [[run(500, 500), 1.43], [run(40, 4), 10.43]] as const
  ) {
    for (const chart of [timelineChart(calls), histogramChart(calls)]) {
      const { x, y } = optionsOf(chart);
      assertEquals(x.min, 0);
      const max = Number(x.max);
      assert(
        max > end && max < 1.02 * end,
        `${max} after data that ends at ${end}`,
      );
      assert(Number(y.min) <= -0.5 && Number(y.min) > -0.02 * calls.length - 1);
      assert(Number(y.max) >= calls.length - 0.5);
      assert(Number(y.max) < 1.02 * calls.length + 1);
    }
  }
});

Deno.test("the axis begins before 0 only if a worker's clock does", () => {
  const early = fakeCallStats({ worker_start_tstamp: EPOCH - 0.25 });
  assertEquals(optionsOf(histogramChart([early])).x.min, -0.25);
  assertEquals(optionsOf(histogramChart(run(3, 1))).x.min, 0);
});

Deno.test("titles name the executor, the job, the calls and the makespan", () => {
  const timeline = optionsOf(timelineChart(run(500, 500)));
  assertEquals(timeline.title, "Timeline of 500 calls, makespan 1.43 s");
  assertEquals(timeline.subtitle, "Executor 1a2b3c-0 · job M000");
  const histogram = optionsOf(histogramChart(run(3000, 500)));
  assertEquals(histogram.title, "Activity of 3,000 calls, makespan 6.43 s");
  assertEquals(
    histogram.subtitle,
    "Executor 1a2b3c-0 · job M000 · peak 500 active calls, mean 462",
  );
  assertEquals(
    optionsOf(timelineChart(run(1, 1))).title,
    "Timeline of 1 call, makespan 1.43 s",
  );
});

Deno.test("titles give the makespan in a unit that suits it", () => {
  const title = (seconds: number) => {
    const call = fakeCallStats({
      host_submit_tstamp: EPOCH,
      worker_start_tstamp: null,
      worker_func_start_tstamp: null,
      worker_func_end_tstamp: null,
      worker_end_tstamp: null,
      host_status_done_tstamp: null,
      host_result_done_tstamp: EPOCH + seconds,
    });
    return String(optionsOf(timelineChart([call])).title).split("makespan ")[1];
  };
  assertEquals(
    [0, 0.0205, 0.25, 2, 59.95, 119.7, 200, 7199, 7500].map(title),
    [
      "0 s",
      "20.5 ms",
      "250 ms",
      "2.00 s",
      "60.0 s",
      "2 min 0 s",
      "3 min 20 s",
      "119 min 59 s",
      "2 h 5 min",
    ],
  );
});

Deno.test("titles take more lines in a narrow picture", () => {
  const { title, subtitle } = optionsOf(
    histogramChart(
      run(100, 10, (i) => ({ outcome: i ? "success" : "error" })),
      {
        width: 400,
        height: 300,
      },
    ),
  );
  assertEquals(title, "Activity of 100 calls, makespan 10.4 s");
  assertEquals(subtitle, [
    "Executor 1a2b3c-0 · job M000 · 1 failed (error)",
    "peak 10 active calls, mean 9.18",
  ]);
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

Deno.test("jobs are told apart, each in its rows, in the order of its calls", () => {
  const calls = [
    ...run(3, 3).toReversed(), // a saved run is in the order in which calls ended
    ...run(2, 2, () => ({ job_id: "R000" })),
    ...run(1, 1, () => ({ executor_id: "ffffff-1" })),
  ];
  calls[0] = { ...calls[0]!, host_submit_tstamp: EPOCH + 0.3 }; // call 00002
  for (const chart of [timelineChart(calls), histogramChart(calls)]) {
    const { plugins, subtitle } = optionsOf(chart);
    assertEquals((plugins.bands as { jobs: unknown }).jobs, [
      { name: "1a2b3c-0/M000", first: 0, count: 3 },
      { name: "1a2b3c-0/R000", first: 3, count: 2 },
      { name: "ffffff-1/M000", first: 5, count: 1 },
    ]);
    assert(chart.plugins.some(({ id }) => id === "bands"));
    assert(
      String(subtitle).startsWith(
        "Executors 1a2b3c-0, ffffff-1 · jobs M000, R000",
      ),
    );
  }
  const submits = series(timelineChart(calls))["host submit"]!;
  assertAlmostEquals(submits[2]!.x, 0.3, 1e-6);
  const single = optionsOf(timelineChart(run(3, 3)));
  assertEquals(single.plugins.bands, undefined);
});

Deno.test("a chart of 100,000 calls is small, and keeps each of its failed calls and its peak", () => {
  const failed = new Set([17, 50_123, 50_124, 99_999]);
  const calls = run(100_000, 100, (i) => ({
    outcome: failed.has(i) ? "error" : "success",
  }));
  calls[70_000] = fakeCallAt({ start: 700.7, end: 700.9 }, {
    call_id: callId(70_000),
  });
  calls[30_000] = fakeCallAt({ start: 700.75, end: 700.76 }, {
    call_id: callId(30_000),
  });
  const timeline = timelineChart(calls), histogram = histogramChart(calls);
  for (
    const { data } of [...timeline.data.datasets, ...histogram.data.datasets]
  ) {
    assert(data.length < 20_000, `${data.length} points`);
  }
  const rows = 600 / (1.024 * 100_000);
  for (const row of failed) {
    const x = 1.4 + Math.floor(row / 100);
    assert(
      series(timeline).failed!.some((point) =>
        Math.abs(point.y - row) * rows < 1 &&
        Math.abs(point.x - x) * 1000 / 1001 < 1
      ),
      `call ${row} is not within a pixel of any failed mark`,
    );
    assert(
      series(histogram)[FAILED]!.some((point) =>
        Math.abs(point.y - row) * rows < 1
      ),
      `call ${row} is not within a pixel of any red line`,
    );
  }
  const highest = Math.max(...series(histogram)[ACTIVE]!.map(({ y }) => y));
  assertEquals(highest, 101);
  const { marker } = optionsOf(histogram).plugins;
  assertEquals((marker as { text: string }).text, "peak 101");
});

Deno.test("charts read an iterator once", () => {
  let reads = 0;
  const calls = {
    *[Symbol.iterator]() {
      reads++;
      yield* run(3000, 10);
    },
  };
  assertEquals(series(timelineChart(calls))["host submit"]!.length > 0, true);
  assertEquals(reads, 1);
  assertEquals(histogramChart(calls).data, histogramChart(run(3000, 10)).data);
});

Deno.test("a definition is plain JSON but for its plugins and the order of its legend", () => {
  for (const define of [timelineChart, histogramChart]) {
    const chart = define(run(20, 4));
    const { legend } = optionsOf(chart).plugins as {
      legend: { labels: { sort?: unknown } };
    };
    delete legend.labels.sort;
    assertEquals(structuredClone(chart.options), chart.options);
    assertEquals(
      JSON.stringify(JSON.parse(JSON.stringify(chart.options))),
      JSON.stringify(chart.options),
    );
    structuredClone(chart.data);
  }
});

Deno.test("charts throw when they are given something else than call stats", () => {
  const cases: [unknown, string][] = [
    [null, "Cannot plot calls as they must be an iterable of call stats: null"],
    [
      { length: 1 },
      "Cannot plot calls as they must be an iterable of call stats: [object Object]",
    ],
    [
      "x",
      'Cannot plot calls as each must be the stats of a call: "x" at index 0',
    ],
    [
      [fakeCallStats(), undefined],
      "Cannot plot calls as each must be the stats of a call: undefined at index 1",
    ],
    [
      [{ job_id: "M000" }],
      "Cannot plot calls as each must be the stats of a call: [object Object] at index 0",
    ],
  ];
  for (const [calls, message] of cases) {
    for (const define of [timelineChart, histogramChart]) {
      assertThrows(() => define(calls as CallStats[]), TypeError, message);
    }
  }
});
