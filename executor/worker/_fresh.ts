/** Memory that is about to be filled. */
import { useHugePages } from "../../profiler/mapped_file.ts";

/** So many bytes always have pages of their own, which go back to the system when nobody has them any more. */
const LARGE = 32 * 2 ** 20;

/** So many bytes; if they are many, to touch them first takes less than it mostly does. */
export function freshBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  if (length > LARGE) useHugePages(bytes);
  return bytes;
}

/** A copy of `bytes`, whose memory is not zeroed before it is filled, which `slice` would do. */
export function freshCopy(
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (bytes.length <= LARGE) return new Uint8Array(bytes);
  const copy = freshBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
