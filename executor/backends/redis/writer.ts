/**
 * Writes what worker hosts need to know of a run: its jobs and functions, once each.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import type { Definition } from "../../definition.ts";
import type { Job } from "../../job.ts";
import { bundle } from "./bundle.ts";
import { isCut } from "./connect.ts";
import type { DefinitionRecord, JobRecord, Keys } from "./protocol.ts";
import type { Seal } from "./seal.ts";

/** Where a run is. */
export interface RunPlace {
  /** Names of keys. */
  keys: Keys;
  /** Signs what is written. */
  seal: Seal;
  /** Id of the run. */
  id: string;
}

/** What holds for all jobs of a run. */
export type RunLimits = Pick<
  JobRecord,
  "ttl" | "blobLimit" | "blobFolder" | "profile"
>;

/** Writes the jobs of one run. */
export class Writer {
  readonly #redis: Redis;
  readonly #place: RunPlace;
  readonly #limits: RunLimits;
  /** Jobs and definitions that are written, or on their way. */
  readonly #written = new Map<string, Promise<unknown>>();

  /** A writer that has written nothing. */
  constructor(redis: Redis, place: RunPlace, limits: RunLimits) {
    this.#redis = redis;
    this.#place = place;
    this.#limits = limits;
  }

  /** Takes nothing as written any more. */
  forget(): void {
    this.#written.clear();
  }

  /** Writes a job and its definition, once each. */
  async write(job: Job): Promise<void> {
    const { definition, options } = job;
    const { ttl, blobLimit, blobFolder, profile } = this.#limits;
    const record: JobRecord = {
      id: job.id,
      definition: definition.id,
      functionSize: job.functionSize,
      createdAt: job.createdAt,
      timeout: options.timeout,
      // Where a function of the script decides, the script makes the attempts.
      retries: options.retryIf === undefined ? options.retries : 0,
      retryDelay: options.retryDelay,
      tags: options.tags,
      ttl,
      blobLimit,
      blobFolder,
      profile,
    };
    await Promise.all([
      this.#writeOnce(
        `definition ${definition.id}`,
        () => withBundle(definition),
      ),
      this.#writeOnce(`job ${job.number}`, () => Promise.resolve(record)),
    ]);
  }

  #writeOnce(field: string, make: () => Promise<unknown>): Promise<unknown> {
    let writing = this.#written.get(field);
    if (writing === undefined) {
      writing = this.#writeField(field, make);
      this.#written.set(field, writing);
      writing.catch((error) => {
        if (isRedisError(error)) this.#written.delete(field);
      });
    }
    return writing;
  }

  async #writeField(
    field: string,
    make: () => Promise<unknown>,
  ): Promise<void> {
    const { keys, seal, id } = this.#place;
    const sealed = seal.seal(`${id} ${field}`, await make());
    const run = keys.run(id);
    await Promise.all([
      this.#redis.hset(run, field, sealed),
      this.#redis.expire(run, this.#limits.ttl),
    ]);
  }
}

/** A definition, with its module where others could not get it. */
async function withBundle(definition: Definition): Promise<DefinitionRecord> {
  const { spec } = definition;
  const isOurs = spec.kind === "module" && spec.url.startsWith("file:");
  return {
    ...definition,
    bundle: isOurs ? await bundle(spec.url) : undefined,
  };
}

/** Whether Redis, or the way there, is at fault. */
export function isRedisError(error: unknown): boolean {
  const { name, message } = error as Error;
  return name === "ReplyError" || isCut(error) ||
    /connection is closed/i.test(message);
}
