import { assertEquals, assertMatch } from "./assert.ts";
import { processesWithEnv, untilGone } from "./processes.ts";
import { countTests, type Limits } from "./run.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

/** Runs the tests of one file, and gives the last line it prints, its exit code, and all that it says to people. */
async function runFile(
  source: string,
  limits: Limits = {},
): Promise<[last: string, code: number, said: string]> {
  const script = `
    import { runTests } from "${new URL("run.ts", import.meta.url)}";
    Deno.exitCode = await runTests(["some_test.js"], ${
    JSON.stringify(limits)
  });`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/some_test.js`, source);
    const { code, stdout, stderr } = await runDeno(["eval", script], {
      cwd: folder,
    });
    const last = stdout.trimEnd().split("\n").at(-1)!;
    return [last, code, stdout + stderr];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The last line, and the exit code. */
async function counts(source: string): Promise<[string, number]> {
  const [last, code] = await runFile(source);
  return [last, code];
}

Deno.test("runTests() closes with the counts when all tests pass", async () => {
  const source = `
    Deno.test("one", async (t) => { await t.step("in it", () => {}); });
    Deno.test("one > with the mark of a step", () => {});
    Deno.test("two", () => {});
    Deno.test({ name: "three", ignore: true, fn() {} });`;
  // "one > with…" cannot be told from a step of "one" in the report.
  assertEquals(await counts(source), [
    "2 passed, 0 failed, 1 skipped",
    0,
  ]);
});

Deno.test("runTests() counts a test with failed steps once", async () => {
  const source = `
    Deno.test("one", async (t) => {
      await t.step("a", () => { throw new Error("no"); });
      await t.step("b", () => { throw new Error("no"); });
    });
    Deno.test("a > b", () => {});`;
  assertEquals(await counts(source), [
    "1 passed, 1 failed, 0 skipped",
    1,
  ]);
});

Deno.test("runTests() counts tests cut off by an error outside them as failed", async () => {
  const source = `
    Deno.test("one", () => {});
    Deno.test("two", async () => {
      await new Promise(() => setTimeout(() => { throw new Error("late"); }));
    });
    Deno.test("three", () => {});`;
  assertEquals(await counts(source), [
    "1 passed, 2 failed, 0 skipped",
    1,
  ]);
});

Deno.test("runTests() counts a file that cannot be loaded as one failure", async () => {
  assertEquals(
    await counts(`throw new Error("at import");`),
    ["0 passed, 1 failed, 0 skipped", 1],
  );
});

Deno.test("runTests() fails without counts when a file cannot be parsed", async () => {
  const [line, code] = await runFile("this is no JavaScript");
  assertEquals(code, 1);
  assertMatch(line, /^$/);
});

Deno.test("runTests() fails a test that hangs, by its place, and goes on", async () => {
  const source = `
    function add(name, fn) {
      Deno.test(name, fn);
    }
    add("waits", () => new Promise((resolve) => setTimeout(resolve, 60_000)));
    add("spins", () => { for (;;); });
    Deno.test("next", () => {});`;
  const [last, code, said] = await runFile(source, { test: 1000 });
  assertEquals([last, code], ["1 passed, 2 failed, 0 skipped", 1]);
  assertMatch(
    said,
    /waits => .*some_test.js:\d+:\d+\n.*timed out after 1000ms/,
  );
});

Deno.test("runTests() names the test that nothing ends but the end of all", async () => {
  const source = `
    Deno.test("sleeps", () => {
      new Deno.Command("sleep", { args: ["60"] }).outputSync();
    });`;
  const [, code, said] = await runFile(source, { test: 500, silence: 2000 });
  assertEquals(code, 137);
  assertMatch(
    said,
    /none began for 2 s; began last: sleeps \(file:.*_test.js:2/,
  );
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
  const [, code] = await runFile(source, { total: 3000 });
  assertEquals(code, 137);
  const left = processesWithEnv(`LITHOSCOPE_TEST=${value}`);
  assertEquals(await untilGone(left), []);
});

Deno.test("runTests() of all runs each file once, adds up, and names what failed", async () => {
  const script = `
    import { runTests } from "${new URL("run.ts", import.meta.url)}";
    Deno.exitCode = await runTests(["--no-check"]);`;
  await using folder = await tempDir();
  await Deno.mkdir(`${folder.path}/tests`);
  for (const name of ["a", "b", "c", "big_data"]) {
    await folder.write(
      `tests/${name}_test.ts`,
      `Deno.test("${name} is > 0", () => {
        if ("${name}" === "b") throw new Error("no");
      });
      Deno.test({ name: "${name} is left out", ignore: true, fn() {} });`,
    );
  }
  const { code, stdout } = await runDeno(["eval", script], {
    cwd: folder.path,
  });
  assertEquals(code, 1);
  for (const name of ["a", "b", "c", "big_data"]) {
    const lines = stdout.match(new RegExp(`^${name} is > 0 [.]{3} `, "gm"));
    assertEquals(lines?.length, 1, stdout);
  }
  assertEquals(stdout.trimEnd().split("\n").slice(-2), [
    "Failed in a lane: b is > 0",
    "3 passed, 1 failed, 4 skipped",
  ]);
});

Deno.test("countTests() gives zeros for a report of no tests", () => {
  assertEquals(
    countTests('<testsuites name="deno test" tests="0"></testsuites>'),
    { passed: 0, failed: 0, skipped: 0 },
  );
});
