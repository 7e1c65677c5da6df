/**
 * Comparing runs: the tests of statistics against published answers, how often noise is called a change, and whether a
 * real one is found.
 *
 * @module
 */
import process from "node:process";
import { medianInterval, middleOf } from "../plot/_bootstrap.ts";
import { independentOf, upper, weakened } from "../plot/_dependence.ts";
import { fisher, holm, mannWhitney, signedRank } from "../plot/_statistics.ts";
import { compareRuns, type FigureChange } from "../plot/compare.ts";
import type { RunData } from "../plot/run_data.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertGreater,
  assertLess,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { onEach } from "./executors.ts";
import { lithoscope } from "./lithoscope.ts";
import { Run } from "../mod.ts";
import { scheduled, syntheticRun } from "./synthetic_runs.ts";
import { tempDir } from "./temp_dir.ts";

const values = (...numbers: number[]) => Float64Array.from(numbers);

Deno.test("mannWhitney() gives the answers of SciPy's documentation, exact and not", () => {
  const males = values(19, 22, 16, 29, 24), females = values(20, 11, 17, 12);
  assertAlmostEquals(mannWhitney(males, females), 0.1111111, 1e-6);
  assertAlmostEquals(mannWhitney(values(1, 2, 3), values(4, 5, 6)), 0.1, 1e-9);
  assertEquals(mannWhitney(values(), values(1)), 1);
  assertEquals(mannWhitney(values(2, 2, 2), values(2, 2)), 1);
  // With ties, by hand: ranks 1 and 2.5, U = 0.5 of 4, and the normal distribution with its corrections.
  const z = (1.5 - 0.5) / Math.sqrt(4 / 12 * (5 - 6 / 12));
  assertAlmostEquals(
    mannWhitney(values(1, 2), values(2, 3)),
    2 * upper(z),
    1e-9,
  );
});

Deno.test("signedRank() gives the answer of SciPy's documentation", () => {
  const differences = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67];
  assertAlmostEquals(
    signedRank(values(...differences, 75)),
    0.041259765625,
    1e-12,
  );
  assertEquals(signedRank(values(0, 0)), 1);
  assertAlmostEquals(signedRank(values(1, 2, 3, 4, 5)), 2 / 32, 1e-12);
});

Deno.test("fisher() and holm() give known answers", () => {
  assertAlmostEquals(fisher(8, 10, 1, 6), 0.0349650, 1e-6);
  assertAlmostEquals(fisher(3, 10, 3, 10), 1, 1e-9);
  const corrected = holm([0.01, 0.04, 0.03, 0.005]);
  [0.03, 0.06, 0.06, 0.02].forEach((p, i) =>
    assertAlmostEquals(corrected[i]!, p, 1e-12)
  );
  assertAlmostEquals(upper(1.959964), 0.025, 1e-7);
  assertAlmostEquals(weakened(0.01, 1), 0.01, 1e-12);
  // Half the values: the deviate 2.5758 by the root of 2.
  assertAlmostEquals(
    weakened(0.01, 0.5),
    2 * upper(2.575829 / Math.SQRT2),
    1e-6,
  );
});

/** Random numbers that are the same every time. */
function randomOf(seed: number) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 10; i++) uniform();
  return {
    uniform,
    normal: () =>
      Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

Deno.test("independentOf() knows values that follow from each other", () => {
  const { normal } = randomOf(5);
  const noise = Float64Array.from({ length: 1000 }, normal);
  assertGreater(independentOf(noise), 700);
  let sum = 0;
  const walk = noise.map((step) => sum += step);
  assertLess(independentOf(walk), 20);
  let last = 0;
  const chain = noise.map((step) => last = 0.5 * last + step);
  // Of a chain with the factor f, (1 - f) / (1 + f) of the values count.
  assertAlmostEquals(independentOf(chain) / 1000, 1 / 3, 0.12);
  assertEquals(independentOf(new Float64Array(50).fill(3)), 50);
});

Deno.test("medianInterval() holds the true median in 95 of 100 cases", () => {
  const { normal } = randomOf(11);
  let held = 0;
  for (let i = 0; i < 200; i++) {
    const sorted = Float64Array.from({ length: 41 }, () => Math.exp(normal()))
      .sort();
    const [low, high] = medianInterval({ sorted, independent: 41 });
    if (low <= 1 && high >= 1) held++;
    assert(low <= middleOf(sorted) && middleOf(sorted) <= high);
  }
  assertGreater(held / 200, 0.91);
  assertLess(held / 200, 0.99);
});

type Draw = (random: ReturnType<typeof randomOf>, i: number) => number;

/** A run on two workers whose calls take what is drawn; `offset` keeps ids apart. */
function drawn(draw: Draw, seed: number, count: number, offset = 0): RunData {
  const random = randomOf(seed);
  const lengths = Array.from({ length: count }, (_, i) => draw(random, i));
  const run = syntheticRun(
    scheduled(lengths, 2).map((plan) => ({
      ...plan,
      stats: {
        worker_peak_memory_end: Math.round(
          6e7 * Math.exp(random.normal() / 20),
        ),
      },
    })),
  );
  return {
    ...run,
    calls: run.calls.map((call, i) => ({
      ...call,
      call_id: String(i + offset).padStart(5, "0"),
    })),
  };
}

const skewed: Draw = ({ normal }) => 0.1 * Math.exp(normal());
const ROUNDS = 60;

/** Of how many comparisons any figure is called changed, and the figures of the last. */
function alarms(
  a: (round: number) => RunData,
  b: (round: number) => RunData,
  minChange = 0,
): { any: number; of: Record<string, number> } {
  let any = 0;
  const of: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const { figures } = compareRuns(a(round), b(round), { minChange });
    const changed = figures.filter(({ verdict }) =>
      verdict === "more" || verdict === "less"
    );
    for (const { key } of changed) of[key] = (of[key] ?? 0) + 1;
    if (changed.length > 0) any++;
  }
  return { any, of };
}

Deno.test("compareRuns() rarely calls two draws of one distribution different", () => {
  const a = (round: number) => drawn(skewed, 1000 + round, 60);
  const paired = alarms(a, (round) => drawn(skewed, 5000 + round, 60));
  const grouped = alarms(a, (round) => drawn(skewed, 9000 + round, 60, 60));
  // 5 % of 60 are 3, for all four figures together.
  assertLess(paired.any, 5, JSON.stringify(paired.of));
  assertLess(grouped.any, 5, JSON.stringify(grouped.of));
});

Deno.test("compareRuns() is not taken in by a machine whose speed drifts", () => {
  const drifting = (): Draw => {
    let state = 0;
    return ({ normal }) => {
      state = 0.9 * state + 0.1 * normal();
      return 0.1 * Math.exp(state + 0.02 * normal());
    };
  };
  const { any, of } = alarms(
    (round) => drawn(drifting(), 1000 + round, 100),
    (round) => drawn(drifting(), 5000 + round, 100),
  );
  // By the same tests, but without regard to the drift, more than half would be called different.
  assertLess(any, 8, JSON.stringify(of));
});

Deno.test("compareRuns() finds a real shift", () => {
  const slower: Draw = (random, i) => 1.5 * skewed(random, i);
  const { of } = alarms(
    (round) => drawn(skewed, 1000 + round, 400),
    (round) => drawn(slower, 5000 + round, 400),
    0.1,
  );
  assertGreater(of.exec_time!, 0.9 * ROUNDS);
  assertLess(of.peak_memory ?? 0, 0.1 * ROUNDS);
});

Deno.test("compareRuns() finds a small shift by pairs that calls of different lengths would hide", () => {
  const long: Draw = ({ normal }, i) => (1 + i % 50) * Math.exp(normal() / 20);
  const longer: Draw = (random, i) => 1.15 * long(random, i);
  const a = drawn(long, 1, 100), b = drawn(longer, 2, 100);
  const figure = (other: RunData): FigureChange =>
    compareRuns(a, other).figures.find(({ key }) => key === "exec_time")!;
  const paired = figure(b);
  assertEquals([paired.method, paired.verdict], ["pairs", "more"]);
  assertAlmostEquals(paired.ratio!, 1.15, 0.03);
  assert(paired.low! < 1.15 && paired.high! > 1.15);
  const grouped = figure(drawn(longer, 2, 100, 100));
  assertEquals([grouped.method, grouped.verdict], ["groups", "unclear"]);
  assertEquals(
    figure(drawn((r, i) => long(r, i) / 1.15, 2, 100)).verdict,
    "less",
  );
});

Deno.test("compareRuns() tells a certain but small change only if asked", () => {
  const steady: Draw = ({ normal }) => Math.exp(normal() / 100);
  const a = drawn(steady, 1, 100);
  const b = drawn((random, i) => 1.05 * steady(random, i), 2, 100);
  const verdict = (minChange?: number) =>
    compareRuns(a, b, { minChange }).figures[1]!.verdict;
  assertEquals([verdict(), verdict(0.03)], ["unclear", "more"]);
  assertThrows(
    () => compareRuns(a, b, { minChange: -1 }),
    RangeError,
    "minChange must be at least 0: -1",
  );
});

Deno.test("compareRuns() says nothing where there is nothing to say it from", () => {
  const one = syntheticRun(scheduled([1], 1), { cpu: null });
  const { figures, totals, failures, matched } = compareRuns(one, one);
  for (const { verdict, p, key, a } of figures) {
    assertEquals([verdict, p], ["unknown", null]);
    assertEquals(a === null, key === "cpu_time");
  }
  assertEquals(failures.verdict, "unknown");
  assertEquals(matched.both, 1);
  assertEquals(totals.some(({ key }) => key === "cpu_time"), false);
  const none = { ...one, calls: [], workers: [] };
  assertEquals(compareRuns(none, none).totals.map(({ key }) => key), [
    "calls",
    "peak_concurrency",
  ]);
  // Calls that ended well were in workers: how many at once is not known then, and not 0.
  const untimed = {
    ...one,
    calls: one.calls.map((call) => ({
      ...call,
      outcome: "success" as const,
      worker_start_tstamp: null,
      worker_end_tstamp: null,
    })),
  };
  const keysOf = (calls: RunData["calls"]) => {
    const run = { ...one, calls };
    return compareRuns(run, run).totals.map(({ key }) => key);
  };
  assertFalse(keysOf(untimed.calls).includes("peak_concurrency"));
  // Nor do those that were stopped, which have times, stand for them.
  const stopped = { ...one.calls[0]!, outcome: "timeout" as const };
  assertEquals(
    keysOf([...untimed.calls, stopped]).filter((key) =>
      /concurrency|exec_time/.test(key)
    ),
    [],
  );
});

Deno.test("compareRuns() tells whether more calls failed, and which calls changed most", () => {
  const a = syntheticRun(scheduled(new Array(100).fill(1), 4));
  const b: RunData = {
    ...a,
    calls: a.calls.map((call, i) => ({
      ...call,
      outcome: i < 20 ? "error" as const : "success" as const,
      worker_func_exec_time: i === 42 ? 9 : call.worker_func_exec_time,
    })).slice(0, 90),
  };
  const { failures, matched } = compareRuns(a, b);
  assertEquals([failures.a, failures.b, failures.of_b], [0, 20, 90]);
  assertEquals(failures.verdict, "more");
  assertLess(failures.p!, 1e-4);
  assertEquals(matched.only_a, 10);
  assertEquals(matched.largest[0]!.call, "M000/00042");
  assertAlmostEquals(matched.largest[0]!.b, 9, 1e-6);
  assertEquals(compareRuns(b, a).failures.verdict, "less");
});

Deno.test("compareRuns() compares many calls in a few seconds of CPU time", () => {
  const a = drawn(skewed, 1, 30_000), b = drawn(skewed, 2, 30_000);
  const before = process.cpuUsage();
  compareRuns(a, b);
  const { user, system } = process.cpuUsage(before);
  assertLess((user + system) / 1e6, 10); // minutes if anything is quadratic
});

onEach(
  "a worker that took the place of another is not one more, however many did",
  async (make) => {
    const fexec = make({ workers: 1 });
    const hang = (x: number) => x % 2 === 0 ? x : new Promise<number>(() => {});
    // Each of the calls that hang ends four workers, but of a call the last attempt alone is recorded.
    const futures = fexec.map(hang, [0, 1, 3], { timeout: 0.05, retries: 3 });
    await Promise.allSettled(Array.from(futures, (each) => each.result()));
    assertEquals(fexec.workerStats().length > 7, true);
    const run = fexec.run();
    const { totals } = compareRuns(run, run);
    assertEquals(totals.find(({ key }) => key === "workers")!.a, 1);
  },
);

Deno.test("lithoscope compare shows a table, and JSON", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  const save = async (name: string, { header, calls }: RunData) =>
    await new Run({ ...header, saved_tstamp: 1 }, calls, [])
      .save(`${cwd}/${name}`);
  const steady: Draw = ({ normal }) => Math.exp(normal() / 10);
  await save("a.jsonl", drawn(steady, 1, 50));
  await save("b.jsonl", drawn((r, i) => 2 * steady(r, i), 2, 50));
  const [text, json, wrong, none] = await Promise.all([
    lithoscope(["compare", "a.jsonl", "b.jsonl"], { cwd }),
    lithoscope(["compare", "a.jsonl", "b.jsonl", "--json"], { cwd }),
    lithoscope(["compare", "a.jsonl", "b.jsonl", "--min-change", "-1"], {
      cwd,
    }),
    lithoscope(["compare", "a.jsonl"], { cwd }),
  ]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertMatch(text.stdout, /^run time +\d.* more$/m);
  assertStringIncludes(text.stdout, "50 calls are in both runs");
  for (const line of text.stdout.split("\n")) assert(line.length <= 80, line);
  assertEquals(JSON.parse(json.stdout).figures[1].verdict, "more");
  assert(json.stdout.length < 10_000);
  assertEquals([wrong.code, none.code], [2, 2]);
});
