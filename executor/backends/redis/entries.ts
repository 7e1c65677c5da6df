/**
 * Calls as queue entries.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import { inspectValue } from "../../worker/values.ts";
import { unsendable } from "../outcome.ts";
import type { HomeLink, Outgoing } from "./link.ts";

/** Bytes of items in one entry, unless a single item is larger. */
const ENTRY_BYTES = 256 * 1024;

/** Takes up to `most` calls of a job; those whose items cannot be sent end. */
export function takeCalls(job: Job, most: number): Call[] {
  const calls: Call[] = [];
  for (let bytes = 0; calls.length < most && bytes < ENTRY_BYTES;) {
    const call = job.take(most); // of an async input, what comes while others are sent shares the next entry
    if (call === undefined) break;
    try {
      call.inputSize = inspectValue(call.item).size;
      bytes += call.inputSize;
      calls.push(call);
    } catch (error) {
      unsendable(call, error);
    }
  }
  // The input may have cancelled some while it gave more.
  return calls.filter(({ done }) => !done);
}

/**
 * One entry of all calls, or one for each where they cannot be encoded together; calls with large items have entries of
 * their own. Calls at fault end.
 */
export function* entriesOf(
  home: HomeLink,
  job: Job,
  calls: Call[],
): Generator<{ outgoing: Outgoing; calls: Call[] }> {
  const isLarge = (call: Call) => call.inputSize > home.blobLimit;
  const small = calls.filter((call) => !isLarge(call));
  if (small.length > 0) yield* togetherOf(home, job, small);
  for (const call of calls) {
    if (isLarge(call)) yield* togetherOf(home, job, [call]);
  }
}

function* togetherOf(
  home: HomeLink,
  job: Job,
  calls: Call[],
): Generator<{ outgoing: Outgoing; calls: Call[] }> {
  const make = (group: Call[]) => ({
    outgoing: home.encode(job, group),
    calls: group,
  });
  let whole: ReturnType<typeof make> | undefined;
  try {
    whole = make(calls);
  } catch {
    // One of them is at fault.
  }
  if (whole !== undefined) return yield whole;
  for (const call of calls) {
    try {
      yield make([call]);
    } catch (error) {
      unsendable(call, error);
    }
  }
}
