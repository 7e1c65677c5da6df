/**
 * Calls as they go into a queue: a batch, sealed, and the entry that carries it.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Job } from "../../job.ts";
import { type Blobs, itemName, type SealedBlob } from "./blobs.ts";
import { entryName, type Outgoing } from "./link.ts";
import { type Batch, type Entry, REDIS_PROTOCOL } from "./protocol.ts";
import type { Seal } from "./seal.ts";
import { packBatch } from "./wire.ts";

/** Calls of a job as a batch, large items apart. Throws if one of the items cannot be encoded. */
export function encodeCalls(
  run: string,
  job: Job,
  calls: readonly Call[],
  seal: Seal,
  store: Blobs,
): Outgoing {
  const blobs: SealedBlob[] = [];
  const items = calls.map((call, at) => {
    const { item, inputSize } = call;
    const blob = store.take(item, inputSize, at, itemName(call));
    if (blob === undefined) return item;
    blobs.push(blob);
  });
  const batch: Batch = {
    calls: calls.map((call) => call.index),
    bases: calls.map((call) => call.attempts.length),
    items,
    blobs: blobs.map(({ ref }) => ref),
  };
  const sealed = seal.seal(`${run} batch ${job.number}`, packBatch(batch));
  return { job, batch, sealed: sealed.toBase64(), blobs };
}

/** A batch as BullMQ takes it. */
export function queueEntry(run: string, outgoing: Outgoing) {
  const { job, sealed } = outgoing;
  const data: Entry = {
    v: REDIS_PROTOCOL,
    run,
    job: job.number,
    batch: sealed,
  };
  return {
    name: job.id,
    data,
    opts: {
      // The same again when a lost connection makes it uncertain whether it was written.
      jobId: entryName(run, outgoing),
      // Of what others have put there, it stays.
      removeOnFail: true,
    },
  };
}
