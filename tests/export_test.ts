/**
 * Calls for other tools: what they hold, and that those tools read them.
 *
 * @module
 */
import { FunctionExecutor, Run } from "../mod.ts";
import { exportText, writeExport } from "../plot/export.ts";
import type { RunData } from "../plot/run_data.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "./assert.ts";
import { KEYS } from "./call_stats.ts";
import { fc } from "./fast_check.ts";
import { fakeCallStats } from "./fixtures/call_stats.ts";
import { have } from "./have.ts";
import { lithoscope } from "./lithoscope.ts";
import { startPrometheus } from "./services.ts";
import { scheduled, syntheticRun } from "./synthetic_runs.ts";
import { ask } from "./telemetry.ts";
import { tempDir } from "./temp_dir.ts";

const RUN: RunData = {
  ...syntheticRun(scheduled([1, 2, 3], 2)),
  details: [
    { function_name: "load" },
    { function_name: null, error: { message: 'a "b", c\nd' } },
    { function_name: "load", error: null },
  ],
};

function text(run: RunData, format: "csv" | "jsonl" | "openmetrics"): string {
  return [...exportText(run, format)].join("");
}

/** Reads CSV as RFC 4180 has it. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A field, quoted or not, and what ends it.
  for (const [, quoted, bare, end] of csv.matchAll(FIELD)) {
    row.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g;

Deno.test("exportText() writes CSV with a column for each key, and null as an empty field", () => {
  const [head, ...rows] = parseCsv(text(RUN, "csv"));
  assertEquals(
    head!.toSorted(),
    [...Object.keys(KEYS), "function_name", "error_message"].sort(),
  );
  assertEquals(rows.length, 3);
  for (const [i, row] of rows.entries()) {
    for (const [at, name] of head!.entries()) {
      const value = RUN.calls[i]![name as "call_id"] as unknown;
      if (name === "function_name" || name === "error_message") continue;
      const expected = value === null
        ? ""
        : Array.isArray(value)
        ? value.join(";")
        : String(value);
      assertEquals(row[at], expected, name);
    }
  }
  assertEquals(rows.map((row) => row.at(-1)), ["", 'a "b", c\nd', ""]);
  assertEquals(rows.map((row) => row.at(-2)), ["load", "", "load"]);
});

Deno.test("exportText() writes any text as CSV that is read as it was", () => {
  const texts = fc.array(fc.string({ unit: "binary" }), { maxLength: 5 });
  fc.assert(fc.property(texts, (messages) => {
    const run = {
      ...RUN,
      calls: messages.map(() => RUN.calls[0]!),
      details: messages.map((message) => ({
        function_name: null,
        error: { message },
      })),
    };
    const [, ...rows] = parseCsv(text(run, "csv"));
    const read = rows.map((row) => row.at(-1)!);
    assertEquals(
      read,
      messages.map((it) => /^[=+\-@\t\r]/.test(it) ? `'${it}` : it),
    );
    for (const each of read) assert(!/^[=+\-@\t\r]/.test(each), each);
  }));
});

Deno.test("exportText() writes numbers as numbers, and text that looks like a formula as text", () => {
  const run: RunData = {
    ...RUN,
    calls: [fakeCallStats({
      error_class: "=cmd|' /C calc'!A0",
      worker_func_cpu_percent: 1e-7,
      host_func_upload_time: -0.5,
    })],
    details: [{ function_name: "@SUM(A1)", error: { message: "-1 is wrong" } }],
  };
  const [head, row] = parseCsv(text(run, "csv"));
  const of = (name: string) => row![head!.indexOf(name)];
  assertEquals(of("error_class"), "'=cmd|' /C calc'!A0");
  assertEquals(of("function_name"), "'@SUM(A1)");
  assertEquals(of("error_message"), "'-1 is wrong");
  assertEquals(of("host_func_upload_time"), "-0.5");
  assertEquals(of("worker_func_cpu_percent"), "1e-7");
  assertEquals(of("worker_cold_start"), "false");
});

Deno.test({
  name: "exportText() writes CSV that Python reads",
  ignore: !have("python3"),
  fn: async () => {
    const child = new Deno.Command("python3", {
      args: [
        "-c",
        "import csv,json,sys\nprint(json.dumps(list(csv.DictReader(open(sys.argv[1],newline='')))))",
        "/dev/stdin",
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text(RUN, "csv")));
    await writer.close();
    const { stdout } = await child.output();
    const rows = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(rows.length, 3);
    assertEquals(rows[1].error_message, 'a "b", c\nd');
    assertEquals(Number(rows[2].worker_func_exec_time), 3);
  },
});

Deno.test("exportText() writes JSON lines that are the statistics and what else is known", () => {
  const rows = text(RUN, "jsonl").trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(
    rows,
    RUN.calls.map((call, i) => ({
      ...call,
      function_name: RUN.details![i]!.function_name,
      error_message: RUN.details![i]!.error?.message ?? null,
    })),
  );
  assertEquals(text({ ...RUN, calls: [] }, "jsonl"), "");
});

Deno.test("exportText() fills in null for what older files lack", () => {
  const { host_name: _, ...old } = RUN.calls[0]!;
  const run = { ...RUN, calls: [old as typeof RUN.calls[0]], details: [] };
  assertEquals(JSON.parse(text(run, "jsonl")).host_name, null);
  const [head, row] = parseCsv(text(run, "csv"));
  assertEquals(row!.length, head!.length);
});

Deno.test("exportText() and writeExport() refuse a format that there is not", async () => {
  assertThrows(
    () => exportText(RUN, "xls" as "csv"),
    RangeError,
    'Cannot export calls as the format must be csv, jsonl or openmetrics: "xls"',
  );
  await assertRejects(
    () => writeExport(RUN, "calls.xls"),
    RangeError,
    'the path must end in .csv, .jsonl, .ndjson, .om or .openmetrics: "calls.xls"',
  );
});

Deno.test("exportText() of many calls comes in pieces", () => {
  const calls = new Array(2000).fill(RUN.calls[0]);
  for (const format of ["csv", "jsonl", "openmetrics"] as const) {
    let longest = 0;
    for (const piece of exportText({ ...RUN, calls }, format)) {
      longest = Math.max(longest, piece.length);
    }
    assert(longest < 10_000, format);
  }
});

/** A run that has just ended, as Prometheus keeps nothing that is old; with what labels can get wrong. */
function recentRun(): RunData {
  const shift = Date.now() / 1000 - 600 - RUN.calls[0]!.host_submit_tstamp;
  return {
    ...RUN,
    calls: RUN.calls.map((call) => ({
      ...call,
      error_class: 'E"\\\n{}',
      host_status_done_tstamp: call.host_status_done_tstamp! + shift,
    })),
  };
}

Deno.test({
  name:
    "exportText() writes OpenMetrics that promtool makes blocks of and Prometheus answers from",
  ignore: !have("promtool") || !have("prometheus"),
  fn: async () => {
    await using folder = await tempDir();
    const run = recentRun();
    const path = `${folder.path}/calls.om`;
    await writeExport(run, path);
    await using prometheus = await startPrometheus({
      config: "",
      fill: async (data) => {
        const { code, stderr } = await new Deno.Command("promtool", {
          args: ["tsdb", "create-blocks-from", "openmetrics", path, data],
          stdout: "null",
          stderr: "piped",
        }).output();
        assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      },
    });
    const query = (expression: string, call: number) => {
      const ended = run.calls[call]!.host_status_done_tstamp!;
      return ask(prometheus, expression, ended + 0.001);
    };
    for (const [i, call] of run.calls.entries()) {
      const of = `{job_id="M000",call_id="${call.call_id}"}`;
      const [time] = await query(`worker_func_exec_time${of}`, i);
      assertEquals(time!.value, call.worker_func_exec_time);
      const [cold] = await query(`worker_cold_start${of}`, i);
      assertEquals(cold!.value, 0);
    }
    const cores = await query(`worker_func_cpu_usage{call_id="00001"}`, 1);
    assertEquals(cores.map(({ metric }) => metric.core).sort(), ["0", "1"]);
    const [info] = await query(`lithoscope_call_info{call_id="00002"}`, 2);
    const { __name__: _, ...labels } = info!.metric;
    assertEquals(labels, {
      executor_id: "1a2b3c-0",
      job_id: "M000",
      call_id: "00002",
      outcome: "success",
      error_class: 'E"\\\n{}',
      function_name: "load",
      ...(run.calls[2]!.host_name === null
        ? {}
        : { host_name: run.calls[2]!.host_name }),
    });
    // What was not measured has no sample.
    assertEquals(await query("profile_peak_rss", 2), []);
  },
});

Deno.test("lithoscope export prints or writes each format, and FunctionExecutor.export() does the same", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  await using fexec = new FunctionExecutor({ workers: 1, progress: false });
  const futures = fexec.map(function half(x: number) {
    if (x === 1) throw new Error("=odd");
    return x / 2;
  }, [0, 1, 2]);
  await futures.wait();
  await fexec.save(`${cwd}/run.jsonl`);
  await fexec.export(`${cwd}/own.csv`);
  const run = await Run.load(`${cwd}/run.jsonl`);
  await run.export(`${cwd}/own.txt`, { format: "openmetrics" });
  const [csv, jsonl, om, file, wrong] = await Promise.all([
    lithoscope(["export", "run.jsonl"], { cwd }),
    lithoscope(["export", "run.jsonl", "--format", "jsonl"], { cwd }),
    lithoscope(["export", "run.jsonl", "--format", "openmetrics"], { cwd }),
    lithoscope(["export", "run.jsonl", "-o", "calls.jsonl"], { cwd }),
    lithoscope(["export", "run.jsonl", "--format", "xls"], { cwd }),
  ]);
  const read = (name: string) => Deno.readTextFile(`${cwd}/${name}`);
  assertEquals([csv.code, csv.stderr], [0, ""]);
  assertEquals(csv.stdout, await read("own.csv"));
  assertEquals(om.stdout, await read("own.txt"));
  assertEquals(om.stdout.split("\n").slice(-2), ["# EOF", ""]);
  assertEquals([file.code, file.stdout], [0, "calls.jsonl\n"]);
  assertEquals(jsonl.stdout, await read("calls.jsonl"));
  const [head, , row] = parseCsv(csv.stdout);
  assertEquals(row![head!.indexOf("error_message")], "'=odd");
  assertEquals(row![head!.indexOf("function_name")], "half");
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
});
