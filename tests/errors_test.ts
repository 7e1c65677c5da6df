/**
 * Thrown values packed for the way from worker to host, and revived there.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
} from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  CallError,
  classNameOf,
  type PackedError,
  packError,
  reviveError,
  WorkerExitError,
} from "../executor/errors.ts";
import { inspectValue } from "../executor/worker/values.ts";

function isSendable(value: unknown): boolean {
  try {
    inspectValue(value);
    return true;
  } catch {
    return false;
  }
}

/** There and back, through the codec. */
function across(thrown: unknown): unknown {
  return reviveError(structuredClone(packError(thrown, isSendable)));
}

const plain = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
});

Deno.test("packError() and reviveError() carry any thrown value that is no error as it is", () => {
  fc.assert(fc.property(plain, (thrown) => {
    const packed = packError(thrown, isSendable);
    assertEquals(packed.isError, false);
    assertEquals(across(thrown), structuredClone(thrown));
    assertEquals(
      classNameOf(packed),
      thrown === null ? "null" : typeof thrown,
    );
  }));
});

/** Names that every object has are names an error may have. */
const name = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ...["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"],
    ...["Error", "TypeError", "AggregateError", "DOMException", ""],
  ),
);
const key = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom("code", "constructor", "toString", "1", ""),
).filter((key) =>
  !["cause", "errors", "stack", "name", "message"].includes(key)
);

Deno.test("packError() and reviveError() keep name, message, stack, fields and cause of any error", () => {
  fc.assert(fc.property(
    fc.constantFrom(Error, TypeError, RangeError, URIError),
    name,
    fc.string(),
    fc.dictionary(key, plain, { noNullPrototype: true }),
    fc.option(plain, { nil: undefined }),
    (ErrorClass, name, message, fields, cause) => {
      const error = new ErrorClass(message, { cause });
      if (name !== "") error.name = name;
      for (const [key, value] of Object.entries(fields)) {
        Object.defineProperty(error, key, { value, enumerable: true });
      }
      const back = across(error) as Error & Record<string, unknown>;
      assertInstanceOf(back, Error);
      assertEquals(
        [back.name, back.message, back.stack],
        [error.name, message, error.stack],
      );
      assertEquals(back.cause, structuredClone(cause));
      for (const [key, value] of Object.entries(fields)) {
        assertEquals(back[key], structuredClone(value));
      }
      if (name === "") assertInstanceOf(back, ErrorClass);
    },
  ));
});

Deno.test("packError() never throws, and what it gives can always be sent", () => {
  const trap = () => {
    throw new Error("a trap");
  };
  const traps = new Proxy({}, { get: () => trap });
  const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
  revoke();
  const nasty: unknown[] = [
    new Proxy({}, traps),
    new Proxy(new Error("x"), traps),
    proxy,
    () => 1,
    Symbol("s"),
    new URL("http://a/"),
    Object.create(Error.prototype),
    Object.assign(new Error("x"), {
      name: Symbol("n"),
      message: { toString: trap },
    }),
    Object.assign(new Error("x"), {
      proxy,
      f: () => 1,
      url: new URL("http://a/"),
    }),
    Object.assign(new Error("x"), {
      errors: [proxy, Symbol("s"), new Error("y")],
    }),
    Object.assign(new Error("x"), { errors: new Proxy([], traps) }),
    Object.assign(new Error("x"), { constructor: null }),
    Object.defineProperty(new Error("x"), "__proto__", {
      value: 1,
      enumerable: true,
    }),
  ];
  for (const thrown of nasty) {
    const packed = structuredClone(packError(thrown, isSendable));
    inspectValue(packed);
    reviveError(packed);
    assertEquals(typeof classNameOf(packed), "string");
  }
});

/** Packed errors in a packed error, itself included. */
function countOf(packed: PackedError): number {
  const inner = [packed.cause, ...packed.errors ?? []];
  return inner.reduce(
    (sum, each) => sum + (each === undefined ? 0 : countOf(each)),
    1,
  );
}

Deno.test("packError() ends on errors that hold themselves", () => {
  const own = new Error("own cause");
  own.cause = own;
  const pair = new Error("a", { cause: new Error("b") });
  (pair.cause as Error).cause = pair;
  const many = new AggregateError([], "many");
  many.errors.push(many, many, many, many);
  many.cause = many;
  for (const error of [own, pair, many]) {
    assertLess(countOf(packError(error, isSendable)), 1000);
    assertEquals((across(error) as Error).message, error.message);
  }
});

Deno.test("packError() keeps a chain of causes, as deep as any is read", () => {
  let error = new Error("0");
  for (let i = 1; i < 100; i++) error = new Error(`${i}`, { cause: error });
  let back = across(error) as Error;
  for (let i = 99; i > 94; i--) {
    assertEquals(back.message, `${i}`);
    back = back.cause as Error;
  }
});

Deno.test("reviveError() gives errors of other kinds their own class", () => {
  const aggregate = across(
    new AggregateError([new TypeError("a"), 5], "b"),
  ) as AggregateError;
  assertInstanceOf(aggregate, AggregateError);
  assertInstanceOf(aggregate.errors[0], TypeError);
  assertStrictEquals(aggregate.errors[1], 5);
  const dom = across(new DOMException("a", "AbortError")) as DOMException;
  assertInstanceOf(dom, DOMException);
  assertEquals([dom.name, dom.message, dom.code], ["AbortError", "a", 20]);
  class QuotaError extends Error {}
  const packed = packError(new QuotaError("q"), isSendable);
  assertEquals(classNameOf(packed), "QuotaError");
  assertStringIncludes(Deno.inspect(reviveError(packed)), "q");
});

Deno.test("the errors for callers say what they are about", () => {
  const exit = { code: null, signal: "SIGKILL", stderrTail: "a", oom: false };
  const error = new WorkerExitError("lost", exit, { call: "M000/00001" });
  assert(error instanceof CallError && error instanceof Error);
  assertEquals({ ...error, stats: 1 }, {
    name: "WorkerExitError",
    call: "M000/00001",
    stats: 1,
    ...exit,
  });
  assertEquals("cause" in error, false);
  assertEquals("cause" in new CallError("a", { cause: undefined }), true);
});
