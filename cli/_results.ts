/** Results of `lithoscope run` as they go to stdout: JSON lines in the order of the input. */
import { CancelledError, type EndedFuture, type FuturesList } from "../mod.ts";
import { describe, print, say } from "./_output.ts";

/** Of failures that say the same, so many are listed. */
const MAX_SAME = 20;

/**
 * Writes the result of each call as a line as soon as those before it are written, `null` for a call that failed, and a
 * line on stderr for each failure. Resolves to the number of failures; rejects with the error of an input that threw,
 * after all calls. Stops where calls were cancelled.
 */
export async function writeResults(
  futures: FuturesList<unknown>,
): Promise<number> {
  const waiting = new Map<number, string>();
  const failures = new Failures();
  let next = 0;
  try {
    for await (const future of futures.asCompleted()) {
      const line = await lineOf(future, failures);
      if (line === null) break;
      waiting.set(Number(future.callId), line);
      let text = "";
      for (let line; (line = waiting.get(next)) !== undefined; next++) {
        waiting.delete(next);
        text += line;
      }
      await print(text);
    }
  } finally {
    failures.close();
  }
  return failures.count;
}

/** `null` for a call that was cancelled. */
async function lineOf(
  future: EndedFuture<unknown>,
  failures: Failures,
): Promise<string | null> {
  try {
    return `${toJson(await future.result(), future)}\n`;
  } catch (error) {
    // Nothing but a signal cancels calls here, and then all that are left.
    if (error instanceof CancelledError) return null;
    failures.add(error);
    return "null\n";
  }
}

function toJson(
  value: unknown,
  { jobId, callId }: EndedFuture<unknown>,
): string {
  try {
    return JSON.stringify(value, refuse) ?? "null";
  } catch (error) {
    throw new TypeError(
      `Cannot write the result of call ${jobId}/${callId} as JSON`,
      { cause: error },
    );
  }
}

/** JSON would turn these into something else without a word. */
function refuse(_key: string, value: unknown): unknown {
  if (
    value instanceof Map || value instanceof Set || value instanceof RegExp ||
    value instanceof ArrayBuffer || ArrayBuffer.isView(value)
  ) {
    throw new TypeError(`it holds a ${value.constructor.name}`);
  }
  return value;
}

/** Tells failures, and does not tell the same one for ever. */
class Failures {
  /** How many there were. */
  count = 0;
  readonly #seen = new Map<string, number>();

  /** Tells one. */
  add(error: unknown): void {
    this.count++;
    const text = describe(error);
    const kind = text.replace(/\d+/g, "0");
    const times = (this.#seen.get(kind) ?? 0) + 1;
    this.#seen.set(kind, times);
    if (times <= MAX_SAME) say(text);
  }

  /** Tells how many were left out. */
  close(): void {
    for (const times of this.#seen.values()) {
      if (times > MAX_SAME) say(`... and ${times - MAX_SAME} more like these`);
    }
  }
}
