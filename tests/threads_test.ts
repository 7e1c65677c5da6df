/**
 * Threads cannot be stopped while they compute, so the thread backend promises less, and what it promises it keeps: the
 * future settles, the worker is replaced, a warning says so, and the program ends when its own work is done.
 *
 * @module
 */
import { assertEquals, assertMatch } from "./assert.ts";
import { runDeno } from "./run_deno.ts";

const SCRIPTS = new URL("fixtures/burning.ts", import.meta.url).href;

/** Runs a script that leaves a thread burning, to its own end; what it said, and its lines on stderr without the time. */
async function run(name: string): Promise<[said: unknown, lines: string[]]> {
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-A",
    "--quiet",
    SCRIPTS,
    name,
  ]);
  assertEquals(code, 0, stderr);
  const lines = stderr.trim().split("\n").map((line) =>
    line.replace(/^\S+ \S+ /, "")
  );
  return [JSON.parse(stdout), lines];
}

const GIVEN_UP =
  /^\[WARNING\] Call (A00\d\/00000) of "burn" still keeps a core busy: thread 0 was given up, but no thread can be stopped while it computes; backend "process" can stop such a call$/;
const closedWith = (call: string) =>
  `[WARNING] Closed with 1 thread still busy until the program ends: ${call}`;

Deno.test("a busy call over its timeout settles on a thread; its worker is replaced, and both warnings name the call [thread]", async () => {
  const [said, lines] = await run("timeout");
  assertEquals(said, ["timeout", 7, 2]);
  assertEquals(lines.length, 2);
  assertMatch(lines[0]!, GIVEN_UP);
  assertEquals(lines[1], closedWith("A000/00000"));
});

Deno.test("a busy call that is cancelled settles on a thread; its worker is replaced, and both warnings name the call [thread]", async () => {
  const [said, lines] = await run("cancelled");
  assertEquals(said, ["cancelled", 7]);
  assertEquals(lines.length, 2);
  assertMatch(lines[0]!, GIVEN_UP);
  assertEquals(lines[1], closedWith("A000/00000"));
});

Deno.test("a block that is left with a busy call says which thread still computes [thread]", async () => {
  const [said, lines] = await run("left");
  assertEquals([said, lines], ["cancelled", [closedWith("A000/00000")]]);
});

Deno.test("neighbours of a busy call that is stopped say why they ended, or run again [thread]", async () => {
  const [said, lines] = await run("neighbour");
  assertEquals(said, [
    "timeout",
    'Call A000/00000 of "wait" lost its worker 0: it was ended to stop call A002/00000, which ran beside this one',
    2,
  ]);
  assertEquals(lines.length, 2);
});

Deno.test("a call that takes more than the heap holds ends the script with it on a thread, as the docs say [thread]", async () => {
  const { code, stdout, stderr } = await runDeno(
    ["run", "-A", "--v8-flags=--max-old-space-size=64", SCRIPTS, "heap"],
  );
  assertEquals(
    [code, stdout],
    [133, ""],
    `Deno ${Deno.version.deno} outlives threads that run out of heap: say so in docs/backends.md`,
  );
  assertMatch(stderr, /out of memory/);
});

Deno.test("Worker.terminate() of Deno does not stop a worker that computes", async () => {
  const [said] = await run("deno");
  assertEquals(
    said,
    "burns",
    `Deno ${Deno.version.deno} stops busy workers: say so in docs/backends.md, and take the warnings out of executor/backends/stopper.ts and the tests of this file`,
  );
});
