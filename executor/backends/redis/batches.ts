/**
 * How many calls go together into one queue entry: enough to make the entry's cost small, and few enough that every
 * worker has something to do until the end.
 *
 * @module
 */
import type { Job } from "../../job.ts";

/** Work worth an entry of its own, in milliseconds of one worker. */
const ENTRY_WORK = 20;
/** Calls in an entry at most. */
const MOST = 256;
/** The same while it is not known how long calls take. */
const MOST_UNKNOWN = 64;
/** Entries that each lane should find, were the rest cut into equal ones: the last ones are small. */
const ENTRIES_A_LANE = 8;
/** Calls of a lazy input that are queued at a time, for each lane. */
const AHEAD = 4;

/** Calls for the next entry of a job whose rest is shared by `lanes`. */
export function batchSize(job: Job, lanes: number): number {
  if (job.options.chunksize > 0) return job.options.chunksize;
  const most = mostOf(job);
  const { ready, more } = job.waiting;
  if (more) return most;
  return Math.max(
    1,
    Math.min(Math.ceil(ready / (lanes * ENTRIES_A_LANE)), most),
  );
}

/** Calls of a lazy input that may be queued and not ended. */
export function windowOf(job: Job, lanes: number): number {
  return lanes * AHEAD * batchSize(job, lanes);
}

function mostOf({ averageTime }: Job): number {
  if (Number.isNaN(averageTime)) return MOST_UNKNOWN;
  return Math.max(1, Math.min(MOST, Math.floor(ENTRY_WORK / averageTime)));
}
