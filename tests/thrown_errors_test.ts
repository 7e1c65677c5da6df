/**
 * What functions throw arrives whole: class, fields, stack and causes; and whatever is thrown, the call has failed.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { CallError, type ResponseFuture, WorkerExitError } from "../mod.ts";
import { onEach } from "./executors.ts";

async function failureOf(future: ResponseFuture<unknown>): Promise<CallError> {
  return await assertRejects(() => future.result(), CallError);
}

onEach("an error of a class of one's own arrives whole", async (make) => {
  const fexec = make();
  const future = fexec.callAsync((limit: number) => {
    class QuotaError extends RangeError {
      override name = "QuotaError";
      code = "E_QUOTA";
      limits = new Map([["used", 1n]]);
      at = new Date(0);
      constructor(message: string, readonly limit: number, cause: Error) {
        super(message, { cause });
      }
    }
    const root = new TypeError("the root", { cause: { disk: "full" } });
    throw new QuotaError(
      "too much",
      limit,
      new AggregateError([root, 5], "many"),
    );
  }, 7);
  const error = await failureOf(future);
  assertEquals(
    error.message,
    "Call A000/00000 of the function failed: too much",
  );
  assertEquals([error.call, error.stats?.error_class], [
    "A000/00000",
    "QuotaError",
  ]);
  const cause = error.cause as Error & Record<string, unknown>;
  assertInstanceOf(cause, Error);
  assertNotInstanceOf(cause, CallError);
  assertEquals(
    [
      cause.name,
      cause.message,
      cause.code,
      cause.limit,
      cause.limits,
      cause.at,
    ],
    [
      "QuotaError",
      "too much",
      "E_QUOTA",
      7,
      new Map([["used", 1n]]),
      new Date(0),
    ],
  );
  assertStringIncludes(cause.stack!, "thrown_errors_test.ts");
  const many = cause.cause as AggregateError;
  assertInstanceOf(many, AggregateError);
  const [root, five] = many.errors;
  assertInstanceOf(root, TypeError);
  assertEquals([root.message, root.cause, five], [
    "the root",
    { disk: "full" },
    5,
  ]);
});

onEach("whatever is thrown is the cause", async (make) => {
  const fexec = make();
  const throwers: [fn: () => unknown, cause: unknown, errorClass: string][] = [
    [
      () => {
        throw undefined;
      },
      undefined,
      "undefined",
    ],
    [
      () => {
        throw null;
      },
      null,
      "null",
    ],
    [
      () => {
        throw "text";
      },
      "text",
      "string",
    ],
    [
      () => {
        throw { code: 5n };
      },
      { code: 5n },
      "object",
    ],
    [() => Promise.reject(), undefined, "undefined"],
    [() => Promise.reject([1, new Set([2])]), [1, new Set([2])], "object"],
  ];
  for (const [fn, cause, errorClass] of throwers) {
    const future = fexec.callAsync(fn, 0);
    const error = await failureOf(future);
    assert("cause" in error);
    assertEquals(error.cause, cause, `${fn}`);
    assertMatch(
      error.message,
      /^Call A\d+\/00000 of the function failed: threw /,
    );
    assertEquals(future.stats.error_class, errorClass);
    assertEquals(future.success, false);
  }
});

onEach(
  "built-in errors keep their class, and an async function its error",
  async (make) => {
    const fexec = make();
    const names = [
      "TypeError",
      "RangeError",
      "SyntaxError",
      "URIError",
      "EvalError",
      "ReferenceError",
    ] as const;
    const futures = fexec.map(async (name: typeof names[number]) => {
      await Promise.resolve();
      throw new globalThis[name](`a ${name}`);
    }, names);
    for (const [i, name] of names.entries()) {
      const { cause } = await failureOf(futures[i]!);
      assertInstanceOf(cause, globalThis[name]);
      assertEquals(cause.message, `a ${name}`);
    }
    const dom = await failureOf(fexec.callAsync(() => {
      throw new DOMException("stopped", "AbortError");
    }, 0));
    const cause = dom.cause as DOMException;
    assertInstanceOf(cause, DOMException);
    assertEquals([cause.name, cause.message], ["AbortError", "stopped"]);
  },
);

onEach("an error that cannot be looked at is still a failure", async (make) => {
  const fexec = make({ workers: 1 });
  const nasty: (() => unknown)[] = [
    () => {
      const error = new Error("x");
      for (
        const key of ["name", "message", "stack", "cause", "errors", "code"]
      ) {
        Object.defineProperty(error, key, {
          enumerable: true,
          get() {
            throw new Error("untouchable");
          },
        });
      }
      throw error;
    },
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      throw proxy;
    },
    () => {
      throw {
        toString: () => {
          throw 1;
        },
        [Symbol.toPrimitive]: 5,
      };
    },
    () => {
      const error = new Error("loop");
      error.cause = error;
      throw error;
    },
    () => {
      throw Object.assign(new Error("fields"), {
        f: () => 1,
        url: new URL("http://a/"),
      });
    },
    () => {
      throw () => 1;
    },
  ];
  const futures = nasty.map((fn) => fexec.callAsync(fn, 0));
  for (const future of futures) {
    const error = await failureOf(future);
    assertNotInstanceOf(error, WorkerExitError);
    assertEquals(future.stats.outcome, "error");
  }
  assertEquals(fexec.workerStats().length, 1);
});
