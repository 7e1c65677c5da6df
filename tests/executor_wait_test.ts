/**
 * Waiting for calls and taking their results: it observes, keeps order and length, and is asked as often as one likes.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "./assert.ts";
import { CallError, type FunctionExecutor } from "../mod.ts";
import { onEach, turn } from "./executors.ts";
import { type Gate, openGate } from "./gate.ts";

/** One call for each name: it waits at the gate, and gives its name. */
function waiters(fexec: FunctionExecutor, gate: Gate, names: string[]) {
  return fexec.map(
    async (name: string, url: string) => {
      await (await fetch(url + name)).text();
      return name;
    },
    names,
    { extraArgs: [gate.url] },
  );
}

const fail = (x: number) => {
  if (x < 0) throw new RangeError(`${x} is below 0`);
  return x;
};

onEach(
  "wait() tells those that have ended from those that have not",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = waiters(fexec, gate, ["a", "b", "c"]);
    const counts = async (returnWhen: "ALWAYS" | "ANY_COMPLETED" | number) => {
      const [done, open] = await fexec.wait(futures, { returnWhen });
      return [done.length, open.length];
    };
    assertEquals(await counts("ALWAYS"), [0, 3]);
    assertEquals(await counts(0), [0, 3]);
    gate.open("a");
    assertEquals(await counts("ANY_COMPLETED"), [1, 2]);
    assertEquals(await counts(30), [1, 2]);
    assertEquals(await counts(33), [1, 2]);
    gate.open("b");
    assertEquals(await counts(34), [2, 1]);
    gate.open("c");
    const [done, open] = await futures.wait();
    assertEquals(await done.getResult(), ["a", "b", "c"]);
    assertEquals(open.length, 0);
  },
);

onEach("wait() with a timeout returns, and stops nothing", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const futures = waiters(fexec, gate, ["a", "b"]);
  gate.open("a");
  await futures[0];
  const [done, open] = await futures.wait({ timeout: 0.02 });
  assertEquals([Array.from(done), Array.from(open)], [[futures[0]], [
    futures[1],
  ]]);
  const [none] = await fexec.wait(futures[1]!, { timeout: 0 });
  assertEquals(none.length, 0);
  gate.open("b");
  assertEquals(await futures.getResult(), ["a", "b"]);
});

onEach(
  "wait() throws what the first failed call did only when told to",
  async (make) => {
    await using gate = openGate();
    const fexec = make();
    const open = waiters(fexec, gate, ["a"]);
    const failed = fexec.map(fail, [1, -1]);
    const both = [...failed, ...open];
    const [done] = await fexec.wait(failed);
    assertEquals(done.length, 2);
    const error = await assertRejects(
      () => fexec.wait(both, { throwExcept: true }),
      CallError,
      "-1 is below 0",
    );
    assertEquals(error.call, "M001/00001");
    gate.open("a");
    assertEquals(await open.getResult(), ["a"]);
  },
);

onEach("wait() without futures waits for all of the executor", async (make) => {
  const fexec = make();
  assertEquals((await fexec.wait()).map((list) => list.length), [0, 0]);
  fexec.map(fail, [1, -1]);
  fexec.callAsync(fail, 2);
  const [done, open] = await fexec.wait();
  assertEquals([done.length, open.length], [3, 0]);
});

onEach("wait() without futures waits for a lazy input too", async (make) => {
  const fexec = make();
  fexec.map(fail, [1, 2].values());
  const [done, open] = await fexec.wait();
  assertEquals([done.length, open.length], [2, 0]);
  assertEquals(await done.getResult(), [1, 2]);
});

onEach("getResult() has the shape of what it is asked for", async (make) => {
  const fexec = make();
  const list = fexec.map(fail, [1]);
  const single = fexec.callAsync(fail, 2);
  const reduced = fexec.mapReduce(fail, [1, 2], (all) => all.length);
  assertEquals(await fexec.getResult(single), 2);
  assertEquals(await fexec.getResult(list), [1]);
  assertEquals(await fexec.getResult([single]), [2]);
  assertEquals(await fexec.getResult([single, list[0]!, single]), [2, 1, 2]);
  assertEquals(await fexec.getResult(reduced), 2);
  assertEquals(await fexec.getResult([]), []);
  assertEquals(await fexec.map(fail, []).getResult(), []);
});

onEach(
  "getResult() without futures gives what was not handed out yet",
  async (make) => {
    const fexec = make();
    assertEquals(await fexec.getResult(), []);
    fexec.callAsync(fail, 1);
    assertEquals(await fexec.getResult(), 1);
    assertEquals(await fexec.getResult(), []);
    fexec.map(fail, [5]);
    assertEquals(await fexec.getResult(), [5]);
    fexec.map(fail, [2, 3]);
    fexec.callAsync(fail, 4);
    fexec.mapReduce(fail, [1, 2], (all) => all.join("+"));
    assertEquals(await fexec.getResult(), [2, 3, 4, "1+2"]);
    fexec.mapReduce(fail, [1, 2], (all) => all.join("+"));
    assertEquals(await fexec.getResult(), "1+2");
    const taken = fexec.map(fail, [6, 7]);
    assertEquals(await taken.getResult(), [6, 7]);
    const awaited = fexec.callAsync(fail, 8);
    await awaited;
    assertEquals(await fexec.getResult(), []);
  },
);

onEach(
  "getResult() without futures counts a chained list as handed on",
  async (make) => {
    const fexec = make();
    fexec.map(fail, [1, 2]).map((x) => x * 10);
    assertEquals(await fexec.getResult(), [10, 20]);
    fexec.map(fail, [1, 2].values()).map((x) => x * 10);
    assertEquals(await fexec.getResult(), [10, 20]);
  },
);

onEach("getResult() keeps undefined and null in their places", async (make) => {
  const fexec = make();
  const futures = fexec.map(
    (x: number) => [undefined, null, 0][x],
    [0, 1, 2, 0],
  );
  assertEquals(await futures.getResult(), [undefined, null, 0, undefined]);
  fexec.callAsync(() => {}, 0);
  assertEquals(await fexec.getResult(), undefined);
});

onEach(
  "getResult() throws the same error each time; others keep their results",
  async (make) => {
    const fexec = make();
    const futures = fexec.map(fail, [1, -1, 3]);
    const first = await assertRejects(() => futures.getResult(), CallError);
    const again = await assertRejects(() => futures.getResult(), CallError);
    assertStrictEquals(first, again);
    assertStrictEquals(first, futures[1]!.error);
    assertInstanceOf(first.cause, RangeError);
    assertEquals(await futures[2], 3);
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      [1, undefined, 3],
    );
  },
);

onEach("getResult() that ran out of time can be asked again", async (make) => {
  await using gate = openGate();
  const fexec = make();
  const futures = waiters(fexec, gate, ["a", "b"]);
  for (
    const ask of [
      () => fexec.getResult(undefined, { timeout: 0.02 }),
      () => futures.getResult({ timeout: 0.02 }),
      () => fexec.getResult(futures, { timeout: 0.02 }),
    ]
  ) {
    const error = await assertRejects(ask, DOMException, "0.02 seconds");
    assertEquals(error.name, "TimeoutError");
  }
  gate.openAll();
  assertEquals(await fexec.getResult(), ["a", "b"]);
});

onEach("getResult() that threw can be asked for the rest", async (make) => {
  const fexec = make();
  fexec.map(fail, [1, -1, 3]);
  await assertRejects(() => fexec.getResult(), CallError);
  assertEquals(
    await fexec.getResult(undefined, { throwExcept: false }),
    [1, undefined, 3],
  );
});

onEach("a signal stops the waiting, not the calls", async (make) => {
  await using gate = openGate();
  const fexec = make();
  const futures = waiters(fexec, gate, ["a"]);
  const reason = new Error("enough");
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = [
    futures.getResult({ signal }),
    futures[0]!.result({ signal }),
  ].map((promise) => promise.then(() => "result", (error) => error));
  controller.abort(reason);
  for (const got of await Promise.all(waiting)) assertStrictEquals(got, reason);
  assertStrictEquals(
    await futures.getResult({ signal }).catch((error) => error),
    reason,
  );
  gate.open("a");
  assertEquals(await futures.getResult(), ["a"]);
});

onEach("asCompleted() yields futures as their calls end", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 3 });
  const futures = waiters(fexec, gate, ["a", "b", "c"]);
  const order: string[] = [];
  gate.open("b");
  for await (const future of futures.asCompleted()) {
    assert(future.done);
    order.push(await future.result());
    gate.open(order.length === 1 ? "c" : "a");
  }
  assertEquals(order, ["b", "c", "a"]);
});

onEach(
  "asCompleted() yields failed calls too, and may be left early",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(fail, [-1, 2]);
    const states: string[] = [];
    for await (const future of futures.asCompleted()) states.push(future.state);
    assertEquals(states.sort(), ["error", "success"]);
    const more = waiters(fexec, gate, ["a", "b"]);
    gate.open("a");
    for await (const future of more.asCompleted()) {
      assertEquals(await future.result(), "a");
      break;
    }
    gate.open("b");
    assertEquals(await more.getResult(), ["a", "b"]);
  },
);

onEach(
  "asCompleted() answers when asked twice at once, or left while asked",
  async (make) => {
    await using gate = openGate();
    const fexec = make();
    const futures = waiters(fexec, gate, ["a", "b"]);
    const iterator = futures.asCompleted();
    const asked = [1, 2, 3].map(() => iterator.next());
    await turn();
    gate.openAll();
    const ends = (await Promise.all(asked)).map((result) => result.done);
    assertEquals(ends, [false, false, true]);
    const more = waiters(fexec, gate, ["c"]);
    const left = more.asCompleted();
    const [next] = await Promise.all([left.next(), left.return!()]);
    await more.getResult();
    assertEquals(typeof next.done, "boolean");
  },
);
