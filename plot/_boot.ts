/** When workers started: only how long it took is recorded. */
import type { CallStats } from "../executor/stats.ts";

/** When the worker started, of its first call: as late as it can have been, as nothing more is known. */
export function bootOf(
  call: CallStats,
): { start: number; end: number; isAhead: boolean } | null {
  const { worker_boot_time: boot, worker_start_tstamp: start } = call;
  if (call.worker_cold_start !== true || boot === null || start === null) {
    return null;
  }
  // It was started ahead if the call did not wait for so long: then it was up when the call was submitted.
  const isAhead = boot > start - call.host_submit_tstamp;
  const end = isAhead ? Math.min(call.host_submit_tstamp, start) : start;
  return { start: end - boot, end, isAhead };
}

/**
 * The calls, in their order, with the first of a worker as a cold start where it was stopped before it could tell: then
 * nothing else knows how long the worker took to start.
 */
export function withColdStarts(calls: readonly CallStats[]): CallStats[] {
  const firsts = new Map<number, CallStats>();
  for (const call of calls) {
    const { worker_id: id, worker_start_tstamp: start } = call;
    if (id === null || start === null) continue;
    const other = firsts.get(id)?.worker_start_tstamp ?? Infinity;
    if (start < other) firsts.set(id, call);
  }
  return calls.map((call) =>
    call.worker_cold_start === null && firsts.get(call.worker_id!) === call
      ? { ...call, worker_cold_start: true }
      : call
  );
}
