/**
 * Plain messages between two threads, through memory that both share: there is one for each direction, used as a ring, and
 * what is posted is only the number that tells where in it a message is. That takes Deno a part of the time that it takes
 * to post an array. Whatever is not plain is posted as it is.
 *
 * @module
 */
import { copyPlain, decodePlain, holdPlain } from "./plain.ts";
import { Ring } from "./_ring.ts";

/** Bytes of it: two messages of many calls, and then some. */
const SIZE = 512 * 1024;
/**
 * Where messages begin. Before that is how many have been read, and the key: what is posted is the place of a message
 * exclusive-or the key, a number that a function which posts by itself does not come upon.
 */
const HEAD = 8;
const KEY = 4;
/** Each begins with its length and its number. */
const LENGTH = 8;

/**
 * Memory for one direction. It could grow, and never does: such memory has pages of its own, which are there once they are
 * touched and gone with the last who knows it, while other memory stays with the allocator when threads come and go.
 */
export function createSharedMemory(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(SIZE, { maxByteLength: SIZE });
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  new DataView(memory).setInt32(KEY, random! >>> 2);
  return memory;
}

/** A view whose length is said: one that may grow takes ten times as long to read. */
function viewOf(memory: SharedArrayBuffer): DataView {
  return new DataView(memory, 0, SIZE);
}

/** The writing end. */
export class SharedWriter {
  readonly #count: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #ring: Ring;
  readonly #key: number;
  #written = 1;

  /** Writes to `memory`, which is empty. */
  constructor(memory: SharedArrayBuffer) {
    this.#count = new Int32Array(memory, 0, 1);
    this.#bytes = new Uint8Array(memory, 0, SIZE);
    this.#words = new Int32Array(memory, 0, SIZE / 4);
    this.#view = viewOf(memory);
    this.#ring = new Ring(HEAD, memory.byteLength);
    this.#key = this.#view.getInt32(KEY);
  }

  /** Writes a message; the number to post for it, or -1 if it is not plain or has no room. */
  write(message: unknown): number {
    const size = holdPlain(message);
    if (size < 0) return -1;
    const length = LENGTH + (size + 7 & ~7);
    this.#ring.noteRead(Atomics.load(this.#count, 0));
    const start = this.#ring.find(length);
    if (start < 0) return -1;
    this.#view.setUint32(start, size, true);
    this.#view.setUint32(start + 4, this.#written++, true);
    copyPlain(this.#bytes, this.#words, start + LENGTH, size);
    this.#ring.add(start, length);
    return start ^ this.#key;
  }
}

/** The reading end. */
export class SharedReader {
  readonly #view: DataView;
  readonly #count: Int32Array;
  readonly #key: number;
  #next = 1;

  /** Reads from `memory`. */
  constructor(memory: SharedArrayBuffer) {
    this.#view = viewOf(memory);
    this.#count = new Int32Array(memory, 0, 1);
    this.#key = this.#view.getInt32(KEY);
  }

  /**
   * The message that `posted` stands for, whose room is free again. They must be read in the order of writing. Throws if
   * the next one is not there.
   */
  read(posted: number): unknown {
    const start = posted ^ this.#key;
    const number = this.#view.getUint32(start + 4, true);
    if (number !== this.#next) {
      throw new Error(
        `Cannot read a message at ${start} as message ${this.#next} is not there: ${number}`,
      );
    }
    this.#next = (number + 1) >>> 0;
    const from = start + LENGTH;
    const to = from + this.#view.getUint32(start, true);
    const message = decodePlain(this.#view, from, to);
    Atomics.add(this.#count, 0, 1);
    return message;
  }
}
