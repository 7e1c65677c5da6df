/** Memory that is about to be filled. */
import { useHugePages } from "../../profiler/mapped_file.ts";

/** So many bytes always have pages of their own, which go back to the system when nobody has them any more. */
const LARGE = 32 * 2 ** 20;

/** From so many bytes on glibc fetches fresh pages for each block, and gives them back with it; up to so many it need not. */
const OWN_PAGES = 128 * 2 ** 10, KEPT = 4 * 2 ** 20;
let isKept = false;

/**
 * Has glibc use the memory of freed blocks for the next ones. By itself it does so once the first block of such a size was
 * freed; but those of here are freed when V8 collects, which may be two jobs later. So one is freed that nobody touched.
 */
function keepFreed(): void {
  isKept = true;
  try {
    new ArrayBuffer(KEPT).transfer(0);
  } catch {
    // There is no memory for it: then each block is given back, as it would be.
  }
}

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
  if (!isKept && bytes.length > OWN_PAGES) keepFreed();
  if (bytes.length <= LARGE) return new Uint8Array(bytes);
  const copy = freshBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
