/**
 * Lists of futures: they are arrays, functions can be chained on them, and functions may return futures of their own.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStrictEquals } from "./assert.ts";
import {
  type BackendName,
  CallError,
  CancelledError,
  FuturesList,
  ResponseFuture,
} from "../mod.ts";
import { BACKENDS, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";

const MOD = import.meta.resolve("../mod.ts");
const same = (x: number) => x;

onEach("a list of futures is an array", async (make) => {
  const fexec = make();
  const futures = fexec.map(same, [1, 2, 3]);
  assertEquals(
    [
      Array.isArray(futures),
      futures instanceof FuturesList,
      futures[0] instanceof ResponseFuture,
    ],
    [true, true, true],
  );
  assertEquals([futures.length, [...futures].length], [3, 3]);
  for (
    const made of [
      futures.slice(1),
      futures.filter((future) => future.callId !== "00000"),
      futures.concat([]).slice(1),
    ]
  ) {
    assertEquals([made.length, made instanceof FuturesList], [2, false]);
    assertEquals(await fexec.getResult(made), [2, 3]);
  }
  assertEquals(await Promise.all(futures), [1, 2, 3]);
  assertEquals(await futures.at(-1), 3);
});

onEach(
  "map() on a list runs on each result as soon as it is there",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2 });
    const first = fexec.map(
      async (name: string, url: string) =>
        await (await fetch(url + name)).text(),
      ["a", "b"],
      { extraArgs: [gate.url] },
    );
    const second = first.map((text, suffix: string) => text + suffix, {
      extraArgs: ["!"],
    });
    assertEquals(second.length, 2);
    await Promise.all([gate.arrived("a"), gate.arrived("b")]);
    gate.open("b", "B");
    assertEquals(await second[1], "B!");
    assertEquals([first[0]!.done, second[0]!.done], [false, false]);
    assertEquals(second[0]!.state, "new");
    gate.open("a", "A");
    assertEquals(await second.getResult(), ["A!", "B!"]);
    assertEquals(await first.getResult(), ["A", "B"]);
    assertEquals(
      await first.map((text) => text.toLowerCase()).getResult(),
      ["a", "b"],
    );
    assertEquals(first.length, 2);
  },
);

onEach(
  "a failed call fails what is chained on it, with its own error",
  async (make) => {
    const fexec = make();
    const first = fexec.map((x: number) => {
      if (x === 2) throw new RangeError("two");
      return x;
    }, [1, 2, 3]);
    const third = first.map((x) => x * 10).map((x) => x + 1);
    assertEquals(
      await third.getResult({ throwExcept: false }),
      [11, undefined, 31],
    );
    const error = await assertRejects(() => third[1]!.result(), CallError);
    assertStrictEquals(error, first[1]!.error);
    assertEquals(error.call, "M000/00001");
    assertEquals(error.stats?.job_id, "M000");
    const stats = third[1]!.stats;
    assertEquals(
      [stats.outcome, stats.error_class, stats.attempt, stats.job_id],
      ["error", "RangeError", 0, "M002"],
    );
  },
);

onEach(
  "a chain passes undefined on, and the results of a mapReduce()",
  async (make) => {
    const fexec = make();
    const nothing = fexec.map((_: number) => {}, [1]).map((x) => `${x}`);
    assertEquals(await nothing.getResult(), ["undefined"]);
    const reduced = fexec.mapReduce(same, [1, 2], (all) => all.length)
      .map((x) => x + 10);
    assertEquals(await reduced.getResult(), [12]);
    const again = fexec.map(same, [1, 2])
      .mapReduce((x) => x + 1, (all) => all.join());
    assertEquals(await again.getResult(), "2,3");
  },
);

onEach("a chain on the futures of another executor works", async (make) => {
  const one = make(), two = make();
  const futures = one.map(same, [1, 2]);
  const chained = two.map((x: number) => x + 1, futures);
  assertEquals(await chained.getResult(), [2, 3]);
  assertEquals(await two.getResult(futures), [1, 2]);
  assertEquals(
    chained[0]!.executorId,
    two.executorId,
  );
});

onEach(
  "a chain ends when what it hangs on is cancelled or ended",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ killDelay: 0.05 });
    const wait = async (name: string, url: string) =>
      await (await fetch(url + name)).text();
    const first = fexec.map(wait, ["a"], { extraArgs: [gate.url] });
    const second = first.map((text) => text);
    await gate.arrived("a");
    first.cancel("no more");
    const error = await assertRejects(() => second.getResult(), CancelledError);
    assertEquals(error.call, "M000/00000");
    const third = fexec.map(wait, ["b"], { extraArgs: [gate.url] })
      .map((text) => text);
    await gate.arrived("b");
    await fexec.terminate("ended");
    await assertRejects(() => third.getResult(), CancelledError);
  },
);

for (const inner of BACKENDS) {
  onEach(
    `a function may return futures of its own executor on ${inner}`,
    async (make, backend) => {
      // One after the other; but Deno takes a second to start a thread within a thread.
      const isSlow = backend === "thread" && inner === "thread";
      const fexec = make({ workers: 1, concurrency: isSlow ? 6 : 1 });
      const run = async (
        what: string,
        url: string,
        backend: BackendName,
      ): Promise<unknown> => {
        const { FunctionExecutor } = await import(
          url
        ) as typeof import("../mod.ts");
        const fexec = new FunctionExecutor({
          backend,
          workers: 1,
          progress: false,
          logLevel: "none",
        });
        const double = (x: number) => x * 2;
        switch (what) {
          case "list":
            return fexec.map(double, [1, 2, 3]);
          case "one":
            return fexec.callAsync(double, 5);
          case "array":
            return [...fexec.map(double, [1, 2]), fexec.callAsync(double, 3)];
          case "reduced":
            return fexec.mapReduce(double, [1, 2], (all) => all.length);
          case "failing":
            return fexec.map((x: number) => {
              throw new RangeError(`inner ${x}`);
            }, [1]);
          default: {
            const results = await fexec.map(double, [4]).getResult();
            await fexec.close();
            return results;
          }
        }
      };
      const futures = fexec.map(
        run,
        ["list", "one", "array", "reduced", "own", "failing"],
        { extraArgs: [MOD, inner] },
      );
      assertEquals(
        await futures.getResult({ throwExcept: false }),
        [[2, 4, 6], 10, [2, 4, 6], 2, [8], undefined],
      );
      const error = futures[5]!.error as CallError;
      assertEquals((error.cause as CallError).name, "CallError");
      assertEquals(((error.cause as Error).cause as Error).message, "inner 1");
    },
  );
}

onEach(
  "an executor inside a function gives it results to go on with",
  async (make) => {
    const fexec = make({ workers: 2 });
    const nested = fexec.map(
      async (n: number, url: string) => {
        const { FunctionExecutor } = await import(
          url
        ) as typeof import("../mod.ts");
        await using fexec = new FunctionExecutor({
          workers: 1,
          progress: false,
        });
        const items = Array.from({ length: n }, (_, i) => i);
        return await fexec.map((x: number) => x, items).getResult();
      },
      [1, 2, 3, 4],
      { extraArgs: [MOD] },
    );
    assertEquals(
      await nested.getResult(),
      [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]],
    );
  },
);
