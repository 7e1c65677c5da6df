import { assert, assertEquals, assertThrows } from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  type FunctionExecutorOptions,
  resolveConfig,
} from "../executor/config.ts";

const configFile = new URL("./fixtures/empty.yaml", import.meta.url);

/** The error that options cause, as `Name: what it says after the common start`. */
function refusal(options: unknown): string {
  const error = assertThrows(
    () => resolveConfig(options as FunctionExecutorOptions),
    Error,
  );
  return `${error.name}: ${
    error.message.replace(/^Cannot create FunctionExecutor as /, "… ")
  }`;
}

/** The error that a value in a file causes. */
function refusalInFile(config: Record<string, unknown>): string {
  return refusal({ configFile, config })
    .replace(/Cannot use option "config" as /, "… ");
}

const BAD_OPTIONS: [unknown, string][] = [
  [5, "TypeError: … options must be an object: got 5"],
  [null, "TypeError: … options must be an object: got null"],
  [
    { workers: 0 },
    'RangeError: … option "workers" must be a whole number of at least 1: got 0',
  ],
  [
    { workers: 1.5 },
    'RangeError: … option "workers" must be a whole number of at least 1: got 1.5',
  ],
  [
    { workers: "4" },
    'TypeError: … option "workers" must be a whole number of at least 1: got "4"',
  ],
  [
    { concurrency: -1 },
    'RangeError: … option "concurrency" must be a whole number of at least 1: got -1',
  ],
  [
    { timeout: NaN },
    'RangeError: … option "timeout" must be a number of seconds above 0 (up to 2147483, or Infinity): got NaN',
  ],
  [
    { timeout: 0 },
    'RangeError: … option "timeout" must be a number of seconds above 0 (up to 2147483, or Infinity): got 0',
  ],
  [
    { timeout: "5s" },
    'TypeError: … option "timeout" must be a number of seconds above 0 (up to 2147483, or Infinity): got "5s"',
  ],
  [
    { timeout: 3e6 },
    'RangeError: … option "timeout" must be a number of seconds above 0 (up to 2147483, or Infinity): got 3000000',
  ],
  [
    { retries: -1 },
    'RangeError: … option "retries" must be a whole number of at least 0: got -1',
  ],
  [
    { killDelay: -0.1 },
    'RangeError: … option "killDelay" must be a number of seconds of at least 0 (up to 2147483, or Infinity): got -0.1',
  ],
  [
    { maxQueue: 0 },
    'RangeError: … option "maxQueue" must be a whole number of at least 1, or Infinity: got 0',
  ],
  [
    { maxMemory: 512 },
    'RangeError: … option "maxMemory" must be a number of bytes of at least 33554432 (32 MiB): got 512',
  ],
  [
    { live: { port: -1 } },
    'RangeError: … option "live.port" must be a port from 0 to 65535: got -1',
  ],
  [
    { live: { open: "yes" } },
    'TypeError: … option "live.open" must be true or false: got "yes"',
  ],
  [
    { live: { host: "0.0.0.0" } },
    'TypeError: … there is no option "live.host": known are "port" and "open"',
  ],
  [
    { metricsPort: 70000 },
    'RangeError: … option "metricsPort" must be a port from 0 to 65535: got 70000',
  ],
  [
    { signal: {} },
    'TypeError: … option "signal" must be an AbortSignal: got an object',
  ],
  [{ echo: 1 }, 'TypeError: … option "echo" must be true or false: got 1'],
  [
    { base: "main.ts" },
    'TypeError: … option "base" must be a URL such as http://127.0.0.1:9091: got "main.ts"',
  ],
  [
    { config: [] },
    'TypeError: … option "config" must be an object with names and values: got an array of 0 items',
  ],
  [
    { configFile: new URL("http://a/b") },
    'RangeError: … option "configFile" must be a path or a file: URL: got "http://a/b"',
  ],
  [
    { backend: "proces" },
    'RangeError: … option "backend" must be one of "process", "thread" and "redis": got "proces", the nearest is "process"',
  ],
  [
    { logLevel: "loud" },
    'RangeError: … option "logLevel" must be one of "debug", "info", "warning", "error" and "none": got "loud"',
  ],
  [
    { logLevel: "debg" },
    'RangeError: … option "logLevel" must be one of "debug", "info", "warning", "error" and "none": got "debg", the nearest is "debug"',
  ],
  [
    { logLevel: 10 },
    'TypeError: … option "logLevel" must be one of "debug", "info", "warning", "error" and "none": got 10',
  ],
  [
    { progress: "full" },
    'RangeError: … option "progress" must be true or false, or one of "detailed": got "full"',
  ],
  [
    { profile: { interval: 0 } },
    'RangeError: … option "profile.interval" must be a number of seconds from 0.01 to 2147483: got 0',
  ],
  [
    { profile: { intervall: 1 } },
    'TypeError: … there is no option "profile.intervall": the nearest is "interval"',
  ],
  [
    { profile: "yes" },
    'TypeError: … option "profile" must be true or false, or an object with names and values: got "yes"',
  ],
  [
    { permissions: { net: "a" } },
    'TypeError: … option "permissions.net" must be true, false, or an array of strings: got "a"',
  ],
  [
    { permissions: "all" },
    'RangeError: … option "permissions" must be one of "inherit" and "none", or an object with names and values: got "all"',
  ],
  [
    { pushgateway: "ftp://a" },
    'TypeError: … option "pushgateway" must be a URL such as http://127.0.0.1:9091, or an object with names and values: got "ftp://a"',
  ],
  [
    { pushgateway: {} },
    'TypeError: … option "pushgateway.url" must be given: got undefined',
  ],
  [
    { pushgateway: { url: "http://a", password: 5 } },
    'TypeError: … option "pushgateway.password" must be a string that is not empty: got a number that is not shown here',
  ],
  [
    { redis: { url: "http://u:secret@a" } },
    'TypeError: … option "redis.url" must be a URL such as redis://127.0.0.1:6379: got a string that is not shown here',
  ],
  [
    { pushgateway: "htp://me:secret@a" },
    'TypeError: … option "pushgateway" must be a URL such as http://127.0.0.1:9091, or an object with names and values: got "htp://…@a"',
  ],
  [
    { worker: 4 },
    'TypeError: … there is no option "worker": the nearest is "workers"',
  ],
  [
    { log_level: "info" },
    'TypeError: … there is no option "log_level": the nearest is "logLevel"',
  ],
];

Deno.test("resolveConfig() refuses bad options, and says what was expected", () => {
  for (const [options, message] of BAD_OPTIONS) {
    assertEquals(refusal(options), message);
  }
  const known = refusal({ frobnicate: 1 });
  assert(
    known.startsWith(
      'TypeError: … there is no option "frobnicate": known are "backend", "workers", ',
    ),
  );
});

const BAD_SETTINGS: [Record<string, unknown>, string][] = [
  [
    { lithops: [] },
    'TypeError: … lithops must hold keys such as "log_level" and "profiler_timeout": got an array of 0 items',
  ],
  [
    { localhost: "thread" },
    'TypeError: … localhost must hold keys such as "backend" and "worker_processes": got "thread"',
  ],
  [
    { lithops: { execution_timeout: "abc" } },
    'TypeError: … lithops.execution_timeout must be a number of seconds of at least 0 (up to 2147483, or Infinity): got "abc"',
  ],
  [
    { lithops: { log_level: "verbose" } },
    'RangeError: … lithops.log_level must be one of "debug", "info", "warning", "error" and "none": got "verbose"',
  ],
  [
    { lithops: { profiler_timeout: 0.001 } },
    "RangeError: … lithops.profiler_timeout must be a number of seconds from 0.01 to 2147483: got 0.001",
  ],
  [
    { lithops: { telemetry: "maybe" } },
    'TypeError: … lithops.telemetry must be true or false: got "maybe"',
  ],
  [
    { localhost: { worker_processes: 0 } },
    "RangeError: … localhost.worker_processes must be a whole number of at least 1: got 0",
  ],
  [
    { localhost: { backend: "docker" } },
    'RangeError: … localhost.backend must be one of "process", "thread" and "redis": got "docker"',
  ],
  [
    { prometheus: { apigateway: "localhost:9091" } },
    'TypeError: … prometheus.apigateway must be a URL such as http://127.0.0.1:9091: got "localhost:9091"',
  ],
  [
    { prometheus: { password: 123 } },
    "TypeError: … prometheus.password must be a string that is not empty: got a number that is not shown here",
  ],
];

Deno.test("resolveConfig() refuses bad settings, and says what was expected", () => {
  for (const [config, message] of BAD_SETTINGS) {
    assertEquals(refusalInFile(config), message);
  }
});

Deno.test("resolveConfig() warns of keys and sections that nobody knows, with the nearest known", () => {
  const { warnings, workers } = resolveConfig({
    configFile,
    config: {
      litops: { log_level: "info" },
      colours: {},
      log_level: "info",
      lithops: { log_levl: "info", constructor: 1 },
      localhost: { worker_proceses: 4, worker_processes: 2 },
      aws_lambda: { anything: "goes" },
      toString: 1,
    },
  });
  assertEquals(workers, 2);
  assertEquals(
    warnings,
    [
      'option "config": section "litops" is not known and is ignored; the nearest known is "lithops"',
      'option "config": section "colours" is not known and is ignored',
      'option "config": section "log_level" is not known and is ignored: it is a key of "lithops"',
      'option "config": key "lithops.log_levl" is not known and is ignored; the nearest known is "lithops.log_level"',
      'option "config": key "lithops.constructor" is not known and is ignored',
      'option "config": key "localhost.worker_proceses" is not known and is ignored; the nearest known is "localhost.worker_processes"',
      'option "config": section "toString" is not known and is ignored',
    ],
  );
});

Deno.test("resolveConfig() refuses or takes any settings, in the house form", () => {
  const sections = fc.constantFrom(
    "lithops",
    "localhost",
    "prometheus",
    "redis",
    "aws",
    "x",
  );
  const keys = fc.constantFrom(
    ...[
      "log_level",
      "retries",
      "execution_timeout",
      "telemetry",
      "backend",
      "worker_processes",
      "url",
      "pushgateway_url",
      "__proto__",
      "x",
    ],
  );
  const config = fc.dictionary(
    sections,
    fc.oneof(fc.anything(), fc.dictionary(keys, fc.anything())),
  );
  fc.assert(fc.property(config, (config) => {
    try {
      const { warnings } = resolveConfig({ configFile, config });
      assert(warnings.every((each) => !each.includes("\n")));
    } catch (error) {
      assert(error instanceof TypeError || error instanceof RangeError);
      assert(
        /^Cannot (use|create) .* as .* must .*: got .*$/.test(error.message),
        error.message,
      );
    }
  }));
});
