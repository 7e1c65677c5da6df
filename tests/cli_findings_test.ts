/**
 * `lithoscope stats` and `Run.findings()` say what the figures of a run tell.
 *
 * @module
 */
import { FunctionExecutor, Run } from "../mod.ts";
import { findingsText } from "../cli/_findings.ts";
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { lithoscope } from "./lithoscope.ts";
import { scheduled, syntheticRun } from "./synthetic_runs.ts";
import { tempDir } from "./temp_dir.ts";

/** A run as the executor has it. */
function asRun({ header, calls, workers }: ReturnType<typeof syntheticRun>) {
  return new Run(
    { ...header, saved_tstamp: 1_750_000_100 },
    calls,
    workers.map((each) => ({
      ...each,
      cpu_user_time: null,
      cpu_system_time: null,
    })),
  );
}

const SLOW = asRun(
  syntheticRun(scheduled([...new Array(39).fill(1), 11], 4), { cpu: 0.9 }),
);

Deno.test("lithoscope stats says in words what the figures tell", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  await SLOW.save(`${cwd}/run.jsonl`);
  await asRun(syntheticRun(scheduled([1, 1], 2))).save(`${cwd}/even.jsonl`);
  const [text, json, even] = await Promise.all([
    lithoscope(["stats", "run.jsonl"], { cwd }),
    lithoscope(["stats", "run.jsonl", "--json"], { cwd }),
    lithoscope(["stats", "even.jsonl"], { cwd }),
  ]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertStringIncludes(
    text.stdout,
    "\nFindings:\n! A straggler. 1 call took far longer than the others: M000/00039",
  );
  for (const line of text.stdout.split("\n")) assert(line.length <= 80, line);
  const { findings } = JSON.parse(json.stdout);
  assertEquals(findings, await SLOW.findings());
  assertEquals(findings[0].id, "stragglers");
  assert(!even.stdout.includes("Findings"));
});

Deno.test("findings() of an executor tells of calls that failed and were retried", async () => {
  await using fexec = new FunctionExecutor({
    workers: 1,
    retries: 1,
    progress: false,
  });
  const futures = fexec.map((x: number) => {
    if (x === 2) throw new RangeError("two");
    return x;
  }, [1, 2, 3]);
  await futures.wait();
  const found = await fexec.findings();
  const ids = found.map(({ id }) => id);
  assert(ids.includes("failures") && ids.includes("retries"), `${ids}`);
  assertStringIncludes(findingsText(found), "1 RangeError (M000/00001)");
});
