/** `lithoscope worker`: takes calls of other machines from a Redis and runs them here. */
import { resolveConfig, type ResolvedConfig } from "../executor/config.ts";
import type {
  HostOptions,
  WorkerHost,
} from "../executor/backends/redis/host.ts";
import { TAG } from "../executor/backends/redis/tags.ts";
import { createLogger } from "../executor/log.ts";
import { type Command, type Input, UsageError } from "./_command.ts";

/** Not a literal in the `import()`, so that no other command loads BullMQ. */
const HOST = import.meta.resolve("../executor/backends/redis/host.ts");

/** The command. */
export const worker: Command = {
  usage: "worker --redis URL [options]",
  about:
    `Takes calls from a queue in Redis and runs them on this machine, until SIGTERM or
Ctrl-C: then those that run are finished first; a second signal does not wait.
It runs only calls that are signed with the secret it is given by the variable
LITHOSCOPE_REDIS_SECRET or the key redis.secret of the configuration file.`,
  operands: [],
  flags: {
    redis: {
      value: "URL",
      help: "redis://[user:password@]host:port, or rediss:// for TLS",
    },
    prefix: {
      value: "TEXT",
      help: 'takes calls under this prefix (default "lithoscope")',
    },
    workers: { value: "N", help: "workers (default: cores to be used)" },
    concurrency: { value: "N", help: "calls at once in a worker (default 1)" },
    backend: { value: "NAME", help: "process (default) or thread" },
    name: {
      value: "TEXT",
      help: "what it is called (default: name of the machine)",
    },
    tags: {
      value: "A,B",
      help: "what this machine has, for calls that require it",
    },
    "max-memory": { value: "BYTES", help: "most memory of a worker" },
    "max-calls": { value: "N", help: "calls after which a worker is replaced" },
    "allow-unsigned": { help: "without a secret: run what anybody puts there" },
    pushgateway: {
      value: "URL",
      help:
        "push metrics of this machine's workers there, as an instance of its own",
    },
    "metrics-port": { value: "N", help: "serve those metrics for Prometheus" },
    config: { value: "FILE", help: "configuration file" },
    "log-level": {
      value: "LEVEL",
      help: "debug, info (default), warning, error or none",
    },
  },
  run: async (input) => {
    const config = configOf(input);
    if (config.redis === undefined) {
      throw new UsageError(
        "Cannot take calls without a Redis: give --redis redis://HOST:PORT, or set LITHOSCOPE_REDIS_URL",
      );
    }
    const { url, prefix, secret, blobFolder } = config.redis;
    if (secret === undefined && !input.has("allow-unsigned")) {
      throw new UsageError(
        "Cannot take calls without a secret that they are signed with: set LITHOSCOPE_REDIS_SECRET here and where the scripts run, " +
          "or give --allow-unsigned to run whatever anybody with access to this Redis puts there",
      );
    }
    const log = createLogger(config.logLevel);
    const { startHost } = await import(HOST) as {
      startHost: (options: HostOptions) => Promise<WorkerHost>;
    };
    const tags = (input.text("tags") ?? "").split(",").map((tag) => tag.trim())
      .filter((tag) => tag !== "");
    const wrong = tags.find((tag) => !TAG.test(tag));
    if (wrong !== undefined) {
      throw new UsageError(
        `Cannot take calls with a tag of other than letters, digits, "_", "." and "-": "${wrong}"`,
      );
    }
    const name = input.text("name") ?? Deno.hostname();
    const host = await startHost({
      url,
      prefix,
      secret,
      blobFolder,
      name,
      tags,
      config,
      log,
    });
    const told = signalled(); // before anybody can know that it takes calls
    const { workers, backend } = config;
    log.info(
      `Worker "${name}" takes calls of "${prefix}": ${workers} ${backend}${
        workers === 1 ? "" : backend === "process" ? "es" : "s"
      }${tags.length === 0 ? "" : `, tags ${tags.join(", ")}`}`,
    );
    await told;
    const again = signalled().then(() => host.close({ now: true }));
    log.info(`Worker "${name}" takes no more calls and finishes those it has`);
    await Promise.race([host.close(), again]);
    log.info(`Worker "${name}" ends after ${host.ran} calls`);
    return 0;
  },
};

/** How the workers of this machine work. */
function configOf(input: Input): ResolvedConfig {
  const backend = input.text("backend") ?? "process";
  if (backend === "redis") {
    throw new UsageError(
      'Cannot run workers as --backend must be "process" or "thread": "redis"',
    );
  }
  const redis = {
    url: input.text("redis"),
    prefix: input.text("prefix"),
  };
  const given = {
    backend: backend as "process",
    workers: input.number("workers"),
    concurrency: input.number("concurrency"),
    maxMemory: input.number("max-memory"),
    maxCallsPerWorker: input.number("max-calls"),
    configFile: input.text("config"),
    pushgateway: input.text("pushgateway"),
    metricsPort: input.number("metrics-port"),
    profile: input.has("pushgateway") || input.has("metrics-port")
      ? true
      : undefined,
    logLevel: input.text("log-level") as "info",
    redis: redis.url === undefined ? undefined : redis as { url: string },
  };
  try {
    return resolveConfig(Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ));
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new UsageError(error.message, { cause: error.cause });
    }
    throw error;
  }
}

/** Resolves at the next signal to end. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const heard = () => {
      for (const each of signals) Deno.removeSignalListener(each, heard);
      resolve();
    };
    for (const each of signals) Deno.addSignalListener(each, heard);
  });
}
