import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { type AnyFunction, prepareFunction } from "../executor/function.ts";

const base = import.meta.url;
const OUTSIDE = 3;

function prepare(fn: unknown, role = "map function") {
  return prepareFunction(fn as AnyFunction, { base, role });
}

/** The end of the message that refuses `fn`: what is wrong with it. */
function refusal(fn: unknown): string {
  const error = assertThrows(() => prepare(fn), TypeError);
  return /^Cannot send map function.* as [^:]+: (.*)$/s.exec(
    error.message,
  )![1]!;
}

const METHOD = "it is a method or accessor; pass a function that calls it";

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
