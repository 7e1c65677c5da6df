/**
 * What is told of a call beside its statistics: which function it was, what it printed, and why it failed.
 *
 * @module
 */
import type { Call } from "./call.ts";
import { WorkerExitError } from "./errors.ts";

/** Why a call failed. */
export interface ErrorDetail {
  /** Class of what was thrown, as `error_class` of the statistics has it: `"TypeError"`, `"WorkerExitError"`. */
  name: string;
  /** Its message; of a thrown value that is no error, how it looks. */
  message: string;
  /** Where it was thrown; of a worker that ended, the last lines that it wrote to stderr. `null` if neither is known. */
  stack: string | null;
}

/** What is known of a call beside its statistics. */
export interface CallDetail {
  /** Name of its function; `null` for a call of which nothing is known. */
  function_name: string | null;
  /** Why it failed; `null` if it has not. */
  error: ErrorDetail | null;
  /** What it printed. */
  logs: string;
}

/** Of a call that a file tells nothing about. */
export const NO_DETAIL: CallDetail = {
  function_name: null,
  error: null,
  logs: "",
};

/** What is known of a call now. */
export function detailOf(call: Call): CallDetail {
  const { error } = call;
  return {
    function_name: call.job.prepared.spec.name,
    error: error === null ? null : {
      name: call.errorClass ?? error.name,
      message: messageOf(call, error),
      stack: stackOf(error),
    },
    logs: call.logs,
  };
}

/** The message without the words about the call, which are the same whatever it threw. */
function messageOf(call: Call, error: Error): string {
  const start = `Call ${call.name} of ${call.job.title} failed: `;
  return error.message.startsWith(start)
    ? error.message.slice(start.length)
    : error.message;
}

function stackOf(error: Error): string | null {
  if (error instanceof WorkerExitError) return error.stderrTail || null;
  return error.cause instanceof Error ? error.cause.stack ?? null : null;
}
