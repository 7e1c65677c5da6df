/**
 * Files under /proc that stay open while there is room for them, and are opened for each read beyond that: two thousand
 * processes must not use up the script's own file handles.
 *
 * @module
 */
import { demandRead } from "./granted.ts";
import { ProcFile, readProcText } from "./procfs.ts";

const decoder = new TextDecoder();

/** How many files may still be kept open. */
export interface FileBudget {
  /** Files left; a source takes one when it opens and gives it back when it closes. */
  left: number;
}

/** A third of the files this process may open, at most 6,000. */
export function fileBudget(root: string): FileBudget {
  const limit = /Max open files\s+(\d+)/.exec(
    readProcText(`${root}/self/limits`) ?? "",
  );
  return { left: Math.min(6000, Math.floor(Number(limit?.[1] ?? 256) / 3)) };
}

/** One file that is read every tick. */
export class Source {
  readonly #path: string;
  readonly #budget: FileBudget;
  readonly #size: number;
  #file: ProcFile | null = null;
  #missing = false;

  /** Names the file; nothing is opened before the first read, and `size` bytes are made ready for it. */
  constructor(path: string, budget: FileBudget, size: number) {
    this.#path = path;
    this.#budget = budget;
    this.#size = size;
  }

  /** The file's bytes, valid until its next read; throws as `ProcFile` does. */
  read(): Uint8Array {
    if (this.#file !== null) return this.#file.read();
    if (this.#budget.left <= 0) {
      using file = new ProcFile(this.#path, this.#size);
      return file.read();
    }
    this.#file = new ProcFile(this.#path, this.#size);
    this.#budget.left--;
    return this.#file.read();
  }

  /** The file as trimmed text; `null` if it is not there, which is then taken to stay so, or cannot be read now. */
  textOrNull(): string | null {
    if (this.#missing) return null;
    try {
      return decoder.decode(this.read()).trim();
    } catch (error) {
      this.#missing = isGone(error) || isForbidden(error);
      return null;
    }
  }

  /** Closes the file and gives its place back. */
  close(): void {
    if (this.#file === null) return;
    this.#file.close();
    this.#file = null;
    this.#budget.left++;
  }
}

/** Tells whether `error` means that the process (or thread) has ended. */
export function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    (error instanceof Error && error.message.includes("(os error 3)"));
}

/** Tells whether `error` means that the file may not be read. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable ||
    (error instanceof Error && /\(os error (1|13)\)/.test(error.message));
}

/** Names in a folder that are whole numbers: process ids in /proc, thread ids in task; empty if it is gone. */
export function listIds(folder: string): number[] {
  const ids: number[] = [];
  try {
    demandRead(folder);
    for (const entry of Deno.readDirSync(folder)) {
      const id = Number(entry.name);
      if (id > 0) ids.push(id);
    }
  } catch (error) {
    if (!isGone(error) && !isForbidden(error)) throw error;
  }
  return ids;
}
