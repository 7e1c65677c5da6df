/**
 * `deno task test`: sets up, runs the tests, and closes with one plain line, `12 passed, 0 failed, 1 skipped`, that any
 * script can read. Arguments go to `deno test`: `deno task test tests/foo_test.ts --filter bar`.
 *
 * One test file at a time: many tests measure, and two at once on two cores would measure each other.
 *
 * @module
 */
import { setUp } from "./setup.ts";

/** How the tests of a run ended; a test with steps counts once. */
export interface Counts {
  /** Tests that passed. */
  passed: number;
  /** Tests that failed, or were cut off by an error outside any test. */
  failed: number;
  /** Tests that were ignored. */
  skipped: number;
}

const SUITE = /<testsuite name=.*?<\/testsuite>/gs;
const CASE = /<testcase name="([^"]*)"[^>]*>(.*?)<\/testcase>/gs;
/** Stands between the name of a test and that of its step. */
const STEP = " &gt; ";

/** Reads the JUnit report that `deno test` writes. */
export function countTests(junit: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [suite] of junit.matchAll(SUITE)) {
    const cases = [...suite.matchAll(CASE)];
    const names = new Set(cases.map(([, name]) => name!));
    for (const [, name, outcome] of cases) {
      if (isStep(name!, names)) continue; // its test fails with it
      if (/<(failure|error)/.test(outcome!)) counts.failed++;
      else if (outcome!.includes("<skipped")) counts.skipped++;
      else counts.passed++;
    }
  }
  return counts;
}

/** A step is named after its test, which is in the report too; a test may have the same mark in its name. */
function isStep(name: string, names: ReadonlySet<string>): boolean {
  const parts = name.split(STEP);
  return parts.some((_, index) =>
    index > 0 && names.has(parts.slice(0, index).join(STEP))
  );
}

/** Runs `deno test` with these arguments, prints the closing line, and resolves to the exit code. */
export async function runTests(args: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_tests_" });
  try {
    const report = `${folder}/junit.xml`;
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", `--junit-path=${report}`, ...args],
      stdin: "null",
    }).spawn().status;
    const text = await Deno.readTextFile(report).catch(() => undefined);
    if (text !== undefined) {
      const { passed, failed, skipped } = countTests(text);
      // A file that cannot be loaded fails the run without being a test.
      const failures = failed === 0 && code !== 0 ? 1 : failed;
      Deno.stdout.writeSync(
        new TextEncoder().encode(
          `${passed} passed, ${failures} failed, ${skipped} skipped\n`,
        ),
      );
    }
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  await setUp();
  Deno.exitCode = await runTests(Deno.args);
}
