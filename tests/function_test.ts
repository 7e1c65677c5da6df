import vm from "node:vm";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import {
  type AnyFunction,
  explainReferenceError,
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

Deno.test("prepareFunction() names what it refuses when it is no plain function", () => {
  const object = {
    method(): number {
      return 1;
    },
    async ["computed name"](): Promise<void> {},
    get accessor(): number {
      return 1;
    },
    async *generatorMethod() {},
  };
  class Class extends Object {
    static fixed(): void {}
    #hidden(): void {}
    get hidden(): () => void {
      return this.#hidden;
    }
    override(): string {
      return super.toString();
    }
  }
  const getter = Object.getOwnPropertyDescriptor(object, "accessor")!.get;
  for (
    const fn of [
      object.method,
      object["computed name"],
      getter,
      Class.fixed,
      new Class().hidden,
      new Class().override,
    ]
  ) assertEquals(refusal(fn), METHOD, String(fn));
  assertEquals(refusal(Class), "it is a class");
  assertEquals(refusal(class {}), "it is a class");
  const generator =
    "it is a generator, and what it returns cannot be sent back";
  assertEquals(refusal(function* () {}), generator);
  assertEquals(refusal(async function* () {}), generator);
  assertEquals(refusal(object.generatorMethod), generator);
  assertEquals(
    refusal(((x: number) => x).bind(null)),
    "it is bound, and has no source",
  );
  const native = "it is native or a proxy, and has no source";
  assertEquals(refusal(Math.max), native);
  assertEquals(refusal(Map), native);
  assertEquals(refusal(new Proxy((x: number) => x, {})), native);
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

Deno.test("prepareFunction() says which function in the message", () => {
  const scale = (x: number) => x * OUTSIDE;
  const error = assertThrows(() => prepare(scale), TypeError);
  assertEquals(
    error.message,
    'Cannot send map function "scale" as functions travel as source, without what is around them: ' +
      'it uses "OUTSIDE"; pass what it needs in extraArgs, import it inside the function, or use task(url, name)',
  );
  assertThrows(
    () => prepare(scale, "reduce function"),
    TypeError,
    "in extraArgsReduce,",
  );
  assertThrows(
    () => prepareFunction(() => OUTSIDE, { base }),
    TypeError,
    'Cannot send function as functions travel as source, without what is around them: it uses "OUTSIDE"',
  );
});

Deno.test("prepareFunction() names every variable from outside when there are several", () => {
  const a = 1, b = [1], c = { d: 2 }, e = () => 5, f = new Map(), s = "";
  const uses: [AnyFunction, string][] = [
    [() => a + b[0]! + c.d, '"a", "b" and "c"'],
    [(x = a) => x, '"a"'],
    [({ [s]: x }: Record<string, number>) => x, '"s"'],
    [() => [...b, e()], '"b" and "e"'],
    [() => `${a}${((z) => z + b[0]!)(1)}`, '"a" and "b"'],
    [() => ({ a, b: 1, c: 2 }), '"a"'],
    [() => assert(true), '"assert"'],
    [() => f.set(s, a).get("e"), '"f", "s" and "a"'],
    [
      () => {
        for (const a of b) if (a > 1) return a;
        return a;
      },
      '"b" and "a"',
    ],
  ];
  for (const [fn, names] of uses) {
    assertStringIncludes(refusal(fn), `it uses ${names};`, String(fn));
  }
});

Deno.test("prepareFunction() refuses what belongs to the place where an arrow was written", () => {
  class Job extends Object {
    #factor = 2;
    run(): AnyFunction[] {
      return [
        (x: number) => x * this.#factor,
        () => super.toString(),
        (function () {
          return () => new.target;
        })(),
        () => [() => this],
      ];
    }
  }
  const [own, parent, target, deep] = new Job().run();
  assertStringIncludes(refusal(own), 'it uses "this" and "#factor";');
  assertStringIncludes(refusal(parent), 'it uses "super";');
  assertStringIncludes(refusal(target), 'it uses "new.target";');
  assertStringIncludes(refusal(deep), 'it uses "this";');
  assertStringIncludes(
    refusal(() => import.meta.url),
    'it uses "import.meta";',
  );
  const args = (function (..._: unknown[]) {
    return () => arguments.length;
  })(1);
  assertStringIncludes(refusal(args), 'it uses "arguments";');
});

Deno.test("prepareFunction() tells an arrow that calls itself how to be written", () => {
  const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2);
  assertEquals(
    refusal(fib),
    'it calls itself by the variable that holds it; write it as "function fib(…) { … }"',
  );
});

Deno.test("prepareFunction() looks at globals each time it is asked", () => {
  const holder = globalThis as unknown as Record<string, unknown>;
  const fn = new Function('"use strict"; return () => lateGlobal')();
  assertStringIncludes(refusal(fn), '"lateGlobal"');
  holder.lateGlobal = 1;
  try {
    prepare(fn);
  } finally {
    delete holder.lateGlobal;
  }
  assertStringIncludes(refusal(fn), '"lateGlobal"');
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

Deno.test("prepareFunction() refuses what is no function, and shows it", () => {
  for (
    const [value, shown] of [
      [undefined, "undefined"],
      [null, "null"],
      ["fn", '"fn"'],
      [{ url: "x" }, "an object"],
      [[1, 2], "an array of 2 items"],
      [new Map(), "an object (Map)"],
    ]
  ) {
    assertThrows(
      () => prepare(value),
      TypeError,
      `Cannot send map function as it must be a function or made by task(): got ${shown}`,
    );
  }
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

Deno.test("explainReferenceError() explains a name that the function uses and its worker lacks", () => {
  const { spec } = prepare(() => typeof OUTSIDE); // `typeof` is not refused
  const error = assertThrows(
    () => new Function("return OUTSIDE")(),
    ReferenceError,
  );
  const hint = explainReferenceError(error, spec);
  assertMatch(
    hint!,
    /^"OUTSIDE" is not there where the call ran, as functions/,
  );
  assertMatch(hint!, /: pass it in extraArgs, import it inside .* task\(url, /);
  const revived = { name: "ReferenceError", message: error.message };
  assertEquals(explainReferenceError(revived, spec), hint);
});

Deno.test("explainReferenceError() speaks of the host's globals when the name is one", () => {
  const { spec } = prepare(() => localStorage.length);
  assertMatch(
    explainReferenceError(
      new ReferenceError("localStorage is not defined"),
      spec,
    )!,
    /^"localStorage" is a global of the script that made the call/,
  );
});

Deno.test("explainReferenceError() says nothing when it does not know", () => {
  const { spec } = prepare(() => typeof OUTSIDE);
  const missing = new ReferenceError("OUTSIDE is not defined");
  const module: FunctionSpec = { kind: "module", name: "f", url: "file:///x" };
  assertInstanceOf(missing, Error);
  assertEquals(explainReferenceError(missing, module), undefined);
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
  ) assertEquals(explainReferenceError(error, spec), undefined);
});
