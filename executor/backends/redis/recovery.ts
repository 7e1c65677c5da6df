/**
 * Finds calls whose queue entry has vanished without a result, as after a Redis that kept nothing over its restart.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import { unqueued } from "../outcome.ts";
import type { HomeLink } from "./link.ts";
import type { OpenCalls } from "./open_calls.ts";

/** Times that a call is queued again. */
const MOST_LOST = 3;

/** The open calls that nobody will ever run. */
export async function lostCalls(
  home: HomeLink,
  open: OpenCalls,
): Promise<Call[]> {
  const byTags = new Map<
    string,
    { tags: readonly string[]; entries: Set<string> }
  >();
  for (const [call, entry] of open.entries()) {
    if (entry === "") continue; // Its item is with another script.
    const { tags } = call.job.options;
    const key = tags.join();
    const group = byTags.get(key);
    if (group === undefined) {
      byTags.set(key, { tags, entries: new Set([entry]) });
    } else group.entries.add(entry);
  }
  const missing = new Set<string>();
  for (const { tags, entries } of byTags.values()) {
    for (const each of await home.missing(entries, tags)) missing.add(each);
  }
  if (missing.size === 0) return [];
  // An entry goes when its results are in the stream: what is open when all of that was read has none.
  await home.caughtUp();
  const lost: Call[] = [];
  for (const [call, entry] of open.entries()) {
    if (missing.has(entry)) lost.push(call);
  }
  return lost;
}

/** How a lost call ends; undefined for one that is to be queued again. */
export function endOfLost(call: Call): (() => void) | undefined {
  if (call.cancelling) return () => call.cancelled();
  if (++call.returned <= MOST_LOST) return undefined;
  const why =
    "it was lost again and again, with the hosts that took it or by Redis";
  return () => unqueued(call, new Error(why));
}
