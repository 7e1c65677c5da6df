/** What calls went through in their workers, as slices of a trace. */
import type { CallStats } from "../executor/stats.ts";
import { bootOf } from "./_boot.ts";
import { nameOf, plain } from "./_finding.ts";
import { enteredAt } from "./_trace_jobs.ts";
import {
  named,
  type TraceClock,
  type TraceEvent,
  WORKERS,
} from "./_trace_event.ts";
import type { Lane, PlacedCall, Upload } from "./_trace_lanes.ts";

/** What is on one track of a worker. */
export function* laneSlices(
  { name, calls, uploads }: Lane,
  tid: number,
  clock: TraceClock,
  functionName: (index: number) => string,
): Generator<TraceEvent> {
  const pid = calls[0]?.call.worker_pid;
  yield* named(
    "thread",
    WORKERS,
    tid,
    typeof pid === "number" ? `${name} (pid ${pid})` : name,
  );
  let next = 0;
  for (const placed of calls) {
    while (next < uploads.length && uploads[next]!.start < placed.start) {
      yield uploadSlice(uploads[next++]!, tid, clock);
    }
    const name = functionName(placed.flow - 1);
    yield* callSlices(placed, name, tid, clock);
  }
  while (next < uploads.length) yield uploadSlice(uploads[next++]!, tid, clock);
}

function* callSlices(
  { call, flow, start, end, free }: PlacedCall,
  name: string,
  tid: number,
  clock: TraceClock,
): Generator<TraceEvent> {
  const at = { pid: WORKERS, tid } as const;
  yield* waitSlices(call, start, free, tid, clock);
  const isFailed = call.outcome !== "success" && call.outcome !== null;
  yield {
    ph: "X",
    name: nameOf(call),
    cat: isFailed ? "call,failed" : "call",
    ...at,
    ...clock.span(start, end),
    args: {
      outcome: call.outcome ?? "pending",
      ...(call.error_class === null ? {} : { error: plain(call.error_class) }),
      attempt: call.attempt,
      queue_time: call.worker_queue_time,
      cpu_percent: call.worker_func_cpu_percent,
      peak_memory: call.worker_peak_memory_end,
      host_name: call.host_name,
      worker_pid: call.worker_pid,
      worker_tid: call.worker_tid,
    },
  };
  const entered = call.worker_func_start_tstamp;
  const from = Math.min(Math.max(entered ?? start, start), end);
  if (entered !== null) {
    const to = Math.min(call.worker_func_end_tstamp ?? end, end);
    const span = clock.span(from, Math.max(from, to));
    yield { ph: "X", name, cat: "function", ...at, ...span };
  }
  const step = Math.min(enteredAt(call), end);
  if (step < call.host_submit_tstamp) return; // clocks of two machines: no arrow goes back in time
  const ts = clock.at(step);
  yield { ph: "t", name: "call", cat: "flow", id: flow, ...at, ts };
}

/** The part of a call's wait in which its place on the track was free, and the start of its worker in it. */
function* waitSlices(
  call: CallStats,
  start: number,
  free: number,
  tid: number,
  clock: TraceClock,
): Generator<TraceEvent> {
  const at = { pid: WORKERS, tid } as const;
  const from = Math.max(call.host_submit_tstamp, free);
  const queue = (): TraceEvent => ({
    ph: "X",
    name: "queue",
    cat: "queue",
    ...at,
    ...clock.span(from, start),
    args: { call: nameOf(call), queue_time: call.worker_queue_time },
  });
  const boot = free === -Infinity ? bootOf(call) : null;
  const slice: TraceEvent[] = boot === null ? [] : [{
    ph: "X",
    name: "boot",
    cat: "boot",
    ...at,
    ...clock.span(boot.start, boot.end),
    args: { boot_time: call.worker_boot_time, started_ahead: boot.isAhead },
  }];
  if (boot?.isAhead) yield* slice;
  if (from < start) yield queue();
  if (!boot?.isAhead) yield* slice;
}

function uploadSlice(
  { of, start, end }: Upload,
  tid: number,
  clock: TraceClock,
): TraceEvent {
  return {
    ph: "X",
    name: "upload",
    cat: "upload",
    pid: WORKERS,
    tid,
    ...clock.span(start, end),
    args: { call: nameOf(of.call), bytes: of.call.func_result_size },
  };
}
