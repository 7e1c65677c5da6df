/**
 * What waits for a turn of the event loop, and what does not: to look for more work after results have come, and for the
 * answer of a call.
 *
 * @module
 */
import type { FromWorker } from "../worker/protocol.ts";
import type { Worker } from "./worker.ts";

/** Results in a message that take a while to be taken by who waits for them. */
const MANY = 16;

/** Calls that take so many milliseconds at most are answered within a moment. */
const QUICK = 0.05;

/** Waits a moment for the answer of a call that is the only one. Beside others, their answers would wait meanwhile. */
export function lookForOnly(workers: Iterable<Worker>): void {
  let only: Worker | undefined;
  for (const worker of workers) {
    const { running } = worker;
    if (running > 1 || running > 0 && only !== undefined) return;
    if (running > 0) only = worker;
  }
  if (only !== undefined && only.took < QUICK) only.slot.look?.();
}

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
