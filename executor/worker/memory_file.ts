/**
 * Large array buffers between host and process: through a file in shared memory that both have mapped, which takes a part
 * of the time that a socket takes. There is one for each direction, used as a ring; the socket tells where in it each
 * buffer is.
 *
 * The writer makes the file when it has a first buffer for it, the reader removes its name when it opens it: nothing stays
 * behind, however they end. The first four bytes hold the number of buffers that have been read, so that the writer knows
 * which space is free again.
 *
 * @module
 */
import { mapFile, unmapFile } from "../../profiler/mapped_file.ts";
import { freshCopy } from "./_fresh.ts";
import { clock } from "./protocol.ts";
import { Ring } from "./_ring.ts";

/** Where the buffers begin. */
const HEAD = 4096;
/** Bytes of a file: memory that is used again and again. */
const SIZE = 8 * 2 ** 20;
/** Milliseconds between two looks for room. */
const PAUSE = 0.1;
/** Something to wait on in vain. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** Paths of the two files of the worker whose board is at `board`, and of its shortcut. */
export function memoryPaths(
  board: string,
): { toWorker: string; fromWorker: string; shortcut: string } {
  return {
    toWorker: `${board}-to`,
    fromWorker: `${board}-from`,
    shortcut: `${board}-short`,
  };
}

/** Whether this process may map files that are in `folder`. */
export function canMapFiles(folder: string): boolean {
  const path = `${folder}/probe`;
  const memory = mapFile(path, 1);
  if (memory === null) return false;
  unmapFile(memory);
  Deno.removeSync(path);
  return true;
}

/** The writing end. */
export class MemoryWriter implements Disposable {
  readonly #path: string;
  /** Null if there is none to be had, or not any more. */
  #memory: ArrayBuffer | null | undefined;
  readonly #ring = new Ring(HEAD, SIZE);

  /** A writer that will make a file at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Writes bytes; where they begin, or -1 if there is no room for them, or no shared memory at all. Waits for room up to
   * `patience` milliseconds.
   */
  write(bytes: Uint8Array, patience = 0): number {
    if (bytes.length > SIZE - HEAD) return -1;
    const memory = this.#memory === undefined
      ? this.#memory = mapFile(this.#path, SIZE)
      : this.#memory;
    if (memory === null) return -1;
    const start = this.#findRoom(memory, bytes.length, patience);
    if (start < 0) return -1;
    new Uint8Array(memory, start, bytes.length).set(bytes);
    this.#ring.add(start, bytes.length);
    return start;
  }

  #findRoom(memory: ArrayBuffer, length: number, patience: number): number {
    const count = new Int32Array(memory, 0, 1);
    const end = clock() + patience;
    while (true) {
      this.#ring.noteRead(Atomics.load(count, 0));
      const start = this.#ring.find(length);
      if (start >= 0 || clock() >= end) return start;
      Atomics.wait(NEVER, 0, 0, PAUSE);
    }
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    if (this.#memory) unmapFile(this.#memory);
    this.#memory = null;
  }
}

/** The reading end. */
export class MemoryReader implements Disposable {
  readonly #path: string;
  #memory: ArrayBuffer | undefined;

  /** A reader of the file that a writer makes at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The buffer that begins at `start`; its space is free again. Buffers must be read in the order of writing. */
  read(start: number, length: number): ArrayBuffer {
    const bytes = freshCopy(this.#at(start, length));
    this.#noteRead();
    return bytes.buffer;
  }

  /** Fills `bytes` with what begins at `start`, as {@linkcode read} does. */
  readInto(bytes: Uint8Array, start: number): void {
    bytes.set(this.#at(start, bytes.length));
    this.#noteRead();
  }

  #at(start: number, length: number): Uint8Array<ArrayBuffer> {
    this.#memory ??= this.#open();
    return new Uint8Array(this.#memory, start, length);
  }

  #noteRead(): void {
    Atomics.add(new Int32Array(this.#memory!, 0, 1), 0, 1);
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    if (this.#memory !== undefined) unmapFile(this.#memory);
    this.#memory = undefined;
  }

  #open(): ArrayBuffer {
    Deno.statSync(this.#path); // To map a file would make it.
    const memory = mapFile(this.#path, SIZE);
    if (memory === null) {
      throw new Error(
        `Cannot read a buffer as its memory cannot be mapped: "${this.#path}"`,
      );
    }
    Deno.removeSync(this.#path);
    return memory;
  }
}
