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
