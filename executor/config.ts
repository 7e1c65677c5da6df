/**
 * What an executor goes by: options given in code, then the configuration file, then defaults.
 *
 * @module
 */
import { checkOptions } from "./_check.ts";
import { parseConfig, readConfig, type Settings } from "./_config_file.ts";
import { findConfigFile, readConfigFile } from "./_files.ts";
import { resolve } from "./_resolve.ts";
import {
  EXECUTOR_RULES,
  LIVE_RULES,
  PERMISSION_RULES,
  PROFILE_RULES,
  PUSHGATEWAY_RULES,
  REDIS_RULES,
} from "./_rules.ts";
import type {
  BackendName,
  FunctionExecutorOptions,
  KeepStats,
  LogLevel,
  Permissions,
  StatsLevel,
} from "./options.ts";

export type {
  BackendName,
  FunctionExecutorOptions,
  KeepStats,
  LiveOptions,
  LogLevel,
  Permissions,
  ProfileOptions,
  PushgatewayOptions,
  RedisOptions,
  StatsLevel,
} from "./options.ts";

/** How resources are sampled, with nothing left open. */
export interface ResolvedProfile {
  /** Seconds between two collections. */
  interval: number;
  /** A file to which every collection is written; undefined for none. */
  record: string | undefined;
  /** Also samples the process that this script runs in. */
  host: boolean;
}

/** How a run is shown in a browser, with nothing left open. */
export interface ResolvedLive {
  /** Port of this machine; 0 takes a free one. */
  port: number;
  /** Opens the page in the browser. */
  open: boolean;
}

/** Where and how metrics are pushed, with nothing left open. */
export interface ResolvedPushgateway {
  /** Base URL, without user and password, and without a slash at its end. */
  url: string;
  /** User for basic auth. */
  username: string | undefined;
  /** Password for basic auth. */
  password: string | undefined;
  /** Bearer token. */
  token: string | undefined;
  /** Seconds after which a push is given up. */
  timeout: number;
  /** Seconds from the end to the deletion of what was pushed; `false` leaves it there. */
  deleteAfter: number | false;
  /** Series in one push at most. */
  maxSeries: number;
}

/** Where Redis is, with nothing left open. */
export interface ResolvedRedis {
  /** The URL, which may hold a password. */
  url: string;
  /** Put before the name of every key. */
  prefix: string;
  /** Signs calls and results; undefined for unsigned ones. */
  secret: string | undefined;
  /** Seconds after which everything of a run is gone from Redis. */
  ttl: number;
  /** Items and results of more bytes travel by themselves. */
  blobLimit: number;
  /** Path of a shared folder through which these travel; undefined for Redis. */
  blobFolder: string | undefined;
}

/** Everything an executor goes by. Durations are seconds, sizes bytes; Infinity is no limit. */
export interface ResolvedConfig {
  /** Where calls run. */
  backend: BackendName;
  /** Number of workers. */
  workers: number;
  /** Calls that one worker runs at the same time. */
  concurrency: number;
  /** How much is logged. */
  logLevel: LogLevel;
  /** How much is measured of each call. */
  stats: StatsLevel;
  /** Whether the statistics of every call are kept. */
  keepStats: KeepStats;
  /** How resources are sampled; `false` for not at all. */
  profile: ResolvedProfile | false;
  /** Ends the executor when it aborts. */
  signal: AbortSignal | undefined;
  /** Seconds that a call may run. */
  timeout: number;
  /** Times that a failed call is run again. */
  retries: number;
  /** Calls that are sent to a worker together; undefined for as many as keeps workers busy. */
  chunksize: number | undefined;
  /** Calls that may wait in the queue. */
  maxQueue: number;
  /** Seconds between telling a call to stop and killing its worker. */
  killDelay: number;
  /** Seconds that a worker may idle before it is ended. */
  idleTimeout: number;
  /** Calls after which a worker is replaced. */
  maxCallsPerWorker: number;
  /** Bytes of memory that a worker may use. */
  maxMemory: number;
  /** What worker processes may do; an empty object for nothing. */
  permissions: "inherit" | Permissions;
  /** Progress on stderr, if that is a terminal. */
  progress: boolean | "detailed";
  /** How the run is shown in a browser; `false` for not at all. */
  live: ResolvedLive | false;
  /** Passes on to the terminal what calls print. */
  echo: boolean;
  /** URL that relative imports in functions resolve against. */
  base: string;
  /** Pushes metrics; `pushgateway` is there then. */
  telemetry: boolean;
  /** Where metrics are pushed; undefined for nowhere. */
  pushgateway: ResolvedPushgateway | undefined;
  /** Port on which metrics are served; undefined for none. */
  metricsPort: number | undefined;
  /** Also names metrics as the Lithops Profiler does. */
  legacyNames: boolean;
  /** Redis; undefined for none. The URL may hold a password. */
  redis: ResolvedRedis | undefined;
  /** The configuration file that was read; undefined for none. */
  file: string | undefined;
  /** What the user should hear of, each a sentence: unknown keys, telemetry with nowhere to go. */
  warnings: string[];
}

const ACTION = "create FunctionExecutor";

/**
 * Checks options, reads the configuration file if there is one, and fills in the defaults.
 *
 * Throws `TypeError` and `RangeError` for an unknown option and for a value that is of the wrong kind or out of range,
 * in code or in the file; `Deno.errors.NotFound` for a file that was named and is not there; `SyntaxError` for a file
 * that is no YAML.
 *
 * @example See what an executor would go by
 * ```ts
 * import { resolveConfig } from "./config.ts";
 *
 * const { workers, backend } = resolveConfig({ config: { localhost: { worker_processes: 3 } } });
 * console.log(workers, backend); // 3 "process"
 * ```
 */
export function resolveConfig(
  options: FunctionExecutorOptions = {},
): ResolvedConfig {
  if (typeof options?.config === "string") {
    throw new TypeError(
      `Cannot ${ACTION} as option "config" must be an object with names and values: ` +
        `got "${options.config}"; a file is named by option "configFile"`,
    );
  }
  checkExecutorOptions(options);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);

  const layers: [data: Record<string, unknown>, place: string][] = [];
  const file = findConfigFile(options.configFile);
  if (file !== undefined) {
    layers.push([parseConfig(readConfigFile(file), file.place), file.place]);
  }
  if (options.config !== undefined) {
    layers.push([options.config, 'option "config"']);
  }
  const settings: Settings = { options: {}, pushgateway: {}, redis: {} };
  for (const [data, place] of layers) readConfig(data, place, settings, warn);

  const resolved = resolve(options, settings, warn);
  if (resolved.backend === "redis" && resolved.redis === undefined) {
    throw new TypeError(
      `Cannot ${ACTION} as option "redis.url", or LITHOSCOPE_REDIS_URL in the environment, must be given for backend "redis": got undefined`,
    );
  }
  if (resolved.backend !== "process") {
    for (
      const [name, given] of [
        ["permissions", resolved.permissions !== "inherit"],
        ["maxMemory", resolved.maxMemory < Infinity],
      ] as const
    ) {
      if (!given) continue;
      throw new TypeError(
        `Cannot ${ACTION} as option "${name}" works on the process backend alone: got backend "${resolved.backend}"`,
      );
    }
  }
  return {
    ...resolved,
    file: file === undefined ? undefined : `${file.path}`,
    warnings,
  };
}

/** Checks every option, and every option within an option. */
function checkExecutorOptions(options: FunctionExecutorOptions): void {
  checkOptions(ACTION, options, EXECUTOR_RULES);
  const { profile, live, pushgateway, redis, permissions } = options;
  if (typeof profile === "object") {
    checkOptions(ACTION, profile, PROFILE_RULES, "profile.");
  }
  if (typeof live === "object") {
    checkOptions(ACTION, live, LIVE_RULES, "live.");
  }
  if (typeof pushgateway === "object" && !(pushgateway instanceof URL)) {
    checkOptions(ACTION, pushgateway, PUSHGATEWAY_RULES, "pushgateway.");
    if (pushgateway.url === undefined) {
      throw new TypeError(
        `Cannot ${ACTION} as option "pushgateway.url" must be given: got undefined`,
      );
    }
  }
  if (redis !== undefined) {
    checkOptions(ACTION, redis, REDIS_RULES, "redis.");
  }
  if (typeof permissions === "object") {
    checkOptions(ACTION, permissions, PERMISSION_RULES, "permissions.");
  }
}
