import { assertEquals, assertMatch } from "./assert.ts";
import { processesWithEnv, untilGone } from "./processes.ts";
import { countTests } from "./run.ts";

/** Runs the tests of one file, and gives the last line it prints, and its exit code. */
async function runFile(
  source: string,
  limit = 60_000,
): Promise<[string, number]> {
  const script = `
    import { runTests } from "${new URL("run.ts", import.meta.url)}";
    Deno.exitCode = await runTests(["some_test.js"], ${limit});`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/some_test.js`, source);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      cwd: folder,
      stderr: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return [lines.at(-1)!, code];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("runTests() closes with the counts when all tests pass", async () => {
  const source = `
    Deno.test("one", async (t) => { await t.step("in it", () => {}); });
    Deno.test("one > with the mark of a step", () => {});
    Deno.test("two", () => {});
    Deno.test({ name: "three", ignore: true, fn() {} });`;
  // "one > with…" cannot be told from a step of "one" in the report.
  assertEquals(await runFile(source), ["2 passed, 0 failed, 1 skipped", 0]);
});

Deno.test("runTests() counts a test with failed steps once", async () => {
  const source = `
    Deno.test("one", async (t) => {
      await t.step("a", () => { throw new Error("no"); });
      await t.step("b", () => { throw new Error("no"); });
    });
    Deno.test("a > b", () => {});`;
  assertEquals(await runFile(source), ["1 passed, 1 failed, 0 skipped", 1]);
});

Deno.test("runTests() counts tests cut off by an error outside them as failed", async () => {
  const source = `
    Deno.test("one", () => {});
    Deno.test("two", async () => {
      await new Promise(() => setTimeout(() => { throw new Error("late"); }));
    });
    Deno.test("three", () => {});`;
  assertEquals(await runFile(source), ["1 passed, 2 failed, 0 skipped", 1]);
});

Deno.test("runTests() counts a file that cannot be loaded as one failure", async () => {
  assertEquals(
    await runFile(`throw new Error("at import");`),
    ["0 passed, 1 failed, 0 skipped", 1],
  );
});

Deno.test("runTests() fails without counts when a file cannot be parsed", async () => {
  const [line, code] = await runFile("this is no JavaScript");
  assertEquals(code, 1);
  assertMatch(line, /^$/);
});

Deno.test("runTests() ends tests that hang, with all they have started", async () => {
  const value = crypto.randomUUID();
  const source = `
    Deno.test("hangs", async () => {
      await new Deno.Command("sh", {
        args: ["-c", "sleep 60; true"],
        env: { LITHOSCOPE_TEST: "${value}" },
      }).output();
    });`;
  const [, code] = await runFile(source, 3000);
  assertEquals(code, 137);
  const left = processesWithEnv(`LITHOSCOPE_TEST=${value}`);
  assertEquals(await untilGone(left), []);
});

Deno.test("countTests() gives zeros for a report of no tests", () => {
  assertEquals(
    countTests('<testsuites name="deno test" tests="0"></testsuites>'),
    { passed: 0, failed: 0, skipped: 0 },
  );
});
