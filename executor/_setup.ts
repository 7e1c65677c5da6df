/** What an executor is made of. */
import { LatePool } from "./backends/late_pool.ts";
import { Pool } from "./backends/pool.ts";
import type { RedisPoolOptions } from "./backends/redis/pool.ts";
import { ProcessBackend } from "./backends/process.ts";
import { ThreadBackend } from "./backends/thread.ts";
import type { Worker } from "./backends/worker.ts";
import type { WorkerPool } from "./backends/worker_pool.ts";
import type { ResolvedConfig } from "./config.ts";
import type { Collection } from "../profiler/record.ts";
import type { Logger } from "./log.ts";
import { terminal } from "./terminal.ts";
import { systemInfo } from "../profiler/granted.ts";
import { MARKER_ENV } from "../profiler/procfs.ts";

const SESSION = Array.from(
  crypto.getRandomValues(new Uint8Array(3)),
  (byte) => byte.toString(16).padStart(2, "0"),
).join("");
let executors = 0;

/** Not a literal in the `import()`, for the reason told in plotting.ts; a binary gets it by `--include`. */
const REDIS_POOL = import.meta.resolve("./backends/redis/pool.ts");

/** The id of a new executor, `<6 hex>-<n>`: the digits are those of this process. */
export function nextExecutorId(): string {
  return `${SESSION}-${executors++}`;
}

/** Name of this machine, `null` if it may not be known. */
export function hostName(): string | null {
  return systemInfo("hostname");
}

/** Memory of this machine in bytes, `null` if it may not be known. */
export function memoryTotal(): number | null {
  return systemInfo("systemMemoryInfo")?.total ?? null;
}

/** Who learns of workers. */
export interface WorkerWatch {
  /** One is up; `marker` is what a worker process and all that it starts have in their environment. */
  up: (worker: Worker, marker: string) => void;
  /** One has ended. */
  gone: (worker: Worker) => void;
  /** Somebody has stopped one: in what way, and how it goes on; `null` when it does. */
  still?: (worker: Worker, why: string | null) => void;
  /** A sampler of another machine has taken a collection. */
  sampled: (sampler: string, collection: Collection) => void;
  /** So many collections of other machines never came. */
  unsampled: (collections: number) => void;
}

/** The workers of an executor, none of them started: on this machine, or behind Redis. */
export function createPool(
  executorId: string,
  config: ResolvedConfig,
  log: Logger,
  watch: WorkerWatch,
): WorkerPool {
  if (config.backend !== "redis") {
    return createLocalPool(executorId, config, log, watch);
  }
  const options: RedisPoolOptions = {
    executorId,
    ...config.redis!,
    profile: config.profile === false ? undefined : {
      interval: config.profile.interval,
      host: config.profile.host,
    },
    watch,
    killDelay: config.killDelay * 1000,
    onPrinted: config.echo ? (text) => terminal.print(text) : undefined,
    log,
  };
  return new LatePool(async () => {
    const { RedisPool } = await import(
      REDIS_POOL
    ) as typeof import("./backends/redis/pool.ts");
    return new RedisPool(options);
  });
}

/** Workers of this machine, none of them started; `messageWork` as in `PoolOptions`. */
export function createLocalPool(
  executorId: string,
  config: ResolvedConfig,
  log: Logger,
  watch: Pick<WorkerWatch, "up" | "gone" | "still">,
  messageWork?: number,
): Pool {
  const marker = (id: number) => `${MARKER_ENV}=${executorId}/${id}`;
  return new Pool({
    backend: config.backend === "thread"
      ? new ThreadBackend()
      : new ProcessBackend(config, log),
    workers: config.workers,
    concurrency: config.concurrency,
    messageWork,
    stats: config.stats,
    killDelay: config.killDelay * 1000,
    idleTimeout: config.idleTimeout * 1000,
    maxCallsPerWorker: config.maxCallsPerWorker,
    marker,
    host: hostName(),
    log,
    // What calls print goes to stderr: stdout is the script's own.
    ...(config.echo ? { onPrinted: (text) => terminal.print(text) } : {}),
    onWorker: (worker) => watch.up(worker, marker(worker.info.id)),
    onWorkerEnd: watch.gone,
    onStill: watch.still,
  });
}
