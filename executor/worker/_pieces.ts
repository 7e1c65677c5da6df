/**
 * A buffer for which the memory between host and process has no room: it goes through that memory in pieces, as fast as
 * they are read, so that the same few pages are used again and again and both ends work at once. What nobody reads is
 * copied into the stream.
 *
 * In the stream each piece has a head: its length and its place in the memory (f64 each, little-endian), -1 if its bytes
 * follow.
 *
 * @module
 */
import type { ByteReader } from "./_byte_reader.ts";
import { freshBytes, freshCopy } from "./_fresh.ts";
import type { MemoryReader, MemoryWriter } from "./memory_file.ts";
import { clock } from "./protocol.ts";

const HEAD = 16;
/** Bytes of a piece in the memory. */
const PIECE = 2 ** 20;
/** Milliseconds to wait for a reader that does not read, and for one that is slow, in all. */
const PATIENCE = 20, MOST_PATIENCE = 1000;

/**
 * Sends as many pieces of `buffer` as are read meanwhile, their heads by `sendNow`; gives what is to follow in the stream.
 * Whoever owns the buffer may change it after that.
 */
export function sendPieces(
  buffer: ArrayBuffer,
  memory?: MemoryWriter,
  sendNow?: (head: Uint8Array) => void,
): Uint8Array[] {
  const bytes = new Uint8Array(buffer);
  const end = clock() + MOST_PATIENCE;
  let sent = 0;
  while (sendNow !== undefined && sent < bytes.length) {
    const piece = bytes.subarray(sent, sent + PIECE);
    const patience = Math.min(PATIENCE, end - clock());
    const place = memory?.write(piece, patience) ?? -1;
    if (place < 0) break;
    sendNow(headOf(piece.length, place));
    sent += piece.length;
  }
  if (sent === bytes.length) return [];
  const rest = bytes.subarray(sent);
  return [headOf(rest.length, -1), copyOf(rest)];
}

/** A copy; where there is no memory for one the bytes themselves, which their owner had better leave alone. */
function copyOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  try {
    return freshCopy(bytes);
  } catch {
    return bytes;
  }
}

/** Reads all pieces of a buffer of so many bytes. */
export async function readPieces(
  reader: ByteReader,
  length: number,
  memory?: MemoryReader,
): Promise<ArrayBuffer> {
  const bytes = freshBytes(length);
  for (let have = 0; have < length;) {
    const head = await reader.head(HEAD);
    const size = head.getFloat64(0, true), place = head.getFloat64(8, true);
    const left = length - have;
    if (!(size > 0 && size <= left)) {
      throw new Error(
        `Cannot read a piece of a buffer as ${left} bytes are left of it: ${size}`,
      );
    }
    const piece = bytes.subarray(have, have + size);
    if (place < 0) await reader.fillWhole(piece);
    else readPiece(memory, piece, place);
    have += size;
  }
  return bytes.buffer;
}

function readPiece(
  memory: MemoryReader | undefined,
  piece: Uint8Array,
  place: number,
): void {
  try {
    memory!.readInto(piece, place);
  } catch (cause) {
    throw new Error(
      `Cannot read a piece of a buffer as it is not there: ${piece.length} bytes at ${place}`,
      { cause },
    );
  }
}

function headOf(length: number, place: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD));
  head.setFloat64(0, length, true);
  head.setFloat64(8, place, true);
  return new Uint8Array(head.buffer);
}
