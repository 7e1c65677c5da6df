/**
 * What a report is made of: columns, groups of failures, headline, lanes, and charts of a part of the time.
 *
 * @module
 */
import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { bundlePage } from "../tools/page.ts";
import { Run } from "../mod.ts";
import { clocksText } from "../plot/_clocks.ts";
import { encode, numbersOf, textAt } from "../plot/_columns.ts";
import { lanesOf } from "../plot/_lanes.ts";
import { PAGE_SCRIPT_GZIP } from "../plot/_page_script.ts";
import { DARK, PAGE_STYLE } from "../plot/_page_style.ts";
import { reportDataOf } from "../plot/_report_data.ts";
import { groupFailures } from "../plot/_report_failures.ts";
import { shortened } from "../plot/_shortened.ts";
import { COLORS } from "../plot/_style.ts";
import { distributionChart } from "../plot/distribution.ts";
import { ganttChart } from "../plot/gantt.ts";
import { histogramChart } from "../plot/histogram.ts";
import { Calls } from "../plot/page/_calls.ts";
import { readQuery } from "../plot/page/_query.ts";
import { render } from "../plot/render.ts";
import { timelineChart } from "../plot/timeline.ts";
import { fc } from "./fast_check.ts";
import {
  callId,
  EPOCH,
  fakeCallAt,
  fakeCallStats,
} from "./fixtures/call_stats.ts";
import { lithoscope } from "./lithoscope.ts";
import { ACTIVE, optionsOf, run, series } from "./plot_runs.ts";
import { syntheticRun } from "./report_runs.ts";
import { tempDir } from "./temp_dir.ts";
import { untimedRun } from "./synthetic_runs.ts";

Deno.test("the script of the page is the one that plot/page/ makes", async () => {
  const packed = new Blob([Uint8Array.fromBase64(PAGE_SCRIPT_GZIP)]).stream();
  const kept = await new Response(
    packed.pipeThrough(new DecompressionStream("gzip")),
  ).text();
  const now = await bundlePage();
  assertEquals(kept === now, true, "run: deno task page");
  // It stands in a page as it is.
  assertEquals(/<\/script|<!--/i.test(now), false);
  assertStringIncludes(now, "Chart.js v4.6.1");
});

Deno.test("encode() loses nothing of what numbersOf() and textAt() give back", () => {
  const value = fc.option(fc.oneof(
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.integer({ min: 0, max: 1e9 }).map((micros) => micros / 1e6),
  ));
  fc.assert(fc.property(
    fc.array(value, { minLength: 1 }),
    fc.constantFrom(
      "worker_end_tstamp",
      "worker_exec_time",
      "func_result_size",
    ),
    (values, key) => {
      const column = JSON.parse(JSON.stringify(encode(key, values, 0)));
      const back = numbersOf(column, values.length);
      values.forEach((expected, i) => {
        if (expected === null) assertEquals(back[i], NaN);
        else assertAlmostEquals(back[i]!, expected, 1e-6);
      });
    },
  ));
  fc.assert(fc.property(
    fc.array(fc.option(fc.string({ unit: "binary" })), { minLength: 1 }),
    (texts) => {
      const column = JSON.parse(JSON.stringify(encode("text", texts, 0)));
      assertEquals(texts.map((_, i) => textAt(column, i)), texts);
    },
  ));
});

Deno.test("Calls gives each call the statistics that it had, whatever the order of the run", () => {
  const calls = [
    fakeCallStats({ job_id: "M001", call_id: callId(1), attempt: 2 }),
    fakeCallStats({ job_id: "M000", call_id: callId(0) }),
    fakeCallStats({
      job_id: "M001",
      call_id: callId(0),
      outcome: null,
      worker_cold_start: true,
      worker_func_cpu_percent: null,
      worker_func_cpu_usage: null,
    }),
  ];
  const header = syntheticRun({ calls: 1 }).header;
  const data = reportDataOf(new Run(header, calls, []));
  const read = new Calls(JSON.parse(JSON.stringify(data)));
  const rows = [calls[2]!, calls[0]!, calls[1]!]; // jobs as they first appear
  assertEquals(rows.map((_, row) => read.stats(row)), rows as unknown[]);
  assertEquals([0, 1, 2].map((row) => read.name(row)), [
    "M001/00000",
    "M001/00001",
    "M000/00000",
  ]);
  assertEquals(read.outcome(0), "pending");
});

Deno.test("groupFailures() puts together what differs in figures and quoted words alone", () => {
  const say = (message: string, name = "RangeError") => ({
    function_name: "f",
    error: { name, message, stack: `${name}: ${message}` },
    logs: "",
  });
  const details = [
    say('no room for "a" at 1.5'),
    say("other"),
    say('no room for "b" at 27'),
    say('no room for "b" at 27', "TypeError"),
    undefined,
  ];
  const calls = details.map((_, i) =>
    fakeCallStats({
      call_id: callId(i),
      outcome: i === 4 ? "success" : "error",
    })
  );
  const groups = groupFailures(calls, details);
  assertEquals(groups.map(({ name, count, calls }) => [name, count, calls]), [
    ["RangeError", 2, [0, 2]],
    ["RangeError", 1, [1]],
    ["TypeError", 1, [3]],
  ]);
  const long = [7, 11].map((far) => say(`${far} is ${"far ".repeat(200)}away`));
  assertEquals(groupFailures(calls.slice(0, 2), long)[0]!.count, 2);
  assertEquals(groups[0]!.stack, 'RangeError: no room for "a" at 1.5');
});

Deno.test("groupFailures() adds up the rarest of many kinds", () => {
  const calls = Array.from(
    { length: 100 },
    (_, i) =>
      fakeCallStats({ outcome: "error", error_class: `E${"x".repeat(i)}` }),
  );
  const groups = groupFailures(calls, []);
  assertEquals(groups.length, 30);
  assertEquals(groups.at(-1)!.count, 71);
});

Deno.test("reportDataOf() has the figures of the headline", () => {
  const { tiles, limits, findings } = reportDataOf(
    new Run(
      { ...syntheticRun({ calls: 1 }).header, cores: 4, memory_total: 122e6 },
      [0, 1, 2, 3].map((i) =>
        fakeCallAt({ start: i % 2, end: i % 2 + 0.9 }, {
          call_id: callId(i),
          worker_id: i >> 1,
          outcome: i === 3 ? "timeout" : "success",
          worker_func_exec_time: 1,
        })
      ),
      [],
    ),
  );
  const figure = Object.fromEntries(tiles.map((it) => [it.label, it.figure]));
  assertEquals(figure.Calls, "4");
  assertEquals(figure.Makespan, "1.90 s");
  assertEquals(figure["Speed-up"], "2.1×");
  assertEquals(figure["Peak concurrency"], "2");
  assertEquals(figure["Peak memory"], "58.2 MiB");
  assertStringIncludes(tiles[0]!.note, "3 succeeded, 1 failed");
  assertEquals(limits[0]!.share, 0.5); // 61 MB of 122
  assertEquals(findings.some(({ id }) => id === "failures"), true);
});

Deno.test("reportDataOf() makes no figures of the one call that has times", () => {
  const { calls } = untimedRun(10);
  const { tiles } = reportDataOf(
    new Run({ ...syntheticRun({ calls: 1 }).header, cores: 4 }, calls, []),
  );
  const figure = Object.fromEntries(tiles.map((it) => [it.label, it.figure]));
  assertEquals(
    [
      figure["Speed-up"],
      figure["Peak concurrency"],
      figure["Workers busy"],
    ],
    ["–", "–", "–"],
  );
});

Deno.test("lanesOf() gives calls that overlap in a worker lanes of their own, and knows idle time", () => {
  const calls = [
    fakeCallAt({ start: 1, end: 3 }, { worker_id: 7 }, 0),
    fakeCallAt({ start: 2, end: 4 }, { worker_id: 7 }, 0),
    fakeCallAt({ start: 3, end: 4 }, { worker_id: 7 }, 0),
    fakeCallAt({ start: 1, end: 2 }, { worker_id: 3 }, 0),
    fakeCallAt({ start: null, end: null }),
  ];
  const { workers, lane, call } = lanesOf(calls, EPOCH, 4);
  assertEquals(workers.map(({ id, first, count }) => [id, first, count]), [
    [3, 0, 1],
    [7, 1, 2],
  ]);
  const byCall = Object.fromEntries([...call].map((it, i) => [it, lane[i]]));
  assertEquals(byCall, { 0: 1, 1: 2, 2: 1, 3: 0 });
  assertAlmostEquals(workers[0]!.busy, 1 / 3, 1e-6);
  assertAlmostEquals(workers[1]!.busy, 1, 1e-6);
  assertAlmostEquals(workers[1]!.boot!.to - workers[1]!.boot!.from, 0.03, 1e-6);
});

Deno.test("a chart of a part of the time shows the calls of that part, and the curve as it was", () => {
  const calls = run(1000, 10); // ten a second
  const options = { range: [20.2, 22.2] as [number, number] };
  const timeline = timelineChart(calls, options);
  const { x, y } = optionsOf(timeline);
  assertEquals([x.min, x.max], [20.2, 22.2]);
  const all = Object.values(series(timeline)).flat();
  assertEquals(all.every((at) => at.x >= 20.2 && at.x <= 22.2), true);
  // Seconds 19.5 to 21.5 and on: rows 190 to 219, and a little room.
  assertEquals(Number(y.min) > 185 && Number(y.max) < 225, true);
  const curve = series(histogramChart(calls, options))[ACTIVE]!;
  const shown = curve.filter((at) => at.x >= 20.2 && at.x <= 22.2);
  assertEquals(Math.max(...shown.map((at) => at.y)), 10);
  assertEquals(curve.at(-1), { x: 22.2, y: 10 });
});

Deno.test("ganttChart() and distributionChart() are drawn without a browser too", async () => {
  const calls = run(60, 3, (i) => ({
    worker_id: i % 3,
    outcome: i === 5 ? "error" : "success",
  }));
  const chart = ganttChart(calls);
  assertEquals(Object.keys(series(chart)), [
    "call of M000",
    "failed call",
    "cold start of a worker",
  ]);
  const times = calls.map((call) => call.worker_func_exec_time!);
  for (
    const it of [
      chart,
      distributionChart(times, { label: "Time", unit: "s" }),
      distributionChart([1e-3, 1e-3, 2, NaN], { label: "Time", unit: "s" }),
      distributionChart([], { label: "Memory", unit: "B" }),
    ]
  ) {
    const svg = await render(it, { format: "svg", width: 600, height: 300 });
    assertStringIncludes(new TextDecoder().decode(svg), "<svg");
  }
});

Deno.test("ganttChart() of a worker and a job for each of many calls does not multiply the two", () => {
  const calls = run(10_000, 100, (i) => ({
    worker_id: i,
    job_id: `A${callId(i)}`,
  }));
  const chart = ganttChart(calls);
  assertEquals(chart.data.datasets.length, 6);
  const { bars } = optionsOf(chart).plugins.laneBars as {
    bars: { spans: [number, number, number][] }[];
  };
  assertGreater(bars.flatMap(({ spans }) => spans).length, 1000);
});

Deno.test("distributionChart() counts each value once", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 }),
    (values) => {
      const chart = distributionChart(values, { label: "t", unit: "s" });
      const counted = chart.data.datasets[0]!.data
        .reduce((sum, { y }) => sum + y, 0);
      assertEquals(counted, values.length);
    },
  ));
});

Deno.test("readQuery() understands words and comparisons, and takes all else as words", () => {
  const calls = new Calls(reportDataOf(syntheticRun({ calls: 2000 })));
  const count = (text: string) => {
    const wanted = readQuery(text, calls);
    return Array.from({ length: calls.length }, (_, row) => row)
      .filter(wanted).length;
  };
  assertEquals(count(""), 2200);
  assertEquals(count("rangeerror"), 2);
  assertEquals(count("M001/"), 200);
  assertEquals(count("M001/ error"), 0);
  assertEquals(count("run>2.5s"), 1);
  assertEquals(count("run>=2500ms"), 1);
  assertEquals(count("worker=0") + count("worker>0"), 2200);
  assertEquals(count("attempt<1"), 0);
  assertEquals(count("worker_func_rss>1mb"), 2200);
  assertEquals(count("nothing>1"), 0);
  assertEquals(count("constructor>1"), 0);
});

Deno.test("shortened() keeps the start and the end", () => {
  assertEquals(shortened("abc", 3), "abc");
  const short = shortened("a".repeat(600) + "b".repeat(400_000), 1000);
  assertEquals(short.startsWith("a".repeat(600)), true);
  assertEquals(short.endsWith("b".repeat(400)), true);
  assertStringIncludes(short, "399,600 characters left out");
  // Half a letter is none.
  assertEquals(shortened("😀".repeat(900), 701).isWellFormed(), true);
});

Deno.test("each colour of the pictures has one for a dark page", () => {
  const known = new Set([...Object.keys(DARK), "#e69f00"]);
  assertEquals(
    Object.values(COLORS).filter((it) => !known.has(it.slice(0, 7))),
    [],
  );
  assertStringIncludes(PAGE_STYLE, "prefers-reduced-motion");
});

Deno.test("lithoscope run --report and lithoscope report write the same kind of page", async () => {
  await using folder = await tempDir();
  await folder.write("fns.ts", "export const half = (x: number) => x / 2;");
  const at = (name: string) => `${folder.path}/${name}`;
  const run = await lithoscope([
    ...["run", at("fns.ts"), "half", "--items", "[1, 2]", "--no-progress"],
    ...["--backend", "thread", "--log-level", "error"],
    ...["--save", at("run.jsonl"), "--report", at("a.html")],
  ]);
  assertEquals([run.code, run.stdout], [0, "0.5\n1\n"], run.stderr);
  const report = await lithoscope([
    "report",
    at("run.jsonl"),
    "-o",
    at("b.html"),
  ]);
  assertEquals([report.code, report.stdout], [0, `${at("b.html")}\n`]);
  for (const name of ["a.html", "b.html"]) {
    const html = await Deno.readTextFile(at(name));
    assertStringIncludes(html, "<title>Run ");
    assertEquals(html.endsWith("</html>\n"), true);
  }
  const missing = await lithoscope(["report", at("none.jsonl")]);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "none.jsonl");
});

Deno.test("what cannot be written says why, not how", async () => {
  await using folder = await tempDir();
  const run = syntheticRun({ calls: 3 });
  const path = `${folder.path}/none/run`;
  const why = ` to "${path}" as there is no folder "${folder.path}/none"`;
  for (const write of ["report", "save", "trace"] as const) {
    const error = await assertRejects(() => run[write](path), Error);
    assertEquals(error.message.replace(/^Cannot \w+ the \w+/, ""), why);
  }
  const taken = await assertRejects(() => run.save(folder.path), Error);
  assertStringIncludes(taken.message, `"${folder.path}" as it is a folder`);
  await assertRejects(
    () => Run.load(path),
    Deno.errors.NotFound,
    `Cannot load "${path}" as it is not there`,
  );
});

Deno.test("report() over a folder leaves nothing, and says where it could not write", async () => {
  await using folder = await tempDir();
  await Deno.mkdir(`${folder.path}/taken`);
  const error = await assertRejects(
    () => syntheticRun({ calls: 3 }).report(`${folder.path}/taken`),
    Error,
    "Cannot write the report to",
  );
  assertStringIncludes(error.message, "taken");
  assertEquals([...Deno.readDirSync(folder.path)].length, 1);
});

Deno.test("clocksText() names hosts whose clocks were off, the furthest first, and no other", () => {
  const text = (...offsets: (number | undefined)[]) =>
    clocksText({
      calls: offsets.map((_, i) =>
        fakeCallStats({ worker_id: i, host_name: `host${i}` })
      ),
      workers: offsets.map((offset, worker_id) => ({
        worker_id,
        worker_pid: 1,
        worker_tid: 1,
        worker_boot_time: 0.1,
        calls: 1,
        ...offset === undefined ? {} : { worker_clock_offset: offset },
      })),
    });
  assertEquals(text(), "");
  assertEquals(text(undefined, 0, 0.0009, -0.0009), "");
  assertEquals(
    text(0.0123, 0, -300),
    "Clocks against that of the script, corrected: host2 5 min 0 s ahead, host0 12.3 ms behind.",
  );
  assertStringIncludes(text(1, 2, 3, 4, 5, 6), "host2 3.00 s behind, 2 more.");
});
