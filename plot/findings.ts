/**
 * What the figures of a run tell, in words: what slowed it down, what went wrong, and what to change.
 *
 * @module
 */
import type { Finding, Rule } from "./_finding.ts";
import { failures, retries } from "./_findings_outcomes.ts";
import {
  cpuBound,
  ioBound,
  memoryLimit,
  throttled,
} from "./_findings_resources.ts";
import {
  coldStarts,
  largeChunks,
  smallCalls,
  stragglers,
  submitBound,
  tooFewCalls,
  workersWanted,
} from "./_findings_time.ts";
import { shapeOf } from "./_shape.ts";
import { isUntimed } from "./_table.ts";
import type { RunData } from "./run_data.ts";

export type { Finding } from "./_finding.ts";

/** Those that need nothing but counts. */
const OF_OUTCOMES: readonly Rule[] = [failures, retries];
/** Those that need samples of the profiler. */
const OF_SAMPLES: readonly Rule[] = [throttled, memoryLimit];
/** Those of a run that took its time. A rule that spares what another one has told comes after it. */
const OF_TIME: readonly Rule[] = [
  ioBound,
  cpuBound,
  stragglers,
  workersWanted,
  coldStarts,
];
/** Those that tell why workers stood still. */
const OF_IDLENESS: readonly Rule[] = [
  tooFewCalls,
  largeChunks,
  smallCalls,
  submitBound,
];
/** With more retried calls, workers only seem to stand still: of a call, the last attempt alone is recorded. */
const MAX_RETRIED = 0.05;
/** In seconds: shares of less tell of the clock. */
const MIN_OPEN = 0.05;

const RANK = { warning: 0, notice: 1, info: 2 } as const;

/**
 * Finds what is worth a word, the gravest first; nothing where the data does not carry it. `docs/findings.md` tells for
 * each what it means and from which threshold on it is told.
 *
 * @example What slowed down a run
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { findings } from "./findings.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * await fexec.map((x: number) => x * x, [1, 2, 3]).getResult();
 * for (const { title, text } of findings(fexec.run())) console.log(title, text);
 * ```
 */
export function findings(data: RunData): Finding[] {
  if (!Array.isArray((data as RunData | null)?.calls)) {
    throw new TypeError(
      "Cannot look for findings as the run must have an array of calls: it has none",
    );
  }
  const shape = shapeOf(data);
  const { ran, open } = shape;
  const isTimed = ran.length > 0 && open >= MIN_OPEN &&
    !data.calls.some(isUntimed);
  const retried = ran.filter(({ call }) => call.attempt > 1).length;
  const rules = [
    ...OF_OUTCOMES,
    ...OF_SAMPLES,
    ...isTimed ? OF_TIME : [],
    ...isTimed && retried <= MAX_RETRIED * ran.length ? OF_IDLENESS : [],
  ];
  const found: Finding[] = [];
  for (const rule of rules) {
    const ids = new Set(found.map(({ id }) => id));
    const finding = rule({ data, shape, found: ids });
    if (finding !== undefined) found.push(finding);
  }
  return found.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}
