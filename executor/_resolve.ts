/** Puts options, settings of the configuration file and defaults together. */
import type { Settings } from "./_config_file.ts";
import { absolutePath, environment } from "./_files.ts";
import type {
  ResolvedConfig,
  ResolvedLive,
  ResolvedProfile,
  ResolvedPushgateway,
} from "./config.ts";
import { usableCores } from "./cores.ts";
import { parseLogLevel } from "./_rules.ts";
import type { FunctionExecutorOptions, PushgatewayOptions } from "./options.ts";
import { isWatched } from "./progress.ts";

/** Seconds of a day. */
const DAY = 86_400;
/** Bytes from which on items and results travel by themselves. */
const BLOB_LIMIT = 512 * 1024;
/** Seconds between two collections, as in Lithops. */
const INTERVAL = 10;
/** And where somebody looks at them while the run goes on. */
const WATCHED_INTERVAL = 1;

/** What an executor goes by; `options` go before `settings`. What is odd goes to `warn`. */
export function resolve(
  options: FunctionExecutorOptions,
  settings: Settings,
  warn: (message: string) => void,
): Omit<ResolvedConfig, "file" | "warnings"> {
  const given = { ...settings.options, ...definedOf(options) };
  const logLevel = parseLogLevel(given.logLevel ?? "info")!;
  const pushgateway = resolvePushgateway(options.pushgateway, settings);
  const telemetry = given.telemetry ?? options.pushgateway !== undefined;
  if (telemetry && pushgateway === undefined) {
    warn(
      "telemetry is on, but no Pushgateway is given (option pushgateway, or prometheus.pushgateway_url in the " +
        "configuration file): nothing is pushed",
    );
  }
  const live = resolveLive(given.live ?? false);
  const isShown = given.progress === "detailed" && isWatched();
  const redisUrl = options.redis?.url ?? settings.redis.url ??
    environment("LITHOSCOPE_REDIS_URL");
  const blobFolder = options.redis?.blobFolder ?? settings.redis.blobFolder;
  const permissions = given.permissions ?? "inherit";
  return {
    backend: given.backend ?? (Deno.build.standalone ? "thread" : "process"),
    workers: given.workers ?? usableCores(),
    concurrency: given.concurrency ?? 1,
    logLevel,
    stats: given.stats ?? "full",
    keepStats: given.keepStats ?? "all",
    profile: resolveProfile(
      given.profile ?? (logLevel === "debug" || live !== false || isShown),
      live !== false || telemetry && pushgateway !== undefined ||
        given.metricsPort !== undefined,
      settings.interval ??
        (live !== false || isShown ? WATCHED_INTERVAL : INTERVAL),
    ),
    signal: given.signal,
    timeout: given.timeout ?? Infinity,
    retries: given.retries ?? 0,
    chunksize: given.chunksize,
    maxQueue: given.maxQueue ?? Infinity,
    killDelay: given.killDelay ?? 1,
    idleTimeout: given.idleTimeout ?? Infinity,
    maxCallsPerWorker: given.maxCallsPerWorker ?? Infinity,
    maxMemory: given.maxMemory ?? Infinity,
    permissions: permissions === "none" ? {} : permissions,
    progress: given.progress ?? true,
    live,
    echo: given.echo ?? logLevel === "debug",
    base: `${given.base ?? mainModule()}`,
    telemetry: telemetry && pushgateway !== undefined,
    pushgateway,
    metricsPort: given.metricsPort,
    legacyNames: given.legacyNames ?? true,
    redis: redisUrl === undefined ? undefined : {
      url: `${redisUrl}`,
      prefix: options.redis?.prefix ?? settings.redis.prefix ?? "lithoscope",
      secret: options.redis?.secret ?? settings.redis.secret ??
        environment("LITHOSCOPE_REDIS_SECRET"),
      ttl: options.redis?.ttl ?? settings.redis.ttl ?? DAY,
      blobLimit: options.redis?.blobLimit ?? settings.redis.blobLimit ??
        BLOB_LIMIT,
      blobFolder: blobFolder === undefined
        ? undefined
        : absolutePath(blobFolder),
    },
  };
}

function resolveProfile(
  given: NonNullable<FunctionExecutorOptions["profile"]>,
  host: boolean,
  interval: number,
): ResolvedProfile | false {
  if (given === false) return false;
  const options = given === true ? {} : given;
  return {
    interval: options.interval ?? interval,
    record: options.record,
    host: options.host ?? host,
  };
}

function resolveLive(
  given: NonNullable<FunctionExecutorOptions["live"]>,
): ResolvedLive | false {
  if (given === false) return false;
  const options = given === true ? {} : given;
  return { port: options.port ?? 0, open: options.open ?? false };
}

function resolvePushgateway(
  given: FunctionExecutorOptions["pushgateway"],
  settings: Settings,
): ResolvedPushgateway | undefined {
  const own: Partial<PushgatewayOptions> =
    typeof given === "string" || given instanceof URL
      ? { url: given }
      : definedOf(given ?? {});
  const options = { ...settings.pushgateway, ...own };
  if (options.url === undefined) return undefined;
  const url = new URL(options.url);
  // out of the URL, so that no message can show them
  const username = decodeURIComponent(url.username) || options.username;
  const password = decodeURIComponent(url.password) || options.password;
  url.username =
    url.password =
    url.search =
    url.hash =
      "";
  const env = (name: string) => environment(`LITHOSCOPE_PUSHGATEWAY_${name}`);
  return {
    url: url.href.replace(/\/+$/, ""),
    username: username ?? env("USERNAME"),
    password: password ?? env("PASSWORD"),
    token: options.token ?? env("TOKEN"),
    timeout: options.timeout ?? 5,
    deleteAfter: options.deleteAfter ?? 0,
    maxSeries: options.maxSeries ?? 3000,
  };
}

/** Where the script is that the user started; the working folder where that cannot be known, as in a worker. */
function mainModule(): string {
  try {
    if (Deno.mainModule !== undefined) return Deno.mainModule;
  } catch {
    // may not be known
  }
  try {
    return new URL(`file://${encodeURI(Deno.cwd())}/`).href;
  } catch {
    return import.meta.url;
  }
}

/** The object without its undefined values, which count as not given. */
function definedOf<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
