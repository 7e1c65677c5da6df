/**
 * Who was running what: turns the notice boards of workers into the owners of samples.
 *
 * @module
 */
import { type BoardPlace, readBoard } from "./board.ts";
import type { RunningCall, SampleOwner } from "./record.ts";

/** Ids of jobs by their numbers, as boards hold numbers only. */
export type JobNames = ReadonlyMap<number, string>;

/** What a worker runs at this instant: one call a lane at most; none if its board cannot be read. */
export function runningCalls(
  place: BoardPlace,
  jobs: JobNames,
): RunningCall[] {
  const calls: RunningCall[] = [];
  try {
    for (const row of readBoard(place)) {
      const job = row.job < 0 ? undefined : jobs.get(row.job);
      if (job === undefined) continue;
      calls.push({
        job_id: job,
        call_id: String(row.call).padStart(5, "0"),
        start_tstamp: row.startedAt / 1000,
      });
    }
  } catch { /* the worker has not made its board yet, or has removed it */ }
  return calls;
}

/** The owner of samples of a worker that runs `calls`: of several, the one that started last. */
export function ownerOf(
  executorId: string,
  workerId: number | null,
  calls: readonly RunningCall[],
): SampleOwner {
  let latest: RunningCall | undefined;
  for (const call of calls) {
    if (latest === undefined || call.start_tstamp >= latest.start_tstamp) {
      latest = call;
    }
  }
  return {
    executor_id: executorId,
    worker_id: workerId,
    job_id: latest?.job_id ?? null,
    call_id: latest?.call_id ?? null,
  };
}
