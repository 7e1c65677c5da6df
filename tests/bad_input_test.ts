/**
 * Every option of every public function refuses what it cannot use: a `TypeError` for the wrong kind, a `RangeError` for
 * what is out of range, in the form "Cannot <verb> <thing> as <rule>: <what was given>", before anything is started.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "./assert.ts";
import {
  FunctionExecutor,
  type FunctionExecutorOptions,
  type GetResultOptions,
  type MapReduceOptions,
  type Permissions,
  type PlotOptions,
  type ProfileOptions,
  type PushgatewayOptions,
  type RedisOptions,
  type ResultOptions,
  type WaitOptions,
} from "../mod.ts";
import { onEach } from "./executors.ts";

const FORM = /^Cannot [a-z][^:]* as .+: .*[^.]$/s;

/** Of the wrong kind, whatever the option is (unless it is a flag, a record or a list). */
const ODD: readonly unknown[] = [null, {}, [], Symbol("s"), () => 1];
const NOT_NUMBERS = [...ODD, "1", 1n, true, new Date(0)];
const NOT_FLAGS = [...ODD, 0, 1, "true"];
const NOT_SIGNALS = [...ODD, new AbortController(), "abort", 0];
const NOT_RECORDS = [null, [], "a", 5, new Map(), () => 1, Symbol("s")];

/** What an option refuses: of the wrong kind, and out of range. */
interface Bad {
  kind: readonly unknown[];
  range: readonly unknown[];
}
const flag: Bad = { kind: NOT_FLAGS, range: [] };
const signal: Bad = { kind: NOT_SIGNALS, range: [] };
const count: Bad = { kind: NOT_NUMBERS, range: [-1, 0.5, NaN, Infinity] };
const positive: Bad = { kind: NOT_NUMBERS, range: [...count.range, 0] };
const delay: Bad = { kind: NOT_NUMBERS, range: [-1, NaN, 1e9] };
const duration: Bad = { kind: NOT_NUMBERS, range: [...delay.range, 0] };
const limit: Bad = { kind: NOT_NUMBERS, range: [0, -1, 1.5, NaN] };
const grant: Bad = { kind: [null, {}, 1, "a", [1], () => 1], range: [] };
const name = (...range: string[]): Bad => ({
  kind: [...ODD, 1, true],
  range,
});

const EXECUTOR: Record<keyof FunctionExecutorOptions, Bad> = {
  backend: name("Redis", "Process", ""),
  workers: positive,
  concurrency: positive,
  config: { kind: NOT_RECORDS, range: [] },
  configFile: {
    kind: [null, {}, [], 1, true, ""],
    range: [new URL("http://a/")],
  },
  logLevel: name("loud", ""),
  stats: name("none", ""),
  keepStats: name("none", ""),
  profile: { kind: [null, [], 1, "a", () => 1], range: [] },
  signal,
  timeout: duration,
  retries: count,
  chunksize: positive,
  maxQueue: limit,
  killDelay: delay,
  idleTimeout: duration,
  maxCallsPerWorker: limit,
  maxMemory: { kind: NOT_NUMBERS, range: [0, -1, NaN, 1000] },
  permissions: { kind: [null, [], 1, true], range: ["all"] },
  progress: { kind: [...ODD, 1], range: ["simple"] },
  live: { kind: [null, [], 1, "a", () => 1], range: [] },
  echo: flag,
  base: { kind: [...ODD, 1, "main.ts", ""], range: [] },
  telemetry: flag,
  pushgateway: { kind: [null, [], 1, true, "gateway", "ftp://a/"], range: [] },
  metricsPort: { kind: NOT_NUMBERS, range: [-1, 65536, 1.5, NaN] },
  legacyNames: flag,
  redis: { kind: [...NOT_RECORDS, "redis://a"], range: [] },
};

/** Options that are objects, by the option that holds them. */
const NESTED: {
  profile: Record<keyof ProfileOptions, Bad>;
  pushgateway: Record<keyof PushgatewayOptions, Bad>;
  redis: Record<keyof RedisOptions, Bad>;
  permissions: Record<keyof Permissions, Bad>;
} = {
  profile: {
    interval: { kind: NOT_NUMBERS, range: [0, -1, 0.001, NaN, Infinity, 1e9] },
    record: name(),
    host: flag,
  },
  pushgateway: {
    url: { kind: [...ODD, 1, "", "gateway", "ftp://a/"], range: [] },
    username: name(),
    password: name(),
    token: name(),
    timeout: duration,
    deleteAfter: {
      kind: NOT_NUMBERS.filter((value) => value !== false),
      range: delay.range,
    },
    maxSeries: positive,
  },
  redis: {
    url: { kind: [...ODD, 1, "", "redis", "http://a/"], range: [] },
    prefix: name(),
    secret: { kind: [...ODD, 1, true], range: [] },
    ttl: positive,
    blobLimit: positive,
    blobFolder: name(),
  },
  permissions: {
    read: grant,
    write: grant,
    net: grant,
    env: grant,
    sys: grant,
    run: grant,
    ffi: grant,
    import: grant,
  },
};

/** What these need beside the option that is wrong. */
const NEEDED = {
  profile: {},
  pushgateway: { url: "http://127.0.0.1:1" },
  redis: { url: "redis://127.0.0.1:1" },
  permissions: {},
};

const JOB: Record<keyof MapReduceOptions, Bad> = {
  extraArgs: { kind: [null, {}, "ab", 5, new Set([1])], range: [] },
  extraArgsReduce: { kind: [null, {}, "ab", 5, new Set([1])], range: [] },
  extraEnv: {
    kind: [
      ...NOT_RECORDS,
      { A: undefined },
      { A: null },
      { A: {} },
      { A: 1n },
      { "": "a" },
      { "A=B": "a" },
      { "A\0": "a" },
    ],
    range: [],
  },
  timeout: duration,
  chunksize: positive,
  retries: count,
  retryDelay: delay,
  requires: {
    kind: [
      ...NOT_RECORDS,
      {},
      { tags: "gpu" },
      { tags: [1] },
      { tags: ["a"], more: 1 },
    ],
    range: [{ tags: ["a b"] }, { tags: [""] }],
  },
  retryIf: { kind: [null, {}, [], 1, "a", true], range: [] },
  signal,
  transfer: flag,
};

const WAIT: Record<keyof WaitOptions, Bad> = {
  returnWhen: { kind: [...ODD, true, "SOME", ""], range: [-1, 101, NaN] },
  timeout: delay,
  throwExcept: flag,
  progress: flag,
};

const GET: Record<keyof GetResultOptions, Bad> = {
  timeout: delay,
  signal,
  throwExcept: flag,
  progress: flag,
};

const RESULT: Record<keyof ResultOptions, Bad> = { timeout: delay, signal };

const PLOT: Record<keyof PlotOptions, Bad> = {
  fs: { kind: [null, {}, 1, "a", [1], [Promise.resolve(1)]], range: [] },
  kind: { kind: [null, {}, [], 1, true], range: ["memory", ""] },
  dst: { kind: [null, {}, [], 1, true], range: [""] },
  format: { kind: [null, {}, [], 1, true], range: ["jpeg", ""] },
  width: { kind: NOT_NUMBERS, range: [0, -1, NaN, 1e6, Infinity] },
  height: { kind: NOT_NUMBERS, range: [0, -1, NaN, 1e6, Infinity] },
};

/** Runs something that throws or rejects; gives the error. */
async function errorOf(submit: () => unknown): Promise<Error> {
  try {
    await submit();
  } catch (error) {
    return error as Error;
  }
  throw new Error("There was no error");
}

/** Tries each bad value of each option. */
async function assertRefused(
  rules: Record<string, Bad>,
  submit: (options: object) => unknown,
): Promise<void> {
  for (const [option, { kind, range }] of Object.entries(rules)) {
    for (
      const [values, ErrorClass] of [[kind, TypeError], [
        range,
        RangeError,
      ]] as const
    ) {
      for (const value of values) {
        const text = `${option}: ${Deno.inspect(value)}`;
        const error = await errorOf(() => submit({ [option]: value }))
          .catch(() => fail(`${text} was taken`));
        assertInstanceOf(error, ErrorClass, `${text}: ${error}`);
        assertMatch(error.message, FORM, text);
        assert(
          error.message.includes(`"${option}`) ||
            error.message.includes(`.${option}"`) ||
            new RegExp(`\\b${option}\\b`).test(error.message) ||
            option === "fs",
          `${text} is not named: ${error.message}`,
        );
      }
    }
  }
}

/** Tries what is no object of options, and a name that is nearly right. */
async function assertRefusedAtAll(
  rules: Record<string, Bad>,
  submit: (options: object) => unknown,
): Promise<void> {
  await assertRefused(rules, submit);
  for (const odd of [null, 5, "options", [], () => 1, new Map()]) {
    const error = await errorOf(() => submit(odd as object));
    assertInstanceOf(error, TypeError, `${Deno.inspect(odd)}: ${error}`);
    assertMatch(error.message, FORM);
  }
  const nearest = Object.keys(rules).find((option) => option.length > 5);
  if (nearest === undefined) return;
  const typo = `${nearest}s`;
  const error = await errorOf(() => submit({ [typo]: 1 }));
  assertInstanceOf(error, TypeError);
  assertMatch(error.message, FORM);
  assert(error.message.includes(`"${typo}"`), error.message);
  assert(error.message.includes(`"${nearest}"`), error.message);
}

function fail(message: string): never {
  throw new Error(message);
}

Deno.test("new FunctionExecutor() refuses what its options cannot be", async () => {
  await assertRefusedAtAll(
    EXECUTOR,
    (options) => new FunctionExecutor(options),
  );
});

Deno.test("new FunctionExecutor() refuses what the options in its options cannot be", async () => {
  for (const [option, rules] of Object.entries(NESTED)) {
    const needed = NEEDED[option as keyof typeof NEEDED];
    await assertRefused(
      rules,
      (options) =>
        new FunctionExecutor({ [option]: { ...needed, ...options } }),
    );
    const error = await errorOf(() =>
      new FunctionExecutor({ [option]: { ...needed, odd: 1 } } as object)
    );
    assertInstanceOf(error, TypeError);
    assertMatch(error.message, FORM);
    assert(error.message.includes(`"${option}.odd"`), error.message);
  }
});

const same = (x: number) => x;

onEach(
  "map(), callAsync() and mapReduce() refuse what their options cannot be, and start nothing",
  async (make) => {
    const fexec = make();
    const { extraArgsReduce: _, ...job } = JOB;
    await assertRefusedAtAll(job, (options) => fexec.map(same, [1], options));
    await assertRefusedAtAll(
      job,
      (options) => fexec.callAsync(same, 1, options),
    );
    await assertRefusedAtAll(
      JOB,
      (options) => fexec.mapReduce(same, [1], (all) => all, options),
    );
    assertThrows(
      () => fexec.map(same, [1], { extraArgsReduce: [] } as never),
      TypeError,
      'there is no option "extraArgsReduce"',
    );
    assertEquals([fexec.futures.length, fexec.workerStats()], [0, []]);
  },
);

onEach(
  "map() and mapReduce() on a list refuse what their options cannot be",
  async (make) => {
    const fexec = make();
    const futures = fexec.map(same, []);
    const { extraArgsReduce: _, ...job } = JOB;
    await assertRefusedAtAll(job, (options) => futures.map(same, options));
    await assertRefusedAtAll(
      JOB,
      (options) => futures.mapReduce(same, (all) => all, options),
    );
    assertEquals([fexec.futures.length, fexec.workerStats()], [0, []]);
  },
);

onEach(
  "wait(), getResult() and result() refuse what their options cannot be",
  async (make) => {
    const fexec = make();
    const list = fexec.map(same, [1]);
    await assertRefusedAtAll(WAIT, (options) => fexec.wait(list, options));
    await assertRefusedAtAll(WAIT, (options) => list.wait(options));
    await assertRefusedAtAll(GET, (options) => fexec.getResult(list, options));
    await assertRefusedAtAll(GET, (options) => list.getResult(options));
    await assertRefusedAtAll(
      GET,
      (options) => fexec.getResult(undefined, options),
    );
    await assertRefusedAtAll(RESULT, (options) => list[0]!.result(options));
    assertEquals(await fexec.getResult(), [1]);
  },
);

onEach("wait() and getResult() refuse what are no futures", async (make) => {
  const fexec = make();
  for (const odd of [null, 5, "a", {}, [1], [Promise.resolve(1)], new Set()]) {
    for (
      const ask of [
        () => fexec.wait(odd as never),
        () => fexec.getResult(odd as never),
      ]
    ) {
      const error = await assertRejects(ask, TypeError);
      assertMatch(error.message, FORM);
    }
  }
});

onEach(
  "plot() refuses what its options cannot be, and writes nothing",
  async (make) => {
    const fexec = make();
    await fexec.map(same, [1]).getResult();
    await assertRefusedAtAll(PLOT, (options) => fexec.plot(options));
  },
);
