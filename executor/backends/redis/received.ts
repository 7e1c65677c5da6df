/**
 * What a worker host finds on its queue.
 *
 * @module
 */
import { UnrecoverableError } from "../_bullmq.ts";
import { type Batch, type Entry, REDIS_PROTOCOL } from "./protocol.ts";
import type { Seal } from "./seal.ts";
import { unpackBatch } from "./wire.ts";

/** What a queue entry holds. Throws for what is none of ours. */
export function readEntry(data: Partial<Entry> | undefined): Entry {
  if (
    typeof data?.run !== "string" || typeof data.batch !== "string" ||
    typeof data.job !== "number"
  ) {
    throw new UnrecoverableError("It was not put there by lithoscope");
  }
  if (data.v === REDIS_PROTOCOL) return data as Entry;
  throw new UnrecoverableError(
    `It is written in protocol ${data.v}: this worker speaks protocol ${REDIS_PROTOCOL}`,
  );
}

/** The batch of an entry. Throws `SignatureError` if it cannot be trusted. */
export function openBatch({ run, job, batch }: Entry, seal: Seal): Batch {
  return unpackBatch(
    seal.open(`${run} batch ${job}`, bytesOf(batch)),
  );
}

/** What is not even base64 holds nothing that is signed. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return new Uint8Array();
  }
}
