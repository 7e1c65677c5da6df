/**
 * What watches an executor at work: the sampler of its workers. It is loaded when it is first wanted, so that a script
 * that only maps never pays for it.
 *
 * @module
 */
import type { Profile } from "../profiler/profile.ts";
import type { Sampler } from "../profiler/sampler.ts";
import type { Worker } from "./backends/worker.ts";
import type { ResolvedConfig } from "./config.ts";
import type { Job } from "./job.ts";
import type { Logger } from "./log.ts";

/** Not a literal in the `import()`, as in executor.ts; a binary gets it by `--include profiler/sampler.ts`. */
const SAMPLER = import.meta.resolve("../profiler/sampler.ts");

/** Watches one executor. */
export class Observer {
  readonly #starting: Promise<Sampler | undefined>;
  readonly #config: ResolvedConfig;
  readonly #log: Logger;
  #sampler: Sampler | undefined;

  /** Starts to watch; what cannot be had is said once and done without. */
  constructor(executorId: string, config: ResolvedConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#starting = this.#start(executorId);
  }

  /** What was sampled so far; undefined until the sampler is up. */
  get profile(): Profile | undefined {
    return this.#sampler?.profile();
  }

  /** Makes a job known. */
  jobStarted(job: Job): void {
    this.#tell((sampler) => sampler.addJob(job.number, job.id));
  }

  /** A worker is up. */
  workerUp({ info, slot, lanes }: Worker, marker: string): void {
    this.#tell((sampler) =>
      sampler.addWorker({
        workerId: info.id,
        backend: this.#config.backend,
        pid: info.pid,
        tid: info.tid,
        board: slot.board,
        lanes: lanes.length,
        marker,
      })
    );
  }

  /** A worker has ended. */
  workerGone({ info }: Worker): void {
    this.#tell((sampler) => sampler.removeWorker(info.id));
  }

  /** Takes a last sample of everything and stops. Never rejects. */
  async stop(): Promise<void> {
    await (await this.#starting)?.stop();
  }

  async #start(executorId: string): Promise<Sampler | undefined> {
    const { profile } = this.#config;
    if (profile === false) return undefined;
    try {
      const { startSampler } = await import(
        SAMPLER
      ) as typeof import("../profiler/sampler.ts");
      this.#sampler = await startSampler({
        executorId,
        interval: profile.interval,
        record: profile.record,
        host: profile.host,
        onNotice: (text) => this.#log.warn(text),
      });
      return this.#sampler;
    } catch (error) {
      this.#log.warn(
        `Cannot sample resources: ${
          error instanceof Error ? error.message : error
        }`,
      );
      return undefined;
    }
  }

  #tell(say: (sampler: Sampler) => void): void {
    if (this.#sampler !== undefined) say(this.#sampler);
    else void this.#starting.then((sampler) => sampler && say(sampler));
  }
}
