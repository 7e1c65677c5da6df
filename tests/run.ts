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

/** How long tests may take, in milliseconds: far more than they need on a loaded machine, to end what hangs. */
export interface Limits {
  /** One test that sets no `timeout` of its own. @default {150_000} */
  test?: number;
  /** From the start of one test to that of the next, for those that even their limit does not end. @default {360_000} */
  silence?: number;
  /** All together. @default {2_400_000} */
  total?: number;
}

function write(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Waits for the tests to end; ends them, and all they have started, when they take too long. */
async function ended(
  tests: Deno.ChildProcess,
  begun: string,
  { silence = 360_000, total = 2_400_000 }: Limits,
): Promise<number> {
  const start = performance.now();
  let last = "", since = start;
  const timer = setInterval(() => {
    const now = performance.now(), test = Deno.readTextFileSync(begun);
    if (test !== last) [last, since] = [test, now];
    if (now - start > total) {
      end(tests, `they took over ${total / 1000} s`, last);
    } else if (last !== "" && now - since > silence) {
      end(tests, `none began for ${silence / 1000} s`, last);
    }
  }, 1000);
  const { code } = await tests.status;
  clearInterval(timer);
  return code;
}

function end(tests: Deno.ChildProcess, reason: string, last: string): void {
  write(Deno.stderr, `Tests ended as ${reason}; began last: ${last || "none"}`);
  for (const { pid } of [...descendants(tests.pid), tests]) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch { /* it has just ended */ }
  }
}

/** Runs `deno test` with these arguments, prints the closing line, and resolves to the exit code. */
export async function runTests(
  args: readonly string[],
  limits: Limits = {},
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_tests_" });
  try {
    const report = `${folder}/junit.xml`, begun = `${folder}/begun`;
    await Deno.writeTextFile(begun, "");
    const bounds = new URL(import.meta.resolve("./bounds.ts"));
    bounds.searchParams.set("limit", `${limits.test ?? 150_000}`);
    bounds.searchParams.set("begun", begun);
    const test = (...more: string[]) =>
      ended(
        new Deno.Command(Deno.execPath(), {
          args: ["test", "-A", ...more, ...args],
          stdin: "null",
        }).spawn(),
        begun,
        limits,
      );
    const ways = [`--preload=${bounds}`, `--junit-path=${report}`];
    if (!args.some((arg) => /^--(no-)?check/.test(arg))) {
      // All types at once and first, those of examples too: a test that starts a thread would wait for its module's.
      const code = await test("--no-run", "--doc");
      if (code !== 0) return code;
      ways.push("--no-check");
    }
    const code = await test(...ways);
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
