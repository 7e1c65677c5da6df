/**
 * What is sampled of a worker host: by its own observer, and for others by a sampler for each run that asks for it, for as long as its calls run here and
 * somebody listens at home.
 *
 * @module
 */
import type { Collection } from "../../../profiler/record.ts";
import type { Sampler } from "../../../profiler/sampler.ts";
import type { Redis } from "../_bullmq.ts";
import { loadSampler, targetOf } from "../../_sampler.ts";
import { Later } from "../../_later.ts";
import type { Observer } from "../../observe.ts";
import type { Logger } from "../../log.ts";
import type { Worker } from "../worker.ts";
import { reasonOf } from "./connect.ts";
import type { HostedJob, HostedRun } from "./inbox.ts";
import type {
  ClockReading,
  Keys,
  ProfileRecord,
  SamplesMessage,
} from "./protocol.ts";
import type { Seal } from "./seal.ts";
import { packSamples } from "./thinning.ts";

/** Milliseconds between two messages. */
const EVERY = 1000;
/** Messages without calls of a run, or without anybody who gets them, after which its sampler ends. */
const IDLE = 10, UNHEARD = 5;
/** Collections that wait for the next message at most. */
const MOST_WAITING = 1000;

/** What a host's sampling needs to know. */
export interface SamplingOptions {
  redis: Redis;
  keys: Keys;
  seal: Seal;
  log: Logger;
  /** Id of the host. */
  id: string;
  /** What it is called. */
  name: string;
  backend: string;
  /** What the host watches for itself. */
  own: Observer | undefined;
  /** How the clock of this machine stands to that of Redis, now. */
  clock: () => ClockReading;
}

/** The sampler of one run. */
interface RunSampler {
  readonly run: HostedRun;
  readonly number: number;
  readonly sampler: Later<Sampler>;
  waiting: Collection[];
  dropped: number;
  answers: number[];
  /** Messages for which no call of the run was here. */
  idle: number;
  /** Messages that nobody got. */
  unheard: number;
}

/** Samples the workers of one host. */
export class Sampling {
  readonly #options: SamplingOptions;
  readonly #workers = new Map<number, { worker: Worker; marker: string }>();
  readonly #samplers = new Map<string, RunSampler>();
  /** Runs that want samples, with what they want; those that nobody listens to are told apart. */
  readonly #wanted = new Map<HostedRun, ProfileRecord>();
  readonly #unheard = new Set<HostedRun>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #started = 0;

  /** Samples nothing before a job asks for it. */
  constructor(options: SamplingOptions) {
    this.#options = options;
  }

  /** A worker is up. */
  workerUp(worker: Worker, marker: string): void {
    this.#options.own?.workerUp(worker, marker);
    this.#workers.set(worker.info.id, { worker, marker });
    const target = targetOf(worker, marker, this.#options.backend);
    for (const { sampler } of this.#samplers.values()) {
      sampler.tell((sampler) => sampler.addWorker(target));
    }
  }

  /** A worker has ended. */
  workerGone(worker: Worker): void {
    const { info } = worker;
    this.#options.own?.workerGone(worker);
    this.#workers.delete(info.id);
    for (const { sampler } of this.#samplers.values()) {
      sampler.tell((sampler) => sampler.removeWorker(info.id));
    }
  }

  /** A job was heard of, whose calls will run here. */
  jobStarted({ run, record, job }: HostedJob): void {
    this.#options.own?.jobStarted(job);
    if (record.profile === undefined) return;
    this.#wanted.set(run, record.profile);
    this.#unheard.delete(run);
    const { sampler } = this.#samplers.get(run.id) ?? this.#start(run);
    sampler.tell((sampler) => sampler.addJob(job.number, job.id));
    this.#timer ??= setInterval(() => this.#tick(), EVERY);
  }

  /** Sends home what was sampled up to now. */
  async answer(id: string, question: number): Promise<void> {
    const run = [...this.#wanted.keys()].find((run) => run.id === id);
    if (run === undefined) return;
    this.#unheard.delete(run);
    const own = this.#samplers.get(id);
    if (own === undefined) {
      return await this.#send(this.#nothingOf(run, question));
    }
    await (await own.sampler.ready)?.flush();
    own.answers.push(question);
    await this.#send(own);
  }

  /** Sends what there is, and ends; with `now` it sends nothing. */
  async stop({ now }: { now: boolean }): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([
      this.#options.own?.stop({ now }),
      ...[...this.#samplers.values()].map((own) => this.#end(own, !now)),
    ]);
  }

  #start(run: HostedRun): RunSampler {
    const { interval, host } = this.#wanted.get(run)!;
    const starting = loadSampler({
      executorId: run.id,
      interval,
      host,
      ringSize: 1,
      onCollection: (collection) => {
        own.waiting.push(collection);
        if (own.waiting.length <= MOST_WAITING) return;
        own.waiting.shift();
        own.dropped++;
      },
      onNotice: (text) => this.#options.log.warn(text),
    }).catch((error) => {
      this.#options.log.warn(`Cannot sample resources: ${reasonOf(error)}`);
      return undefined;
    });
    const own: RunSampler = {
      ...this.#nothingOf(run),
      sampler: new Later(starting),
    };
    this.#samplers.set(run.id, own);
    for (const { worker, marker } of this.#workers.values()) {
      const target = targetOf(worker, marker, this.#options.backend);
      // What it did for others before is not the run's.
      own.sampler.tell((sampler) =>
        sampler.addWorker({ ...target, sinceNow: true })
      );
    }
    for (const { job } of run.jobs.values()) {
      own.sampler.tell((sampler) => sampler.addJob(job.number, job.id));
    }
    return own;
  }

  #nothingOf(run: HostedRun, ...answers: number[]): RunSampler {
    return {
      run,
      number: this.#started++,
      sampler: new Later<Sampler>(Promise.resolve(undefined)),
      waiting: [],
      dropped: 0,
      answers,
      idle: 0,
      unheard: 0,
    };
  }

  #tick(): void {
    for (const run of this.#wanted.keys()) {
      const isOpen = [...run.jobs.values()].some(({ open }) => open.size > 0);
      if (run.isAbandoned) this.#wanted.delete(run);
      const own = this.#samplers.get(run.id);
      if (own === undefined) {
        if (isOpen && !this.#unheard.has(run)) this.#start(run);
        continue;
      }
      own.idle = isOpen ? 0 : own.idle + 1;
      if (own.unheard > UNHEARD) this.#unheard.add(run);
      const isOver = own.idle > IDLE || own.unheard > UNHEARD ||
        run.isAbandoned;
      void (isOver ? this.#end(own, true) : this.#send(own));
    }
  }

  async #end(own: RunSampler, isTold: boolean): Promise<void> {
    this.#samplers.delete(own.run.id);
    await (await own.sampler.ready)?.stop();
    if (isTold) await this.#send(own);
  }

  /** Tells home; what cannot be told now is lost, as it is worth less later than the room that it would take. */
  async #send(own: RunSampler): Promise<void> {
    const { redis, keys, seal, id, name, clock } = this.#options;
    const collections = own.waiting.splice(0);
    if (redis.status !== "ready") {
      own.dropped += collections.length;
      return;
    }
    if (collections.length + own.answers.length === 0) return;
    const { packed, dropped } = packSamples(collections);
    const message: SamplesMessage = {
      host: id,
      name,
      sampler: own.number,
      packed,
      dropped: own.dropped + dropped,
      answers: own.answers.splice(0),
      clock: clock(),
    };
    own.dropped = 0;
    const { id: run } = own.run;
    try {
      const heard = await redis.publish(
        keys.samples(run),
        seal.seal(`${run} samples`, message),
      );
      own.unheard = heard > 0 ? 0 : own.unheard + 1;
    } catch {
      own.dropped += collections.length; // the connection was lost
    }
  }
}
