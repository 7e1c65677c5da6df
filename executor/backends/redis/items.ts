/**
 * The large items of a batch, as a worker host gets them.
 *
 * @module
 */
import { BlobError } from "./blobs.ts";
import type { HostedJob } from "./inbox.ts";
import type { Batch } from "./protocol.ts";

/**
 * Puts the large items of a batch where they belong, but for calls that are done or open here. Resolves to what is wrong
 * with those that cannot be had, by their places.
 */
export async function fetchItems(
  { blobs, open }: HostedJob,
  batch: Batch,
  done: ReadonlySet<number> | undefined,
): Promise<Map<number, Error>> {
  const lost = new Map<number, Error>();
  for (const ref of batch.blobs) {
    const index = batch.calls[ref.at]!;
    if (done?.has(index) || open.has(index)) continue;
    try {
      batch.items[ref.at] = await blobs.get(ref);
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      lost.set(ref.at, error);
    }
  }
  return lost;
}

/** Removes the item at a place, if it is a large one: its call has ended, and nobody will run it again. */
export function removeItem(
  { blobs }: HostedJob,
  batch: Batch,
  at: number,
): void {
  const ref = batch.blobs.find((each) => each.at === at);
  if (ref !== undefined) void blobs.remove(ref);
}
