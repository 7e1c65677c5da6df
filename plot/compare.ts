/**
 * Two runs beside each other: what changed, and whether it is more than noise.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { changeOf } from "./_change.ts";
import { nameOf } from "./_finding.ts";
import type { RunData } from "./run_data.ts";
import { shown } from "./_shown.ts";
import { fisher, holm } from "./_statistics.ts";
import { totalsOf } from "./_totals.ts";

/** Whether a figure changed: `"unclear"` if not for certain, `"unknown"` if there are too few calls to tell. */
export type Verdict = "more" | "less" | "unclear" | "unknown";

/** What a number counts. */
export type Unit = "seconds" | "bytes" | "count" | "share";

/** A figure of a run as a whole: one value each, so that nothing can be said about chance. */
export interface TotalChange {
  /** Names it, for programs. */
  key: string;
  /** Names it, for people. */
  title: string;
  /** What it counts. */
  unit: Unit;
  /** Of the first run; `null` if it is not known. */
  a: number | null;
  /** Of the second run. */
  b: number | null;
}

/** How a figure is spread over the calls of a run. */
export interface Spread {
  /** Calls it is known of. */
  count: number;
  /** The median: half of the calls have at most this. */
  p50: number;
  /** 95 % have at most this. */
  p95: number;
  /** All values, ascending. */
  sorted: Float64Array;
}

/** A figure of calls, in both runs. */
export interface FigureChange {
  /** Names it, for programs: as in the summary. */
  key: "queue_time" | "exec_time" | "cpu_time" | "peak_memory";
  /** Names it, for people. */
  title: string;
  /** What it counts. */
  unit: Unit;
  /** In the first run; `null` if it is known of no call. */
  a: Spread | null;
  /** In the second run. */
  b: Spread | null;
  /** What was tested: the change of each call (Wilcoxon), or all calls of one run against all of the other (Mann and Whitney). */
  method: "pairs" | "groups" | null;
  /** By what the median changed: of the ratios of pairs, or the ratio of the medians. `null` if it is not known. */
  ratio: number | null;
  /** 95 % of the ratios of calls drawn again lie between this (bootstrap) … */
  low: number | null;
  /** … and this. */
  high: number | null;
  /** Probability of such a difference by chance alone, corrected for dependence and for the number of figures (Holm); `null` without a test. */
  p: number | null;
  /** What comes of it: a change has `p` below 0.05, an interval without 1, and at least the size asked for. */
  verdict: Verdict;
}

/** A call that is in both runs. */
export interface CallChange {
  /** `"M001/00042"`. */
  call: string;
  /** Seconds in the function in the first run. */
  a: number;
  /** Seconds in the function in the second run. */
  b: number;
}

/** Two runs beside each other. */
export interface Comparison {
  /** The runs as a whole. */
  totals: TotalChange[];
  /** The spread of figures over calls. */
  figures: FigureChange[];
  /** Whether the share of failed calls changed. */
  failures: {
    /** Failed calls of the first run. */
    a: number;
    /** Its calls that ended. */
    of_a: number;
    /** Failed calls of the second run. */
    b: number;
    /** Its calls that ended. */
    of_b: number;
    /** As of figures (Fisher's exact test). */
    p: number | null;
    /** What comes of it. */
    verdict: Verdict;
  };
  /** Calls with the same job and call id. */
  matched: {
    /** In both runs. */
    both: number;
    /** In the first run alone. */
    only_a: number;
    /** In the second run alone. */
    only_b: number;
    /** Those in both whose time in the function changed most, the largest change first. */
    largest: CallChange[];
  };
}

/** Options of {@linkcode compareRuns}. */
export interface CompareOptions {
  /**
   * A smaller change, as a share, is told as unclear even if it is certain: calls of one run share the state of their
   * machine, and two runs of the same work differ by some percent.
   *
   * @default {0.1}
   */
  minChange?: number | undefined;
}

/** A difference that comes by chance more often than this is none. */
const SIGNIFICANT = 0.05;
/** Calls told one by one. */
const LARGEST = 10;

type Figure = (call: CallStats) => number | null;

const FIGURES: readonly [FigureChange["key"], string, Unit, Figure][] = [
  ["queue_time", "queue time", "seconds", (call) => call.worker_queue_time],
  ["exec_time", "run time", "seconds", (call) => call.worker_func_exec_time],
  ["cpu_time", "CPU time", "seconds", (call) => {
    const { worker_func_cpu_user_time: user } = call;
    const { worker_func_cpu_system_time: system } = call;
    return user === null || system === null ? null : user + system;
  }],
  [
    "peak_memory",
    "peak memory",
    "bytes",
    (call) => call.worker_peak_memory_end,
  ],
];

/**
 * Compares two runs. Calls are matched by job and call id, so that calls of different lengths do not hide a change; where
 * they do not match, all calls of one run are compared with all of the other.
 *
 * A figure counts as changed only if that is hardly chance, by tests that ask nothing of distributions, corrected for
 * what calls that follow each other have in common and for the number of figures. `docs/compare.md` tells how.
 *
 * @throws {RangeError} If an option is out of its range.
 *
 * @example The same work, done twice
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { compareRuns } from "./compare.ts";
 *
 * const runs = [];
 * for (let i = 0; i < 2; i++) {
 *   await using fexec = new FunctionExecutor({ workers: 1 });
 *   await fexec.map((x: number) => x * x, [1, 2, 3]).getResult();
 *   runs.push(fexec.run());
 * }
 * const { figures } = compareRuns(runs[0]!, runs[1]!);
 * console.table(figures.map(({ title, ratio, verdict }) => ({ title, ratio, verdict })));
 * ```
 */
export function compareRuns(
  a: RunData,
  b: RunData,
  options: CompareOptions = {},
): Comparison {
  const { minChange = 0.1 } = options;
  if (!(minChange >= 0)) {
    throw new RangeError(
      `Cannot compare runs as minChange must be at least 0: ${
        shown(minChange)
      }`,
    );
  }
  const before = inOrder(a.calls), after = inOrder(b.calls);
  const pairs = pairsOf(before, after);
  const figures = FIGURES.map(([key, title, unit, of]): FigureChange => ({
    key,
    title,
    unit,
    ...changeOf(
      valuesOf(before, of),
      valuesOf(after, of),
      key === "queue_time" ? [] : known(pairs, of), // a wait is made by other calls
    ),
  }));
  const failures = failuresOf(before, after);
  const tested = [...figures, failures].filter(({ p }) => p !== null);
  holm(tested.map(({ p }) => p!)).forEach((p, i) => {
    tested[i]!.p = p;
  });
  for (const figure of figures) {
    figure.verdict = verdictOf(figure, 1 + minChange);
  }
  if (failures.p !== null) {
    const isMore = failures.b * failures.of_a > failures.a * failures.of_b;
    failures.verdict = failures.p >= SIGNIFICANT
      ? "unclear"
      : isMore
      ? "more"
      : "less";
  }
  return {
    totals: totalsOf(a, b),
    figures,
    failures,
    matched: {
      both: pairs.length,
      only_a: before.length - pairs.length,
      only_b: after.length - pairs.length,
      largest: largestOf(pairs),
    },
  };
}

function inOrder(calls: readonly CallStats[]): CallStats[] {
  const start = (call: CallStats) =>
    call.worker_start_tstamp ?? call.host_submit_tstamp;
  return calls.toSorted((x, y) => start(x) - start(y));
}

type Pair = readonly [CallStats, CallStats];

function pairsOf(a: readonly CallStats[], b: readonly CallStats[]): Pair[] {
  const before = new Map(a.map((call) => [nameOf(call), call]));
  const pairs: Pair[] = [];
  for (const call of b) {
    const name = nameOf(call), other = before.get(name);
    if (other === undefined) continue;
    before.delete(name);
    pairs.push([other, call]);
  }
  return pairs;
}

function valuesOf(calls: readonly CallStats[], figure: Figure): Float64Array {
  return Float64Array.from(calls.map(figure).filter((it) => it !== null));
}

function known(
  pairs: readonly Pair[],
  figure: Figure,
): (readonly [number, number])[] {
  return pairs.flatMap(([x, y]) => {
    const before = figure(x), after = figure(y);
    return before === null || after === null ? [] : [[before, after] as const];
  });
}

function verdictOf(
  { p, ratio, low, high }: FigureChange,
  least: number,
): Verdict {
  if (p === null) return "unknown";
  if (p >= SIGNIFICANT || ratio === null || low === null || high === null) {
    return "unclear";
  }
  if (low > 1 && ratio >= least) return "more";
  return high < 1 && ratio <= 1 / least ? "less" : "unclear";
}

function failuresOf(
  a: readonly CallStats[],
  b: readonly CallStats[],
): Comparison["failures"] {
  const count = (calls: readonly CallStats[], outcomes: readonly string[]) =>
    calls.filter(({ outcome }) => outcomes.includes(outcome ?? "")).length;
  const failed = ["error", "timeout", "crashed"];
  const ended = [...failed, "success"];
  const found = {
    a: count(a, failed),
    of_a: count(a, ended),
    b: count(b, failed),
    of_b: count(b, ended),
  };
  const isTested = found.a + found.b > 0 && found.of_a > 0 && found.of_b > 0;
  const p = isTested ? fisher(found.a, found.of_a, found.b, found.of_b) : null;
  return { ...found, p, verdict: "unknown" };
}

function largestOf(pairs: readonly Pair[]): CallChange[] {
  const changes: CallChange[] = [];
  for (const [x, y] of pairs) {
    const a = x.worker_func_exec_time, b = y.worker_func_exec_time;
    if (a !== null && b !== null) changes.push({ call: nameOf(y), a, b });
  }
  return changes.sort((x, y) => Math.abs(y.b - y.a) - Math.abs(x.b - x.a))
    .slice(0, LARGEST);
}
