import {
  assert,
  assertEquals,
  assertObjectMatch,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import {
  type FunctionExecutorOptions,
  resolveConfig,
} from "../executor/config.ts";
import { usableCores } from "../executor/cores.ts";

/** Resolves in the shape of a file, without the files of this machine. */
function fromYaml(
  sections: Record<string, unknown>,
  options: FunctionExecutorOptions = {},
) {
  return resolveConfig({ ...options, configFile, config: sections });
}

// one that says nothing, so that no file of this machine is read
const configFile = new URL("./fixtures/empty.yaml", import.meta.url);

Deno.test("resolveConfig() fills in the defaults when nothing is given", () => {
  assertEquals(resolveConfig({ configFile }), {
    backend: "process",
    workers: usableCores(),
    concurrency: 1,
    logLevel: "info",
    stats: "full",
    keepStats: "all",
    profile: false,
    signal: undefined,
    timeout: Infinity,
    retries: 0,
    chunksize: undefined,
    maxQueue: Infinity,
    killDelay: 1,
    idleTimeout: Infinity,
    maxCallsPerWorker: Infinity,
    maxMemory: Infinity,
    permissions: "inherit",
    progress: true,
    live: false,
    echo: false,
    base: Deno.mainModule,
    telemetry: false,
    pushgateway: undefined,
    metricsPort: undefined,
    legacyNames: true,
    redis: undefined,
    file: configFile.href,
    warnings: [],
  });
});

Deno.test("resolveConfig() takes every option when it is given in code", () => {
  const { signal } = new AbortController();
  const options = {
    backend: "process",
    workers: 3,
    concurrency: 8,
    logLevel: "WARNING",
    stats: "timing",
    keepStats: "summary",
    profile: { interval: 0.1, record: "run.jsonl", host: true },
    signal,
    timeout: 2.5,
    retries: 2,
    chunksize: 100,
    maxQueue: 1000,
    killDelay: 0,
    idleTimeout: 60,
    maxCallsPerWorker: 500,
    maxMemory: 512 * 1024 * 1024,
    permissions: { read: true, net: ["example.com:443"] },
    progress: "detailed",
    live: { port: 8123, open: true },
    echo: true,
    base: new URL("https://example.com/main.ts"),
    telemetry: true,
    pushgateway: {
      url: "http://gateway:9091/",
      username: "me",
      password: "secret",
      token: "t",
      timeout: 1,
      deleteAfter: 30,
      maxSeries: 10,
    },
    metricsPort: 0,
    legacyNames: false,
    redis: {
      url: "redis://127.0.0.1:6379",
      prefix: "mine",
      secret: "shared",
      ttl: 60,
      blobLimit: 1000,
      blobFolder: "/mnt/shared",
    },
  } satisfies FunctionExecutorOptions;
  assertEquals(resolveConfig({ ...options, configFile }), {
    ...options,
    logLevel: "warning",
    base: "https://example.com/main.ts",
    pushgateway: { ...options.pushgateway, url: "http://gateway:9091" },
    file: configFile.href,
    warnings: [],
  });
});

Deno.test("resolveConfig() takes every key of a file", () => {
  const config = fromYaml({
    lithops: {
      log_level: "ERROR",
      profiler_timeout: 5,
      execution_timeout: 1800,
      retries: 1,
      chunksize: 7,
      telemetry: "yes", // as YAML 1.1 spells true
      live: true,
    },
    localhost: {
      backend: "process",
      worker_processes: 4,
      concurrency: 2,
      max_queue: 10,
      kill_delay: 0.5,
      idle_timeout: 9,
      max_calls_per_worker: 11,
      max_memory: 2 ** 30,
    },
    prometheus: {
      apigateway: "http://127.0.0.1:9091",
      username: "me",
      password: "secret",
      token: "t",
      push_timeout: 2,
      delete_after: false,
      max_series: 50,
      metrics_port: 9100,
      legacy_names: "off",
    },
    redis: {
      url: "rediss://u:p@example.com",
      prefix: "mine",
      secret: "shared",
      ttl: 60,
      blob_limit: 1000,
      blob_folder: "/mnt/shared",
    },
  }, { profile: true });
  assertObjectMatch(config, {
    logLevel: "error",
    profile: { interval: 5, record: undefined, host: true },
    timeout: 1800,
    retries: 1,
    chunksize: 7,
    telemetry: true,
    live: { port: 0, open: false },
    backend: "process",
    workers: 4,
    concurrency: 2,
    maxQueue: 10,
    killDelay: 0.5,
    idleTimeout: 9,
    maxCallsPerWorker: 11,
    maxMemory: 2 ** 30,
    pushgateway: {
      url: "http://127.0.0.1:9091",
      username: "me",
      password: "secret",
      token: "t",
      timeout: 2,
      deleteAfter: false,
      maxSeries: 50,
    },
    metricsPort: 9100,
    legacyNames: false,
    redis: {
      url: "rediss://u:p@example.com",
      prefix: "mine",
      secret: "shared",
      ttl: 60,
      blobLimit: 1000,
      blobFolder: "/mnt/shared",
    },
    warnings: [],
  });
});

Deno.test("resolveConfig() puts options before settings, and counts undefined as not given", () => {
  const settings = {
    lithops: { log_level: "error", retries: 3, execution_timeout: 0 },
    localhost: { worker_processes: 4 },
    prometheus: { pushgateway_url: "http://a:1", delete_after: 7 },
  };
  const js: Record<string, unknown> = { retries: undefined, workers: 2 };
  const config = fromYaml(settings, {
    ...js,
    pushgateway: "http://b:2",
  });
  assertObjectMatch(config, {
    logLevel: "error",
    retries: 3,
    workers: 2,
    timeout: Infinity,
    pushgateway: { url: "http://b:2", deleteAfter: 7 },
  });
});

Deno.test("resolveConfig() profiles when told to, and at debug unless told not to", () => {
  const on = { interval: 10, record: undefined, host: false };
  const profile = (options: FunctionExecutorOptions) =>
    resolveConfig({ configFile, ...options }).profile;
  assertEquals(profile({}), false);
  assertEquals(profile({ profile: true }), on);
  assertEquals(profile({ logLevel: "DEBUG" }), on);
  assertEquals(profile({ config: { lithops: { log_level: "debug" } } }), on);
  assertEquals(profile({ logLevel: "debug", profile: false }), false);
  assertEquals(
    profile({
      profile: { host: true },
      config: { lithops: { profiler_timeout: 3 } },
    }),
    { ...on, interval: 3, host: true },
  );
  assertEquals(resolveConfig({ configFile, logLevel: "debug" }).echo, true);
  assertEquals(profile({ live: true }), { ...on, interval: 1, host: true });
  assertEquals(profile({ live: true, profile: false }), false);
  assertEquals(profile({ live: {}, profile: { interval: 2, host: false } }), {
    ...on,
    interval: 2,
  });
  assertEquals(profile({ progress: "detailed" }), false); // nobody sees it here
});

Deno.test("resolveConfig() takes the names of levels that Python has when they are in a file", () => {
  const names = {
    WARN: "warning",
    Critical: "error",
    FATAL: "error",
    None: "none",
    INFO: "info",
  };
  for (const [name, level] of Object.entries(names)) {
    const config = fromYaml({ lithops: { log_level: name } });
    assertEquals(config.logLevel, level, name);
  }
});

Deno.test("resolveConfig() turns telemetry on by the option, not by a gateway in a file", () => {
  const prometheus = { pushgateway_url: "http://a:1" };
  assertEquals(fromYaml({ prometheus }).telemetry, false);
  assertEquals(
    fromYaml({ prometheus, lithops: { telemetry: true } }).telemetry,
    true,
  );
  const pushgateway = "http://a:1";
  const given = { configFile, pushgateway };
  assertEquals(resolveConfig(given).telemetry, true);
  assertEquals(resolveConfig({ ...given, telemetry: false }).telemetry, false);
  const { telemetry, warnings } = resolveConfig({
    configFile,
    telemetry: true,
  });
  assertEquals(telemetry, false);
  assertStringIncludes(warnings.join(), "no Pushgateway is given");
});

Deno.test("resolveConfig() takes user and password out of the URL of a gateway", () => {
  const { pushgateway } = resolveConfig({
    configFile,
    pushgateway: "https://me:p%40ss@gateway.example/push/",
  });
  assertObjectMatch(pushgateway!, {
    url: "https://gateway.example/push",
    username: "me",
    password: "p@ss",
  });
});

Deno.test("resolveConfig() gives workers nothing when permissions are none", () => {
  const permissions = (options: FunctionExecutorOptions) =>
    resolveConfig({ configFile, ...options }).permissions;
  assertEquals(permissions({ permissions: "none" }), {});
  assertEquals(permissions({ permissions: "inherit" }), "inherit");
  const threads = { localhost: { backend: "thread" } };
  assertEquals(permissions({ config: threads }), "inherit");
  assertThrows(
    () => permissions({ permissions: "none", config: threads }),
    TypeError,
    'Cannot create FunctionExecutor as option "permissions" works on the process backend alone: got backend "thread"',
  );
});

Deno.test("resolveConfig() goes by the file of Lithops as it is", () => {
  const config = resolveConfig({
    configFile: new URL("./fixtures/lithops.yaml", import.meta.url),
  });
  assertObjectMatch(config, {
    workers: 6,
    timeout: 900,
    logLevel: "debug",
    telemetry: true,
    pushgateway: { url: "http://localhost:9091" },
  });
  assert(config.profile);
  assertEquals(config.warnings.length, 1);
  assertStringIncludes(
    config.warnings[0]!,
    'lithops.backend "aws_lambda" is not here, so calls run on this machine',
  );
});

Deno.test("resolveConfig() takes the URL of Redis from the environment where nobody gives one", () => {
  const backend = "redis" as const;
  Deno.env.set("LITHOSCOPE_REDIS_URL", "redis://there");
  try {
    const url = (options: FunctionExecutorOptions) =>
      resolveConfig({ configFile, backend, ...options }).redis!.url;
    assertEquals(url({ redis: { prefix: "p" } }), "redis://there");
    assertEquals(url({}), "redis://there");
    assertEquals(url({ redis: { url: "redis://here" } }), "redis://here");
  } finally {
    Deno.env.delete("LITHOSCOPE_REDIS_URL");
  }
  assertThrows(
    () => resolveConfig({ configFile, backend, redis: { prefix: "p" } }),
    TypeError,
    'option "redis.url", or LITHOSCOPE_REDIS_URL in the environment, must be given for backend "redis"',
  );
});
