/**
 * Messages over a byte stream: each frame is an array of messages, and the large array buffers in them as they are in
 * memory. What is plain has a codec of its own, all else goes through V8's structured clone. That costs some 10 us however
 * small the value, so all that is queued travels in one frame; large buffers go past it, and past the stream if there is a
 * file in shared memory for them.
 *
 * A frame is: length of the body and number of buffers (u32 each, little-endian), length of each buffer and its place in
 * the file, -1 for none (f64 each), the body, the pieces of the buffers that have no place.
 *
 * @module
 */
import { ByteReader, type ByteStream } from "./_byte_reader.ts";
import { readPieces, sendPieces } from "./_pieces.ts";
import { deserialize, isCodecOpen, openCodec, serialize } from "./clone.ts";
import type { MemoryReader, MemoryWriter } from "./memory_file.ts";
import { decodePlain, encodePlain, isPlain } from "./plain.ts";

export type { ByteStream } from "./_byte_reader.ts";

/** The longest body: what its length can say. */
const MAX_BODY = 0xffff_ffff;
/** So many bytes a socket takes as a whole or, while it has no room, later. */
const WHOLE = 4096;

/**
 * One frame of `messages`, as pieces to be written one after the other. `buffers` are array buffers in the messages that
 * go past the codec, each at most once; those that `memory` has room for are not among the pieces. Where pieces can be sent
 * at once by `sendNow`, they are not among them either. Throws if a value cannot be encoded or the body is too long.
 */
export function encodeFrame(
  messages: readonly unknown[],
  buffers: readonly ArrayBuffer[] = [],
  memory?: MemoryWriter,
  sendNow?: (piece: Uint8Array) => void,
): Uint8Array[] {
  const plain = buffers.length === 0 ? plainFrame(messages) : null;
  if (plain !== null) return [plain];
  const body = serialize(messages, buffers);
  if (body.length > MAX_BODY) {
    throw new RangeError(
      `Cannot send a message as it is over 4 GiB: ${body.length} bytes`,
    );
  }
  const head = 8 + buffers.length * 16;
  const frame = new Uint8Array(head + body.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, body.length, true);
  view.setUint32(4, buffers.length, true);
  frame.set(body, head);
  let placed = 0;
  buffers.forEach((buffer, i) => {
    // They are read in this order: behind one that has no place none may have one.
    const place = placed < i ? -1 : memory?.write(new Uint8Array(buffer)) ?? -1;
    if (place >= 0) placed++;
    view.setFloat64(8 + i * 16, buffer.byteLength, true);
    view.setFloat64(16 + i * 16, place, true);
  });
  const pieces: Uint8Array[] = [frame];
  if (sendNow && placed < buffers.length && frame.length <= WHOLE) {
    sendNow(pieces.pop()!);
  }
  for (const buffer of buffers.slice(placed)) {
    const isNext = pieces.length === 0;
    pieces.push(...sendPieces(buffer, memory, isNext ? sendNow : undefined));
  }
  return pieces;
}

/** The frame of `messages` that are plain; `null` if they are not. */
function plainFrame(messages: readonly unknown[]): Uint8Array | null {
  const frame = encodePlain(messages, 8);
  if (frame === null) return null;
  const view = new DataView(frame.buffer);
  view.setUint32(0, frame.length - 8, true);
  view.setUint32(4, 0, true);
  return frame;
}

/** How frames are read; may be changed meanwhile. */
export interface FrameSource {
  /** Bytes in a frame at most, while nobody vouches for the stream. */
  bytes: number;
  /** Where the writer puts large buffers. @default {undefined} into the stream */
  memory?: MemoryReader;
}

/**
 * Yields the messages of each frame of `stream`, until the stream ends; the array is kept until there is another. Throws an
 * `Error` that says so if the stream ends within a frame, or a frame cannot be read or is over the limit.
 */
export async function* readFrames(
  stream: Pick<ByteStream, "read">,
  source: FrameSource = { bytes: Infinity },
): AsyncGenerator<unknown[]> {
  const reader = new ByteReader(stream);
  while (true) {
    const messages = await readFrame(reader, source);
    if (messages === undefined) return;
    yield messages;
  }
}

/** The messages of the next frame; undefined if there is none. */
async function readFrame(
  reader: ByteReader,
  source: FrameSource,
): Promise<unknown[] | undefined> {
  if (!reader.has(8) && !await reader.fill(8)) return undefined;
  const head = reader.view(8);
  const length = head.getUint32(0, true);
  const count = head.getUint32(4, true);
  reader.skip(8);
  if (length + count * 16 > source.bytes) {
    throw new Error(
      `Cannot read a frame as it is over ${source.bytes} bytes: ${length} bytes and ${count} buffers`,
    );
  }
  if (count > 0) {
    const places = await readPlaces(reader, count);
    const body = await reader.take(length);
    const buffers: ArrayBuffer[] = [];
    for (const { length, place } of places) {
      buffers.push(
        place < 0
          ? await readPieces(reader, length, source.memory)
          : readPlace(source.memory, place, length),
      );
    }
    return await decode(body, buffers);
  }
  if (reader.has(length) && isPlain(reader.view(length))) {
    const body = reader.view(length);
    const messages = checked(length, () => decodePlain(body));
    reader.skip(length);
    return messages;
  }
  // A copy: what is decoded may point into its bytes.
  const body = await reader.take(length);
  const view = new DataView(body.buffer);
  return isPlain(view)
    ? checked(length, () => decodePlain(view))
    : await decode(body, []);
}

async function readPlaces(
  reader: ByteReader,
  count: number,
): Promise<{ length: number; place: number }[]> {
  // A number that cannot be is the first thing that garbage shows.
  if (count > 1e6) throw new Error(`Cannot read a frame of ${count} buffers`);
  const numbers = new Float64Array((await reader.take(count * 16)).buffer);
  return Array.from({ length: count }, (_, i) => {
    const length = numbers[2 * i]!, place = numbers[2 * i + 1]!;
    if (
      Number.isSafeInteger(length) && length >= 0 &&
      Number.isSafeInteger(place) && place >= -1
    ) return { length, place };
    throw new Error(
      `Cannot read a frame with a buffer of ${length} bytes at ${place}`,
    );
  });
}

function readPlace(
  memory: MemoryReader | undefined,
  place: number,
  length: number,
): ArrayBuffer {
  try {
    return memory!.read(place, length);
  } catch (cause) {
    throw new Error(
      `Cannot read a frame as a buffer of it is not there: ${length} bytes at ${place}`,
      { cause },
    );
  }
}

async function decode(
  body: Uint8Array,
  buffers: readonly ArrayBuffer[],
): Promise<unknown[]> {
  await openCodec();
  return checked(body.length, () => deserialize(body, buffers));
}

/** The messages that `read` makes of so many bytes. */
function checked(length: number, read: () => unknown): unknown[] {
  let messages: unknown;
  try {
    messages = read();
  } catch (cause) {
    throw new Error(
      `Cannot read a frame as its ${length} bytes are no message`,
      { cause },
    );
  }
  if (!Array.isArray(messages)) {
    throw new Error(
      `Cannot read a frame as it holds no array of messages: ${typeof messages}`,
    );
  }
  return messages;
}

/** What a {@linkcode FrameWriter} asks of its owner. */
export interface FrameWriterOptions {
  /** Learns of a broken stream; what was queued is lost with it. */
  onError: (error: unknown) => void;
  /** Makes a message that cannot be encoded into others that may be, or into none. */
  repair: (message: unknown, error: unknown) => unknown[];
}

/** Writes messages in frames, in order; what is queued while a write goes on shares the next frame. */
export class FrameWriter {
  /** Where large buffers go, as soon as there is such a place. */
  memory: MemoryWriter | undefined;
  readonly #stream: Pick<ByteStream, "write">;
  readonly #options: FrameWriterOptions;
  #queue: unknown[] = [];
  #buffers = new Set<ArrayBuffer>();
  #pieces: Uint8Array[] = [];
  /** Pieces on their way before these. */
  #sent: { length: number; written: Promise<number> }[] = [];
  #isWriting = false;
  #isScheduled = false;
  #idle: (() => void)[] = [];

  /** Writes to `stream`. */
  constructor(
    stream: Pick<ByteStream, "write">,
    options: FrameWriterOptions,
  ) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Queues a message, and the buffers in it that go past the codec; it leaves with the others of this turn. */
  push(message: unknown, buffers: readonly ArrayBuffer[] = []): void {
    this.#queue.push(message);
    for (const buffer of buffers) this.#buffers.add(buffer);
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Takes what is queued as it is now: later changes to the values in it do not travel. */
  seal(): void {
    this.#encodeQueue();
    if (this.#queue.length === 0) return;
    try {
      this.#queue = structuredClone(this.#queue);
      this.#buffers = new Set();
    } catch {
      // What cannot be cloned is found out when it is encoded.
    }
  }

  /**
   * Starts writing what is queued; on a stream with room the bytes are gone when this returns, but for those that the
   * codec must be loaded for. With `now`, for these too.
   */
  flush(now = false): void {
    if (this.#isWriting) return;
    this.#encodeQueue(now || isCodecOpen());
    if (this.#pieces.length + this.#sent.length > 0) void this.#write();
    else if (this.#queue.length > 0) void openCodec().then(() => this.flush());
  }

  /** Resolves when all that was queued has been written or the stream is broken. */
  drained(): Promise<void> {
    this.flush();
    if (!this.#isWriting && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Makes pieces of what is queued, if the codec is there or not needed; or in any case. */
  #encodeQueue(anyway = isCodecOpen()): void {
    if (this.#queue.length === 0) return;
    if (!anyway) {
      const plain = this.#buffers.size > 0 ? null : plainFrame(this.#queue);
      if (plain === null) return;
      this.#pieces.push(plain);
      this.#queue = [];
      return;
    }
    const queue = this.#queue;
    const buffers = [...this.#buffers];
    this.#queue = [];
    // Not cleared: of a set that was, the old table keeps what was in it, and all tables after it, from being collected.
    if (buffers.length > 0) this.#buffers = new Set();
    const isNext = !this.#isWriting && this.#pieces.length === 0;
    const sendNow = (piece: Uint8Array) => {
      const { length } = piece;
      this.#sent.push({ length, written: this.#stream.write(piece) });
    };
    try {
      this.#pieces.push(
        ...encodeFrame(
          queue,
          buffers,
          this.memory,
          isNext ? sendNow : undefined,
        ),
      );
    } catch {
      for (const message of queue) this.#encodeOne(message);
    }
  }

  /** By itself, all in the codec: one of the buffers may be what is at fault. */
  #encodeOne(message: unknown): void {
    try {
      this.#pieces.push(...encodeFrame([message]));
    } catch (error) {
      for (const repaired of this.#options.repair(message, error)) {
        this.#encodeOne(repaired);
      }
    }
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      // Not one turn later when there is nothing to wait for: who has flushed may exit at once.
      if (this.#sent.length > 0) {
        await allWritten(this.#sent.splice(0));
        this.#encodeQueue(); // there may be nothing else that brings the writer to it
      }
      while (this.#pieces.length > 0) {
        let rest = this.#pieces.shift()!;
        while (rest.length > 0) {
          rest = rest.subarray(await this.#stream.write(rest));
        }
        this.#encodeQueue();
      }
    } catch (error) {
      this.#queue = [];
      this.#pieces = [];
      this.#options.onError(error);
    } finally {
      this.#isWriting = false;
      if (this.#queue.length > 0) this.flush();
      else for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}

async function allWritten(
  pieces: readonly { length: number; written: Promise<number> }[],
): Promise<void> {
  const written = await Promise.all(pieces.map(({ written }) => written));
  if (pieces.some(({ length }, i) => length !== written[i])) {
    throw new Error("Cannot write a frame as a part of a small piece was left");
  }
}
