/**
 * What Lithops' own tests and a close look at it say a user may expect, one test for each of 63 behaviours, named after its
 * number; where Lithops itself is wrong, the outcome is ours. Here: arguments, maps, nesting, reducing (1 to 22). Number 22
 * is about partitions of objects in cloud storage, which do not exist here.
 *
 * @module
 */
import { assertEquals, assertNotEquals, assertThrows } from "./assert.ts";
import type { FunctionExecutor, FuturesList } from "../mod.ts";
import { onEach } from "./executors.ts";

const MOD = import.meta.resolve("../mod.ts");

const add = ([a, b]: number[]) => a! + b!;
const concat = (words: string[]) => words.join(" ");

Deno.test("Lithops 0: each of the behaviours has a test", () => {
  const here = new URL(".", import.meta.url);
  const text = [...Deno.readDirSync(here)]
    .filter(({ name }) => /^lithops.*_test\.ts$/.test(name))
    .map(({ name }) => Deno.readTextFileSync(new URL(name, here))).join("\n");
  const named = new Set(
    [...text.matchAll(/["`]Lithops (\d+): /g)].map((match) => Number(match[1])),
  );
  const missing = Array.from({ length: 63 }, (_, i) => i + 1)
    .filter((number) => !named.has(number));
  assertEquals(missing, [22]);
});

Deno.test("Lithops 0: docs/lithops.md tells of each of the behaviours, once", async () => {
  const docs = new URL("../docs/lithops.md", import.meta.url);
  const rows = (await Deno.readTextFile(docs)).split("\n")
    .filter((line) => /^\| \d+ /.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  assertEquals(
    rows.map((row) => Number(row[1])),
    Array.from({ length: 63 }, (_, i) => i + 1),
  );
  for (const [, number, theirs, ours, verdict, why] of rows) {
    assertNotEquals([theirs, ours].includes(""), true, number);
    assertEquals(
      ["same", "repaired", "differs", "not here"].includes(verdict!),
      true,
      `${number}: ${verdict}`,
    );
    if (verdict === "differs") assertNotEquals(why, "", number);
  }
});

onEach("Lithops 1: a call of a greeting gives it", async (make) => {
  const fexec = make();
  fexec.callAsync((name: string) => `Hello ${name || "World"}!`, "");
  assertEquals(await fexec.getResult(), "Hello World!");
});

onEach("Lithops 2: a list is one argument", async (make) => {
  assertEquals(await make().callAsync(concat, ["a", "b"]), "a b");
});

onEach(
  "Lithops 3: what is a tuple in Python is one argument too, to be taken apart",
  async (make) => {
    const fexec = make();
    assertEquals(await fexec.callAsync(add, [4, 6]), 10);
    const both = fexec.callAsync(
      (item: number[], ctx) => [item, ctx.callId],
      [4, 6],
    );
    assertEquals(await both, [[4, 6], "00000"]);
  },
);

onEach(
  "Lithops 4: extraArgs do what a partial does; a bound function is refused",
  async (make) => {
    const fexec = make();
    const plus = (x: number, y: number) => x + y;
    assertEquals(await fexec.callAsync(plus, 6, { extraArgs: [4] }), 10);
    const bound = plus.bind(null, 4);
    assertThrows(() => fexec.callAsync(bound, 6), TypeError, "it is bound");
  },
);

onEach(
  "Lithops 5: what is a dict of keyword arguments in Python is an object",
  async (make) => {
    const named = ({ x, y }: { x: number; y: number }) => x + y;
    assertEquals(await make().callAsync(named, { x: 2, y: 8 }), 10);
  },
);

onEach(
  "Lithops 6: what a class adds to its objects is not touched to send one",
  async (make) => {
    class Account {
      balance = 5;
      get secret(): never {
        throw new Error("touched");
      }
      toJSON(): never {
        throw new Error("touched");
      }
      get [Symbol.toStringTag](): never {
        throw new Error("touched");
      }
    }
    const balance = (account: { balance: number }) => account.balance;
    assertEquals(await make().callAsync(balance, new Account()), 5);
  },
);

onEach(
  "Lithops 7: a result that does not want to be looked at is handed over all the same",
  async (make) => {
    const future = make().callAsync(() => {
      class Odd {
        value = [1, 2];
        valueOf(): never {
          throw new Error("judged");
        }
        [Symbol.toPrimitive](): never {
          throw new Error("judged");
        }
        get length(): never {
          throw new Error("judged");
        }
      }
      return new Odd() as { value: number[] };
    }, 0);
    assertEquals((await future).value, [1, 2]);
  },
);

const PAIRS = [[1, 1], [2, 2], [3, 3], [4, 4]];

onEach("Lithops 8: a map gives its results in order", async (make) => {
  const fexec = make();
  fexec.map(add, PAIRS);
  assertEquals(await fexec.getResult(), [2, 4, 6, 8]);
});

onEach("Lithops 9: a map gives the same on one worker", async (make) => {
  const fexec = make({ workers: 1 });
  fexec.map(add, PAIRS);
  assertEquals(await fexec.getResult(), [2, 4, 6, 8]);
});

onEach("Lithops 10: ranges and sets are many items", async (make) => {
  const fexec = make();
  const plus = (x: number) => x + 1;
  const range = fexec.map(plus, [0, 1].keys());
  const set = fexec.map(plus, new Set([0, 1]));
  assertEquals(await range.getResult(), [1, 2]);
  assertEquals(await set.getResult(), [1, 2]);
});

onEach("Lithops 11: a map over objects calls with each", async (make) => {
  const futures = make().map(
    ({ x, y }: { x: number; y: number }) => x + y,
    [{ x: 2, y: 8 }, { x: 2, y: 8 }],
  );
  assertEquals(await futures.getResult(), [10, 10]);
});

onEach(
  "Lithops 12: a map over lists calls with each as one argument",
  async (make) => {
    const futures = make().map(concat, [["a", "b"], ["c", "d"]]);
    assertEquals(await futures.getResult(), ["a b", "c d"]);
  },
);

onEach(
  "Lithops 13: one getResult() takes what several maps gave, and the next only what is new",
  async (make) => {
    const fexec = make();
    fexec.map(add, [[1, 1], [2, 2]]);
    fexec.map(add, [[3, 3], [4, 4]]);
    assertEquals(await fexec.getResult(), [2, 4, 6, 8]);
    fexec.map(add, [[1, 1], [2, 2]]);
    assertEquals(await fexec.getResult(), [2, 4]);
  },
);

onEach(
  "Lithops 14: getResult() of one list does not depend on another",
  async (make) => {
    const fexec = make();
    const one = fexec.map(add, [[1, 1], [2, 2]]);
    const two = fexec.map(add, [[3, 3], [4, 4]]);
    assertEquals(await fexec.getResult(two), [6, 8]);
    assertEquals(await fexec.getResult(one), [2, 4]);
  },
);

onEach(
  "Lithops 15: a function may use an executor of its own",
  async (make) => {
    const futures = make().map(
      async (n: number, url: string) => {
        const { FunctionExecutor } = await import(
          url
        ) as typeof import("../mod.ts");
        await using fexec = new FunctionExecutor({
          workers: 1,
          progress: false,
        });
        return await fexec.map((x: number) => x, new Array(n).keys())
          .getResult();
      },
      [1, 2, 3, 4],
      { extraArgs: [MOD] },
    );
    assertEquals(
      await futures.getResult(),
      [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]],
    );
  },
);

/** Calls `what` with an executor in the worker, and returns what that gives. */
function nested<T>(fexec: FunctionExecutor, what: string): Promise<T> {
  return fexec.callAsync(
    async (what: string, url: string) => {
      const { FunctionExecutor } = await import(
        url
      ) as typeof import("../mod.ts");
      const inner = new FunctionExecutor({ workers: 1, progress: false });
      const plus = (x: number, y: number) => x + y;
      const list = (items: number[], y: number): FuturesList<number> =>
        inner.map(plus, items, { extraArgs: [y] });
      switch (what) {
        case "list":
          return list([0, 1, 2], 1) as unknown;
        case "partial":
          return inner.map((x: number, y: number) => x * y, [0, 1, 2], {
            extraArgs: [2],
          }) as unknown;
        case "one":
          return inner.callAsync(plus, 4, { extraArgs: [5] }) as unknown;
        default:
          return [...list([0, 1, 2], 1), ...list([0, 1, 2], 1)] as unknown;
      }
    },
    what,
    { extraArgs: [MOD] },
  ).result() as Promise<T>;
}

onEach("Lithops 16: a function may return a list of futures", async (make) => {
  assertEquals(await nested(make(), "list"), [1, 2, 3]);
});

onEach(
  "Lithops 17: also those of a function with extra arguments",
  async (make) => {
    assertEquals(await nested(make(), "partial"), [0, 2, 4]);
  },
);

onEach("Lithops 18: a function may return one future", async (make) => {
  assertEquals(await nested(make(), "one"), 9);
});

onEach(
  "Lithops 19: a function may return futures of several maps, also when they were waited for first",
  async (make) => {
    const fexec = make();
    const result = nested(fexec, "two");
    await fexec.wait();
    assertEquals(await result, [1, 2, 3, 1, 2, 3]);
  },
);

onEach(
  "Lithops 20: a function with rest parameters gets all it is given",
  async (make) => {
    const fexec = make();
    const wrapped = (...args: unknown[]) => {
      const twice = (f: (...args: number[]) => number) => (...args: number[]) =>
        f(...args) * 2;
      const sum = twice((...args) => args.reduce((a, b) => a + b, 0));
      return sum(...args.slice(0, -1) as number[]);
    };
    assertEquals(await fexec.map(wrapped, [1, 2]).getResult(), [2, 4]);
    const more = fexec.map(wrapped, [1, 2], { extraArgs: [10, 20] });
    assertEquals(await more.getResult(), [62, 64]);
    const named = ({ x = 1, ...rest }: Record<string, number>) =>
      Object.values(rest).reduce((a, b) => a + b, x);
    assertEquals(
      await fexec.map(named, [{}, { x: 5 }, { y: 5 }, { x: 2, y: 3, z: 4 }])
        .getResult(),
      [1, 5, 6, 9],
    );
  },
);

onEach("Lithops 21: a reduce function gets what the map gave", async (make) => {
  const fexec = make();
  fexec.mapReduce(add, PAIRS, (sums) => sums.reduce((a, b) => a + b));
  assertEquals(await fexec.getResult(), 20);
});
