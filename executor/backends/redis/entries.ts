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
import type { Batch } from "./protocol.ts";

/** Bytes of items in one entry, unless a single item is larger. */
const ENTRY_BYTES = 256 * 1024;

/** Takes up to `most` calls of a job; those whose items cannot be sent end. */
export function takeCalls(job: Job, most: number): Call[] {
  const calls: Call[] = [];
  for (let bytes = 0; calls.length < most && bytes < ENTRY_BYTES;) {
    const call = job.take();
    if (call === undefined) break;
    try {
      call.inputSize = inspectValue(call.item).size;
      bytes += call.inputSize;
      calls.push(call);
    } catch (error) {
      unsendable(call, error);
    }
  }
  return calls;
}

/** One entry of all calls, or one for each where they cannot be encoded together; calls at fault end. */
export function* entriesOf(
  home: HomeLink,
  job: Job,
  calls: Call[],
): Generator<{ outgoing: Outgoing; calls: Call[] }> {
  if (calls.length === 0) return;
  const make = (group: Call[]) => {
    const batch: Batch = {
      calls: group.map((call) => call.index),
      bases: group.map((call) => call.attempt),
      items: group.map((call) => call.item),
    };
    const outgoing = { job, batch, sealed: home.encode(job, batch) };
    return { outgoing, calls: group };
  };
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
