/**
 * Who has waited, or has left a loop, is forgotten: neither calls nor lists nor the executor go on telling it anything.
 *
 * @module
 */
import { assertEquals, assertRejects } from "./assert.ts";
import type { FunctionExecutor, FuturesList } from "../mod.ts";
import { on, until } from "./executors.ts";
import { openGate } from "./gate.ts";
import { countListeners } from "./listeners.ts";

const atGate = async (name: string, url: string) => {
  await (await fetch(url + name)).text();
  if (name === "bad") throw new RangeError("bad");
  return name;
};

/** Each way to wait for calls of which some never end, and to leave that. */
const WAYS: Record<
  string,
  (fexec: FunctionExecutor, futures: FuturesList<string>) => Promise<unknown>
> = {
  "a wait for a list that ran out of time": (_, futures) =>
    futures.wait({ timeout: 0.001 }),
  "a wait for a percentage that ran out of time": (_, futures) =>
    futures.wait({ timeout: 0.001, returnWhen: 99 }),
  "a wait for an array that ran out of time": (fexec, futures) =>
    fexec.wait([...futures, futures[1]!], { timeout: 0.001 }),
  "a wait for all that ran out of time": (fexec) =>
    fexec.wait(undefined, { timeout: 0.001 }),
  "a wait for any": (_, futures) =>
    futures.wait({ returnWhen: "ANY_COMPLETED" }),
  "a look": (_, futures) => futures.wait({ returnWhen: "ALWAYS" }),
  "a look at all": (fexec) => fexec.wait(undefined, { returnWhen: "ALWAYS" }),
  "a look at a future": (fexec, futures) =>
    fexec.wait(futures[1]!, { returnWhen: "ALWAYS" }),
  "results that took too long": (_, futures) =>
    assertRejects(() => futures.getResult({ timeout: 0.001 }), DOMException),
  "all results that took too long": (fexec) =>
    assertRejects(
      () => fexec.getResult(undefined, { timeout: 0.001 }),
      DOMException,
    ),
  "a result that took too long": (_, futures) =>
    assertRejects(() => futures[1]!.result({ timeout: 0.001 }), DOMException),
  "results that nobody wants any more": (_, futures) =>
    aborted((signal) => futures.getResult({ signal })),
  "a result that nobody wants any more": (_, futures) =>
    aborted((signal) => futures[1]!.result({ signal })),
  "a loop that was left": async (_, futures) => {
    for await (const _ of futures.asCompleted()) break;
  },
  "a loop that threw": (_, futures) =>
    assertRejects(async () => {
      for await (const _ of futures.asCompleted()) throw new Error("enough");
    }),
  "a loop that was left while asked": async (_, futures) => {
    const loop = futures.asCompleted();
    await loop.next();
    const next = loop.next();
    await loop.return!();
    assertEquals((await next).done, true);
  },
};

async function aborted(wait: (signal: AbortSignal) => Promise<unknown>) {
  const controller = new AbortController();
  const waiting = wait(controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
}

on("thread", "who has waited is forgotten by calls and lists", async (make) => {
  await using gate = openGate();
  for (const [name, leave] of Object.entries(WAYS)) {
    const fexec = make({ workers: 1 });
    const more = Promise.withResolvers<void>();
    const futures = fexec.map(
      atGate,
      (async function* () {
        yield "a";
        yield "never";
        await more.promise;
        yield "later";
      })(),
      { extraArgs: [gate.url] },
    );
    await until(() => futures.length === 1);
    gate.open("a");
    await futures[0];
    await until(() => futures.length === 2);
    using count = countListeners();
    for (let i = 0; i < 3; i++) await leave(fexec, futures);
    const { added } = count;
    if (name.startsWith("a look")) assertEquals([name, added], [name, 0]);
    assertEquals([name, count.held], [name, 0]);
    more.resolve();
    await until(() => futures.length === 3);
    assertEquals([name, count.added], [name, added]);
    await fexec.terminate();
  }
});

on("thread", "a wait that a failed call ends is forgotten", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 2 });
  using count = countListeners();
  const futures = fexec.map(atGate, ["bad", "never"], {
    extraArgs: [gate.url],
  });
  const waiting = [
    futures.wait({ throwExcept: true }),
    futures.getResult(),
    fexec.wait(undefined, { throwExcept: true }),
  ];
  assertEquals(count.held, 6);
  gate.open("bad");
  for (const each of waiting) await assertRejects(() => each, Error, "bad");
  assertEquals(count.held, 0);
});

on(
  "thread",
  "others still hear of a call that one no longer waits for",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync(atGate, "a", { extraArgs: [gate.url] });
    const first = fexec.wait([future, future]);
    const second = future.result();
    await assertRejects(() => future.result({ timeout: 0.001 }), DOMException);
    await fexec.wait([future, future], { timeout: 0.001 });
    gate.open("a");
    assertEquals((await first).map((list) => list.length), [2, 0]);
    assertEquals(await second, "a");
  },
);

on("thread", "a result that nobody got was not handed out", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(atGate, "a", { extraArgs: [gate.url] });
  await assertRejects(() => future.result({ timeout: 0.001 }), DOMException);
  gate.open("a");
  await fexec.wait();
  assertEquals(await fexec.getResult(), "a");
});

on(
  "thread",
  "wait() without futures goes by the inputs of its time",
  async (make) => {
    await using gate = openGate();
    const over = Promise.withResolvers<void>();
    const lazy = async function* () {
      yield "b";
      await over.promise;
    };
    for (const [name, input] of [["a", ["a"]], ["b", lazy()]] as const) {
      const fexec = make({ workers: 2 });
      const first = fexec.map(atGate, input, { extraArgs: [gate.url] });
      await until(() => first.length === 1);
      const waiting = fexec.wait();
      over.resolve();
      await until(() => first.inputEnded);
      const later = fexec.map(
        (x: number) => x,
        (async function* () {
          await new Promise(() => {});
          yield 1;
        })(),
      );
      gate.open(name);
      const [done, open] = await waiting;
      assertEquals([done.length, open.length], [1, 0]);
      assertEquals(later.inputEnded, false);
      await fexec.terminate();
    }
  },
);
