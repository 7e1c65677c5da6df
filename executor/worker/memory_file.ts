/**
 * Large array buffers between host and process: through a file in shared memory, which takes a tenth of the time that a
 * socket takes. There is one for each direction, used as a ring; the socket tells where in it each buffer is.
 *
 * The writer makes the file when it has a first buffer for it, the reader removes its name when it opens it: nothing stays
 * behind, however they end. The first eight bytes hold the number of buffers that have been read, so that the writer knows
 * which space is free again.
 *
 * @module
 */

/** Where the buffers begin. */
const HEAD = 4096;
/** Bytes that a file may take, unless a single buffer is larger. */
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
  readonly #count = new BigUint64Array(1);
  #file: Deno.FsFile | undefined;
  #isBroken = false;
  /** Buffers that have not been read, as far as is known, the oldest first. */
  #unread: { start: number; end: number }[] = [];
  #read = 0;

  /** A writer that will make a file at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Writes a buffer; where it begins, or -1 if there is no room for it, or no shared memory at all. */
  write(buffer: ArrayBuffer): number {
    if (this.#isBroken) return -1;
    try {
      const file = this.#file ??= this.#make();
      const start = this.#findRoom(file, buffer.byteLength);
      if (start < 0) return -1;
      file.seekSync(start, Deno.SeekMode.Start);
      writeAll(file, new Uint8Array(buffer));
      this.#unread.push({ start, end: start + buffer.byteLength });
      return start;
    } catch {
      // The memory is full, or not ours to use: what could not be written should not fill it.
      this.#isBroken = this.#file === undefined;
      if (this.#unread.length === 0) this.#file?.truncateSync(HEAD);
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

  #findRoom(file: Deno.FsFile, length: number): number {
    this.#forgetRead(file);
    const oldest = this.#unread[0];
    if (oldest === undefined) return HEAD;
    const { end } = this.#unread.at(-1)!;
    const hasWrapped = end <= oldest.start;
    if (end + length <= (hasWrapped ? oldest.start : SIZE)) return end;
    return !hasWrapped && HEAD + length <= oldest.start ? HEAD : -1;
  }

  #forgetRead(file: Deno.FsFile): void {
    if (this.#unread.length === 0) return;
    file.seekSync(0, Deno.SeekMode.Start);
    file.readSync(bytesOf(this.#count));
    const read = Number(this.#count[0]);
    this.#unread.splice(0, read - this.#read);
    this.#read = read;
  }
}

/** The reading end. */
export class MemoryReader implements Disposable {
  readonly #path: string;
  readonly #count = new BigUint64Array(1);
  /** The file, opened twice: each handle has a place of its own. */
  #files: [Deno.FsFile, Deno.FsFile] | undefined;

  /** A reader of the file that a writer makes at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The buffer that begins at `start`; its space is free again. Buffers must be read in the order of writing. */
  async read(start: number, length: number): Promise<ArrayBuffer> {
    const files = this.#files ??= this.#open();
    const bytes = new Uint8Array(length);
    if (length > SIZE) {
      // Most of the time goes into fresh memory for the buffer, which two threads get sooner than one.
      const half = Math.ceil(length / 2);
      await Promise.all([
        readAll(files[0], bytes.subarray(0, half), start),
        readAll(files[1], bytes.subarray(half), start + half),
      ]);
      // It was alone in the file.
      files[0].truncateSync(HEAD);
    } else readAllSync(files[0], bytes, start);
    this.#count[0]!++;
    files[0].seekSync(0, Deno.SeekMode.Start);
    writeAll(files[0], bytesOf(this.#count));
    return bytes.buffer;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    for (const file of this.#files ?? []) file.close();
  }

  #open(): [Deno.FsFile, Deno.FsFile] {
    const options = { read: true, write: true };
    const first = Deno.openSync(this.#path, options);
    const second = Deno.openSync(this.#path, options);
    Deno.removeSync(this.#path);
    return [first, second];
  }
}

function bytesOf(count: BigUint64Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(count.buffer);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}

function readAllSync(
  file: Deno.FsFile,
  bytes: Uint8Array,
  start: number,
): void {
  file.seekSync(start, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) {
    at += file.readSync(bytes.subarray(at)) ?? ended(at, bytes);
  }
}

async function readAll(
  file: Deno.FsFile,
  bytes: Uint8Array,
  start: number,
): Promise<void> {
  file.seekSync(start, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) {
    at += await file.read(bytes.subarray(at)) ?? ended(at, bytes);
  }
}

function ended(at: number, { length }: Uint8Array): never {
  throw new Error(
    `Cannot read a buffer as its memory ends within it: ${at} of ${length} bytes`,
  );
}
