/**
 * The configuration file: where it is, what its keys mean, which keys of Lithops it may have that mean nothing here.
 */
import { parseYaml } from "../std.ts";
import {
  checkValue,
  isBoolean,
  isCount,
  isDelay,
  isDuration,
  isLimit,
  isPort,
  isPositiveInteger,
  isText,
  list,
  type Rule,
  show,
} from "./_check.ts";
import { nearestName } from "./nearest.ts";
import {
  isBackend,
  isDeleteAfter,
  isHttpUrl,
  isInterval,
  isLogLevel,
  isMemory,
  isRedisUrl,
  isSecret,
  isTtl,
} from "./_rules.ts";
import type {
  FunctionExecutorOptions,
  PushgatewayOptions,
  RedisOptions,
} from "./options.ts";

/** What a file or a `config` object sets, by the names of the options. */
export interface Settings {
  /** Options of the executor. */
  options: Partial<FunctionExecutorOptions>;
  /** `profiler_timeout`: Seconds between two collections. */
  interval?: number;
  /** The section `prometheus`. */
  pushgateway: Partial<PushgatewayOptions>;
  /** The section `redis`. */
  redis: Partial<RedisOptions>;
}

/** One key of the file: what it must be, and what it sets. */
export interface Key {
  /** What the value must be. */
  rule: Rule;
  /** Takes a value that keeps the rule. */
  set: (settings: Settings, value: never) => void;
}

function sets(option: keyof FunctionExecutorOptions, rule: Rule): Key {
  return {
    rule,
    set: (settings, value) => void (settings.options[option] = value),
  };
}

function pushes(option: keyof PushgatewayOptions, rule: Rule): Key {
  return {
    rule,
    set: (settings, value) => void (settings.pushgateway[option] = value),
  };
}

/** Every key that means something here. */
export const SECTIONS: Readonly<Record<string, Readonly<Record<string, Key>>>> =
  {
    lithops: {
      log_level: sets("logLevel", isLogLevel),
      profiler_timeout: {
        rule: isInterval,
        set: (settings, value) => void (settings.interval = value),
      },
      execution_timeout: {
        rule: isDelay,
        // as in Lithops, 0 is no limit of one's own
        set: ({ options }, value) => void (options.timeout = value || Infinity),
      },
      retries: sets("retries", isCount),
      chunksize: sets("chunksize", isPositiveInteger),
      telemetry: sets("telemetry", isBoolean),
      live: sets("live", isBoolean),
    },
    localhost: {
      backend: sets("backend", isBackend),
      worker_processes: sets("workers", isPositiveInteger),
      concurrency: sets("concurrency", isPositiveInteger),
      max_queue: sets("maxQueue", isLimit),
      kill_delay: sets("killDelay", isDelay),
      idle_timeout: sets("idleTimeout", isDuration),
      max_calls_per_worker: sets("maxCallsPerWorker", isLimit),
      max_memory: sets("maxMemory", isMemory),
    },
    prometheus: {
      pushgateway_url: pushes("url", isHttpUrl),
      apigateway: pushes("url", isHttpUrl),
      username: pushes("username", isText),
      password: pushes("password", isSecret),
      token: pushes("token", isSecret),
      push_timeout: pushes("timeout", isDuration),
      delete_after: pushes("deleteAfter", isDeleteAfter),
      max_series: pushes("maxSeries", isPositiveInteger),
      metrics_port: sets("metricsPort", isPort),
      legacy_names: sets("legacyNames", isBoolean),
    },
    redis: {
      url: {
        rule: isRedisUrl,
        set: ({ redis }, value) => void (redis.url = value),
      },
      prefix: {
        rule: isText,
        set: ({ redis }, value) => void (redis.prefix = value),
      },
      secret: {
        rule: isSecret,
        set: ({ redis }, value) => void (redis.secret = value),
      },
      ttl: {
        rule: isTtl,
        set: ({ redis }, value) => void (redis.ttl = value),
      },
      blob_limit: {
        rule: isPositiveInteger,
        set: ({ redis }, value) => void (redis.blobLimit = value),
      },
      blob_folder: {
        rule: isText,
        set: ({ redis }, value) => void (redis.blobFolder = value),
      },
    },
  };

/** Keys of these sections that Lithops knows and that mean nothing here. */
const LITHOPS_KEYS: Readonly<Record<string, readonly string[]>> = {
  lithops: (
    "backend storage mode type workers data_cleaner data_limit monitoring monitoring_interval rabbitmq_monitor " +
    "include_modules exclude_modules customized_runtime runtime_timeout log_format log_stream log_filename"
  ).split(" "),
  localhost: (
    "runtime version max_workers pull_runtime use_gpu storage_bucket storage_root runtime_memory runtime_timeout " +
    "docker_server docker_user docker_password"
  ).split(" "),
  prometheus: [],
  redis: "host port username password db ssl storage_bucket".split(" "),
};

/** Sections of Lithops for machines and stores elsewhere; nothing in them is looked at. */
const LITHOPS_SECTIONS = (
  "serverless standalone storage rabbitmq " +
  "aws aws_lambda aws_batch aws_ec2 aws_s3 ibm ibm_cf ibm_cos ibm_vpc code_engine openwhisk knative k8s k8s_v2 " +
  "k8s_rabbitmq gcp gcp_cloudrun gcp_functions gcp_compute_engine gcp_storage gcsfs cloudrun " +
  "azure azure_containers azure_functions azure_fa azure_vms azure_batch azure_storage azure_blob " +
  "aliyun aliyun_fc aliyun_oss oracle oracle_f oracle_oss one singularity vm docker " +
  "ceph minio swift infinispan infinispan_hotrod"
).split(" ");

/** Words that YAML 1.1, which Lithops reads, takes for true and false. */
const WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  no: false,
  off: false,
};

/** A configuration file's text, as an object; an empty file is an empty one. Throws if it is no YAML or no mapping. */
export function parseConfig(
  text: string,
  place: string,
): Record<string, unknown> {
  let data: unknown;
  try {
    data = parseYaml(text);
  } catch (error) {
    throw new SyntaxError(
      `Cannot read ${place} as it must be YAML: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (data === null || data === undefined) return {};
  if (typeof data !== "object" || Array.isArray(data)) {
    throw new TypeError(
      `Cannot read ${place} as it must hold sections such as ${
        list(Object.keys(SECTIONS))
      }: got ${show(data)}`,
    );
  }
  return data as Record<string, unknown>;
}

/**
 * Puts what `data` says into `settings`. Throws `TypeError` or `RangeError` for a value of the wrong kind; what nobody
 * knows goes to `warn` with the nearest known name.
 */
export function readConfig(
  data: Record<string, unknown>,
  place: string,
  settings: Settings,
  warn: (message: string) => void,
): void {
  for (const [section, keys] of Object.entries(data)) {
    if (LITHOPS_SECTIONS.includes(section)) continue;
    const known = Object.hasOwn(SECTIONS, section)
      ? SECTIONS[section]
      : undefined;
    if (known === undefined) {
      const names = [...Object.keys(SECTIONS), ...LITHOPS_SECTIONS];
      // A key that is not indented, or was with tabs.
      const owner = Object.keys(SECTIONS)
        .find((name) => Object.hasOwn(SECTIONS[name]!, section));
      warn(
        unknown(place, "section", section, names) +
          (owner === undefined ? "" : `: it is a key of "${owner}"`),
      );
      continue;
    }
    if (keys === null || keys === undefined) continue; // all its keys are comments
    if (typeof keys !== "object" || Array.isArray(keys)) {
      throw new TypeError(
        `Cannot use ${place} as ${section} must hold keys such as ${
          list(Object.keys(known).slice(0, 2))
        }: got ${show(keys)}`,
      );
    }
    if (section === "lithops") noteBackend(keys, place, warn);
    for (const [name, value] of Object.entries(keys)) {
      const key = Object.hasOwn(known, name) ? known[name] : undefined;
      if (key !== undefined) {
        readKey(key, `${section}.${name}`, value, place, settings);
      } else if (!LITHOPS_KEYS[section]!.includes(name)) {
        const names = [...Object.keys(known), ...LITHOPS_KEYS[section]!];
        warn(
          unknown(
            place,
            "key",
            `${section}.${name}`,
            names.map((each) => `${section}.${each}`),
          ),
        );
      }
    }
  }
}

/** A Lithops file that sends calls elsewhere works, but not there. */
function noteBackend(
  keys: { backend?: unknown },
  place: string,
  warn: (message: string) => void,
): void {
  const { backend } = keys;
  if (typeof backend !== "string" || backend === "localhost") return;
  warn(
    `${place}: lithops.backend ${
      show(backend)
    } is not here, so calls run on this machine; localhost.backend tells how`,
  );
}

function readKey(
  { rule, set }: Key,
  path: string,
  given: unknown,
  place: string,
  settings: Settings,
): void {
  if (given === null || given === undefined) return; // "key:" with nothing after it
  const value = rule === isBoolean && typeof given === "string"
    ? WORDS[given.toLowerCase()] ?? given
    : given;
  checkValue(`use ${place}`, path, value, rule);
  set(settings, value as never);
}

function unknown(
  place: string,
  what: string,
  name: string,
  names: readonly string[],
): string {
  const near = nearestName(name, names);
  const hint = near === undefined ? "" : `; the nearest known is "${near}"`;
  return `${place}: ${what} ${
    JSON.stringify(name)
  } is not known and is ignored${hint}`;
}
