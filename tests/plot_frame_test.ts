/**
 * What both charts of calls share: axes, titles, jobs, and how many calls they bear.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import type { LaneBarsOptions } from "../plot/_gantt_marks.ts";
import { timeAxis } from "../plot/_frame.ts";
import { ganttChart } from "../plot/gantt.ts";
import { histogramChart, timelineChart, usageChart } from "../plot/mod.ts";
import type { RunData } from "../plot/run_data.ts";
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
import { fc } from "./fast_check.ts";
import { fakeCollection } from "./fixtures/collections.ts";
import { ACTIVE, FAILED, optionsOf, run, series } from "./plot_runs.ts";
import { scheduled, syntheticRun, untimedRun } from "./synthetic_runs.ts";

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

Deno.test("ganttChart() says how busy workers were only where it is known when their calls ran", () => {
  const shown = (run: RunData) => {
    const chart = ganttChart(run.calls);
    const { workers } = optionsOf(chart).plugins.laneBars as LaneBarsOptions;
    return [optionsOf(chart).subtitle, ...workers.map(({ note }) => note)];
  };
  assertEquals(shown(untimedRun(10)), [
    "When 10 of 11 calls ran was not measured",
    "",
  ]);
  assertEquals(shown(syntheticRun(scheduled([1, 1], 1))), [
    "On average busy 100 % of the time from the first call on",
    "100 %",
  ]);
});

/** Title and ticks of the time axis of a run that takes so many seconds, in each chart that has one. */
function timeAxes(seconds: number, range?: [number, number]) {
  const { calls } = syntheticRun([{ worker: 0, start: 0, end: seconds }]);
  const collections = [0, seconds].map((tstamp, collection_id) =>
    fakeCollection({ collection_id, tstamp: EPOCH + tstamp })
  );
  return [
    timelineChart(calls, { range }),
    histogramChart(calls, { range }),
    ganttChart(calls, { range }),
    usageChart(collections, calls, { range }),
  ].map((chart) => {
    const x = optionsOf(chart).x as {
      title: { text: string };
      ticks: { callback?: (second: number) => string };
      afterBuildTicks?: (scale: { ticks: { value: number }[] }) => void;
    };
    const scale = { ticks: [] as { value: number }[] };
    x.afterBuildTicks?.(scale);
    return {
      unit: /\((.+)\)$/.exec(x.title.text)?.[1],
      ticks: scale.ticks.map(({ value }) => x.ticks.callback!(value)),
      values: scale.ticks.map(({ value }) => value),
    };
  });
}

Deno.test("the time axes of long runs are in minutes, hours and days, with round numbers", () => {
  const hour = 3600, day = 24 * hour;
  const cases = [
    [1, "s", 1, []],
    [590, "s", 1, []],
    [50 * 60, "min", 60, ["0", "10", "20", "30", "40", "50"]],
    [9 * hour, "min", 60, ["0", "100", "200", "300", "400", "500"]],
    [27 * hour, "h", hour, ["0", "5", "10", "15", "20", "25"]],
    [599 * hour, "days", day, ["0", "5", "10", "15", "20", "25"]],
    [5500 * day, "days", day, [
      ...["0", "1,000", "2,000", "3,000", "4,000", "5,000"],
    ]],
  ] as const;
  for (const [seconds, unit, size, ticks] of cases) {
    for (const axis of timeAxes(seconds)) {
      const values = ticks.map((it) => Number(it.replace(",", "")) * size);
      assertEquals(axis, { unit, ticks: [...ticks], values });
    }
  }
  // What is shown decides, and not how long the run was.
  for (const axis of timeAxes(599 * hour, [300 * hour, 301 * hour])) {
    assertEquals(axis.unit, "min");
    assertEquals(axis.ticks.at(0), "18,000");
    assertEquals(axis.ticks.at(-1), "18,060");
  }
});

Deno.test("ticks of time axes are within them, and not too many", () => {
  const instant = fc.integer({ min: -1e6, max: 1e9 });
  const length = fc.integer({ min: 600, max: 1e9 });
  fc.assert(fc.property(instant, length, (from, length) => {
    const axis = timeAxis("", from, from + length);
    const scale = { ticks: [] as { value: number }[] };
    axis.afterBuildTicks!(scale);
    const { ticks } = scale;
    assert(ticks.length >= 3 && ticks.length <= 11, `${ticks.length}`);
    for (const { value } of ticks) {
      assert(value >= from && value <= from + length);
      const shown = axis.ticks.callback as (second: number) => string;
      assertEquals(shown(value).includes("."), false);
    }
  }));
});
