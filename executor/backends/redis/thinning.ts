/**
 * Samples on their way home: so many bytes and no more. Where there are more, some collections are left out rather than a
 * flood sent.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Collection } from "../../../profiler/record.ts";

/** Most characters of one message, before they are compressed to about a tenth. */
const MOST = 512 * 1024;

/** Collections as they travel, and how many of them were left out. */
export interface PackedSamples {
  /** JSON, compressed. */
  packed: Uint8Array;
  /** Collections that were left out. */
  dropped: number;
}

/** Packs collections of one sampler; every second one goes until the rest is small enough, but never the last. */
export function packSamples(
  collections: readonly Collection[],
  most = MOST,
): PackedSamples {
  let texts = collections.map((one) => JSON.stringify(one));
  const size = () => texts.reduce((sum, { length }) => sum + length, 0);
  while (texts.length > 1 && size() > most) {
    texts = texts.filter((_, i) => (texts.length - 1 - i) % 2 === 0);
  }
  if (size() > most) { // one that is too large by itself: of each worker there is its tree
    texts = [JSON.stringify({ ...collections.at(-1)!, processes: [] })];
  }
  if (size() > most) texts = [];
  return {
    packed: deflateRawSync(Buffer.from(`[${texts.join()}]`), { level: 3 }),
    dropped: collections.length - texts.length,
  };
}

/** The collections that `packSamples` has packed. Throws if they are none, or too many. */
export function unpackSamples(packed: Uint8Array): Collection[] {
  // A character may take three bytes.
  const bytes = inflateRawSync(packed, { maxOutputLength: 4 * MOST });
  return JSON.parse(bytes.toString()) as Collection[];
}
