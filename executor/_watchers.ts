/**
 * What an executor uses of those who are told how it gets on: the telemetry and the live page. Their own types would make a
 * type check resolve prom-client and Chart.js.
 */
import type { Collection } from "../profiler/record.ts";
import type { Call } from "./call.ts";
import type { CallStats } from "./stats.ts";

/** Tells Prometheus. */
export interface Telemetry {
  readonly metricsUrl: string | null;
  jobStarted(
    job: { job_id: string; calls: number | null; function_name: string },
  ): void;
  jobCalls(jobId: string, calls: number): void;
  callEnded(stats: CallStats): void;
  collection(collection: Collection): void;
  close(options?: { now?: boolean }): Promise<void>;
}

/** Shows a page. */
export interface LivePage {
  readonly url: string;
  jobStarted(
    job: { job_id: string; calls: number | null; function_name: string },
  ): void;
  jobCalls(jobId: string, calls: number): void;
  callEnded(
    jobId: string,
    attempt: number,
    funcTime: number | null,
    failure: LiveFailure | null,
  ): void;
  collection(collection: Collection): void;
  close(options: { now: boolean }): Promise<void>;
}

/** A call that has failed, as the live page wants it. */
export interface LiveFailure {
  call_id: string;
  name: string;
  message: string;
  stack: string;
}

/** What the live page is told of the failure of a call; `null` if it has not failed. */
export function liveFailureOf(call: Call): LiveFailure | null {
  const { error } = call;
  if (error === null) return null;
  // What the function threw; other errors, such as that of a time limit, speak for themselves.
  const thrown = error.name === "CallError" && error.cause instanceof Error
    ? error.cause
    : error;
  return {
    call_id: call.callId,
    name: call.errorClass ?? thrown.name,
    message: thrown.message,
    stack: thrown.stack ?? "",
  };
}
