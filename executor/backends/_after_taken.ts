/**
 * When to look for more work after results have come: not before who waits for them has had a turn.
 *
 * @module
 */
import type { FromWorker } from "../worker/protocol.ts";

/** Results in a message that take a while to be taken by who waits for them. */
const MANY = 16;

/**
 * Calls `next` a step later than who awaits these results, and may have the next call ready by then: one look does for
 * both. Who takes many of them one by one has a turn of the event loop for it, and would fall behind more and more
 * without: what other messages are there already would be read at once.
 */
export function afterTaken(messages: FromWorker[], next: () => void): void {
  if (messages.some(hasMany)) setImmediate(next);
  else queueMicrotask(next);
}

function hasMany(message: FromWorker): boolean {
  return message.type === "results" && message.calls.length > MANY;
}
