/** Failed calls by what went wrong. */
import type { CallStats } from "../executor/stats.ts";
import type { ReportDetail } from "./_report_data.ts";
import { shortened } from "./_shortened.ts";

/** Calls that failed alike. */
export interface Group {
  /** Class of the error. */
  name: string;
  /** Message of the first of them. */
  message: string;
  /** Stack of the first of them; `null` if none is known. */
  stack: string | null;
  /** How they ended: `"error"`, `"timeout"`, … */
  outcome: string;
  /** How many they are. */
  count: number;
  /** The first of them, as positions in the calls. */
  calls: number[];
}

/** More groups than this are one called "other errors". */
const MOST_GROUPS = 30;
/** Calls named of each group. */
const MOST_CALLS = 12;
/** Longest stack shown, in characters. */
const LONGEST_STACK = 6000;
const LONGEST_MESSAGE = 600;

/** Groups failed calls by error class and message, numbers and quoted words in it set aside; the largest group first. */
export function groupFailures(
  calls: readonly CallStats[],
  details: readonly (ReportDetail | undefined)[],
): Group[] {
  const groups = new Map<string, Group>();
  calls.forEach((call, at) => {
    const { outcome } = call;
    if (outcome === null || outcome === "success") return;
    const error = details[at]?.error;
    const name = error?.name ?? call.error_class ?? outcome;
    const message = error?.message ?? "";
    const key = `${outcome} ${name} ${kindOf(message)}`;
    const known = groups.get(key);
    if (known !== undefined) {
      known.count++;
      if (known.calls.length < MOST_CALLS) known.calls.push(at);
      known.stack ??= stackOf(error?.stack);
      return;
    }
    groups.set(key, {
      name,
      message: shortened(message, LONGEST_MESSAGE),
      stack: stackOf(error?.stack),
      outcome,
      count: 1,
      calls: [at],
    });
  });
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
  if (sorted.length <= MOST_GROUPS) return sorted;
  const rest = sorted.splice(MOST_GROUPS - 1);
  const others: Group = {
    name: "other errors",
    message: `${rest.length} kinds of errors, each rarer than those above`,
    stack: null,
    outcome: rest[0]!.outcome,
    count: rest.reduce((sum, { count }) => sum + count, 0),
    calls: rest.flatMap(({ calls }) => calls).slice(0, MOST_CALLS),
  };
  return [...sorted, others];
}

/** What messages of one kind have in common. */
function kindOf(message: string): string {
  return message.slice(0, 1000)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "…")
    .replace(/\d[\d.,]*/g, "#")
    .slice(0, 400); // at the end, as what was set aside was of any length
}

function stackOf(stack: string | null | undefined): string | null {
  return stack == null ? null : shortened(stack, LONGEST_STACK);
}
