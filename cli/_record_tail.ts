/** The end of a record file that is being written: its header and its newest collection. */
import type { Collection, RecordHeader } from "../profiler/record.ts";

/** Bytes that are read of the end of a file at first; doubled while no whole collection is in them. */
const FIRST = 1 << 18;
const PIECE = 1 << 16;

/** Follows a record file; one that is begun anew is followed from its start. */
export class RecordTail implements Disposable {
  /** The first line; `null` until it is there. */
  header: RecordHeader | null = null;
  /** The newest collection; `null` until there is one. */
  collection: Collection | null = null;
  readonly #path: string;
  #file: Deno.FsFile;
  #inode: number | null;
  #offset = 0;
  #rest = "";
  #decoder = new TextDecoder();

  /** Opens the file. Throws `Deno.errors.NotFound` if it is not there. */
  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path);
    this.#inode = this.#file.statSync().ino;
  }

  /**
   * Reads what has been written since.
   *
   * @throws {TypeError} If it is no record of samples.
   */
  poll(): void {
    const { size } = this.#file.statSync();
    if (size < this.#offset || this.#isReplaced()) this.#reopen();
    if (this.header === null) this.#readHeader();
    else this.#readRest();
  }

  /** Whether another file is at the path now; none at all is no reason to stop. */
  #isReplaced(): boolean {
    try {
      const { ino } = Deno.statSync(this.#path);
      return ino !== null && ino !== this.#inode;
    } catch {
      return false;
    }
  }

  #reopen(): void {
    this.#file.close();
    this.#file = Deno.openSync(this.#path);
    this.#inode = this.#file.statSync().ino;
    this.header = this.collection = null;
    this.#offset = 0;
    this.#rest = "";
  }

  #readHeader(): void {
    const text = this.#read();
    const end = text.indexOf("\n");
    if (end < 0) {
      this.#rest = text;
      return;
    }
    let value: Partial<RecordHeader> | null;
    try {
      value = JSON.parse(text.slice(0, end));
    } catch {
      value = null;
    }
    if (value?.format !== "lithoscope-profile") {
      throw new TypeError(
        `Cannot follow "${this.#path}" as it is no record of samples and no saved run`,
      );
    }
    this.header = value as RecordHeader;
    // What was recorded long ago is passed over: only the newest counts.
    const { size } = this.#file.statSync();
    for (let length = FIRST; this.collection === null; length *= 2) {
      const start = Math.max(0, size - length);
      this.#offset = start;
      this.#rest = "";
      this.#decoder = new TextDecoder();
      this.#readRest();
      if (start === 0) break;
    }
  }

  #readRest(): void {
    const lines = this.#read().split("\n");
    this.#rest = lines.pop()!;
    let newest: Collection | null = null;
    for (const line of lines.toReversed()) {
      const found = parse(line);
      if (found === null) continue;
      newest = newest === null ? found : filledIn(newest, found);
      if (newest.networks.length > 0) break;
    }
    if (newest === null) return;
    const { collection } = this;
    this.collection = collection === null
      ? newest
      : filledIn(newest, collection);
  }

  /** What was left of the last line, and all that has come since. */
  #read(): string {
    let text = this.#rest;
    const bytes = new Uint8Array(PIECE);
    this.#file.seekSync(this.#offset, Deno.SeekMode.Start);
    while (true) {
      const count = this.#file.readSync(bytes);
      if (count === null || count === 0) break;
      this.#offset += count;
      text += this.#decoder.decode(bytes.subarray(0, count), { stream: true });
    }
    return text;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Networks and the machine are read once a second at most: what is not in a collection is as in the one before. */
function filledIn(collection: Collection, before: Collection): Collection {
  return collection.networks.length > 0
    ? collection
    : { ...collection, networks: before.networks, host: before.host };
}

function parse(line: string): Collection | null {
  if (!line.includes('"collection_id"')) return null;
  try {
    const value = JSON.parse(line);
    return typeof value.collection_id === "number" ? value : null;
  } catch {
    return null; // cut short
  }
}
