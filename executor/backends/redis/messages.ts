/**
 * What a worker host says of its calls.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import { packError, WorkerExitError } from "../../errors.ts";
import { serialize } from "../../worker/clone.ts";
import { isSendable } from "../../worker/work.ts";
import type { HostedJob, OpenCall } from "./inbox.ts";
import type {
  CallFailure,
  CallOutcome,
  ClockReading,
  NewsMessage,
  StoppedNews,
  WorkerName,
} from "./protocol.ts";

/** Which of these calls have started, and what they printed, since it was last told, and `stopped`; undefined for nothing new. */
export function newsOf(
  { number }: HostedJob,
  calls: Iterable<OpenCall>,
  nameOf: (call: Call) => WorkerName,
  clock: ClockReading,
  stopped: StoppedNews[],
): NewsMessage | undefined {
  const started: NewsMessage["started"] = [];
  const printed: NewsMessage["printed"] = [];
  for (const open of calls) {
    const { call } = open;
    const began = call.attempts.length + (call.state === "running" ? 1 : 0);
    if (began > open.told && !call.done) {
      open.told = began;
      const at = call.job.now();
      started.push({ call: call.index, began, worker: nameOf(call), at });
    }
    if (call.logs.length > open.logged) {
      printed.push({ call: call.index, text: call.logs.slice(open.logged) });
      open.logged = call.logs.length;
    }
  }
  if (started.length + printed.length + stopped.length === 0) return undefined;
  return { type: "news", job: number, started, printed, stopped, clock };
}

/** The outcome of a call that has ended on this host. */
export function outcomeOf(
  call: Call,
  base: number,
  worker: WorkerName | null,
  totals: CallOutcome["totals"],
): CallOutcome {
  return {
    call: call.index,
    base,
    attempt: call.attempt,
    outcome: call.outcome!,
    errorClass: call.errorClass,
    value: call.value,
    failure: call.error === null ? undefined : packFailure(call.error),
    attempts: call.attempts.map(packFailure),
    numbers: call.numbers,
    row: call.row,
    clockOffset: call.clockOffset,
    worker,
    totals,
    inputSize: call.inputSize,
    uploadTime: call.uploadTime,
    functionTime: call.functionTime,
    resultSentAt: call.resultSentAt,
  };
}

/** An error of a call as it travels. */
function packFailure(error: Error): CallFailure {
  const { cause } = error;
  return {
    kind: error.name,
    message: error.message,
    cause: cause === undefined ? undefined : packError(cause, isEncodable),
    exit: error instanceof WorkerExitError
      ? {
        code: error.code,
        signal: error.signal,
        stderrTail: error.stderrTail,
        oom: error.oom,
      }
      : undefined,
  };
}

/** Whether a value may cross to the home: on threads it may be one that bytes cannot carry. */
function isEncodable(value: unknown): boolean {
  try {
    serialize(value);
    return isSendable(value);
  } catch {
    return false;
  }
}

/** Who runs a call, on the host of that id and name; `null` for nobody. */
export function nameOf(
  { worker }: Call,
  host: string,
  name: string,
): WorkerName | null {
  if (worker === null) return null;
  const { id, pid, tid, bootTime, cores } = worker;
  return { host, name, cores, worker: id, pid, tid, bootTime };
}
