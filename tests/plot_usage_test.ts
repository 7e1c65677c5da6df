/** The usage chart: what it stacks, thins and says, and that it is drawn. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import type { ChartPoint } from "../plot/chart.ts";
import { usageChart } from "../plot/usage.ts";
import { plotUsage } from "../plot/usage_file.ts";
import { Collector } from "../profiler/collector.ts";
import type {
  Collection,
  Sample,
  ThreadSample,
  TreeSample,
} from "../profiler/record.ts";
import { fakeCallAt } from "./fixtures/call_stats.ts";
import { tempDir } from "./temp_dir.ts";

const OWNER = {
  executor_id: "0a1b2c-0",
  worker_id: 0,
  job_id: null,
  call_id: null,
};

/** A collection at `tstamp` with these trees; what a chart does not read is left out. */
function collection(
  at: number,
  trees: Partial<TreeSample>[],
  rest: Partial<Collection> = {},
): Collection {
  return {
    collection_id: at,
    executor_id: "0a1b2c-0",
    tstamp: 1000 + at,
    processes: [],
    threads: [],
    networks: [],
    cgroups: [],
    total: {
      cpu_user_time: at,
      cpu_system_time: 0,
      storage_read_bytes: null,
    } as Collection["total"],
    ...rest,
    trees: trees.map((tree) =>
      ({
        ...OWNER,
        kind: "worker",
        calls: [],
        cpu_percent: null,
        rss: null,
        storage_read_rate: null,
        storage_write_rate: null,
        ...tree,
      }) as TreeSample
    ),
  } as Collection;
}

/** Series of one panel, by label. */
function panel(
  chart: ReturnType<typeof usageChart>,
  axis: string,
): Record<string, ChartPoint[]> {
  return Object.fromEntries(
    chart.data.datasets.filter(({ yAxisID }) => yAxisID === axis).map((
      { label, data },
    ) => [label, data]),
  );
}

function heading(
  chart: ReturnType<typeof usageChart>,
  name: "title" | "subtitle",
): string {
  const { plugins } = chart.options as {
    plugins: Record<string, { text: string | string[] }>;
  };
  return [plugins[name]!.text].flat().join(" · ");
}

Deno.test("usageChart() stacks workers at the same instants", () => {
  const chart = usageChart([
    collection(0, [{ rss: 2 ** 20 }, { worker_id: 1, rss: 2 ** 21 }]),
    collection(1, [{ cpu_percent: 50, rss: 2 ** 20 }, {
      worker_id: 1,
      cpu_percent: 30,
      rss: 2 ** 21,
    }]),
    collection(2, [{ cpu_percent: 100, rss: 2 ** 20 }]),
  ]);
  assertEquals(panel(chart, "cpu"), {
    "worker 0": [{ x: 1, y: 50 }, { x: 2, y: 100 }],
    "worker 1": [{ x: 1, y: 80 }, { x: 2, y: 100 }], // it has ended: no more than what lies below
  });
  assertEquals(panel(chart, "memory")["worker 1"], [{ x: 0, y: 3 }, {
    x: 1,
    y: 3,
  }, { x: 2, y: 1 }]);
  const scales =
    (chart.options as { scales: Record<string, { title: { text: string[] } }> })
      .scales;
  assertEquals(scales.memory!.title.text, ["Memory", "MiB"]);
  assertStringIncludes(heading(chart, "subtitle"), "CPU 2.00 s, at most 100%");
  assertStringIncludes(heading(chart, "subtitle"), "memory at most 3 MiB");
  assertStringIncludes(heading(chart, "subtitle"), "3 samples every 1.00 s");
});

Deno.test("usageChart() tells the interval that samples come at, not that of the first ones", () => {
  const samplesAt = (times: number[]) =>
    heading(
      usageChart(times.map((at) => collection(at, [{ rss: 2 ** 20 }]))),
      "subtitle",
    );
  const first = [0, 0.01, 0.03, 0.07, 0.15];
  const later = Array.from({ length: 20 }, (_, i) => 0.35 + i / 5);
  assertStringIncludes(
    samplesAt([...first, ...later]),
    "25 samples every 200 ms",
  );
  // There is hardly anything but those.
  assertMatch(samplesAt([...first, 0.31]), /6 samples$/);
});

Deno.test("usageChart() takes worker threads out of their host so that CPU counts once", () => {
  const thread = (worker_id: number, cpu_percent: number) =>
    ({ ...OWNER, worker_id, cpu_percent }) as ThreadSample;
  const chart = usageChart([
    collection(1, [{
      kind: "host",
      worker_id: null,
      cpu_percent: 150,
      rss: 1024,
    }], {
      threads: [thread(0, 60), thread(1, 70)],
    }),
  ]);
  assertEquals(panel(chart, "cpu"), {
    host: [{ x: 0, y: 20 }],
    "worker 0": [{ x: 0, y: 80 }],
    "worker 1": [{ x: 0, y: 150 }],
  });
  assertEquals(Object.keys(panel(chart, "memory")), ["host"]);
});

Deno.test("usageChart() stacks by process and adds the smallest up when there are many", () => {
  const processes = Array.from({ length: 12 }, (_, pid) =>
    ({
      pid,
      command: "p",
      cpu_percent: 100 - pid,
      rss: null,
      storage_read_rate: null,
      storage_write_rate: null,
    }) as Sample);
  const chart = usageChart([collection(0, [], { processes })], [], {
    by: "process",
  });
  const layers = panel(chart, "cpu");
  assertEquals(Object.keys(layers), [
    "p (0)",
    "p (1)",
    "p (2)",
    "p (3)",
    "p (4)",
    "p (5)",
    "p (6)",
    "5 others",
  ]);
  assertEquals(layers["5 others"]![0]!.y, 12 * 100 - 66); // nothing is lost
});

Deno.test("usageChart() adds up networks and leaves out what was not measured", () => {
  const networks = [{ recv_rate: 1000, sent_rate: null }, {
    recv_rate: 24,
    sent_rate: null,
  }];
  const chart = usageChart([
    collection(0, [], { networks: networks as Collection["networks"] }),
  ]);
  assertEquals(panel(chart, "network"), { received: [{ x: 0, y: 1 }] });
});

Deno.test("usageChart() keeps the highest of each pixel column when there are more collections than columns", () => {
  const many = Array.from(
    { length: 10_000 },
    (_, i) => collection(i, [{ cpu_percent: i === 5003 ? 190 : i % 50 }]),
  );
  const data = panel(usageChart(many, [], { width: 500 }), "cpu")["worker 0"]!;
  assert(data.length <= 500 && data.length > 400);
  assertEquals(Math.max(...data.map(({ y }) => y)), 190);
  assertEquals(data.find(({ y }) => y === 190)!.x, 5003);
});

Deno.test("usageChart() shows calls from their stats, on the time axis of the timeline", () => {
  const calls = [
    fakeCallAt({ start: 3, end: 5 }, { call_id: "00000", worker_id: 4 }),
    fakeCallAt({ start: 4, end: 6 }, { call_id: "00001", worker_id: 2 }),
    fakeCallAt({ start: null, end: null }, {
      call_id: "00002",
      worker_id: null,
    }),
  ];
  const epoch = calls[0]!.host_job_create_tstamp;
  const chart = usageChart([{
    ...collection(0, [{ cpu_percent: 5 }]),
    tstamp: epoch + 2,
  }], calls);
  const options = chart.options as {
    plugins: { callSpans: { spans: number[][]; lines: boolean } };
  };
  const { spans, lines } = options.plugins.callSpans;
  assertEquals(spans.length, 2);
  [[3, 5, 1], [4, 6, 0]].forEach((span, i) =>
    span.forEach((value, j) => assertAlmostEquals(spans[i]![j]!, value, 1e-3))
  );
  assert(lines);
  assertAlmostEquals(panel(chart, "cpu")["worker 0"]![0]!.x, 2, 1e-3);
  assertStringIncludes(heading(chart, "subtitle"), "2 calls");
});

Deno.test("usageChart() takes calls from the samples when it has no stats", () => {
  const call = { job_id: "M001", call_id: "00007", start_tstamp: 1000.5 };
  const chart = usageChart([
    collection(0, [{ cpu_percent: 1 }]),
    collection(1, [{ cpu_percent: 1, calls: [call] }]),
    collection(2, [{ cpu_percent: 1, calls: [call] }]),
    collection(3, [{ cpu_percent: 1 }]),
  ]);
  const options = chart.options as {
    plugins: { callSpans: { spans: number[][] } };
  };
  assertEquals(options.plugins.callSpans.spans, [[0.5, 2, 0]]);
});

Deno.test("a definition is plain JSON but for its plugins and its legend", () => {
  const chart = usageChart([collection(0, [{ cpu_percent: 1, rss: 5 }])]);
  const options = structuredClone({ ...chart.options, plugins: {} });
  assertEquals(JSON.parse(JSON.stringify(options)), options);
  assertEquals(JSON.parse(JSON.stringify(chart.data)), chart.data);
});

Deno.test("usageChart() refuses what is no collection, and an unknown group", () => {
  assertThrows(() => usageChart([{} as Collection]), TypeError, "at index 0");
  assertThrows(
    () => usageChart([], [], { by: "job" as never }),
    RangeError,
    '"worker" or "process": "job"',
  );
});

Deno.test("plotUsage() draws real samples, and none, in each format", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using dir = await tempDir();
  const collector = new Collector({ executorId: "0a1b2c-0" });
  const taken = [collector.collect(), collector.collect(), collector.collect()];
  collector.close();
  for (
    const [ending, magic] of [["png", "\x89PNG"], ["svg", "<?xml"], [
      "pdf",
      "%PDF",
    ]]
  ) {
    for (const collections of [taken, []]) {
      const path = `${dir.path}/u.${ending}`;
      await plotUsage(collections, path, {
        by: "process",
        width: 500,
        height: 400,
      });
      const head = (await Deno.readFile(path)).subarray(0, magic!.length);
      assertEquals(String.fromCharCode(...head), magic);
    }
  }
  await assertRejects(
    () => plotUsage([], `${dir.path}/u.gif`),
    RangeError,
    ".png, .svg or .pdf",
  );
});

Deno.test("usageChart() has room for the lines that leave its range", () => {
  const collections = [1, 2, 3, 4].map((at) =>
    collection(at, [{ cpu_percent: at === 3 ? 90 : 5, rss: 2 ** 20 }])
  );
  const highest = (range: [number, number]) => {
    const { options } = usageChart(collections, [], { range });
    const { scales } = options as { scales: { cpu: { suggestedMax: number } } };
    return scales.cpu.suggestedMax;
  };
  assertEquals(highest([0, 0.5]), 5);
  assertEquals(highest([0, 1.5]), 90); // the line to the third goes up
});

Deno.test("usageChart() says so where its range has no sample", () => {
  const collections = [1, 2].map((at) =>
    collection(at, [{ cpu_percent: 5, rss: 2 ** 20 }])
  );
  const noteOf = (range: [number, number]) => {
    const { options } = usageChart(collections, [], { range });
    const { plugins } = options as { plugins: { note?: { text: string } } };
    return plugins.note?.text;
  };
  assertEquals(noteOf([2, 3]), "No sample was taken in this time");
  assertEquals(noteOf([0.2, 0.4]), undefined); // between two
});
