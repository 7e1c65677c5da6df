/** The rules that the options of an executor, and the keys of its configuration file, must keep. */
import {
  isBoolean,
  isCount,
  isDelay,
  isDuration,
  isEither,
  isLimit,
  isOneOf,
  isPort,
  isPositiveInteger,
  isRecord,
  isSignal,
  isText,
  isUrl,
  isUrlOf,
  MAX_SECONDS,
  type Rule,
  type Rules,
  secret,
} from "./_check.ts";
import type { BackendName, LogLevel, StatsLevel } from "./options.ts";

/** The names of the backends. */
export const BACKENDS: readonly BackendName[] = ["process", "thread", "redis"];

/** How much can be measured, the most first. */
export const STATS_LEVELS: readonly StatsLevel[] = ["full", "timing", "off"];

/** The names of the log levels, the most talkative first. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "debug",
  "info",
  "warning",
  "error",
  "none",
];

/** What Python calls levels that have another name here. */
const LEVEL_ALIASES: Readonly<Record<string, LogLevel>> = {
  warn: "warning",
  critical: "error",
  fatal: "error",
  notset: "debug",
};

/** The level that a name means, in any case and also as Python spells it; undefined if it means none. */
export function parseLogLevel(name: string): LogLevel | undefined {
  const lower = name.toLowerCase();
  return LOG_LEVELS.find((level) => level === lower) ?? LEVEL_ALIASES[lower];
}

const isLogLevelName = isOneOf(LOG_LEVELS);

/** A log level. */
export const isLogLevel: Rule = {
  ...isLogLevelName,
  judge: (value) =>
    typeof value === "string" && parseLogLevel(value) !== undefined
      ? undefined
      : isLogLevelName.judge(value),
};

/** A backend. */
export const isBackend: Rule = isOneOf(BACKENDS);

/** How much is measured. */
export const isStatsLevel: Rule = isOneOf(STATS_LEVELS);

/** Seconds between two collections. */
export const isInterval: Rule = {
  expected: `a number of seconds from 0.01 to ${MAX_SECONDS}`,
  judge: (value) =>
    typeof value !== "number"
      ? TypeError
      : value >= 0.01 && value <= MAX_SECONDS
      ? undefined
      : RangeError,
};

const MIN_MEMORY = 32 * 1024 * 1024;

/** Bytes of memory that a worker can live on. */
export const isMemory: Rule = {
  expected: `a number of bytes of at least ${MIN_MEMORY} (32 MiB)`,
  judge: (value) =>
    typeof value !== "number"
      ? TypeError
      : value >= MIN_MEMORY
      ? undefined
      : RangeError,
};

/** Seconds until a deletion, or `false` for never. */
export const isDeleteAfter: Rule = {
  expected: `${isDelay.expected}, or false`,
  judge: (value) => value === false ? undefined : isDelay.judge(value),
};

/** URL of a Pushgateway. */
export const isHttpUrl: Rule = isUrlOf(
  ["http", "https"],
  "http://127.0.0.1:9091",
);

/** URL of a Redis. */
export const isRedisUrl: Rule = secret(
  isUrlOf(["redis", "rediss"], "redis://127.0.0.1:6379"),
);

/** Whole seconds for which something is kept. */
export const isTtl: Rule = isPositiveInteger;

/** A string that is never shown. */
export const isSecret: Rule = secret(isText);

/** A file: its path, or a URL of it. */
export const isPath: Rule = {
  expected: "a path or a file: URL",
  judge: (value) =>
    value instanceof URL
      ? (value.protocol === "file:" ? undefined : RangeError)
      : isText.judge(value),
};

/** Rules of {@linkcode FunctionExecutorOptions}. */
export const EXECUTOR_RULES: Rules = {
  backend: isBackend,
  workers: isPositiveInteger,
  concurrency: isPositiveInteger,
  config: isRecord,
  configFile: isPath,
  logLevel: isLogLevel,
  stats: isStatsLevel,
  keepStats: isOneOf(["all", "summary"]),
  profile: isEither(isBoolean, isRecord),
  signal: isSignal,
  timeout: isDuration,
  retries: isCount,
  chunksize: isPositiveInteger,
  maxQueue: isLimit,
  killDelay: isDelay,
  idleTimeout: isDuration,
  maxCallsPerWorker: isLimit,
  maxMemory: isMemory,
  permissions: isEither(isOneOf(["inherit", "none"]), isRecord),
  progress: isEither(isBoolean, isOneOf(["detailed"])),
  live: isEither(isBoolean, isRecord),
  echo: isBoolean,
  base: isUrl,
  telemetry: isBoolean,
  pushgateway: isEither(isHttpUrl, isRecord),
  metricsPort: isPort,
  legacyNames: isBoolean,
  redis: isRecord,
};

/** Rules of `ExportOptions`. */
export const EXPORT_RULES: Rules = {
  format: isOneOf(["csv", "jsonl", "openmetrics"]),
};

/** Rules of {@linkcode ProfileOptions}. */
export const PROFILE_RULES: Rules = {
  interval: isInterval,
  record: isText,
  host: isBoolean,
};

/** Rules of {@linkcode LiveOptions}. */
export const LIVE_RULES: Rules = { port: isPort, open: isBoolean };

/** Rules of {@linkcode PushgatewayOptions}. */
export const PUSHGATEWAY_RULES: Rules = {
  url: isHttpUrl,
  username: isText,
  password: isSecret,
  token: isSecret,
  timeout: isDuration,
  deleteAfter: isDeleteAfter,
  maxSeries: isPositiveInteger,
};

/** Rules of {@linkcode RedisOptions}. */
export const REDIS_RULES: Rules = {
  url: isRedisUrl,
  prefix: isText,
  secret: isSecret,
  ttl: isTtl,
  blobLimit: isPositiveInteger,
  blobFolder: isText,
};

const isPermission: Rule = {
  expected: "true, false, or an array of strings",
  judge: (value) =>
    typeof value === "boolean" ||
      Array.isArray(value) && value.every((each) => typeof each === "string")
      ? undefined
      : TypeError,
};

/** Rules of {@linkcode Permissions}. */
export const PERMISSION_RULES: Rules = Object.fromEntries(
  ["read", "write", "net", "env", "sys", "run", "ffi", "import"].map((kind) => [
    kind,
    isPermission,
  ]),
);
