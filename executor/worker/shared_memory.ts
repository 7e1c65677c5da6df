/**
 * Plain messages through memory that host and worker share: there is one for each direction, used as a ring, and
 * what is posted is only the number that tells where in it a message is. That takes Deno a part of the time that it takes
 * to post an array. Whatever is not plain is posted as it is.
 *
 * To wake a thread takes longer than to run a small call. So who expects a message looks for it for a moment before it goes
 * to sleep, and then nothing has to be posted ("adaptive spinning"). This must neither keep a thread from its event loop for
 * long nor cost much where nothing comes.
 *
 * @module
 */
import { copyPlain, decodePlain, holdPlain } from "./plain.ts";
import { clock as isolateClock } from "./protocol.ts";
import { Ring } from "./_ring.ts";

/** Bytes of it: two messages of many calls, and then some. */
const SIZE = 512 * 1024;
/**
 * Where messages begin. Before that is how many have been read, and the key: what is posted is the place of a message
 * exclusive-or the key, a number that a function which posts by itself does not come upon.
 */
const HEAD = 128;
const KEY = 4;
/** Words behind the key: how much of what was posted has arrived, and whether the reader is to expect more. */
const ARRIVED = 2, MORE = 3;
/** In a cache line of their own: what the reader is about, and the place of which it is told. */
const STATE = 16, PLACE = 17;
/** The reader does something else, or sleeps; it looks for a message; it has been told of one while it looked. */
const AWAY = 0, LOOKING = 1, TOLD = 2;
/** A reader looks for so many milliseconds at most after its event loop had a turn: then others have theirs. */
const SPELL = 2;
/** Where looking is in vain, all but one of so many looks are left out at last. */
const MAX_SKIPS = 15;
/**
 * Milliseconds for which a host looks for the answer of the only call, and a worker for the next one when that has ended:
 * the host takes a while to ask for it.
 */
export const HOST_LOOK = 0.15, WORKER_LOOK = 0.2;
/** Looks between two at the clock. */
const LOOKS = 20;
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

/** The writing end. */
export class SharedWriter {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #ring: Ring;
  readonly #key: number;
  #written = 1;
  #posted = 0;

  /** Writes to `size` bytes of `memory` from `from` on, which are empty. */
  constructor(memory: ArrayBufferLike, from = 0, size = memory.byteLength) {
    // Views whose length is said: those of memory that may grow take ten times as long otherwise.
    this.#bytes = new Uint8Array(memory, from, size);
    this.#words = new Int32Array(memory, from, size / 4);
    this.#view = new DataView(memory, from, size);
    this.#ring = new Ring(HEAD, size);
    this.#key = this.#view.getInt32(KEY);
  }

  /** Writes a message; the number to post for it, or -1 if it is not plain or has no room. */
  write(message: unknown): number {
    const size = holdPlain(message);
    if (size < 0) return -1;
    const length = LENGTH + (size + 7 & ~7);
    this.#ring.noteRead(Atomics.load(this.#words, 0));
    const start = this.#ring.find(length);
    if (start < 0) return -1;
    this.#view.setUint32(start, size, true);
    this.#view.setUint32(start + 4, this.#written++, true);
    copyPlain(this.#bytes, this.#words, start + LENGTH, size);
    this.#ring.add(start, length);
    return start ^ this.#key;
  }

  /** Notes that something was posted, be it a place or a whole message; or so many of them. */
  posted(count = 1): void {
    this.#posted = (this.#posted + count) | 0; // as what has arrived is counted
  }

  /** Says whether the reader is to expect another message soon. */
  announce(hasMore: boolean): void {
    Atomics.store(this.#words, MORE, hasMore ? 1 : 0);
  }

  /** Whether the reader looks for a message and has all that was posted. */
  get isHeard(): boolean {
    return Atomics.load(this.#words, STATE) === LOOKING &&
      Atomics.load(this.#words, ARRIVED) === this.#posted;
  }

  /** Tells the reader of the message at `place` if it hears that; else it is to be posted. */
  tell(place: number): boolean {
    if (!this.isHeard) return false;
    this.#words[PLACE] = place;
    return Atomics.compareExchange(this.#words, STATE, LOOKING, TOLD) ===
      LOOKING;
  }
}

/** The reading end. */
export class SharedReader {
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #key: number;
  readonly #clock: () => number;
  #next = 1;
  /** When something that was posted arrived last. */
  #arrivedAt = -Infinity;
  /** Looks in vain since the last one that was not, and how many are left out now. */
  #misses = 0;
  #skips = 0;

  /** Reads what is written there; `clock` gives milliseconds. */
  constructor(
    memory: ArrayBufferLike,
    from = 0,
    size = memory.byteLength,
    clock: () => number = isolateClock,
  ) {
    this.#clock = clock;
    this.#view = new DataView(memory, from, size);
    this.#words = new Int32Array(memory, from, HEAD / 4);
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
    Atomics.add(this.#words, 0, 1);
    return message;
  }

  /** Notes that something that was posted has arrived, in a turn of the event loop. */
  arrived(): void {
    this.#arrivedAt = this.#clock();
    Atomics.add(this.#words, ARRIVED, 1);
  }

  /** Whether another message was announced. */
  get expectsMore(): boolean {
    return Atomics.load(this.#words, MORE) === 1;
  }

  /**
   * Looks for a message for up to `most` milliseconds and gives its place; undefined if none came, or if it is time for
   * the event loop. A look that is in vain has the next ones left out: 1, then 3, 7 and so on.
   */
  look(most: number): number | undefined {
    if (this.#skips > 0) {
      this.#skips--;
      return undefined;
    }
    const began = this.#clock();
    if (began - this.#arrivedAt > SPELL) return undefined;
    Atomics.store(this.#words, STATE, LOOKING);
    const isTold = this.#isTold(began + most) ||
      Atomics.compareExchange(this.#words, STATE, LOOKING, AWAY) === TOLD;
    this.#misses = isTold ? 0 : this.#misses + 1;
    this.#skips = Math.min(2 ** this.#misses - 1, MAX_SKIPS);
    return isTold ? this.#words[PLACE]! : undefined;
  }

  #isTold(until: number): boolean {
    do {
      for (let i = 0; i < LOOKS; i++) {
        if (Atomics.load(this.#words, STATE) === TOLD) return true;
        Atomics.pause();
      }
    } while (this.#clock() < until);
    return false;
  }
}
