/**
 * A run as a trace that Perfetto (ui.perfetto.dev) and chrome://tracing open: JSON in the Trace Event Format of Chrome.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { bootOf, withColdStarts } from "./_boot.ts";
import { plain } from "./_finding.ts";
import type { RunData } from "./run_data.ts";
import { callCounters, sampleCounters } from "./_trace_counters.ts";
import {
  named,
  SCRIPT,
  TraceClock,
  type TraceEvent,
  WORKERS,
} from "./_trace_event.ts";
import { lanesOf } from "./_trace_lanes.ts";
import { jobSlices } from "./_trace_jobs.ts";
import { laneSlices } from "./_trace_slices.ts";
import { writeText } from "./_write.ts";

export type { TraceEvent } from "./_trace_event.ts";

/**
 * The events of a run, one by one: a track a job, a track a worker (more where calls overlap), slices for what each call
 * went through, a flow from its submit over its function to its result, and counters.
 *
 * @example Slices of a run
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { traceEvents } from "./trace.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 1 });
 * await fexec.map((x: number) => x, [1, 2]).getResult();
 * const slices = [...traceEvents(fexec.run())].filter(({ ph }) => ph === "X");
 * console.log(slices.map(({ name, ts, dur }) => [name, ts, dur]));
 * ```
 */
export function* traceEvents(data: RunData): Generator<TraceEvent> {
  const { header, details = [], collections = [] } = data;
  const calls = withColdStarts(data.calls);
  const { first, last } = boundsOf(calls);
  const clock = new TraceClock(first);
  const whose = `Executor ${header.executor_id}`;
  yield* named("process", SCRIPT, 0, `${whose}: script`);
  yield* named(
    "process",
    WORKERS,
    0,
    `${whose}: workers (${header.backend} backend)`,
  );
  const functionName = (index: number) =>
    plain(details[index]?.function_name ?? "") || "function";
  // Numbers of tracks are not those of groups, which some readers would take for main threads.
  let tid = yield* jobSlices(calls, WORKERS + 1, clock);
  for (const lane of lanesOf(calls, last)) {
    yield* laneSlices(lane, tid++, clock, functionName);
  }
  yield* callCounters(calls, last, clock);
  yield* sampleCounters(collections, clock);
}

/** The trace as JSON, in pieces: an event a line. */
export function* traceText(data: RunData): Generator<string> {
  const { executor_id, backend, cores, host_name } = data.header;
  const otherData = {
    producer: "lithoscope",
    executor_id,
    backend,
    cores,
    host_name,
    start_tstamp: boundsOf(withColdStarts(data.calls)).first,
  };
  yield `{"displayTimeUnit":"ms","otherData":${
    JSON.stringify(otherData)
  },"traceEvents":[`;
  let mark = "\n";
  for (const event of traceEvents(data)) {
    yield mark + JSON.stringify(event);
    mark = ",\n";
  }
  yield "\n]}\n";
}

/**
 * Writes the trace to `path`, over a file that is there. The file appears whole or not at all.
 *
 * @throws {Error} If it cannot be written.
 */
export async function writeTrace(
  data: RunData,
  path: string | URL,
): Promise<void> {
  await writeText(path, traceText(data), "the trace");
}

/** The first and the last known instant, in epoch seconds. */
function boundsOf(
  calls: readonly CallStats[],
): { first: number; last: number } {
  let first = Infinity, last = -Infinity;
  for (const call of calls) {
    const start = call.worker_start_tstamp;
    first = Math.min(
      first,
      call.host_job_create_tstamp,
      bootOf(call)?.start ?? start ?? Infinity,
    );
    last = Math.max(
      last,
      call.host_submit_tstamp,
      start ?? 0,
      call.worker_end_tstamp ?? 0,
      call.host_result_done_tstamp ?? call.host_status_done_tstamp ?? 0,
    );
  }
  return calls.length === 0 ? { first: 0, last: 0 } : { first, last };
}
