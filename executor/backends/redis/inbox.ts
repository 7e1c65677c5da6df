/**
 * What a worker host knows of the runs whose calls it takes: their jobs and functions, each read once, and which of their
 * calls were cancelled.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Redis } from "../_bullmq.ts";
import type { Call } from "../../call.ts";
import type { Definition } from "../../definition.ts";
import { Job } from "../../job.ts";
import { findProjectConfig } from "../../_project.ts";
import { RedisStore } from "./blob_stores.ts";
import { Blobs } from "./blobs.ts";
import { unbundle } from "./bundle.ts";
import type {
  ControlMessage,
  DefinitionRecord,
  JobRecord,
  Keys,
} from "./protocol.ts";
import type { Seal } from "./seal.ts";

/** A run, as far as it is known here. */
export interface HostedRun {
  readonly id: string;
  /** Calls that were cancelled, as `<job>/<call>`. */
  readonly cancelled: Set<string>;
  readonly jobs: Map<number, HostedJob>;
  readonly definitions: Map<number, Definition>;
  /** Nobody waits for it any more. */
  isAbandoned: boolean;
  /** When its calls last came, by `performance.now()`. */
  usedAt: number;
}

/** A job of a run, and the one of this host that runs its calls. */
export interface HostedJob {
  readonly run: HostedRun;
  /** Its number in the run. */
  readonly number: number;
  readonly record: JobRecord;
  readonly job: Job;
  /** Its large items and results. */
  readonly blobs: Blobs;
  /** Calls that are open here, by number. */
  readonly open: Map<number, OpenCall>;
  /** When calls of it last came, by `performance.now()`. */
  usedAt: number;
}

/** A call that is open here. */
export interface OpenCall {
  readonly hosted: HostedJob;
  readonly call: Call;
  /** Resolves when its outcome is stored. */
  readonly stored: Promise<void>;
  /** Attempts that began here of which home knows. */
  told: number;
  /** Characters it printed of which home knows. */
  logged: number;
  /** Queue entries that hold it here. */
  entries: number;
}

/** Milliseconds after which a run, or a job, is forgotten whose calls do not come any more. */
const KEPT = 600_000, JOB_KEPT = 60_000;

/** What an inbox needs to know. */
export interface InboxOptions {
  redis: Redis;
  keys: Keys;
  seal: Seal;
  /** Where this machine has the folder for large items and results; undefined where the script has it. */
  blobFolder: string | undefined;
  /** A job was heard of: its calls will be queued to it. */
  onJob: (hosted: HostedJob) => void;
}

/** The runs that a host has heard of. */
export class Inbox {
  readonly runs = new Map<string, HostedRun>();
  readonly #options: InboxOptions;
  readonly #reading = new Map<string, Promise<HostedJob | undefined>>();
  #nextJob = 1;
  #nextDefinition = 1;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** A job of a run; undefined if the run is gone. Rejects if what is known of it cannot be trusted. */
  async find(id: string, number: number): Promise<HostedJob | undefined> {
    const run = this.runs.get(id);
    if (run?.isAbandoned) return undefined;
    const known = run?.jobs.get(number);
    if (known !== undefined) {
      use(known);
      return known;
    }
    const key = `${id}/${number}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#read(id, number);
      this.#reading.set(key, reading);
      reading.catch(() => {}).finally(() => this.#reading.delete(key));
    }
    return await reading;
  }

  /** What homes may have said of their runs and was not heard: the records of these tell. */
  async missed(): Promise<ControlMessage[]> {
    const { redis, keys } = this.#options;
    const messages: ControlMessage[] = [];
    for (const { id: run, cancelled: known } of this.runs.values()) {
      const [abandoned, cancelled] = await Promise.all([
        redis.hexists(keys.run(run), "abandoned"),
        redis.smembers(keys.cancelled(run)),
      ]);
      if (abandoned === 1) messages.push({ run });
      for (const name of cancelled.filter((name) => !known.has(name))) {
        const [job, index] = name.split("/").map(Number) as [number, number];
        messages.push({ run, call: { job, index, reason: "cancelled" } });
      }
    }
    return messages;
  }

  async #read(id: string, number: number): Promise<HostedJob | undefined> {
    const { redis, keys, seal, onJob } = this.#options;
    const [bytes, abandoned] = await redis.hmgetBuffer(
      keys.run(id),
      `job ${number}`,
      "abandoned",
    );
    if (!bytes || abandoned) return undefined;
    const record = seal.open(`${id} job ${number}`, bytes) as JobRecord;
    const run = this.runs.get(id) ?? await this.#readRun(id);
    const definition = run.definitions.get(record.definition) ??
      await this.#readDefinition(run, record.definition);
    if (definition === undefined) return undefined;
    const { spec } = definition;
    const job = new Job({
      number: this.#nextJob++,
      id: record.id,
      executorId: id,
      prepared: { spec, sizeBytes: record.functionSize, arity: -1 },
      configPath: findProjectConfig(
        spec.kind === "module" ? spec.url : spec.base,
      ),
      definition,
      options: {
        extraArgs: [...definition.extraArgs],
        env: { ...definition.env },
        timeout: record.timeout,
        chunksize: 0,
        retries: record.retries,
        retryDelay: record.retryDelay,
        retryIf: undefined,
        signal: undefined,
        transfer: definition.transfer,
        tags: record.tags,
      },
      createdAt: record.createdAt,
      serializeTime: 0,
      cores: navigator.hardwareConcurrency,
      peaks: undefined,
      events: { made() {}, ended() {}, inputEnded() {} },
    });
    const hosted: HostedJob = {
      run,
      number,
      record,
      job,
      blobs: this.#blobsOf(id, record),
      open: new Map(),
      usedAt: 0,
    };
    use(hosted);
    forgetJobs(run);
    onJob(hosted);
    return hosted;
  }

  #blobsOf(run: string, { ttl, blobLimit, blobFolder }: JobRecord): Blobs {
    const { redis, keys, seal, blobFolder: ours } = this.#options;
    return new Blobs({
      run,
      seal,
      redis: new RedisStore(redis, (name) => keys.blob(run, name), ttl),
      folder: blobFolder === undefined ? undefined : ours ?? blobFolder,
      limit: blobLimit,
    });
  }

  async #readRun(id: string): Promise<HostedRun> {
    const { redis, keys } = this.#options;
    const cancelled = await redis.smembers(keys.cancelled(id));
    const known = this.runs.get(id);
    if (known !== undefined) return known;
    const run: HostedRun = {
      id,
      cancelled: new Set(cancelled),
      jobs: new Map(),
      definitions: new Map(),
      isAbandoned: false,
      usedAt: performance.now(),
    };
    this.runs.set(id, run);
    this.#forgetOld();
    return run;
  }

  async #readDefinition(
    run: HostedRun,
    number: number,
  ): Promise<Definition | undefined> {
    const { redis, keys, seal } = this.#options;
    const field = `definition ${number}`;
    const bytes = await redis.hgetBuffer(keys.run(run.id), field);
    if (bytes === null) return undefined;
    const record = seal.open(`${run.id} ${field}`, bytes) as DefinitionRecord;
    const known = run.definitions.get(number);
    if (known !== undefined) return known;
    const { bundle, ...definition } = record;
    const spec = bundle === undefined || definition.spec.kind !== "module"
      ? definition.spec
      : { ...definition.spec, url: await unbundle(bundle) };
    // Numbers of other runs mean other functions.
    const made = { ...definition, spec, id: this.#nextDefinition++ };
    run.definitions.set(number, made);
    return made;
  }

  /** Which of these calls have their outcome in the stream already. */
  async done(
    { run, number }: HostedJob,
    base: number,
    calls: readonly number[],
  ): Promise<Set<number>> {
    const { redis, keys } = this.#options;
    const bits = await redis.getBuffer(keys.done(run.id, number, base)) ??
      Buffer.alloc(0);
    return new Set(calls.filter((call) => {
      const byte = bits[call >> 3] ?? 0;
      return (byte >> (7 - (call & 7)) & 1) === 1;
    }));
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [id, run] of this.runs) {
      const isIdle = [...run.jobs.values()].every(({ open }) =>
        open.size === 0
      );
      if (isIdle && now - run.usedAt > KEPT) this.runs.delete(id);
    }
  }
}

/** Notes that calls of a job have come: it goes behind all others. */
function use(hosted: HostedJob): void {
  const { run, number } = hosted;
  hosted.usedAt = run.usedAt = performance.now();
  run.jobs.delete(number);
  run.jobs.set(number, hosted);
}

/** A script may start a job for each call; what is known of one can be read again. */
function forgetJobs({ jobs, usedAt }: HostedRun): void {
  for (const [number, job] of jobs) {
    if (usedAt - job.usedAt < JOB_KEPT) break;
    if (job.open.size === 0) jobs.delete(number);
  }
}
