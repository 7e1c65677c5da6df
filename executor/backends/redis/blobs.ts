/**
 * Large items and results: they travel beside the queue and the stream, sealed like everything else, and only their names
 * are in the messages.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { Call } from "../../call.ts";
import { type BlobStore, FolderStore } from "./blob_stores.ts";
import type { BlobRef } from "./protocol.ts";
import type { Seal } from "./seal.ts";

/** A blob cannot be written or read: the fault of one call, which trying again does not mend. */
export class BlobError extends Error {
  /** Always the class name. */
  override readonly name = "BlobError";
}

/** A value on its way out of a message. */
export interface SealedBlob {
  /** What the message has in its place. */
  ref: BlobRef;
  /** The value. */
  bytes: Buffer;
}

/** What {@linkcode Blobs} needs to know. */
export interface BlobsOptions {
  /** Id of the run. */
  run: string;
  /** Signs what is written. */
  seal: Seal;
  /** Where blobs are, unless there is a folder. */
  redis: BlobStore;
  /** A folder that all machines share. */
  folder: string | undefined;
  /** Larger values become blobs, in bytes. */
  limit: number;
}

/** Name of the item of a call, if it is a large one. */
export function itemName({ job, index, attempts }: Call): string {
  return `item-${job.number}-${index}-${attempts.length}`;
}

/** The blobs of one run. */
export class Blobs {
  readonly #options: BlobsOptions;
  readonly #folder: BlobStore | undefined;
  readonly #ended = new AbortController();
  /** What is being written, by name. */
  readonly #writing = new Map<string, Promise<void>>();

  /** Nothing is written or read yet. */
  constructor(options: BlobsOptions) {
    const { folder, run } = this.#options = options;
    this.#folder = folder === undefined
      ? undefined
      : new FolderStore(folder, run);
  }

  /** Takes a value out of a message if it is larger than the limit. Throws if it cannot be encoded. */
  take(
    value: unknown,
    size: number,
    at: number,
    name: string,
  ): SealedBlob | undefined {
    const { limit, seal } = this.#options;
    if (size <= limit) return undefined;
    const ref = { at, name, isShared: this.#folder !== undefined };
    return { ref, bytes: seal.seal(this.#place(name), value) };
  }

  /** Writes a blob. Rejects with {@linkcode BlobError} if the folder does not take it, with what Redis says else. */
  async put(blob: SealedBlob): Promise<void> {
    const { name } = blob.ref;
    const writing = this.#write(blob);
    this.#writing.set(name, writing);
    try {
      await writing;
    } finally {
      this.#writing.delete(name);
    }
  }

  async #write({ ref: { name, isShared }, bytes }: SealedBlob): Promise<void> {
    const { signal } = this.#ended;
    if (!isShared) {
      return await this.#options.redis.put(name, bytes, signal);
    }
    try {
      await this.#folder!.put(name, bytes, signal);
    } catch (error) {
      throw new BlobError(
        `Cannot write "${name}" in the folder "${this.#options.folder}": ${
          (error as Error).message
        }`,
      );
    }
  }

  /** Writes nothing any more, and no more of what is being written. */
  end(): void {
    this.#ended.abort();
  }

  /** The value of a blob. Rejects with {@linkcode BlobError} if it is not there or not what was written. */
  async get({ name, isShared }: BlobRef): Promise<unknown> {
    const { folder, seal, redis } = this.#options;
    const where = isShared ? `the folder "${folder}"` : "Redis";
    if (isShared && this.#folder === undefined) {
      throw new BlobError(
        `Cannot read "${name}" as it is in a shared folder: option "redis.blobFolder" is not given here`,
      );
    }
    let bytes: Uint8Array | undefined;
    if (!isShared) bytes = await redis.get(name);
    else {
      try {
        bytes = await this.#folder!.get(name);
      } catch (error) {
        throw new BlobError(
          `Cannot read "${name}" in ${where}: ${(error as Error).message}`,
        );
      }
    }
    if (bytes === undefined) {
      throw new BlobError(
        `Cannot read "${name}" as it is not in ${where} any more`,
      );
    }
    try {
      return seal.open(this.#place(name), bytes);
    } catch (error) {
      throw new BlobError((error as Error).message);
    }
  }

  /** Removes a blob; what cannot be removed stays until the run is cleaned or expires. */
  async remove({ name, isShared }: BlobRef): Promise<void> {
    await this.#writing.get(name)?.catch(() => {}); // told to who writes it
    const store = isShared ? this.#folder : this.#options.redis;
    await store?.remove(name).catch(() => {});
  }

  /** Removes the item of a call that nobody will run, if it is a large one. */
  async removeItem(call: Call): Promise<void> {
    if (call.inputSize <= this.#options.limit) return;
    const isShared = this.#folder !== undefined;
    await this.remove({ at: 0, name: itemName(call), isShared });
  }

  /** Removes all blobs of the run that are in the folder; those in Redis are with its other keys. */
  async clean(): Promise<void> {
    await this.#folder?.clean?.();
  }

  #place(name: string): string {
    return `${this.#options.run} blob ${name}`;
  }
}
