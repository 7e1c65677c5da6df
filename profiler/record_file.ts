/**
 * Collections on disk: one JSON line each after a header, so that what a crash leaves can be read.
 *
 * @module
 */
import type { Collection, RecordHeader } from "./record.ts";

/** Writes a record file. A disk that is full is told once; lines that did not fit are counted, and the rest goes on. */
export class RecordWriter {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #onError: (message: string) => void;
  readonly #encoder = new TextEncoder();
  #cutShort = false;
  #told = false;
  /** Collections that could not be written. */
  lost = 0;

  /**
   * Makes the file, or empties it if it is there, and writes the header. Throws if the file cannot be made; what goes
   * wrong later is told to `onError`, once.
   */
  constructor(
    path: string,
    header: RecordHeader,
    onError: (message: string) => void,
  ) {
    this.#path = path;
    this.#onError = onError;
    this.#file = Deno.openSync(path, {
      create: true,
      write: true,
      truncate: true,
    });
    this.#line(header);
  }

  /** Writes a collection at once; never throws. */
  write(collection: Collection): void {
    if (!this.#line(collection)) this.lost++;
  }

  #line(value: RecordHeader | Collection): boolean {
    const start = this.#cutShort ? "\n" : ""; // what is left of a line that did not fit ends here
    const bytes = this.#encoder.encode(`${start}${JSON.stringify(value)}\n`);
    let written = 0;
    try {
      while (written < bytes.length) {
        written += this.#file.writeSync(bytes.subarray(written));
      }
      this.#cutShort = false;
      return true;
    } catch (error) {
      this.#cutShort ||= written > 0;
      if (!this.#told) {
        this.#told = true;
        const reason = error instanceof Error ? error.message : String(error);
        this.#onError(
          `Cannot record samples in "${this.#path}" as it cannot be written: ${reason}; sampling goes on without`,
        );
      }
      return false;
    }
  }

  /** Closes the file; never throws. */
  close(): void {
    try {
      this.#file.close();
    } catch {
      /* a disk may tell only now that it is full; that has been told */
    }
  }
}

/** What {@linkcode readRecord} found. */
export interface ProfileRecord {
  /** The first line; `null` if it could not be read. */
  header: RecordHeader | null;
  /** The collections, in order. */
  collections: Collection[];
  /** Lines that could not be read: cut short by a crash or a full disk. */
  skipped: number;
}

/**
 * Reads a record file, also one that a crash has cut short.
 *
 * @example Highest memory of a recorded run
 * ```ts ignore
 * import { readRecord } from "./record_file.ts";
 *
 * const { collections } = await readRecord("profile.jsonl");
 * console.log(Math.max(...collections.map(({ total }) => total.rss ?? 0)));
 * ```
 *
 * @throws {Deno.errors.NotFound} If the file is not there.
 * @throws {TypeError} If it is no record file.
 */
export async function readRecord(path: string | URL): Promise<ProfileRecord> {
  if (!(path instanceof URL) && (typeof path !== "string" || path === "")) {
    throw new TypeError(
      `Cannot read a record as its path must be a string or a URL: got ${
        path === "" ? '""' : typeof path
      }`,
    );
  }
  const file = await Deno.open(path);
  const record: ProfileRecord = { header: null, collections: [], skipped: 0 };
  let rest = "";
  const take = (line: string) => {
    if (line === "") return;
    const value = parseLine(line);
    if (isHeader(value)) record.header ??= value;
    else if (isCollection(value)) record.collections.push(value);
    else record.skipped++;
  };
  for await (
    const text of file.readable.pipeThrough(new TextDecoderStream())
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(take);
  }
  take(rest);
  if (record.header === null && record.collections.length === 0) {
    throw new TypeError(
      `Cannot read "${path}" as it is no record of samples: ${record.skipped} other lines`,
    );
  }
  return record;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isHeader(value: unknown): value is RecordHeader {
  return (value as RecordHeader | null)?.format === "lithoscope-profile";
}

function isCollection(value: unknown): value is Collection {
  return typeof (value as Collection | null)?.collection_id === "number";
}
