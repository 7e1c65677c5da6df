/** Findings on how calls ended: failures, and retries. */
import type { CallStats } from "../executor/stats.ts";
import { nameOf, percent, plain, type Rule } from "./_finding.ts";
import { counted, grouped } from "./_style.ts";

/** Kinds of errors told by name. */
const MAX_KINDS = 5;

/** Calls that failed: what was cancelled was meant to be. */
export const failures: Rule = ({ data }) => {
  const { calls } = data;
  const failed = calls.filter(isFailed);
  if (failed.length === 0) return;
  const kinds = [...Map.groupBy(failed, kindOf)]
    .sort(([, a], [, b]) => b.length - a.length);
  const listed = kinds.slice(0, MAX_KINDS).map(([kind, of]) =>
    `${grouped(of.length)} ${kind} (${of.length > 1 ? "first " : ""}${
      nameOf(of[0]!)
    })`
  );
  const more = kinds.slice(MAX_KINDS).reduce(
    (sum, [, of]) => sum + of.length,
    0,
  );
  if (more > 0) listed.push(`${grouped(more)} of other kinds`);
  const count = (outcome: string) =>
    failed.filter((call) => call.outcome === outcome).length;
  return {
    id: "failures",
    title: "Failed calls",
    text: `${grouped(failed.length)} of ${
      counted(calls.length, "call")
    } failed, ${percent(failed.length / calls.length)}: ${listed.join(", ")}.`,
    severity: "warning",
    figures: {
      calls: calls.length,
      failed_calls: failed.length,
      failed_share: failed.length / calls.length,
      errors: count("error"),
      timeouts: count("timeout"),
      crashes: count("crashed"),
    },
  };
};

/** Calls that needed more than one attempt. */
export const retries: Rule = ({ data }) => {
  const { calls } = data;
  const retried = calls.filter((call) => call.attempt > 1);
  if (retried.length === 0) return;
  const attempts = retried.reduce((sum, { attempt }) => sum + attempt - 1, 0);
  const lost = retried.filter(isFailed).length;
  const worst = retried.reduce((a, b) => b.attempt > a.attempt ? b : a);
  const share = retried.length / calls.length;
  return {
    id: "retries",
    title: "Retried calls",
    text: `${grouped(retried.length)} of ${
      counted(calls.length, "call")
    } had to be tried again, ${counted(attempts, "attempt")} more in all; ${
      nameOf(worst)
    } took ${worst.attempt}. ${
      lost === 0
        ? "All of them ended without an error"
        : `${grouped(lost)} failed nevertheless`
    }.`,
    severity: share >= 0.05 ? "warning" : "notice",
    figures: {
      calls: calls.length,
      retried_calls: retried.length,
      retried_share: share,
      more_attempts: attempts,
      failed_after_retries: lost,
    },
  };
};

function isFailed({ outcome }: CallStats): boolean {
  return outcome === "error" || outcome === "timeout" || outcome === "crashed";
}

function kindOf(call: CallStats): string {
  return plain(call.error_class ?? call.outcome ?? "");
}
