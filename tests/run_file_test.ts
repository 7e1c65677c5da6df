/**
 * Runs on disk: whatever statistics they hold come back the same, and a file that was cut anywhere gives what is whole.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStringIncludes } from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  type CallStats,
  Run,
  type RunHeader,
  type WorkerStats,
} from "../mod.ts";
import { callId, fakeCallStats } from "./fixtures/call_stats.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

const HEADER: RunHeader = {
  executor_id: "1a2b3c-0",
  saved_tstamp: 1_750_000_000.5,
  backend: "process",
  cores: 2,
  host_name: null,
};
const WORKER: WorkerStats = {
  worker_id: 0,
  worker_pid: 1,
  worker_tid: 1,
  worker_boot_time: 0.05,
  calls: 3,
  cpu_user_time: 0.1,
  cpu_system_time: 0.01,
};

/** Stats in which every key may be null or any value that JSON has. */
const stats = fc.record(
  Object.fromEntries(
    Object.keys(fakeCallStats()).map((key) => [
      key,
      fc.oneof(
        fc.constant(null),
        fc.double({ noDefaultInfinity: true, noNaN: true }),
        fc.string(),
      ),
    ]),
  ),
).map((record) =>
  // -0 is the one number that JSON cannot tell from another.
  JSON.parse(JSON.stringify(record)) as unknown as CallStats
);

async function roundTrip(run: Run, folder: TempDir): Promise<Run> {
  const path = `${folder.path}/run.jsonl`;
  await run.save(path);
  return await Run.load(path);
}

Deno.test("load() gives back whatever save() wrote", async () => {
  await using folder = await tempDir();
  await fc.assert(
    fc.asyncProperty(fc.array(stats, { maxLength: 5 }), async (calls) => {
      const back = await roundTrip(new Run(HEADER, calls, [WORKER]), folder);
      assertEquals(
        [back.header, back.calls, back.workers],
        [HEADER, calls, [WORKER]],
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("load() gives each call its own detail, and none to a call whose detail was cut off", async () => {
  await using folder = await tempDir();
  const calls = [0, 1, 2].map((i) => fakeCallStats({ call_id: callId(i) }));
  const details = calls.map(({ call_id }) => ({
    function_name: "f",
    error: { name: "Error", message: call_id, stack: null },
    logs: "\u2028\u202e",
  }));
  const run = new Run(HEADER, calls, [WORKER], details);
  assertEquals((await roundTrip(run, folder)).details, details);
  const path = `${folder.path}/run.jsonl`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, -9));
  const none = { function_name: null, error: null, logs: "" };
  assertEquals((await Run.load(path)).details, [...details.slice(0, 2), none]);
});

Deno.test("load() gives all calls of a run that is written in many pieces", async () => {
  await using folder = await tempDir();
  const calls = Array.from(
    { length: 2000 },
    (_, i) =>
      fakeCallStats({ call_id: callId(i), error_class: "é".repeat(i % 50) }),
  );
  const back = await roundTrip(new Run(HEADER, calls, []), folder);
  assertEquals(back.calls, calls);
});

Deno.test("load() of a file cut anywhere gives the calls that are whole, or says what is wrong", async () => {
  await using folder = await tempDir();
  const calls = [0, 1, 2].map((i) => fakeCallStats({ call_id: callId(i) }));
  const path = `${folder.path}/run.jsonl`;
  await new Run(HEADER, calls, []).save(path);
  const text = await Deno.readTextFile(path);
  const cut = `${folder.path}/cut.jsonl`;
  const first = text.indexOf("\n");
  for (let length = 0; length <= text.length; length += 7) {
    await Deno.writeTextFile(cut, text.slice(0, length));
    if (length < first) {
      await assertRejects(() => Run.load(cut), SyntaxError, "cut.jsonl");
      continue;
    }
    // A line counts when all of it is there, with or without its newline.
    const lines = text.slice(0, length).split("\n");
    const whole = lines.filter((line, i) =>
      i > 0 && (i < lines.length - 1 || line === text.split("\n")[i]) &&
      line !== ""
    ).length;
    assertEquals(
      (await Run.load(cut)).calls,
      calls.slice(0, whole),
      `${length}`,
    );
  }
});

Deno.test("load() passes over lines of kinds it does not know, and keeps keys it does not know", async () => {
  await using folder = await tempDir();
  const call = { type: "call", ...fakeCallStats(), later: [1] };
  const path = await folder.write(
    "later.jsonl",
    [
      JSON.stringify({ type: "run", format: 1, ...HEADER }),
      JSON.stringify({ type: "sample", cpu: 1 }),
      JSON.stringify(call),
      "",
    ].join("\n"),
  );
  const { type: _, ...expected } = call;
  assertEquals((await Run.load(path)).calls as unknown, [expected]);
});

Deno.test("load() says which line of a file is none of a run", async () => {
  await using folder = await tempDir();
  const header = JSON.stringify({ type: "run", format: 1, ...HEADER });
  const bad: [text: string, says: string][] = [
    ["", "empty"],
    ["\n", "line 1"],
    ["null\n", "line 1"],
    ["[]\n", "line 1"],
    ['{"type":"call"}\n', "line 1"],
    [header.replace('"format":1', '"format":2'), "format 2"],
    [`${header}\n{"type":\n${header}\n`, "line 2"],
    [`${header}\nnot JSON\n`, "line 2"],
  ];
  for (const [text, says] of bad) {
    const path = await folder.write("bad.jsonl", text);
    const error = await assertRejects(() => Run.load(path), SyntaxError);
    assertStringIncludes(error.message, says);
    assertStringIncludes(error.message, path);
  }
});

Deno.test("save() over a folder, or where nothing may be written, leaves nothing", async () => {
  await using folder = await tempDir();
  const run = new Run(HEADER, [fakeCallStats()], []);
  await Deno.mkdir(`${folder.path}/taken`);
  await assertRejects(() => run.save(`${folder.path}/taken`), Error, "taken");
  await assertRejects(() => run.save(`${folder.path}/no/run`), Error, "no/run");
  assertEquals([...Deno.readDirSync(folder.path)].map((e) => e.name), [
    "taken",
  ]);
});
