/**
 * `deno task test`: sets up, runs the tests, and closes with one plain line, `12 passed, 0 failed, 1 skipped`, that any
 * script can read. Arguments go to `deno test`: `deno task test tests/foo_test.ts --filter bar`.
 *
 * One test file at a time: many tests measure, and two at once on two cores would measure each other.
 *
 * @module
 */
import { descendants } from "./processes.ts";
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

/** Longest run, in milliseconds: a test that hangs must not hold a machine for hours. */
const LIMIT = 20 * 60_000;

function write(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Waits for the tests to end; ends them, and all they have started, after `limit` milliseconds. */
async function ended(tests: Deno.ChildProcess, limit: number): Promise<number> {
  const timer = setTimeout(() => {
    write(Deno.stderr, `Tests ended as they ran for over ${limit / 1000} s`);
    for (const { pid } of [...descendants(tests.pid), tests]) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch { /* it has just ended */ }
    }
  }, limit);
  const { code } = await tests.status;
  clearTimeout(timer);
  return code;
}

/** Runs `deno test` with these arguments, prints the closing line, and resolves to the exit code. */
export async function runTests(
  args: readonly string[],
  limit: number = LIMIT,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_tests_" });
  try {
    const report = `${folder}/junit.xml`;
    const tests = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", `--junit-path=${report}`, ...args],
      stdin: "null",
    }).spawn();
    const code = await ended(tests, limit);
    const text = await Deno.readTextFile(report).catch(() => undefined);
    if (text === undefined) return code;
    const { passed, failed, skipped } = countTests(text);
    // A file that cannot be loaded fails the run without being a test.
    const failures = failed === 0 && code !== 0 ? 1 : failed;
    write(
      Deno.stdout,
      `${passed} passed, ${failures} failed, ${skipped} skipped`,
    );
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  await setUp();
  Deno.exitCode = await runTests(Deno.args);
}
