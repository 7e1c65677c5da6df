/**
 * What goes in and what comes out: the forms of submitting a function, its arguments, its context, its result.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "./assert.ts";
import { CallError, task } from "../mod.ts";
import { onEach } from "./executors.ts";
import { openGate } from "./gate.ts";

const FNS = import.meta.resolve("./fixtures/fns.ts");

onEach(
  "callAsync() gives a future that settles with the result",
  async (make) => {
    const fexec = make();
    const future = fexec.callAsync((x: number) => x + 7, 3);
    assertEquals([future.done, future.error], [false, null]);
    assertEquals(await future, 10);
    assertEquals(await future.result(), 10);
    assertEquals(
      [future.state, future.done, future.success, future.error],
      ["success", true, true, null],
    );
    assertEquals([future.callId, future.jobId], ["00000", "A000"]);
    assertEquals(future.executorId, fexec.executorId);
    assertMatch(fexec.executorId, /^[0-9a-f]{6}-\d+$/);
  },
);

onEach("callAsync() awaits what the function returns", async (make) => {
  const fexec = make();
  const delayed = fexec.callAsync(async (x: number) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return x;
  }, 1);
  const thenable = fexec.callAsync(
    () => ({ then: (resolve: (x: number) => void) => resolve(5) }),
    0,
  );
  assertEquals([await delayed, await thenable as unknown], [1, 5]);
});

onEach(
  "map() keeps the order of its input when later calls end first",
  async (make) => {
    await using gate = openGate();
    const fexec = make();
    const futures = fexec.map(
      async (name: string, url: string) =>
        name + await (await fetch(url + name)).text(),
      ["a", "b"],
      { extraArgs: [gate.url] },
    );
    await Promise.all([gate.arrived("a"), gate.arrived("b")]);
    gate.open("b", "2");
    assertEquals(await futures[1], "b2");
    assertEquals(futures[0]!.done, false);
    gate.open("a", "1");
    assertEquals(await futures.getResult(), ["a1", "b2"]);
  },
);

onEach(
  "map() gives an item, then extraArgs, then the context",
  async (make) => {
    const fexec = make();
    fexec.callAsync(() => 0, 0);
    const futures = fexec.map(
      (item: string, a: number, b: { c: bigint }, ctx) => [
        item,
        a,
        b.c,
        ctx.id,
        ctx.callId,
        ctx.jobId,
        ctx.attempt,
        ctx.signal instanceof AbortSignal,
        ctx.signal.aborted,
        ctx.env,
      ],
      ["x", "y"],
      { extraArgs: [1, { c: 2n }], extraEnv: { A: "b", N: 3, T: true } },
    );
    const env = { A: "b", N: "3", T: "true" };
    assertEquals(await futures.getResult(), [
      ["x", 1, { c: 2n }.c, 0, "00000", "M001", 1, true, false, env],
      ["y", 1, { c: 2n }.c, 1, "00001", "M001", 1, true, false, env],
    ]);
  },
);

onEach(
  "map() does not share what a call does to its arguments",
  async (make) => {
    const fexec = make({ workers: 1 });
    const item = { list: [1] };
    const futures = fexec.map(
      (x: { list: number[] }) => x.list.push(2),
      [item, item, item],
    );
    assertEquals(await futures.getResult(), [2, 2, 2]);
    assertEquals(item, { list: [1] });
  },
);

onEach(
  "extraEnv is the call's own: gone in the next job",
  async (make, backend) => {
    const fexec = make({ workers: 1 });
    Deno.env.set("LITHOSCOPE_TEST_OLD", "old");
    const read = async (names: string[], ctx: { env: object }) => {
      const before = names.map((name) => Deno.env.get(name));
      await Promise.resolve();
      return [before, names.map((name) => Deno.env.get(name)), ctx.env];
    };
    const names = ["LITHOSCOPE_TEST_OLD", "LITHOSCOPE_TEST_NEW"];
    try {
      const env = { LITHOSCOPE_TEST_OLD: "mine", LITHOSCOPE_TEST_NEW: "new" };
      const first = await fexec.callAsync(read, names, { extraEnv: env });
      const second = await fexec.callAsync(read, names);
      // A thread shares its host's environment, which is not the call's to change.
      const seen = backend === "process" ? ["mine", "new"] : ["old", undefined];
      assertEquals(first, [seen, seen, env]);
      const plain = ["old", undefined];
      assertEquals(second, [plain, plain, {}]);
      assertEquals(Deno.env.get("LITHOSCOPE_TEST_NEW"), undefined);
    } finally {
      Deno.env.delete("LITHOSCOPE_TEST_OLD");
    }
  },
);

onEach("extraEnv goes also when the function fails", async (make) => {
  const fexec = make({ workers: 1 });
  const extraEnv = { LITHOSCOPE_TEST_FAIL: "1" };
  const failing = fexec.callAsync(
    () => {
      throw new Error("no");
    },
    0,
    { extraEnv },
  );
  await assertRejects(() => failing.result(), CallError);
  const after = fexec.callAsync(() => Deno.env.get("LITHOSCOPE_TEST_FAIL"), 0);
  assertEquals(await after, undefined);
});

onEach(
  "mapReduce() reduces the list of all results, in input order",
  async (make) => {
    const fexec = make();
    const futures = fexec.mapReduce(
      (x: number, factor: number) => x * factor,
      [1, 2, 3],
      (results, start: string, ctx) => `${start}${results} ${ctx.jobId}`,
      { extraArgs: [10], extraArgsReduce: [">"] },
    );
    assertEquals(futures.length, 4);
    assertEquals(await futures.getResult(), ">10,20,30 R000");
    assertEquals(await fexec.getResult(futures), ">10,20,30 R000");
    assertEquals(await Promise.all(futures), [10, 20, 30, ">10,20,30 R000"]);
  },
);

onEach("mapReduce() of nothing reduces an empty list", async (make) => {
  const futures = make().mapReduce((x: number) => x, [], (list) => list.length);
  assertEquals(await futures.getResult(), 0);
});

onEach(
  "mapReduce() fails with the error of the map, and never runs the reduce function",
  async (make) => {
    await using gate = openGate();
    const fexec = make();
    const futures = fexec.mapReduce(
      (x: number) => {
        if (x === 2) throw new RangeError("two");
        return x;
      },
      [1, 2, 3],
      async (_, url: string) => await fetch(`${url}reduce`),
      { extraArgsReduce: [gate.url] },
    );
    const error = await assertRejects(() => futures.getResult(), CallError);
    assertEquals(error.call, "M000/00001");
    assert(error.cause instanceof RangeError);
    await fexec.wait(futures);
    assertEquals(futures.stats.map((s) => s.outcome), [
      "success",
      "error",
      "success",
      "error",
    ]);
    assertEquals(gate.seen, []);
  },
);

onEach("chunksize sends that many calls to one worker", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 2 });
  await fexec.ready;
  const futures = fexec.map(
    async (name: string, url: string) => {
      await (await fetch(url + name)).text();
    },
    ["a", "b", "c", "d", "e", "f"],
    { chunksize: 3, extraArgs: [gate.url] },
  );
  await Promise.all([gate.arrived("a"), gate.arrived("d")]);
  gate.openAll();
  await futures.getResult();
  const workers = futures.stats.map((stats) => stats.worker_id);
  assertEquals(new Set(workers).size, 2);
  assertEquals(workers, [0, 0, 0, 3, 3, 3].map((at) => workers[at]!));
});

onEach(
  "task() runs a function of a module with what is around it",
  async (make) => {
    const fexec = make();
    type Fns = typeof import("./fixtures/fns.ts");
    const futures = fexec.map(task<Fns>(FNS, "double"), [1, 2]);
    assertEquals(await futures.getResult(), [2, 4]);
    assertEquals(
      await fexec.callAsync(task<Fns>(FNS, "default"), { name: "Ada" }),
      "Hello Ada",
    );
  },
);

onEach(
  "task() of what is not there fails the calls and says what is",
  async (make) => {
    const fexec = make();
    const noExport = fexec.callAsync(task(FNS, "treble"), 1);
    const error = await assertRejects(() => noExport.result(), CallError);
    assertMatch(error.message, /"treble".*fns\.ts.*exports.*"double"/);
    const noFunction = fexec.callAsync(task(FNS, "answer"), 1);
    await assertRejects(() => noFunction.result(), CallError, '"answer"');
    const gone = import.meta.resolve("./fixtures/no_such_module.ts");
    const noModule = fexec.callAsync(task(gone, "double"), 1);
    await assertRejects(
      () => noModule.result(),
      CallError,
      "no_such_module.ts",
    );
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
  },
);

onEach(
  "jobs are numbered through the executor, a reduce as its map",
  async (make) => {
    const fexec = make();
    fexec.map((x: number) => x, [1]);
    fexec.callAsync((x: number) => x, 1);
    fexec.mapReduce((x: number) => x, [1], (list) => list[0]!);
    await fexec.wait();
    assertEquals(
      Array.from(fexec.futures, (future) => future.jobId),
      ["M000", "A001", "M002", "R002"],
    );
  },
);

onEach("executors work side by side", async (make) => {
  const all = [make(), make(), make({ backend: "thread" })];
  const ids = new Set(all.map((fexec) => fexec.executorId));
  assertEquals(ids.size, 3);
  const results = await Promise.all(
    all.map((fexec, i) =>
      fexec.map((x: number, i: number) => x * i, [1, 2, 3], { extraArgs: [i] })
        .getResult()
    ),
  );
  assertEquals(results, [[0, 0, 0], [1, 2, 3], [2, 4, 6]]);
  await all[0]!.close();
  assertEquals(await all[1]!.callAsync((x: number) => x, 1), 1);
});

onEach("clean() lets go of what has ended, and only that", async (make) => {
  await using gate = openGate();
  const fexec = make();
  const done = fexec.map((x: number) => x, [1, 2]);
  await done.getResult();
  const open = fexec.callAsync(
    async (url: string) => await (await fetch(`${url}a`)).text(),
    gate.url,
  );
  await gate.arrived("a");
  fexec.clean();
  assertEquals(fexec.futures.length, 1);
  assertEquals(await done.getResult(), [1, 2]);
  gate.open("a", "open");
  assertEquals(await fexec.getResult(), "open");
  assertEquals(await open, "open");
});
