/**
 * How a call ends: with what its worker answered, or with what became of its worker. A failed call that has retries
 * left runs again instead.
 *
 * @module
 */
import type { ProcMemory } from "../../profiler/procfs.ts";
import type { Call } from "../call.ts";
import {
  CallError,
  CallTimeoutError,
  classNameOf,
  type PackedError,
  reviveError,
  type WorkerExit,
  WorkerExitError,
} from "../errors.ts";
import { explainError } from "../function.ts";
import type { Job } from "../job.ts";
import type { Outcome } from "../stats.ts";
import { Column, newNumbers, type Results } from "../worker/protocol.ts";
import type { Lane } from "./lane.ts";

/** Runs a call again after a delay in milliseconds. */
export interface Retrier {
  /** Runs it again. */
  again(call: Call, delay: number): void;
}

/** The longest delay before a retry, in milliseconds. */
const MAX_RETRY_DELAY = 30_000;

/** Ends the calls that a message answers; `at` is when it had arrived. */
export function receive(
  lane: Lane,
  results: Results,
  at: number,
  retrier: Retrier,
): void {
  const { calls, values, failed } = results;
  const { numbers, row } = Array.isArray(results.numbers)
    ? lane.worker.rows.keep(results.numbers)
    : { numbers: results.numbers, row: 0 };
  const clockOffset = checkClock(lane, results, at);
  lane.heard(at);
  let job;
  for (let i = 0; i < calls.length; i++) {
    const call = lane.shift(results.job, calls[i]!);
    if (call === undefined) continue;
    call.lane = undefined;
    if (call.done) continue;
    job = call.job;
    call.numbers = numbers;
    call.row = row + i;
    call.statusAt = at;
    call.clockOffset = clockOffset;
    call.resultSentAt = results.sentAt + clockOffset;
    if (call.cancelling) call.cancelled();
    else if (failed[i]) threw(call, values[i] as PackedError, retrier);
    else call.succeed(values[i], at);
  }
  if (job !== undefined && results.runs > 0) {
    job.learnTime(results.took / results.runs);
  }
}

/**
 * What the worker's clock is behind ours. The two are set when a program starts, and the system's clock may have been put
 * right by a little between: but no call starts before it was submitted, and no result is here before it was sent.
 */
function checkClock(lane: Lane, results: Results, at: number): number {
  const { slot } = lane.worker;
  const last = lane.peek(results.calls.length - 1);
  const isLast = last?.index === results.calls.at(-1) &&
    last?.job.number === results.job;
  const least = isLast
    ? last!.submittedAt - results.numbers[Column.start]!
    : NaN;
  const most = at - results.sentAt;
  // Nothing is known where it is NaN, and nothing is changed then.
  if (least > slot.clockOffset) slot.clockOffset = least;
  if (most < slot.clockOffset) slot.clockOffset = most;
  return slot.clockOffset;
}

/** The function threw. */
function threw(call: Call, packed: PackedError, retrier: Retrier): void {
  const cause = reviveError(packed);
  const said = packed.isError
    ? packed.message || packed.name || "an error without a message"
    : `threw ${Deno.inspect(packed.value)}`;
  const hint = explainError(cause, call.job.prepared.spec, call.item);
  const error = new CallError(
    `Call ${call.name} of ${call.job.title} failed: ${said}${
      hint === undefined ? "" : ` (${hint})`
    }`,
    { call: call.name, cause },
  );
  failOrRetry(call, error, "error", classNameOf(packed), retrier);
}

/** Its item could not be sent. */
export function unsendable(call: Call, cause: unknown): void {
  const said = cause instanceof Error ? cause.message : String(cause);
  call.attempt = call.attempts.length; // this one has not been made
  call.fail(
    new CallError(
      `Cannot send the item of call ${call.name} of ${call.job.title}: ${said}`,
      { call: call.name, cause },
    ),
    "error",
    cause instanceof Error ? cause.name : "Error",
  );
}

/** It could not be put on a queue. */
export function unqueued(call: Call, cause: Error): void {
  call.fail(
    new CallError(
      `Call ${call.name} of ${call.job.title} could not be queued: ${cause.message}`,
      { call: call.name, cause },
    ),
    "crashed",
    "CallError",
  );
}

/** It ran longer than it may. */
export function timedOut(call: Call, retrier: Retrier): void {
  const limit = call.job.options.timeout / 1000;
  const error = new CallTimeoutError(
    `Call ${call.name} of ${call.job.title} exceeded its timeout of ${limit} second${
      limit === 1 ? "" : "s"
    } and was stopped`,
    { call: call.name },
  );
  failOrRetry(call, error, "timeout", "CallTimeoutError", retrier);
}

/** Its worker ended under it; `neighbour` is the call because of which it was ended, if that is why. */
export function workerEnded(
  call: Call,
  exit: WorkerExit,
  neighbour: Call | undefined,
  retrier: Retrier,
): void {
  const why = neighbour === undefined
    ? describeExit(exit)
    : `${endedFor(neighbour)}, which ran beside this one`;
  const error = new WorkerExitError(
    `Call ${call.name} of ${call.job.title} lost its worker ${
      call.worker?.id ?? ""
    }: ${why}`,
    exit,
    { call: call.name },
  );
  failOrRetry(call, error, "crashed", "WorkerExitError", retrier);
}

/** It was not run, and cannot be any more: buffers of its item had been moved to the worker; `neighbour` as above. */
export function itemLost(
  call: Call,
  exit: WorkerExit,
  neighbour: Call | undefined,
): void {
  const why = neighbour === undefined
    ? describeExit(exit)
    : endedFor(neighbour);
  call.attempt--;
  call.fail(
    new WorkerExitError(
      `Call ${call.name} of ${call.job.title} was not run as its item, moved by option "transfer", was lost with worker ${
        call.worker?.id ?? ""
      }: ${why}`,
      exit,
      { call: call.name },
    ),
    "crashed",
    "WorkerExitError",
  );
}

function endedFor({ name }: Call): string {
  return `it was ended to stop call ${name}`;
}

/** It had run, but its worker ended before it could tell the result. Whether it may run twice, `retries` says. */
export function resultLost(
  call: Call,
  exit: WorkerExit,
  retrier: Retrier,
): void {
  const error = new WorkerExitError(
    `Call ${call.name} of ${call.job.title} had run, but its result was lost with worker ${
      call.worker?.id ?? ""
    }: ${describeExit(exit)}`,
    exit,
    { call: call.name },
  );
  failOrRetry(call, error, "crashed", "WorkerExitError", retrier);
}

/** No worker can be had for a job: its calls end with that. */
export function noWorkerFor(job: Job, cause: Error): void {
  while (job.waiting.ready > 0 || job.waiting.more) {
    const { more } = job.waiting;
    const call = job.take();
    if (call !== undefined) crashed(call, cause);
    // A lazy input would be an endless list of failures: one tells.
    if (more) job.stop();
  }
}

function crashed(call: Call, cause: Error): void {
  const exit = cause instanceof WorkerExitError
    ? cause
    : { code: null, signal: null, stderrTail: "", oom: false };
  call.fail(
    new WorkerExitError(
      `Call ${call.name} of ${call.job.title} has no worker to run on: ${cause.message}`,
      exit,
      { call: call.name, cause },
    ),
    "crashed",
    "WorkerExitError",
  );
}

/** Notes when a call that was stopped had started, that it ended now, and the memory of its worker if it had that alone. */
export function stoppedAt(
  call: Call,
  startedAt: number,
  memory?: ProcMemory | null,
): void {
  const numbers = newNumbers(1);
  const now = call.job.now() - call.clockOffset;
  numbers[Column.start] = numbers[Column.funcStart] = startedAt;
  numbers[Column.funcEnd] = numbers[Column.end] = now;
  if (memory) {
    numbers[Column.rss] = memory.rss;
    numbers[Column.vms] = memory.vms;
    numbers[Column.peakEnd] = memory.peak;
  }
  call.numbers = numbers;
  call.row = 0;
}

/** Ends a call that failed, or runs it again if it has attempts left. */
export function failOrRetry(
  call: Call,
  error: CallError,
  outcome: Outcome,
  errorClass: string,
  retrier: Retrier,
): void {
  const { retries, retryDelay, retryIf } = call.job.options;
  if (call.cancelling) return call.cancelled();
  const isWanted = call.attempt <= retries &&
    wanted(retryIf, error, call.attempt);
  if (call.done) return; // It was cancelled by who was asked.
  if (isWanted) {
    call.goesOn();
    call.attempts = [...call.attempts, error];
    call.returned = 0;
    const delay = Math.min(
      retryDelay * 2 ** (call.attempt - 1),
      MAX_RETRY_DELAY,
    );
    // Calls that failed together should not all come back together.
    retrier.again(call, delay * (0.5 + Math.random() / 2));
  } else call.fail(error, outcome, errorClass);
}

/** A `retryIf` that throws counts as a no: the call's own error matters more. */
function wanted(
  retryIf: ((error: Error, attempt: number) => boolean) | undefined,
  error: Error,
  attempt: number,
): boolean {
  try {
    return retryIf?.(error, attempt) ?? true;
  } catch {
    return false;
  }
}

/** How a worker ended, for messages: `it ended with exit code 3`, and what it last said. */
export function describeExit(exit: WorkerExit): string {
  const how = exit.oom
    ? "it ran out of memory"
    : exit.signal !== null
    ? `it was ended by ${exit.signal}`
    : exit.code !== null
    ? `it ended with exit code ${exit.code}`
    : "it was ended";
  // Behind the word of an exhausted heap comes nothing but a stack of the engine.
  const last = exit.oom ? "" : lastWords(exit.stderrTail);
  return last === "" ? how : `${how}: ${last}`;
}

/** What an ended worker said last: the error that Deno reports, or the last lines. */
function lastWords(stderr: string): string {
  const lines = stderr.trim().split("\n");
  const error = lines.findLastIndex((line) => line.startsWith("error: "));
  return (error < 0 ? lines.slice(-3) : lines.slice(error, error + 2))
    .map((line) => line.trim()).filter((line) => line !== "").join("; ");
}

/** Text without the escapes that colour it. */
export function stripColours(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
