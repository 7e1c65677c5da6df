/**
 * Types flow from items and functions to results. What is tested here is tested by the type checker: a line that must
 * not compile is marked as such, and the mark itself is an error when the line does compile.
 *
 * @module
 */
import { assertEquals } from "./assert.ts";
import {
  type CallContext,
  type FunctionExecutor,
  type FuturesList,
  type ResponseFuture,
  task,
  type TaskRef,
} from "../mod.ts";

type Fns = typeof import("./fixtures/fns.ts");
const FNS = import.meta.resolve("./fixtures/fns.ts");

/** True if the two types are the same, `any` being the same as itself only. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Does not compile unless the type argument is `true`. */
function is<_T extends true>(): void {}

/** Holds lines that are checked and never run. */
function never(_body: (fexec: FunctionExecutor) => unknown): void {
  assertEquals(typeof _body, "function");
}

Deno.test("map() is typed from function to results", () => {
  never((fexec) => {
    const futures = fexec.map((x: number) => x + 7, [1]);
    is<Same<typeof futures, FuturesList<number>>>();
    is<Same<typeof futures[0], ResponseFuture<number>>>();
    const results = futures.getResult();
    is<Same<typeof results, Promise<number[]>>>();
    const texts = fexec.map(async (x: number) => await `${x}`, new Set([1]));
    is<Same<typeof texts, FuturesList<string>>>();
    const inferred = fexec.map((x) => x.length, ["a"]);
    is<Same<typeof inferred, FuturesList<number>>>();
    const nothing = fexec.map((_: number) => {}, [1]);
    is<Same<typeof nothing, FuturesList<void>>>();
    // @ts-expect-error -- the items are no numbers
    fexec.map((x: number) => x, ["a"]);
    // @ts-expect-error -- one of the items is no number
    fexec.map((x: number) => x, [1, "a"]);
    const iterator = ["a"].values();
    // @ts-expect-error -- the items of an iterator neither
    fexec.map((x: number) => x, iterator);
    // @ts-expect-error -- cannot be iterated
    fexec.map((x: number) => x, 5);
    // @ts-expect-error -- no such option
    fexec.map((x: number) => x, [1], { timeOut: 5 });
  });
});

Deno.test("map() takes any iterable of the items", () => {
  never((fexec) => {
    const f = (x: number): number => x;
    fexec.map(f, new Set([1]));
    fexec.map(f, new Float64Array(2));
    fexec.map(f, [1].values());
    fexec.map(
      f,
      (function* () {
        yield 1;
      })(),
    );
    const async = fexec.map(
      f,
      (async function* () {
        yield await 1;
      })(),
    );
    is<Same<typeof async, FuturesList<number>>>();
    const pairs = fexec.map(([k, v]) => k.length + v, new Map([["a", 1]]));
    is<Same<typeof pairs, FuturesList<number>>>();
    const loose = fexec.map((x: number | undefined) => x, [1, undefined]);
    is<Same<typeof loose, FuturesList<number | undefined>>>();
  });
});

Deno.test("extraArgs and the context are typed", () => {
  never((fexec) => {
    const plain = fexec.map((x: number, f: number) => x * f, [1], {
      extraArgs: [10],
    });
    is<Same<typeof plain, FuturesList<number>>>();
    const all = fexec.map(
      (x: number, a: string, b: Date, ctx) => [x, a, b, ctx.id] as const,
      [1],
      { extraArgs: ["a", new Date()] },
    );
    is<
      Same<typeof all, FuturesList<readonly [number, string, Date, number]>>
    >();
    fexec.map(
      (x, a, ctx) => {
        is<Same<typeof x, number>>();
        is<Same<typeof a, "a">>();
        is<Same<typeof ctx, CallContext>>();
      },
      [1],
      { extraArgs: ["a"] },
    );
    const context = fexec.map((_: number, { id, callId, signal, env }) => {
      is<Same<typeof id, number>>();
      is<Same<typeof callId, string>>();
      is<Same<typeof signal, AbortSignal>>();
      is<Same<typeof env, Readonly<Record<string, string>>>>();
      return id;
    }, [1]);
    is<Same<typeof context, FuturesList<number>>>();
    const extra: number[] = [1, 2];
    fexec.map((x: number, ...rest: unknown[]) => [x, rest], [1], {
      extraArgs: extra,
    });
    fexec.callAsync((x: number, f: number) => x * f, 1, { extraArgs: [2] });
    // @ts-expect-error -- the extra argument is no number
    fexec.map((x: number, f: number) => x * f, [1], { extraArgs: ["a"] });
    // @ts-expect-error -- the extra argument is missing
    fexec.map((x: number, f: number) => x * f, [1]);
    // @ts-expect-error -- the second of two is missing
    fexec.map((x: number, f: number, g: string) => [x, f, g], [1], {
      extraArgs: [1],
    });
    // @ts-expect-error -- no list
    fexec.map((x: number) => x, [1], { extraArgs: 5 });
    // @ts-expect-error -- an environment holds no objects
    fexec.map((x: number) => x, [1], { extraEnv: { a: {} } });
    // @ts-expect-error -- no such key
    fexec.map((_: number, ctx) => ctx.nothing, [1]);
  });
});

Deno.test("callAsync() and getResult() have the shape of what was asked", () => {
  never((fexec) => {
    const future = fexec.callAsync((x: number) => x + 7, 1);
    is<Same<typeof future, ResponseFuture<number>>>();
    const one = fexec.getResult(future);
    is<Same<typeof one, Promise<number>>>();
    const list = fexec.getResult(fexec.map((x: number) => `${x}`, [1]));
    is<Same<typeof list, Promise<string[]>>>();
    const array = fexec.getResult([future, future]);
    is<Same<typeof array, Promise<number[]>>>();
    const text = fexec.callAsync((x: string) => x, "a");
    const mixed = fexec.getResult([future, text]);
    is<Same<typeof mixed, Promise<(number | string)[]>>>();
    fexec.wait([future, text]);
    const all = fexec.getResult<number[]>();
    is<Same<typeof all, Promise<number[]>>>();
    const unknown = fexec.getResult();
    is<Same<typeof unknown, Promise<unknown>>>();
    const waited = fexec.wait(fexec.map((x: number) => x, [1]));
    is<
      Same<typeof waited, Promise<[FuturesList<number>, FuturesList<number>]>>
    >();
    // @ts-expect-error -- no number
    fexec.callAsync((x: number) => x, "a");
    // @ts-expect-error -- no futures
    fexec.getResult([1]);
    // @ts-expect-error -- no such word
    fexec.wait([future], { returnWhen: "SOME" });
  });
});

Deno.test("mapReduce() is typed through both functions", () => {
  never((fexec) => {
    const reduced = fexec.mapReduce(
      (x: number, by: number) => `${x * by}`,
      [1],
      (texts, sep: string) => new Set(texts.join(sep)),
      { extraArgs: [2], extraArgsReduce: [","] },
    );
    is<
      Same<typeof reduced, FuturesList<string | Set<string>, Set<string>>>
    >();
    const result = reduced.getResult();
    is<Same<typeof result, Promise<Set<string>>>>();
    const same = fexec.getResult(reduced);
    is<Same<typeof same, Promise<Set<string>>>>();
    fexec.mapReduce((x: number) => x, [1], (numbers) => {
      is<Same<typeof numbers, number[]>>();
    });
    // @ts-expect-error -- the reduce function gets numbers
    fexec.mapReduce((x: number) => x, [1], (list: string[]) => list);
    // @ts-expect-error -- one more argument than there is
    fexec.mapReduce((x: number) => x, [1], (l: number[], f: number) => [l, f]);
  });
});

Deno.test("chaining is typed by what is chained on", () => {
  never((fexec) => {
    const chained = fexec.map((x: number) => `${x}`, [1])
      .map((text) => text.length)
      .map((x, by: number) => x * by, { extraArgs: [2] });
    is<Same<typeof chained, FuturesList<number>>>();
    const also = fexec.map((x: number) => x > 0, chained);
    is<Same<typeof also, FuturesList<boolean>>>();
    const reduced = chained.mapReduce((x) => `${x}`, (list) => list.length);
    is<Same<typeof reduced, FuturesList<string | number, number>>>();
    // @ts-expect-error -- the results are strings
    fexec.map((x: number) => `${x}`, [1]).map((x: number) => x);
  });
});

Deno.test("tasks are typed by their module", () => {
  never((fexec) => {
    const doubled = fexec.map(task<Fns>(FNS, "double"), [1]);
    is<Same<typeof doubled, FuturesList<number>>>();
    const shouted = fexec.map(task<Fns>(FNS, "shout"), ["a"]);
    is<Same<typeof shouted, FuturesList<string>>>();
    const chained = doubled.map(task<Fns>(FNS, "double"));
    is<Same<typeof chained, FuturesList<number>>>();
    const scaled: TaskRef<(x: number, by: number) => number> = task(FNS, "a");
    const two = fexec.map(scaled, [1], { extraArgs: [2] });
    is<Same<typeof two, FuturesList<number>>>();
    // @ts-expect-error -- the task takes numbers
    fexec.map(task<Fns>(FNS, "double"), ["a"]);
    // @ts-expect-error -- no function of that module
    task<Fns>(FNS, "treble");
    // @ts-expect-error -- the extra argument is no number
    fexec.map(scaled, [1], { extraArgs: ["a"] });
  });
});

Deno.test("futures are typed when awaited and iterated", () => {
  never(async (fexec) => {
    const futures = fexec.map((x: number) => `${x}`, [1]);
    const awaited = await futures[0]!;
    is<Same<typeof awaited, string>>();
    const all = await Promise.all(futures);
    is<Same<typeof all, string[]>>();
    for await (const future of futures.asCompleted()) {
      is<Same<typeof future.callId, string>>();
      const result = await future.result();
      is<Same<typeof result, string>>();
    }
  });
});

Deno.test("futures that a function returns are typed by their results", () => {
  never((fexec) => {
    const list = fexec.callAsync(
      async (_, inner: FunctionExecutor) =>
        await Promise.resolve(inner.map((x: number) => x, [1])),
      0,
      { extraArgs: [fexec] },
    );
    is<Same<typeof list, ResponseFuture<number[]>>>();
    const one = fexec.callAsync(
      (_, inner: FunctionExecutor) => inner.callAsync((x: number) => x, 1),
      0,
      { extraArgs: [fexec] },
    );
    is<Same<typeof one, ResponseFuture<number>>>();
  });
});
