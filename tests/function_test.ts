import vm from "node:vm";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "./assert.ts";
import {
  type AnyFunction,
  explainError,
  type FunctionSpec,
  isTaskRef,
  prepareFunction,
  task,
} from "../executor/function.ts";

const base = import.meta.url;
const OUTSIDE = 3;

function prepare(fn: unknown, role = "map function") {
  return prepareFunction(fn as AnyFunction, { base, role });
}

/** Sends a function the way a worker gets it: as text, read in a script of its own. */
function sent(fn: AnyFunction): AnyFunction {
  const { spec } = prepare(fn);
  assert(spec.kind === "source");
  return vm.runInThisContext(spec.source, {
    filename: spec.base,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/** The end of the message that refuses `fn`: what is wrong with it. */
function refusal(fn: unknown): string {
  const error = assertThrows(() => prepare(fn), TypeError);
  return /^Cannot send map function.* as [^:]+: (.*)$/s.exec(
    error.message,
  )![1]!;
}

Deno.test("prepareFunction() gives source that runs alone when the function stands alone", async () => {
  function named(n: number): number {
    return n < 2 ? n : named(n - 1) + named(n - 2);
  }
  class Counter {
    #n = 0;
    next(): number {
      return ++this.#n;
    }
  }
  const shapes: [AnyFunction, unknown[], unknown][] = [
    [(x: number) => x + 7, [1], 8],
    [(x: number) => ({ x }), [1], { x: 1 }],
    [async (x: number) => await Promise.resolve(x * 2), [4], 8],
    [named, [10], 55],
    [
      function (this: unknown, x: number): unknown[] {
        return [x, this === undefined];
      },
      [1],
      [1, true],
    ],
    [({ a, b: [c = 9] }: { a: number; b: number[] }) => a + c!, [{
      a: 1,
      b: [],
    }], 10],
    [(...all: number[]) => Math.max(...all), [1, 5, 2], 5],
    [
      // a comment with a } and a "quote
      (text: string) => `${text.replace(/[)}]/g, "")} /* no comment */`,
      ["a)}"],
      "a /* no comment */",
    ],
    [
      () => {
        enum Level {
          Low,
          High,
        }
        class Local extends Map<string, Level> {
          static kind = "local";
          #secret = Local.kind;
          tell(): string {
            return this.#secret + Level.High;
          }
        }
        return new Local().tell();
      },
      [],
      "local1",
    ],
    [
      async () => (await import("./fixtures/fns.ts")).double(21),
      [],
      42,
    ],
    [() => typeof neverDeclared, [], "undefined"],
  ];
  for (const [fn, args, expected] of shapes) {
    assertEquals(await sent(fn)(...args), expected, String(fn));
  }
  assertEquals(refusal(new Counter().next), METHOD);
});

const METHOD = "it is a method or accessor; pass a function that calls it";

// only ever named by `typeof`
declare const neverDeclared: unknown;

Deno.test("prepareFunction() keeps functions strict when their module was", () => {
  const write = (o: { x: number }) => {
    o.x = 1;
  };
  assertThrows(() => sent(write)(Object.freeze({ x: 0 })), TypeError);
  const sloppy = new Function("o", "o.x = 1; return this") as AnyFunction;
  assertStrictEquals(sent(sloppy)(Object.freeze({ x: 0 })), globalThis);
});

Deno.test("prepareFunction() tells name, size and arity", () => {
  const fn = (x: number, _y = 1) => x;
  const { spec, sizeBytes, arity } = prepare(fn);
  assertEquals(spec.name, "fn");
  assertEquals(spec.kind === "source" && spec.base, base);
  assertEquals(arity, 1);
  assert(spec.kind === "source");
  assertEquals(sizeBytes, new TextEncoder().encode(spec.source).length);
  const accents = prepare(() => "é€😀");
  assert(accents.spec.kind === "source");
  assert(accents.sizeBytes > accents.spec.source.length);
});

Deno.test("prepareFunction() gives one identity to one function when asked again", () => {
  const fn = (x: number) => x;
  assertStrictEquals(prepare(fn), prepare(fn));
  const elsewhere = prepareFunction(fn, { base: "file:///other.ts" });
  assert(elsewhere !== prepare(fn));
  assertEquals(elsewhere.spec, {
    ...prepare(fn).spec,
    base: "file:///other.ts",
  } as FunctionSpec);
});

Deno.test("prepareFunction() takes a function when its text only looks native", () => {
  const fn = () => "{ [native code] }";
  assertEquals(sent(fn)(), "{ [native code] }");
  const odd = {
    function: function () {
      return 1;
    },
  };
  assertEquals(sent(odd.function)(), 1);
});

Deno.test("prepareFunction() skips the check when only V8 can read the source", () => {
  const make = (text: string): AnyFunction => new Function(`return ${text}`)();
  const newer = make('async () => (await import.defer("node:path"), OUTSIDE)');
  assertEquals(prepare(newer).spec.kind, "source");
  const deep = make(`(x) => ${Array(20_000).fill("x").join("+")}`);
  assertEquals(prepare(deep).arity, 1);
  const dynamic = make("function (o) { with (o) return y; }");
  assertEquals(sent(dynamic)({ y: 5 }), 5);
});

Deno.test("prepareFunction() resolves the URL of a task against the base", () => {
  const at = (url: string, base = "https://example.com/a/main.ts") =>
    prepareFunction(task(url, "double"), { base });
  assertEquals(at("./fns.ts"), {
    spec: {
      kind: "module",
      name: "double",
      url: "https://example.com/a/fns.ts",
    },
    sizeBytes: 34,
    arity: -1,
  });
  const urls = [
    ["../fns.ts", "https://example.com/fns.ts"],
    ["/fns.ts", "https://example.com/fns.ts"],
    ["npm:chalk@5", "npm:chalk@5"],
    ["file:///tmp/fns.ts", "file:///tmp/fns.ts"],
  ] as const;
  for (const [url, absolute] of urls) {
    const { spec } = at(url);
    assertEquals(spec.kind === "module" && spec.url, absolute);
  }
  assertThrows(
    () => at("./fns.ts", "data:text/javascript,1"),
    TypeError,
    'Cannot send function "double" as the URL of its module is relative to "data:text/javascript,1"',
  );
});

Deno.test("task() refuses what is no URL or no name", () => {
  for (const url of ["", "fns.ts", "lodash", 5, null, undefined]) {
    assertThrows(
      () => task(url as string, "double"),
      TypeError,
      "Cannot make a task as the first argument must be the URL of a module",
    );
  }
  for (const name of ["", 5, undefined]) {
    assertThrows(
      () => task("./fns.ts", name as string),
      TypeError,
      'Cannot make a task of "./fns.ts" as the second argument must be the name',
    );
  }
  assert(isTaskRef(task(new URL("file:///x.ts"), "double")));
  assertFalse(isTaskRef(null));
  assertFalse(isTaskRef(() => 1));
  assertFalse(isTaskRef({ url: "file:///x.ts", name: "double" }));
});

Deno.test("explainError() explains a name that the function uses and its worker lacks", () => {
  const { spec } = prepare(() => typeof OUTSIDE); // `typeof` is not refused
  const error = assertThrows(
    () => new Function("return OUTSIDE")(),
    ReferenceError,
  );
  const hint = explainError(error, spec, 1);
  assertMatch(
    hint!,
    /^"OUTSIDE" is not there where the call ran, as functions/,
  );
  assertMatch(hint!, /: pass it in extraArgs, import it inside .* task\(url, /);
  const revived = { name: "ReferenceError", message: error.message };
  assertEquals(explainError(revived, spec, 1), hint);
});

Deno.test("explainError() speaks of the host's globals when the name is one", () => {
  const { spec } = prepare(() => localStorage.length);
  assertMatch(
    explainError(
      new ReferenceError("localStorage is not defined"),
      spec,
      1,
    )!,
    /^"localStorage" is a global of the script that made the call/,
  );
});

Deno.test("explainError() speaks of classes and of permissions", () => {
  class Point {
    length = () => 1;
  }
  const { spec } = prepare((point: Point) => point.length());
  const missing = new TypeError("point.length is not a function");
  assertEquals(
    explainError(missing, spec, new Point()),
    'the item arrived as plain data, without the methods of its class "Point"',
  );
  for (const item of [1, null, {}, [], new Map(), Object.create(null)]) {
    assertEquals(explainError(missing, spec, item), undefined);
  }
  assertMatch(
    explainError(new Deno.errors.NotCapable("no"), spec, 1)!,
    /^workers have the permissions of the script, less what .* "permissions"/,
  );
});

Deno.test("explainError() says nothing when it does not know", () => {
  const { spec } = prepare(() => typeof OUTSIDE);
  const missing = new ReferenceError("OUTSIDE is not defined");
  const module: FunctionSpec = { kind: "module", name: "f", url: "file:///x" };
  assertInstanceOf(missing, Error);
  assertEquals(explainError(missing, module, 1), undefined);
  for (
    const error of [
      new ReferenceError("OUT is not defined"), // only part of a word here
      new ReferenceError("SIDE is not defined"),
      new ReferenceError("Cannot access 'OUTSIDE' before initialization"),
      new TypeError("OUTSIDE is not defined"),
      undefined,
      null,
      "OUTSIDE is not defined",
      { name: "ReferenceError", message: 5 },
    ]
  ) assertEquals(explainError(error, spec, 1), undefined);
});
