/**
 * What Lithops' users may expect of results and of waiting (27 to 41); see lithops_test.ts.
 *
 * @module
 */
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "./assert.ts";
import { type CallStats, FunctionExecutor, Run } from "../mod.ts";
import { onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const plus7 = (x: number) => x + 7;
const waiter = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

onEach(
  "Lithops 27: failed calls leave their places empty and are found by their error",
  async (make) => {
    const fexec = make();
    const futures = fexec.map((x: number, { id }) => {
      if (id === 2 || id === 4) throw new RangeError("out of memory");
      return x;
    }, [10, 11, 12, 13, 14]);
    assertEquals(
      await fexec.getResult(futures, { throwExcept: false }),
      [10, 11, undefined, 13, undefined],
    );
    const failed = futures.filter((future) => future.error !== null);
    assertEquals(failed.map((future) => future.callId), ["00002", "00004"]);
  },
);

onEach(
  "Lithops 28: maps can be chained; a result is one argument of the next",
  async (make) => {
    const futures = make().map((x: number) => [x, 5], [0, 1, 2])
      .map(([x, y]) => x! + y!)
      .map((x) => x + 10);
    assertEquals(await futures.getResult(), [15, 16, 17]);
  },
);

onEach(
  "Lithops 29: what another process can have of futures is the saved run",
  async (make, backend) => {
    await using folder = await tempDir();
    const fexec = make();
    const futures = fexec.map(plus7, [1, 2]);
    await futures.getResult();
    const path = `${folder.path}/run.jsonl`;
    await fexec.save(path);
    const mod = import.meta.resolve("../mod.ts");
    const { stdout } = await runDeno([
      "eval",
      `import { Run } from "${mod}";
     const run = await Run.load("${path}");
     console.log(JSON.stringify([run.header.backend, run.calls]));`,
    ]);
    const [kind, calls] = JSON.parse(stdout) as [string, CallStats[]];
    assertEquals([kind, calls], [backend, futures.stats]);
    assertInstanceOf(await Run.load(path), Run);
  },
);

onEach("Lithops 30: an executor is used in a block", async (_, backend) => {
  let futures;
  {
    await using fexec = new FunctionExecutor({ backend, workers: 1 });
    futures = fexec.map(plus7, [1, 2]);
    assertEquals(await fexec.getResult(), [8, 9]);
  }
  assertEquals(await Promise.all(futures), [8, 9]);
});

onEach(
  "Lithops 31: the context tells the number of the call, in reduce functions too",
  async (make) => {
    const fexec = make();
    const id = (_: unknown, ctx: { id: number }) => ctx.id;
    assertEquals(await fexec.map(id, ["a", "b", "c"]).getResult(), [0, 1, 2]);
    assertEquals(await fexec.callAsync(id, "a"), 0);
    const reduced = fexec.mapReduce(id, ["a", "b"], (_, ctx) => ctx.id);
    assertEquals(await reduced.getResult(), 0);
  },
);

onEach(
  "Lithops 32: extraArgs come behind each item, and nothing of the caller's changes",
  async (make) => {
    const fexec = make();
    const extraArgs = [10] as const;
    const plus = (x: number, y: number) => x + y;
    assertEquals(
      await fexec.map(plus, [1, 2], { extraArgs }).getResult(),
      [11, 12],
    );
    const items = [{ x: 1 }, { x: 2 }];
    const named = fexec.map(
      (item: { x: number; y?: number }, more: { y: number }) => {
        Object.assign(item, more);
        return item.x + item.y!;
      },
      items,
      { extraArgs: [{ y: 3 }] },
    );
    assertEquals(await named.getResult(), [4, 5]);
    assertEquals(items, [{ x: 1 }, { x: 2 }]);
    assertThrows(
      () => fexec.map(plus, [1], { extraArgs: { y: 3 } as never }),
      TypeError,
      'option "extraArgs" must be an array',
    );
  },
);

onEach(
  "Lithops 33: extraEnv takes text, numbers and flags, and is gone in the next call",
  async (make, backend) => {
    const fexec = make({ workers: 1 });
    const read = (
      names: string[],
      { env }: { env: Record<string, string> },
    ) => [
      names.map((name) => env[name]),
      names.map((name) => Deno.env.get(name)),
    ];
    const names = ["LITHOPS_33_A", "LITHOPS_33_B", "LITHOPS_33_C"];
    const extraEnv = { LITHOPS_33_A: "a", LITHOPS_33_B: true, LITHOPS_33_C: 5 };
    const text = ["a", "true", "5"];
    const none = [undefined, undefined, undefined];
    assertEquals(
      await fexec.callAsync(read, names, { extraEnv }),
      [text, backend === "process" ? text : none],
    );
    assertEquals(await fexec.callAsync(read, names), [none, none]);
    assertThrows(
      () => fexec.callAsync(read, names, { extraEnv: { A: {} as never } }),
      TypeError,
      'extraEnv "A" must be a string, a number or a boolean',
    );
  },
);

onEach(
  "Lithops 34: map with some undefined results keeps length and positions",
  async (make) => {
    const fexec = make();
    fexec.map((x: number) => x % 2 === 0 ? undefined : x, [0, 1, 2, 3, 4]);
    assertEquals(
      await fexec.getResult(),
      [undefined, 1, undefined, 3, undefined],
    );
  },
);

onEach(
  "Lithops 35: callAsync of a function without a result gives undefined",
  async (make) => {
    const fexec = make();
    fexec.callAsync(() => {}, 0);
    assertStrictEquals(await fexec.getResult(), undefined);
    fexec.callAsync(() => null, 0);
    assertStrictEquals(await fexec.getResult(), null);
  },
);

onEach(
  "Lithops 36: getResult() of one future gives its result",
  async (make) => {
    const fexec = make();
    assertEquals(await fexec.getResult(fexec.callAsync(plus7, 3)), 10);
    assertEquals(await fexec.getResult(fexec.map(plus7, [3])[0]!), 10);
  },
);

onEach(
  "Lithops 37: the shape of getResult() follows what is asked for, not the last submit",
  async (make) => {
    const fexec = make();
    const list = fexec.map(plus7, [1]);
    fexec.callAsync(plus7, 2);
    assertEquals(await fexec.getResult(list), [8]);
    const single = fexec.callAsync(plus7, 3);
    fexec.map(plus7, [4]);
    assertEquals(await fexec.getResult(single), 10);
  },
);

onEach(
  "Lithops 38: what was handed out in any way is not handed out again",
  async (make) => {
    const fexec = make();
    const read: ((futures: ReturnType<typeof submit>) => Promise<unknown>)[] = [
      () => fexec.getResult(),
      (futures) => fexec.getResult(futures),
      (futures) => futures.getResult(),
      (futures) => Promise.all(futures),
      (futures) => Promise.all(futures.slice().map((f) => f.result())),
    ];
    const submit = () => fexec.map(plus7, [1, 2]);
    for (const each of read) {
      const futures = submit();
      assertEquals(await each(futures), [8, 9]);
      assertEquals(await fexec.getResult(), []);
      assertEquals(await futures.getResult(), [8, 9]);
    }
  },
);

onEach(
  "Lithops 39: getResult() of no futures gives no results",
  async (make) => {
    const fexec = make();
    fexec.map(plus7, [1]);
    assertEquals(await fexec.getResult([]), []);
    assertEquals(await fexec.getResult(), [8]);
  },
);

onEach("Lithops 40: wait() returns when enough have ended", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const wait = async (
    count: number,
    open: number,
    returnWhen: "ALWAYS" | "ANY_COMPLETED" | number,
  ) => {
    const names = Array.from(
      { length: count },
      (_, i) => `${returnWhen}-${count}-${i}`,
    );
    const futures = fexec.map(waiter, names, { extraArgs: [gate.url] });
    for (const name of names.slice(0, open)) gate.open(name);
    const [done, not] = await fexec.wait(futures, { returnWhen });
    for (const name of names) gate.open(name);
    await futures.getResult();
    return [done.length, not.length];
  };
  assertEquals(await wait(4, 1, "ANY_COMPLETED"), [1, 3]);
  assertEquals(await wait(4, 2, 50), [2, 2]);
  assertEquals(await wait(4, 0, "ALWAYS"), [0, 4]);
  assertEquals(await wait(3, 1, 30), [1, 2]);
  assertEquals(await wait(3, 2, 34), [2, 1]);
});

onEach(
  "Lithops 41: a timeout of waiting ends the waiting alone",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(waiter, ["a", "b"], { extraArgs: [gate.url] });
    const [done, open] = await fexec.wait(futures, { timeout: 0.05 });
    assertEquals([done.length, open.length], [0, 2]);
    const error = await assertRejects(
      () => fexec.getResult(futures, { timeout: 0.05 }),
      DOMException,
      "0.05 seconds",
    );
    assertEquals(error.name, "TimeoutError");
    gate.open("a", "1");
    gate.open("b", "2");
    assertEquals(await fexec.getResult(futures), ["1", "2"]);
  },
);
