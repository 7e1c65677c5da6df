/**
 * The large results of a worker host on their way home.
 *
 * @module
 */
import { inspectValue } from "../../worker/values.ts";
import { BlobError } from "./blobs.ts";
import type { HostedJob } from "./inbox.ts";
import { failBlob, type PackedOutcomes } from "./packing.ts";

/** Takes large results out of a message and writes them. A call whose result cannot be written has failed. What
 * rejects may be tried again: it goes on from there. */
export async function putLarge(
  { number, record, blobs }: HostedJob,
  outcomes: PackedOutcomes,
): Promise<void> {
  const { values, calls, base } = outcomes;
  for (const [at, value] of values.entries()) {
    if (isSurelySmall(value, record.blobLimit)) continue;
    const { size } = inspectValue(value);
    // Another host may send one of the same call: the first counts.
    const name = `result-${number}-${calls[at]}-${base}-${crypto.randomUUID()}`;
    const blob = blobs.take(value, size, at, name);
    if (blob === undefined) continue;
    try {
      await blobs.put(blob);
      outcomes.blobs.push(blob.ref);
    } catch (error) {
      await blobs.remove(blob.ref); // what there is of it
      if (!(error instanceof BlobError)) throw error;
      failBlob(outcomes, at, error);
    }
    values[at] = undefined;
  }
}

/** Without a closer look, which most results need not have. */
function isSurelySmall(value: unknown, limit: number): boolean {
  return typeof value === "string"
    ? value.length * 2 + 2 <= limit
    : typeof value !== "object" || value === null;
}
