/** Takes pieces of known length from a byte stream. */
import { freshBytes } from "./_fresh.ts";

const SIZE = 64 * 1024;

/** The stream under the frames. */
export interface ByteStream {
  /** Reads into `buffer`: the number of bytes, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`: how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Reads ahead into a buffer of its own; long pieces are read straight into theirs. */
export class ByteReader {
  readonly #stream: Pick<ByteStream, "read">;
  readonly #buffer = new Uint8Array(SIZE);
  #start = 0;
  #end = 0;

  constructor(stream: Pick<ByteStream, "read">) {
    this.#stream = stream;
  }

  /** Whether so many bytes have been read ahead. */
  has(length: number): boolean {
    return this.#end - this.#start >= length;
  }

  /** Reads ahead until there are so many bytes; false at the end of the stream, throws at an end in between. */
  async fill(length: number): Promise<boolean> {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    while (this.#end < length) {
      const read = await this.#stream.read(this.#buffer.subarray(this.#end));
      if (read === null) {
        if (this.#end === 0) return false;
        throw ended(this.#end, length);
      }
      this.#end += read;
    }
    return true;
  }

  /** Reads ahead like {@linkcode fill}, and throws at the end of the stream too; the next bytes, which it passes over. */
  async head(length: number): Promise<DataView> {
    if (!this.has(length) && !await this.fill(length)) throw ended(0, length);
    const view = this.view(length);
    this.skip(length);
    return view;
  }

  /** The next bytes, which must have been read ahead. */
  view(length: number): DataView {
    const { buffer, byteOffset } = this.#buffer;
    return new DataView(buffer, byteOffset + this.#start, length);
  }

  /** Passes over bytes that have been read ahead. */
  skip(length: number): void {
    this.#start += length;
  }

  /** A copy of the next bytes, if they have been read ahead. */
  takeNow(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.has(length)) return undefined;
    const taken = this.#buffer.slice(this.#start, this.#start + length);
    this.#start += length;
    return taken;
  }

  /** The next bytes. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const now = this.takeNow(length);
    if (now !== undefined) return now;
    const taken = freshBytes(length);
    await this.fillWhole(taken);
    return taken;
  }

  /** Fills `bytes` with the next ones. */
  async fillWhole(bytes: Uint8Array): Promise<void> {
    const { length } = bytes;
    let have = Math.min(length, this.#end - this.#start);
    bytes.set(this.#buffer.subarray(this.#start, this.#start + have));
    this.#start += have;
    while (have < length) {
      const read = await this.#stream.read(bytes.subarray(have));
      if (read === null) throw ended(have, length);
      have += read;
    }
  }
}

function ended(have: number, length: number): Error {
  return new Error(
    `Cannot read a frame as the stream ended within it: ${have} of ${length} bytes`,
  );
}
