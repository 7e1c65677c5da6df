/**
 * `deno task test`: sets up, runs the tests, and closes with one plain line, `12 passed, 0 failed, 1 skipped`, that any
 * script can read. Arguments go to `deno test`: `deno task test tests/foo_test.ts --filter bar`.
 *
 * Files that are named run one at a time; all of them as `lanes.ts` says.
 *
 * @module
 */
import { passOn, planFor } from "./lanes.ts";
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
const ENTITIES: Record<string, string> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};
const CASE = /<testcase name="([^"]*)"[^>]*>(.*?)<\/testcase>/gs;
/** Stands between the name of a test and that of its step. */
const STEP = " &gt; ";

/** The tests in the JUnit report that `deno test` writes, with what it says of each; a step fails with its test. */
function testsIn(junit: string): [name: string, outcome: string][] {
  return [...junit.matchAll(SUITE)].flatMap(([suite]) => {
    const cases = [...suite.matchAll(CASE)];
    const names = new Set(cases.map(([, name]) => name!));
    return cases
      .filter(([, name]) => !isStep(name!, names))
      .map(([, name, outcome]): [string, string] => [name!, outcome!]);
  });
}

function hasFailed(outcome: string): boolean {
  return /<(failure|error)/.test(outcome);
}

/** Counts the tests in the JUnit report that `deno test` writes. */
export function countTests(junit: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, outcome] of testsIn(junit)) {
    if (hasFailed(outcome)) counts.failed++;
    else if (outcome.includes("<skipped")) counts.skipped++;
    else counts.passed++;
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
  /** All those of one lane together. @default {2_400_000} */
  total?: number;
}

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += stream.writeSync(bytes.subarray(at));
  }
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
  write(
    Deno.stderr,
    `Tests ended as ${reason}; began last: ${last || "none"}\n`,
  );
  for (const { pid } of [...descendants(tests.pid), tests]) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch { /* it has just ended */ }
  }
}

/** What tests have left running may hold their pipe open: as long as this is waited for its end, in milliseconds. */
const PIPE_LIMIT = 10_000;

/** How one `deno test` ended. */
interface Ended {
  code: number;
  /** How its tests ended; undefined if it could not tell. */
  counts?: Counts;
  /** Names of those that failed. */
  failures: string[];
}

/** Runs `deno test` with these arguments; prints what it says as it comes, or else a file at a time. */
async function testOnce(
  args: readonly string[],
  limits: Limits,
  isBeside = false,
): Promise<Ended> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_tests_" });
  try {
    const report = `${folder}/junit.xml`, begun = `${folder}/begun`;
    await Deno.writeTextFile(begun, "");
    const bounds = new URL(import.meta.resolve("./bounds.ts"));
    bounds.searchParams.set("limit", `${limits.test ?? 150_000}`);
    bounds.searchParams.set("begun", begun);
    const ways = [`--preload=${bounds}`, `--junit-path=${report}`];
    const tests = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", ...ways, ...args],
      stdin: "null",
      stdout: isBeside ? "piped" : "inherit",
    }).spawn();
    const late = new AbortController();
    const passing = isBeside &&
      passOn(tests.stdout, (text) => write(Deno.stdout, text), late.signal);
    const code = await ended(tests, begun, limits);
    const timer = setTimeout(() => late.abort(), PIPE_LIMIT);
    await passing;
    clearTimeout(timer);
    const text = await Deno.readTextFile(report).catch(() => undefined);
    if (text === undefined) return { code, failures: [] };
    const counts = countTests(text);
    // A file that cannot be loaded fails the run without being a test.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    const failures = testsIn(text)
      .filter(([, outcome]) => hasFailed(outcome)).map(([name]) =>
        name.replaceAll(/&\w+;/g, (it) => ENTITIES[it] ?? it)
      );
    return { code, counts, failures };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All test files, by their places from here. */
function testFiles(): string[] {
  return [...Deno.readDirSync("tests")]
    .map(({ name }) => `tests/${name}`)
    .filter((file) => file.endsWith("_test.ts")).sort();
}

/** Runs all tests: two files at a time where there are two cores, and then those that nothing may run beside. */
async function testAll(
  args: readonly string[],
  limits: Limits,
): Promise<Ended[]> {
  const { lanes, alone } = planFor(
    testFiles(),
    Math.min(2, navigator.hardwareConcurrency),
  );
  const beside = await Promise.all(
    lanes.map((files) => testOnce([...args, ...files], limits, true)),
  );
  const parts = [...beside];
  if (alone.length > 0) parts.push(await testOnce([...args, ...alone], limits));
  // What Deno says of them may be far above.
  for (const name of beside.flatMap(({ failures }) => failures)) {
    write(Deno.stdout, `Failed in a lane: ${name}\n`);
  }
  return parts;
}

/** Runs tests as `deno test` does with these arguments, prints the closing line, and resolves to the exit code. */
export async function runTests(
  args: readonly string[],
  limits: Limits = {},
): Promise<number> {
  const ways = [...args];
  if (!args.some((arg) => /^--(no-)?check/.test(arg))) {
    // All types at once and first, those of examples too: a test that starts a thread would wait for its module's.
    const { code } = await testOnce(["--no-run", "--doc", ...args], limits);
    if (code !== 0) return code;
    ways.unshift("--no-check");
  }
  const isAll = args.every((arg) => arg.startsWith("-"));
  const parts = isAll
    ? await testAll(ways, limits)
    : [await testOnce(ways, limits)];
  if (parts.every(({ counts }) => counts !== undefined)) {
    const sum = (key: keyof Counts) =>
      parts.reduce((total, { counts }) => total + counts![key], 0);
    const text = (["passed", "failed", "skipped"] as const)
      .map((key) => `${sum(key)} ${key}`).join(", ");
    write(Deno.stdout, `${text}\n`);
  }
  return parts.find(({ code }) => code !== 0)?.code ?? 0;
}

if (import.meta.main) {
  await setUp();
  Deno.exitCode = await runTests(Deno.args);
}
