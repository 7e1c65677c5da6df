/**
 * What is special about the first call of a worker: in a process its result leaves before what it may do without is
 * loaded, such as V8's codec.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStringIncludes } from "./assert.ts";
import { CallError, WorkerExitError } from "../mod.ts";
import { onEach } from "./executors.ts";

onEach(
  "the result of a first call is what it was when it was returned",
  async (make) => {
    const fexec = make({ workers: 1 });
    const box = await fexec.callAsync(() => {
      const box = { content: "as returned" };
      queueMicrotask(() => box.content = "as changed");
      return box;
    }, null);
    assertEquals(box, { content: "as returned" });
  },
);

onEach(
  "the result of a first call arrives, though the worker exits right behind it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const result = await fexec.callAsync(() => {
      queueMicrotask(() => Deno.exit(3));
      return { answer: new Map([[1, [2n, new Date(0)]]]) };
    }, null);
    assertEquals(result, { answer: new Map([[1, [2n, new Date(0)]]]) });
  },
);

onEach(
  "what a first call prints before it exits is not lost, however long",
  async (make) => {
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync((length) => {
      // deno-lint-ignore no-console -- it is what is tested
      console.log("x".repeat(length));
      Deno.exit(3);
    }, 10_000);
    const { code } = await assertRejects(
      () => future.result(),
      WorkerExitError,
    );
    assertEquals(code, 3);
    assertStringIncludes(future.logs, "x".repeat(10_000));
  },
);

onEach("an error that a first call throws arrives whole", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync((limit) => {
    throw Object.assign(new RangeError("too far"), { limit });
  }, 5);
  const { cause } = await assertRejects(() => future.result(), CallError);
  assertEquals((cause as Error & { limit: number }).limit, 5);
});

onEach(
  "what follows a first call is as good as it, of any kind",
  async (make) => {
    const fexec = make({ workers: 1 });
    const values = [1, { a: [1] }, "x", new Set([1n]), new Uint8Array(3), null];
    const first = fexec.callAsync((x: unknown) => x, values[0]);
    const others = fexec.map((x: unknown) => Promise.resolve(x), values);
    assertEquals(await first, 1);
    assertEquals(await others.getResult(), values);
    assertEquals(
      others.stats.map(({ worker_cold_start }) => worker_cold_start),
      values.map(() => false),
    );
  },
);
