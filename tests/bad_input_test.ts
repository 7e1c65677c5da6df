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
  assertThrows,
} from "./assert.ts";
import {
  type ExportOptions,
  FunctionExecutor,
  type FunctionExecutorOptions,
  type GetResultOptions,
  type LiveOptions,
  type MapReduceOptions,
  type Permissions,
  type PlotOptions,
  type ProfileOptions,
  type PushgatewayOptions,
  type RedisOptions,
  type ResponseFuture,
  type ResultOptions,
  Run,
  summarize,
  task,
  type WaitOptions,
} from "../mod.ts";
import { onEach } from "./executors.ts";
import { type Documented, documented } from "./documented.ts";

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
  live: Record<keyof LiveOptions, Bad>;
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
  live: {
    port: { kind: NOT_NUMBERS, range: [-1, 65536, 1.5, NaN] },
    open: flag,
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
  live: {},
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

const EXPORT: Record<keyof ExportOptions, Bad> = {
  format: { kind: [null, {}, [], 1, true], range: ["xml", ""] },
};

/** Options by the name of their interface. */
const OPTIONS: Record<string, Record<string, Bad>> = {
  FunctionExecutorOptions: EXECUTOR,
  ProfileOptions: NESTED.profile,
  PushgatewayOptions: NESTED.pushgateway,
  RedisOptions: NESTED.redis,
  LiveOptions: NESTED.live,
  Permissions: NESTED.permissions,
  MapReduceOptions: JOB,
  MapOptions: without(JOB, "extraArgsReduce"),
  WaitOptions: WAIT,
  GetResultOptions: GET,
  ResultOptions: RESULT,
  PlotOptions: PLOT,
  DrawOptions: without(PLOT, "fs", "kind"),
  ExportOptions: EXPORT,
};

function without<T extends object>(rules: T, ...names: (keyof T)[]) {
  return Object.fromEntries(
    Object.entries(rules).filter(([name]) => !names.includes(name as keyof T)),
  );
}

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
/** Whatever the types say. */
const wrong = (value: unknown) => value as never;

const path: Bad = {
  kind: [null, {}, [], 1, true, ""],
  range: [new URL("http://a/")],
};
const fn: Bad = {
  kind: [undefined, null, {}, [], 1, "f", Math.max, class {}, same.bind(null)],
  range: [],
};
const items: Bad = { kind: [undefined, null, {}, 5, true, same], range: [] };
const futures: Bad = {
  kind: [null, 5, "a", {}, [1], [Promise.resolve(1)], new Set()],
  range: [],
};
const list: Bad = { kind: [null, {}, 5, "a", new Set()], range: [] };

/** What there is to be asked. */
interface Asked {
  fexec: FunctionExecutor;
  /** A list without calls. */
  empty: ReturnType<FunctionExecutor["map"]>;
  future: ResponseFuture<number>;
}

/** Every argument of every public function that cannot be anything: what it refuses, and how it is given. */
const ARGUMENTS: Record<
  string,
  [bad: Bad | string, give: (asked: Asked, value: unknown) => unknown]
> = {
  "new FunctionExecutor options": [
    "FunctionExecutorOptions",
    (_, value) => new FunctionExecutor(wrong(value)),
  ],
  "FunctionExecutor.attach executorId": [
    name("", "abc", "5f0c2e", "5f0c2e-0/../a"),
    (_, value) => FunctionExecutor.attach(wrong(value)),
  ],
  "FunctionExecutor.attach options": [
    "FunctionExecutorOptions",
    (_, value) => FunctionExecutor.attach("5f0c2e-0", wrong(value)),
  ],
  "FunctionExecutor.callAsync fn": [
    fn,
    ({ fexec }, value) => fexec.callAsync(wrong(value), 1),
  ],
  "FunctionExecutor.callAsync options": [
    "MapOptions",
    ({ fexec }, value) => fexec.callAsync(same, 1, wrong(value)),
  ],
  "FunctionExecutor.map fn": [
    fn,
    ({ fexec }, value) => fexec.map(wrong(value), [1]),
  ],
  "FunctionExecutor.map items": [
    items,
    ({ fexec }, value) => fexec.map(same, wrong(value)),
  ],
  "FunctionExecutor.map options": [
    "MapOptions",
    ({ fexec }, value) => fexec.map(same, [1], wrong(value)),
  ],
  "FunctionExecutor.mapReduce mapFn": [
    fn,
    ({ fexec }, value) => fexec.mapReduce(wrong(value), [1], (all) => all),
  ],
  "FunctionExecutor.mapReduce items": [
    items,
    ({ fexec }, value) => fexec.mapReduce(same, wrong(value), (all) => all),
  ],
  "FunctionExecutor.mapReduce reduceFn": [
    fn,
    ({ fexec }, value) => fexec.mapReduce(same, [1], wrong(value)),
  ],
  "FunctionExecutor.mapReduce options": [
    "MapReduceOptions",
    ({ fexec }, value) =>
      fexec.mapReduce(same, [1], (all) => all, wrong(value)),
  ],
  "FunctionExecutor.wait futures": [
    futures,
    ({ fexec }, value) => fexec.wait(wrong(value)),
  ],
  "FunctionExecutor.wait options": [
    "WaitOptions",
    ({ fexec, empty }, value) => fexec.wait(empty, wrong(value)),
  ],
  "FunctionExecutor.getResult futures": [
    futures,
    ({ fexec }, value) => fexec.getResult(wrong(value)),
  ],
  "FunctionExecutor.getResult options": [
    "GetResultOptions",
    ({ fexec }, value) => fexec.getResult(undefined, wrong(value)),
  ],
  "FunctionExecutor.plot options": [
    "PlotOptions",
    ({ fexec }, value) => fexec.plot(wrong(value)),
  ],
  "FunctionExecutor.report path": [
    path,
    ({ fexec }, value) => fexec.report(wrong(value)),
  ],
  "FunctionExecutor.trace path": [
    path,
    ({ fexec }, value) => fexec.trace(wrong(value)),
  ],
  "FunctionExecutor.export path": [
    path,
    ({ fexec }, value) => fexec.export(wrong(value)),
  ],
  "FunctionExecutor.export options": [
    "ExportOptions",
    ({ fexec }, value) => fexec.export("a.csv", wrong(value)),
  ],
  "FunctionExecutor.save path": [
    path,
    ({ fexec }, value) => fexec.save(wrong(value)),
  ],
  "ResponseFuture.result options": [
    "ResultOptions",
    ({ future }, value) => future.result(wrong(value)),
  ],
  "FuturesList.map fn": [fn, ({ empty }, value) => empty.map(wrong(value))],
  "FuturesList.map options": [
    "MapOptions",
    ({ empty }, value) => empty.map(wrong(same), wrong(value)),
  ],
  "FuturesList.mapReduce mapFn": [
    fn,
    ({ empty }, value) => empty.mapReduce(wrong(value), (all) => all),
  ],
  "FuturesList.mapReduce reduceFn": [
    fn,
    ({ empty }, value) => empty.mapReduce(wrong(same), wrong(value)),
  ],
  "FuturesList.mapReduce options": [
    "MapReduceOptions",
    ({ empty }, value) =>
      empty.mapReduce(wrong(same), (all) => all, wrong(value)),
  ],
  "FuturesList.wait options": [
    "WaitOptions",
    ({ empty }, value) => empty.wait(wrong(value)),
  ],
  "FuturesList.getResult options": [
    "GetResultOptions",
    ({ empty }, value) => empty.getResult(wrong(value)),
  ],
  "Run.load path": [path, (_, value) => Run.load(wrong(value))],
  "Run.report path": [
    path,
    ({ fexec }, value) => fexec.run().report(wrong(value)),
  ],
  "Run.trace path": [
    path,
    ({ fexec }, value) => fexec.run().trace(wrong(value)),
  ],
  "Run.export path": [
    path,
    ({ fexec }, value) => fexec.run().export(wrong(value)),
  ],
  "Run.export options": [
    "ExportOptions",
    ({ fexec }, value) => fexec.run().export("a.csv", wrong(value)),
  ],
  "Run.save path": [path, ({ fexec }, value) => fexec.run().save(wrong(value))],
  "summarize calls": [list, (_, value) => summarize(wrong(value))],
  "summarize workers": [list, (_, value) => summarize([], wrong(value))],
  "task url": [
    { kind: [null, {}, 1, true, "", "bare"], range: [] },
    (_, value) => task(wrong(value), "f"),
  ],
  "task name": [
    { kind: [null, {}, 1, true, ""], range: [] },
    (_, value) => task("./a.ts", wrong(value)),
  ],
};

/** Arguments of which none is wrong: what is sent to workers, and reasons; and lists where items may be as well. */
const ANYTHING = [
  "FunctionExecutor.callAsync item",
  "FunctionExecutor.terminate reason",
  "ResponseFuture.cancel reason",
  "ResponseFuture.then onFulfilled",
  "ResponseFuture.then onRejected",
  "FuturesList.cancel reason",
];
/** The same argument by another name, in another overload. */
const SAME: Record<string, string> = {
  "FunctionExecutor.map futures": "FunctionExecutor.map items",
  "FunctionExecutor.mapReduce futures": "FunctionExecutor.mapReduce items",
  "FunctionExecutor.getResult future": "FunctionExecutor.getResult futures",
};
/** Of a constant, of which `deno doc` knows no arguments. */
const CONSTANT = /^task /;
/** What the library makes, and nobody else: its errors, its lists, and what it has loaded or sampled. */
const MADE = /^new (?!FunctionExecutor )/;

Deno.test("every argument and every option that mod.ts exports has a row in the tables of this file", async () => {
  const { args, options }: Documented = await documented("mod.ts");
  const expected = args.filter((arg) => !MADE.test(arg));
  assertEquals(
    expected.toSorted(),
    [...Object.keys(ARGUMENTS), ...Object.keys(SAME), ...ANYTHING]
      .filter((arg) => !CONSTANT.test(arg)).toSorted(),
  );
  // Errors are made by the library.
  delete options.CallErrorOptions;
  const names = Object.fromEntries(
    Object.entries(OPTIONS).map(([name, rules]) => [
      name,
      Object.keys(rules).toSorted(),
    ]),
  );
  assertEquals(options, names);
});

onEach(
  "every argument refuses what it cannot be, and nothing is started or written",
  async (make) => {
    const fexec = make();
    const future = fexec.callAsync(same, 1);
    const asked: Asked = { fexec, empty: fexec.map(same, []), future };
    for (const [argument, [bad, give]] of Object.entries(ARGUMENTS)) {
      const submit = (value: unknown) => give(asked, value);
      if (typeof bad === "string") {
        await assertRefusedAtAll(OPTIONS[bad]!, submit);
        continue;
      }
      for (
        const [values, ErrorClass] of [
          [bad.kind, TypeError],
          [bad.range, RangeError],
        ] as const
      ) {
        for (const value of values) {
          const text = `${argument}: ${Deno.inspect(value)}`;
          const error = await errorOf(() => submit(value))
            .catch(() => fail(`${text} was taken`));
          assertInstanceOf(error, ErrorClass, `${text}: ${error}`);
          assertMatch(error.message, FORM, text);
        }
      }
    }
    assertThrows(
      () => fexec.map(same, [1], { extraArgsReduce: [] } as never),
      TypeError,
      'there is no option "extraArgsReduce"',
    );
    // The one call there is has nothing to do with all that.
    assertEquals(await fexec.getResult(), 1);
    assertEquals(fexec.futures.length, 1);
  },
);
