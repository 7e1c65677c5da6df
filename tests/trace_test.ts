/**
 * Traces of made-up and of real runs, against the rules of the format.
 *
 * @module
 */
import process from "node:process";
import { FunctionExecutor } from "../mod.ts";
import { type TraceEvent, traceEvents, writeTrace } from "../plot/trace.ts";
import type { RunData } from "../plot/run_data.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "./assert.ts";
import { fc } from "./fast_check.ts";
import { fakeCallAt } from "./fixtures/call_stats.ts";
import { fakeCollection, fakeTree, fakeUsage } from "./fixtures/collections.ts";
import { lithoscope } from "./lithoscope.ts";
import { at, scheduled, syntheticRun, untimedRun } from "./synthetic_runs.ts";
import { tempDir } from "./temp_dir.ts";
import { readTrace } from "./trace_reader.ts";
import { assertTrace } from "./trace_rules.ts";

function eventsOf(run: RunData): TraceEvent[] {
  const events = [...traceEvents(run)];
  assertTrace(events);
  return events;
}

/** Slices of a track, by its name: name, start and duration in milliseconds. */
function track(events: readonly TraceEvent[], name: string) {
  const { pid, tid } = events.find(({ ph, args }) =>
    ph === "M" && args?.name === name
  )!;
  return events.filter((it) =>
    it.ph === "X" && it.pid === pid && it.tid === tid
  )
    .map(({ name, ts, dur }) => [name, Math.round(ts), Math.round(dur!)]);
}

function namesOf(events: readonly TraceEvent[]): unknown[] {
  return events.filter(({ name }) => name === "thread_name")
    .map(({ args }) => args!.name);
}

Deno.test("traceEvents() gives each call its slices on the track of its worker", () => {
  const plan = scheduled([1, 1, 1], 2, () => 0, 0.002).map((plan, i) => ({
    ...plan,
    start: plan.start + 0.25,
    end: plan.end + 0.25,
    stats: {
      worker_cold_start: i < 2,
      worker_boot_time: 0.2,
      worker_result_upload_time: 0.0005,
    },
  }));
  const run = syntheticRun(plan);
  const events = eventsOf({ ...run, details: [{ function_name: "load" }] });
  assertEquals(namesOf(events), [
    "job M000",
    "worker 0 (pid 1000)",
    "worker 1 (pid 1001)",
  ]);
  const first = [
    ["queue", 0, 250_000],
    ["boot", 50_000, 200_000],
    ["M000/00000", 250_000, 1_000_000],
    ["load", 250_000, 1_000_000],
    ["upload", 1_250_000, 500],
  ];
  assertEquals(track(events, "worker 0 (pid 1000)"), [
    ...first,
    ["queue", 1_250_500, 1500], // it waited before, but for another call
    ["M000/00002", 1_252_000, 1_000_000],
    ["function", 1_252_000, 1_000_000],
    ["upload", 2_252_000, 500],
  ]);
  assertEquals(track(events, "worker 1 (pid 1001)").length, first.length);
});

Deno.test("traceEvents() draws a worker that was started ahead before its first call", () => {
  const [call] = scheduled([1], 1, () => 0.5);
  const run = syntheticRun([{
    ...call!,
    start: 0.51,
    stats: { worker_cold_start: true, worker_boot_time: 0.3 },
  }]);
  const events = eventsOf(run);
  assertEquals(track(events, "worker 0 (pid 1000)").slice(0, 3), [
    ["boot", 200_000, 300_000],
    ["queue", 500_000, 10_000],
    ["M000/00000", 510_000, 990_000],
  ]);
});

Deno.test("traceEvents() draws the start of a worker whose first call was stopped, once", () => {
  const [call] = scheduled([1], 1, () => 0);
  const stopped = { worker_cold_start: null, worker_boot_time: 0.3 };
  const run = syntheticRun([
    { ...call!, start: 0.4, end: 0.9, stats: stopped },
    { ...call!, start: 1.1, end: 1.5, stats: stopped },
  ]);
  const events = eventsOf(run);
  const boots = events.filter(({ name }) => name === "boot");
  const ms = (us: unknown) => Math.round(Number(us) / 1000);
  assertEquals(boots.map(({ ts, dur }) => [ms(ts), ms(dur)]), [[100, 300]]);
});

Deno.test("traceEvents() puts calls that overlap in one worker on lanes", () => {
  const run = syntheticRun([
    { worker: 3, start: 0, end: 3 },
    { worker: 3, start: 1, end: 2 },
    { worker: 3, start: 2, end: 4 },
  ]);
  const events = eventsOf(run);
  assertEquals(namesOf(events).slice(1), [
    "worker 3 (pid 1003)",
    "worker 3, lane 2 (pid 1003)",
    "worker 3, results",
  ]);
  const counter = events.filter(({ name }) => name === "active calls")
    .map(({ ts, args }) => [ts / 1e6, args!.calls]);
  assertEquals(counter, [[0, 1], [1, 2], [3, 1], [4, 0]]);
});

Deno.test("traceEvents() counts no calls where it is not known when they ran", () => {
  const names = eventsOf(untimedRun(10)).map(({ name }) => name);
  assert(!names.includes("active calls") && !names.includes("waiting calls"));
});

Deno.test("traceEvents() gives many single calls one track of the script", () => {
  const plan = scheduled(new Array(50).fill(1), 4).map((plan, i) => ({
    ...plan,
    stats: { job_id: `A${String(i).padStart(3, "0")}`, call_id: "00000" },
  }));
  const names = namesOf(eventsOf(syntheticRun(plan)));
  assertEquals(names.filter((name) => !`${name}`.startsWith("worker")), [
    "single calls",
  ]);
});

Deno.test("traceEvents() draws an arrow from submit over function to result", () => {
  const run = syntheticRun([{ worker: 0, start: 1, end: 2, submit: 0.5 }]);
  const flow = eventsOf(run).filter(({ ph }) => "stf".includes(ph));
  assertEquals(flow.map(({ ph, pid }) => [ph, pid]), [
    ["s", 1],
    ["f", 1],
    ["t", 2],
  ]);
  assertAlmostEquals(flow[0]!.ts, 500_000, 1);
  assertAlmostEquals(flow[2]!.ts, 1_000_000, 1);
});

Deno.test("traceEvents() marks calls that never ran, that failed, and that still run", () => {
  const run = syntheticRun([
    {
      worker: 0,
      start: 0,
      end: 1,
      stats: { outcome: "error", error_class: "E" },
    },
  ]);
  const never = fakeCallAt({ start: null, end: null }, {
    call_id: "00001",
    outcome: "cancelled",
  });
  const running = fakeCallAt({ start: 0.5, end: null }, {
    call_id: "00002",
    outcome: null,
    worker_id: 1,
    host_status_done_tstamp: null,
  });
  const events = eventsOf({ ...run, calls: [...run.calls, never, running] });
  const instant = events.find(({ ph }) => ph === "i")!;
  assertEquals(instant.name, "M000/00001 cancelled");
  assert(
    events.some(({ cat, name }) =>
      cat === "call,failed" && name === "M000/00000"
    ),
  );
  const open = events.find(({ name }) => name === "M000/00002")!;
  assertEquals([open.ts, open.dur], [500_000, 500_000]); // until the last instant that is known
});

Deno.test("traceEvents() counts CPU and memory as the profiler sampled them", () => {
  const collections = [0.5, 1].map((time) =>
    fakeCollection({
      tstamp: at(time),
      total: fakeUsage({ cpu_percent: time === 0.5 ? null : 150, rss: 1000 }),
      trees: [fakeTree({ tstamp: at(time), cpu_percent: 75, rss: 500 })],
    })
  );
  const run = syntheticRun([{ worker: 0, start: 0, end: 2 }], { collections });
  const counters = eventsOf(run).filter(({ ph }) => ph === "C");
  const of = (wanted: string) =>
    counters.filter(({ name }) => name === wanted)
      .map(({ ts, args }) => [ts, ...Object.values(args!)]);
  assertEquals(of("CPU, all"), [[1_000_000, 150]]);
  assertEquals(of("RSS, all"), [[500_000, 1000], [1_000_000, 1000]]);
  assertEquals(of("CPU, worker 0"), [[500_000, 75], [1_000_000, 75]]);
});

interface ReadSlice {
  entry: { name: string; ts: number; dur: number };
  parent: ReadSlice | null;
}

/** What the reader makes of groups and tracks. */
interface Renderer {
  processes: Map<number, {
    threads: Map<number, {
      name: string;
      entries: unknown[];
      tree: { nodes?: Map<number, unknown>; roots: Set<ReadSlice> };
    }>;
  }>;
  entryToNode: Map<{ name: string }, ReadSlice>;
}

Deno.test("traceEvents() is read by Chrome DevTools as it is meant", async () => {
  const plan = scheduled([1, 2, 1, 1, 3], 2, () => 0, 0.01);
  const events = eventsOf(syntheticRun(plan));
  const { Renderer, Meta } = await readTrace(events);
  const { processes, entryToNode } = Renderer as Renderer;
  const tracks = [...processes.values()].flatMap(({ threads }) => [
    ...threads.values(),
  ]);
  assertEquals(
    tracks.map(({ name }) => name).sort(),
    namesOf(events).sort(),
  );
  for (const { name, entries } of tracks) {
    assertEquals(entries.length, track(events, name).length, name);
  }
  const functions = [...entryToNode].filter(([{ name }]) =>
    name === "function"
  );
  assertEquals(
    functions.map(([, { parent }]) => parent!.entry.name).sort(),
    plan.map((_, i) => `M000/0000${i}`),
  );
  const slices = events.filter(({ ph }) => ph === "X");
  assertEquals(
    (Meta as { traceBounds: { max: number } }).traceBounds.max,
    Math.max(...slices.map(({ ts, dur }) => ts + dur!)),
  );
});

Deno.test("traceEvents() keeps to the format whatever the run", () => {
  const time = fc.double({ min: 0, max: 10, noNaN: true });
  const call = fc.record({
    worker: fc.integer({ min: 0, max: 3 }),
    submit: time,
    wait: time,
    length: time,
    upload: fc.constantFrom(0, 0.001, 3, null),
    boot: fc.constantFrom(0, 0.1, 5),
    isCold: fc.boolean(),
    job: fc.constantFrom("M000", "A001", "A002", "R001"),
    has: fc.constantFrom("all", "no end", "no start", "no function"),
    skew: fc.constantFrom(0, 0, 0, -1),
  });
  fc.assert(fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
    const run = syntheticRun(calls.map((each) => {
      const start = each.submit + each.wait + each.skew;
      return {
        worker: each.worker,
        submit: each.submit,
        start,
        end: start + each.length,
        stats: {
          job_id: each.job,
          worker_result_upload_time: each.upload,
          worker_boot_time: each.boot,
          worker_cold_start: each.isCold,
          ...(each.has === "no start"
            ? { worker_start_tstamp: null, worker_end_tstamp: null }
            : each.has === "no end"
            ? { worker_end_tstamp: null, host_status_done_tstamp: null }
            : each.has === "no function"
            ? { worker_func_start_tstamp: null, worker_func_end_tstamp: null }
            : {}),
        },
      };
    }));
    eventsOf(run);
  }));
});

Deno.test("FunctionExecutor.trace() writes what happened, and lithoscope trace does of a file", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  const fexec = new FunctionExecutor({
    workers: 2,
    concurrency: 2,
    backend: "thread",
    progress: false,
    profile: { interval: 0.05 },
  });
  {
    await using _ = fexec;
    const futures = fexec.map(async function nap(ms: number) {
      await new Promise((resolve) => setTimeout(resolve, ms));
    }, new Array(8).fill(80));
    await futures.getResult();
    await fexec.callAsync((x: number) => x, 1);
    await fexec.getResult();
    await fexec.trace(`${cwd}/own.json`);
    await fexec.save(`${cwd}/run.jsonl`);
  }
  const { code, stdout, stderr } = await lithoscope(
    ["trace", "run.jsonl", "-o", "cli.json"],
    { cwd },
  );
  assertEquals([code, stdout, stderr], [0, "cli.json\n", ""]);
  for (const name of ["own", "cli"]) {
    const text = await Deno.readTextFile(`${cwd}/${name}.json`);
    const { traceEvents: events, displayTimeUnit } = JSON.parse(text);
    assertEquals(displayTimeUnit, "ms");
    assertTrace(events);
    const count = (wanted: string) =>
      events.filter((it: TraceEvent) => it.ph === "X" && it.name === wanted)
        .length;
    assertEquals(count("nap"), 8);
    assert(events.some((it: TraceEvent) => it.name === "RSS, all"));
    assert(namesOf(events).includes("single calls"));
  }
});

Deno.test("writeTrace() says what cannot be written, and leaves nothing behind", async () => {
  await using folder = await tempDir();
  const run = syntheticRun(scheduled([1], 1));
  const path = `${folder.path}/none/trace.json`;
  await assertRejects(
    () => writeTrace(run, path),
    Error,
    `Cannot write the trace to "${path}"`,
  );
  await assertRejects(
    () => writeTrace(run, 7 as never),
    TypeError,
    "Cannot write the trace as path must be a string or a URL: 7",
  );
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("writeTrace() writes 100,000 calls in a few seconds, an event a line", async () => {
  await using folder = await tempDir();
  const run = syntheticRun(scheduled(new Array(100_000).fill(0.01), 32));
  const before = process.cpuUsage();
  await writeTrace(run, `${folder.path}/trace.json`);
  const { user, system } = process.cpuUsage(before);
  assert((user + system) / 1e6 < 15, `${(user + system) / 1e6} s`);
  const text = await Deno.readTextFile(`${folder.path}/trace.json`);
  const lines = text.split("\n");
  const slices = lines.filter((line) => line.startsWith('{"ph":"X"'));
  assert(slices.length > 300_000); // each call, its function, its result
  assertEquals(lines.slice(-2), ["]}", ""]);
  assertTrace([...traceEvents({ ...run, calls: run.calls.slice(0, 3000) })]);
});
