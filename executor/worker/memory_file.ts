/**
 * Large array buffers between host and process: through a file in shared memory, which takes a part of the time that a
 * socket takes. There is one for each direction, used as a ring; the socket tells where in it each buffer is.
 *
 * The writer makes the file when it has a first buffer for it, the reader removes its name when it opens it: nothing stays
 * behind, however they end. The first four bytes hold the number of buffers that have been read, so that the writer knows
 * which space is free again.
 *
 * @module
 */
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

/** The writing end. */
export class MemoryWriter implements Disposable {
  readonly #path: string;
  readonly #count = new Int32Array(1);
  #file: Deno.FsFile | undefined;
  #isBroken = false;
  readonly #ring = new Ring(HEAD, SIZE);

  /** A writer that will make a file at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Writes a buffer; where it begins, or -1 if there is no room for it, or no shared memory at all. */
  write(buffer: ArrayBuffer): number {
    if (this.#isBroken) return -1;
    try {
      const file = this.#file ??= this.#make();
      this.#noteRead(file);
      const start = this.#ring.find(buffer.byteLength);
      if (start < 0) return -1;
      file.seekSync(start, Deno.SeekMode.Start);
      writeAll(file, new Uint8Array(buffer));
      this.#ring.add(start, buffer.byteLength);
      return start;
    } catch {
      // The memory is full, or not ours to use.
      this.#isBroken = this.#file === undefined;
      return -1;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
    this.#isBroken = true;
  }

  #make(): Deno.FsFile {
    const file = Deno.openSync(this.#path, {
      read: true,
      write: true,
      createNew: true,
      mode: 0o600,
    });
    file.truncateSync(HEAD);
    return file;
  }

  #noteRead(file: Deno.FsFile): void {
    if (this.#ring.isEmpty) return;
    file.seekSync(0, Deno.SeekMode.Start);
    file.readSync(bytesOf(this.#count));
    this.#ring.noteRead(this.#count[0]!);
  }
}

/** The reading end. */
export class MemoryReader implements Disposable {
  readonly #path: string;
  readonly #count = new Int32Array(1);
  #file: Deno.FsFile | undefined;

  /** A reader of the file that a writer makes at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The buffer that begins at `start`; its space is free again. Buffers must be read in the order of writing. */
  read(start: number, length: number): ArrayBuffer {
    const file = this.#file ??= this.#open();
    const bytes = new Uint8Array(length);
    file.seekSync(start, Deno.SeekMode.Start);
    readAll(file, bytes);
    this.#count[0]!++;
    file.seekSync(0, Deno.SeekMode.Start);
    writeAll(file, bytesOf(this.#count));
    return bytes.buffer;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file?.close();
  }

  #open(): Deno.FsFile {
    const file = Deno.openSync(this.#path, { read: true, write: true });
    Deno.removeSync(this.#path);
    return file;
  }
}

function bytesOf(count: Int32Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(count.buffer);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}

function readAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    const read = file.readSync(rest);
    if (read === null) {
      throw new Error(
        `Cannot read a buffer as its memory ends within it: ${
          bytes.length - rest.length
        } of ${bytes.length} bytes`,
      );
    }
    rest = rest.subarray(read);
  }
}
