/**
 * Where large items and results are kept: in Redis, or in a folder that all machines share.
 *
 * @module
 */
import { join } from "node:path";
import { Buffer } from "node:buffer";
import type { Redis } from "../_bullmq.ts";

/** Bytes that are written or read at once. */
const CHUNK = 1 << 20;

/** Names of runs and blobs that can be those of files. */
const NAME = /^[\w-][\w.-]*$/;

/** Keeps the blobs of one run. */
export interface BlobStore {
  /** Writes a blob, over one of this name. Until it is there whole it counts as none; rejects where `signal` ends that. */
  put(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Reads a blob; undefined if there is none. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Removes a blob, if there is one. */
  remove(name: string): Promise<void>;
  /** Removes all, where that is not done by others. */
  clean?(): Promise<void>;
}

/** Keeps blobs in Redis, in chunks: so none is held up by a large one. */
export class RedisStore implements BlobStore {
  readonly #redis: Redis;
  readonly #keyOf: (name: string) => string;
  readonly #ttl: number;

  /** `ttl` is the time in seconds after which blobs expire. */
  constructor(redis: Redis, keyOf: (name: string) => string, ttl: number) {
    this.#redis = redis;
    this.#keyOf = keyOf;
    this.#ttl = ttl;
  }

  async put(
    name: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const key = this.#keyOf(name);
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Fields by number: the same again when a lost connection makes it uncertain whether one was written.
    for (let at = 0; at < all.length; at += CHUNK) {
      signal?.throwIfAborted();
      const chunk = all.subarray(at, at + CHUNK);
      await this.#redis.hset(key, `${at / CHUNK}`, chunk);
      await this.#redis.expire(key, this.#ttl);
    }
    await this.#redis.hset(key, "size", all.length);
    await this.#redis.expire(key, this.#ttl);
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const key = this.#keyOf(name);
    const size = await this.#redis.hget(key, "size");
    if (size === null) return undefined;
    const bytes = Buffer.alloc(Number(size));
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const chunk = await this.#redis.hgetBuffer(key, `${at / CHUNK}`);
      if (chunk === null) return undefined;
      bytes.set(chunk, at);
    }
    return bytes;
  }

  async remove(name: string): Promise<void> {
    await this.#redis.unlink(this.#keyOf(name));
  }
}

/** Keeps blobs as files of a folder, in one of its own for the run. */
export class FolderStore implements BlobStore {
  readonly #folder: string;

  /** The folder must be there: one that is not mounted is not made. */
  constructor(folder: string, run: string) {
    this.#folder = join(folder, checked(run));
  }

  async put(
    name: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const path = join(this.#folder, checked(name));
    const part = `${path}.${crypto.randomUUID()}.part`;
    await Deno.mkdir(this.#folder).catch(ignore(Deno.errors.AlreadyExists));
    try {
      await Deno.writeFile(part, bytes, signal && { signal });
      await Deno.rename(part, path);
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw error;
    }
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    return await Deno.readFile(join(this.#folder, checked(name)))
      .catch(ignore(Deno.errors.NotFound));
  }

  async remove(name: string): Promise<void> {
    await Deno.remove(join(this.#folder, checked(name)))
      .catch(ignore(Deno.errors.NotFound));
  }

  async clean(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true })
      .catch(ignore(Deno.errors.NotFound));
  }
}

/** A name that leads nowhere else. */
function checked(name: string): string {
  if (NAME.test(name)) return name;
  throw new Error(`Cannot use "${name}" as the name of a file`);
}

function ignore(kind: new (message?: string) => Error) {
  return (error: unknown): undefined => {
    if (!(error instanceof kind)) throw error;
  };
}
