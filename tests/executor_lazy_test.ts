/**
 * Inputs of unknown length: pulled as workers have room, and their ends and errors are known to who waits.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "./assert.ts";
import type { FunctionExecutor } from "../mod.ts";
import { on, onEach, until } from "./executors.ts";
import { openGate } from "./gate.ts";

const same = (x: number) => x;

onEach(
  "a generator is pulled as workers have room, and one ahead of each",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2 });
    let pulled = 0;
    const futures = fexec.map(
      async (name: string, url: string) =>
        await (await fetch(url + name)).text(),
      (function* () {
        while (pulled < 1_000_000) yield `${pulled++}`;
      })(),
      { extraArgs: [gate.url] },
    );
    assertEquals([pulled, futures.length, futures.inputEnded], [0, 0, false]);
    await Promise.all([gate.arrived("0"), gate.arrived("1")]);
    assertEquals([pulled, futures.length], [2, 2]);
    gate.open("0");
    await gate.arrived("2");
    // Calls are known to be short now, unless the machine is busy.
    assertGreaterOrEqual(pulled, 3);
    assertLessOrEqual(pulled, 5);
    assertEquals(futures.length, pulled);
    const rest = futures.asCompleted();
    assertEquals((await rest.next()).value?.callId, "00000");
  },
);

onEach(
  "a generator of a million quick items does not run ahead of who takes results one by one",
  async (make) => {
    const most = 16 * 512;
    const fexec = make({ workers: 2 });
    let pulled = 0, done = 0, lead = 0;
    const futures = fexec.map(
      same,
      (function* () {
        while (pulled < 1_000_000) {
          lead = Math.max(lead, pulled - done);
          yield pulled++;
        }
      })(),
    );
    for await (const future of futures.asCompleted()) {
      assert(future.success);
      if (++done === 50_000) break;
    }
    await fexec.terminate();
    assertLess(lead, most);
    assertLess(pulled, 50_000 + most);
  },
);

onEach("a generator that is given up gets to clean up", async (make) => {
  const fexec = make();
  let closed = 0;
  const futures = fexec.map(
    same,
    (function* () {
      try {
        for (let i = 0;; i++) yield i;
      } finally {
        closed++;
      }
    })(),
  );
  await futures.asCompleted().next();
  await fexec.terminate();
  assertEquals([closed, futures.inputEnded], [1, true]);
});

onEach("any iterable is many items", async (make) => {
  const fexec = make();
  const iterables: [Iterable<unknown>, unknown[]][] = [
    [[1, 2], [1, 2]],
    [new Set([1, 2]), [1, 2]],
    [new Map([["a", 1]]), [["a", 1]]],
    [new Map([["a", 1]]).keys(), ["a"]],
    [new Uint8Array([1, 2]), [1, 2]],
    [[1, 2].entries(), [[0, 1], [1, 2]]],
    [(function* () {})(), []],
    [{ [Symbol.iterator]: () => [5, 6].values() }, [5, 6]],
  ];
  for (const [items, expected] of iterables) {
    assertEquals(
      await fexec.map((x: unknown) => x, items).getResult(),
      expected,
    );
  }
  const none = fexec.map(same, [1, 2, 3]);
  assertEquals([none.length, none.inputEnded], [3, true]);
});

onEach(
  "an async iterable is pulled one at a time, and waited for",
  async (make) => {
    const fexec = make({ workers: 2 });
    const next = Promise.withResolvers<void>();
    let asked = 0;
    const futures = fexec.map(
      async (x: number) => await Promise.resolve(x * 2),
      (async function* () {
        asked++;
        yield 1;
        asked++;
        await next.promise;
        yield 2;
      })(),
    );
    const results = futures.getResult();
    const order = futures.asCompleted();
    assertEquals((await order.next()).value?.callId, "00000");
    await until(() => asked === 2);
    assertEquals([futures.length, futures.inputEnded], [1, false]);
    next.resolve();
    assertEquals(await results, [2, 4]);
    assertEquals(futures.length, 2);
  },
);

onEach("a stream is an input", async (make) => {
  const stream = new Blob(["a\nbb\nccc"]).stream()
    .pipeThrough(new TextDecoderStream());
  const futures = make().map((text: string) => text.length, stream);
  assertEquals(await futures.getResult(), [8]);
});

/** Two items, then an error. */
function* failing(error: unknown): Generator<number> {
  yield 1;
  yield 2;
  throw error;
}

async function* failingLater(error: unknown): AsyncGenerator<number> {
  yield* failing(error);
}

for (const [kind, input] of Object.entries({ failing, failingLater })) {
  onEach(
    `an input that throws fails who waits, when the calls sent have ended: ${kind}`,
    async (make) => {
      const fexec = make();
      const error = new RangeError("no more");
      const futures = fexec.map(same, input(error));
      for (
        const ask of [
          () => futures.getResult(),
          () => futures.getResult({ throwExcept: false }),
          () => fexec.getResult(futures),
          () => fexec.getResult(),
          () => futures.wait(),
          () => futures.wait({ returnWhen: 100 }),
          () => fexec.wait(),
        ]
      ) {
        const thrown = await ask().then(() => "nothing", (error) => error);
        assertStrictEquals(thrown, error, `${ask}`);
        assertEquals(futures.length, 2);
        assert(futures.every((future) => future.success));
      }
      const seen: number[] = [];
      const iterated = async () => {
        for await (const future of futures.asCompleted()) {
          seen.push(await future.result());
        }
      };
      assertStrictEquals(await iterated().catch((error) => error), error);
      assertEquals(seen.sort(), [1, 2]);
      assertEquals(await Promise.all(futures), [1, 2]);
    },
  );
}

onEach(
  "an input that throws undefined is an input that threw",
  async (make) => {
    const futures = make().map(same, failing(undefined));
    const outcome = await futures.getResult().then(
      () => "a result",
      (error) => ({ error }),
    );
    assertEquals(outcome, { error: undefined });
  },
);

onEach(
  "an input that throws fails what is chained and reduced",
  async (make) => {
    const fexec = make();
    const error = new RangeError("no more");
    const chained = fexec.map(same, failing(error)).map((x) => x * 10);
    assertStrictEquals(await chained.getResult().catch((e) => e), error);
    assertEquals(await Promise.all(chained), [10, 20]);
    const reduced = fexec.mapReduce(same, failing(error), (all) => all.length);
    assertStrictEquals(await reduced.getResult().catch((e) => e), error);
  },
);

onEach("mapReduce() and chains take lazy inputs", async (make) => {
  const fexec = make();
  const reduced = fexec.mapReduce(same, [1, 2, 3].values(), (all) => all);
  assertEquals(await reduced.getResult(), [1, 2, 3]);
  const chained = fexec.map(same, [1, 2].values()).map((x) => x + 1)
    .mapReduce((x) => x * 10, (all) => all);
  assertEquals(await chained.getResult(), [20, 30]);
});

onEach("an input may itself use the executor", async (make) => {
  const fexec: FunctionExecutor = make({ workers: 1 });
  const futures = fexec.map(
    same,
    (async function* () {
      for (let i = 0; i < 3; i++) {
        yield await fexec.callAsync((x: number) => x * 10, i);
      }
    })(),
  );
  assertEquals(await futures.getResult(), [0, 10, 20]);
});

on("process", "what cannot be iterated is refused", async (make) => {
  const fexec = make();
  const map = (items: unknown) => fexec.map(same, items as number[]);
  for (const items of [5, null, undefined, {}, () => [], Promise.resolve([])]) {
    assertThrows(
      () => map(items),
      TypeError,
      "Cannot map as the items cannot be iterated: got",
    );
  }
  assertThrows(() => map("abc"), TypeError, "wrap it in an array");
  assertThrows(
    () => fexec.mapReduce(same, 5 as never, (all) => all),
    TypeError,
    "Cannot map-reduce as the items cannot be iterated: got 5",
  );
  const broken = {
    [Symbol.iterator]() {
      throw new RangeError("not now");
    },
  };
  await assertRejects(
    async () => await map(broken).getResult(),
    RangeError,
    "not now",
  );
  assertEquals(fexec.futures.length, 0);
});

onEach(
  "an input that is cancelled while it gives an item gives no call any more, and is closed",
  async (make) => {
    const fexec = make();
    await fexec.ready;
    let closed = 0;
    function* items() {
      try {
        yield 1;
        lists[0]!.cancel("stop");
        yield 2;
      } finally {
        closed++;
      }
    }
    const late = Promise.withResolvers<number>();
    async function* pulled() {
      try {
        yield 1;
        lists[1]!.cancel("stop");
        late.resolve(2);
        yield late.promise;
      } finally {
        closed++;
      }
    }
    const untilTold = (_: number, { signal }: { signal: AbortSignal }) =>
      new Promise((resolve) => signal.addEventListener("abort", resolve));
    const lists = [items(), pulled()].map((input) =>
      fexec.map(untilTold, input as Iterable<number>)
    );
    for (const list of lists) await list.wait();
    const states = lists.map((list) => Array.from(list, ({ state }) => state));
    assertEquals(states, [["cancelled"], ["cancelled"]]);
    assertEquals(closed, 2);
  },
);
