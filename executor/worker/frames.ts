/**
 * Messages over a byte stream: each frame is a length and an array of messages in V8's structured-clone codec. The
 * codec costs some 25 us a call however small the value, so all that is queued travels in one frame.
 *
 * @module
 */
import v8 from "node:v8";

/** Bytes in front of a frame: its length, little-endian. */
const HEADER = 4;
/** The longest frame: what the length can say. */
export const MAX_FRAME = 0xffff_ffff;
const READ_BUFFER = 64 * 1024;

/** The stream under the frames. */
export interface ByteStream {
  /** Reads into `buffer`: the number of bytes, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`: how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** One frame of `messages`; throws if a value in them cannot be encoded or the frame is too long. */
export function encodeFrame(messages: readonly unknown[]): Uint8Array {
  const body = v8.serialize(messages);
  if (body.length > MAX_FRAME) {
    throw new RangeError(
      `Cannot send a message as it is over 4 GiB: ${body.length} bytes`,
    );
  }
  const frame = new Uint8Array(HEADER + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame.set(body, HEADER);
  return frame;
}

/**
 * Yields the messages of each frame of `stream` with its size in bytes, until the stream ends. Throws an `Error` that
 * says so if the stream ends within a frame or a frame cannot be read.
 */
export async function* readFrames(
  stream: Pick<ByteStream, "read">,
): AsyncGenerator<{ messages: unknown[]; bytes: number }> {
  let buffer = new Uint8Array(READ_BUFFER);
  let start = 0, end = 0;
  while (true) {
    while (end - start >= HEADER) {
      const length = new DataView(buffer.buffer, buffer.byteOffset + start)
        .getUint32(0, true);
      const have = end - start - HEADER;
      if (have >= length) {
        // A copy: what is decoded points into its bytes, and the buffer is used again.
        const body = buffer.slice(start + HEADER, start + HEADER + length);
        start += HEADER + length;
        yield { messages: decode(body), bytes: length };
      } else if (length > buffer.length - HEADER) {
        // Too long for the buffer: read straight into its own bytes.
        const body = new Uint8Array(length);
        body.set(buffer.subarray(start + HEADER, end));
        await readFull(stream, body, have);
        start = end = 0;
        yield { messages: decode(body), bytes: length };
      } else break;
    }
    if (start > 0) {
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
    }
    const read = await stream.read(buffer.subarray(end));
    if (read === null) break;
    end += read;
  }
  if (end > start) {
    throw new Error(
      `Cannot read a frame as the stream ended within it: ${end - start} bytes`,
    );
  }
  buffer = new Uint8Array(0);
}

async function readFull(
  stream: Pick<ByteStream, "read">,
  body: Uint8Array,
  have: number,
): Promise<void> {
  while (have < body.length) {
    const read = await stream.read(body.subarray(have));
    if (read === null) {
      throw new Error(
        `Cannot read a frame as the stream ended within it: ${have} of ${body.length} bytes`,
      );
    }
    have += read;
  }
}

function decode(body: Uint8Array): unknown[] {
  let messages: unknown;
  try {
    messages = v8.deserialize(body);
  } catch (cause) {
    throw new Error(
      `Cannot read a frame as its ${body.length} bytes are no message`,
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
  readonly #stream: Pick<ByteStream, "write">;
  readonly #options: FrameWriterOptions;
  #queue: unknown[] = [];
  #frames: Uint8Array[] = [];
  #writing = false;
  #scheduled = false;
  #idle: (() => void)[] = [];

  /** Writes to `stream`. */
  constructor(
    stream: Pick<ByteStream, "write">,
    options: FrameWriterOptions,
  ) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Queues a message; it leaves with the others of this turn of the event loop. */
  push(message: unknown): void {
    this.#queue.push(message);
    if (this.#scheduled || this.#writing) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Hands an encoded frame over, behind all that was queued before. */
  pushFrame(frame: Uint8Array): void {
    this.#encodeQueue();
    this.#frames.push(frame);
    if (!this.#writing) void this.#write();
  }

  /** Starts writing what is queued; on a stream with room the bytes are gone when this returns. */
  flush(): void {
    if (this.#writing) return;
    this.#encodeQueue();
    if (this.#frames.length > 0) void this.#write();
  }

  /** Resolves when all that was queued has been written or the stream is broken. */
  drained(): Promise<void> {
    this.flush();
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #encodeQueue(): void {
    if (this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = [];
    try {
      this.#frames.push(encodeFrame(queue));
    } catch {
      for (const message of queue) this.#encodeOne(message);
    }
  }

  #encodeOne(message: unknown): void {
    try {
      this.#frames.push(encodeFrame([message]));
    } catch (error) {
      for (const repaired of this.#options.repair(message, error)) {
        this.#encodeOne(repaired);
      }
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#frames.length > 0) {
        let rest = this.#frames.shift()!;
        while (rest.length > 0) {
          rest = rest.subarray(await this.#stream.write(rest));
        }
        this.#encodeQueue();
      }
    } catch (error) {
      this.#queue = [];
      this.#frames = [];
      this.#options.onError(error);
    } finally {
      this.#writing = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}
