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
import { Ring } from "./_ring.ts";

/** Where the buffers begin. */
const HEAD = 4096;
/** Bytes of a file: memory that is used again and again. Buffers that need fresh memory anyway are no faster through it. */
const SIZE = 8 * 2 ** 20;

/** Paths of the two files of the worker whose board is at `board`. */
export function memoryPaths(
  board: string,
): { toWorker: string; fromWorker: string } {
  return { toWorker: `${board}-to`, fromWorker: `${board}-from` };
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

  /** Writes a buffer; where it begins, or -1 if there is no room for it, or no shared memory at all. */
  write(buffer: ArrayBuffer): number {
    const { byteLength } = buffer;
    if (byteLength > SIZE - HEAD) return -1;
    const memory = this.#memory === undefined
      ? this.#memory = mapFile(this.#path, SIZE)
      : this.#memory;
    if (memory === null) return -1;
    this.#ring.noteRead(Atomics.load(new Int32Array(memory, 0, 1), 0));
    const start = this.#ring.find(byteLength);
    if (start < 0) return -1;
    new Uint8Array(memory, start, byteLength).set(new Uint8Array(buffer));
    this.#ring.add(start, byteLength);
    return start;
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
    const memory = this.#memory ??= this.#open();
    // Made from what is there already, which takes no zeroing first.
    const bytes = new Uint8Array(new Uint8Array(memory, start, length));
    Atomics.add(new Int32Array(memory, 0, 1), 0, 1);
    return bytes.buffer;
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
