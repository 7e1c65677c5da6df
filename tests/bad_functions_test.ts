/**
 * Functions that cannot be sent are refused by name; functions that behave badly fail their own call, with the true reason,
 * and nothing else.
 *
 * @module
 */
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import {
  CallTimeoutError,
  FunctionExecutor,
  type ResponseFuture,
  Run,
  summarize,
  task,
  WorkerExitError,
} from "../mod.ts";
import { findings, plotUsage } from "../plot/mod.ts";
import { readRecord } from "../profiler/mod.ts";
import { on, onEach } from "./executors.ts";

const FORM = /^Cannot [a-z][^:]* as .+: .*[^.]$/s;
const same = (x: number) => x;

/** Functions that cannot be sent, with what the message must say of each. */
const FUNCTIONS: Record<string, [fn: unknown, says: RegExp]> = {
  "a method": [
    {
      method() {
        return 1;
      },
    }.method,
    /method/,
  ],
  "a bound function": [same.bind(null), /bound/],
  "a native function": [Math.max, /native/],
  "a class": [class Point {}, /class/],
  "a generator": [function* () {}, /generator/],
  "a free variable": [() => FORM, /"FORM"/],
  "two free variables": [() => [FORM, exitOf], /"FORM" and "exitOf"/],
  "its own variable": [
    (() => {
      const again = (x: number): number => x < 1 ? 0 : again(x - 1);
      return again;
    })(),
    /again/,
  ],
  "nothing": [undefined, /got undefined/],
  "null": [null, /got null/],
  "text": ["x => x", /got "x => x"/],
  "an object": [{ url: "file:///a.ts", name: "a" }, /got an object/],
};

onEach(
  "map(), callAsync() and mapReduce() refuse what cannot be sent, by name, and start nothing",
  async (make) => {
    const fexec = make();
    for (const [name, [fn, says]] of Object.entries(FUNCTIONS)) {
      for (
        const submit of [
          () => fexec.map(fn as never, [1]),
          () => fexec.callAsync(fn as never, 1),
          () => fexec.mapReduce(fn as never, [1], same as never),
          () => fexec.mapReduce(same, [1], fn as never),
        ]
      ) {
        const error = assertThrows(submit, TypeError);
        assertMatch(error.message, FORM, name);
        assertMatch(error.message, says, name);
      }
    }
    assertEquals([fexec.futures.length, fexec.workerStats()], [0, []]);
    await fexec.close();
  },
);

Deno.test("task(), Run.load() and save() refuse what they cannot use", async () => {
  for (const url of [5, null, "", "fns.ts", "bare/fns.ts", {}]) {
    const error = assertThrows(() => task(url as string, "a"), TypeError);
    assertMatch(error.message, FORM);
  }
  for (const name of [5, null, "", undefined, {}]) {
    const error = assertThrows(() => task("./a.ts", name as string), TypeError);
    assertMatch(error.message, FORM);
  }
  const fexec = new FunctionExecutor({ workers: 1 });
  for (const odd of [5, null, "", undefined, {}, [], true, Symbol("s")]) {
    for (
      const use of [
        () => Run.load(odd as string),
        () => fexec.save(odd as string),
        () => fexec.run().save(odd as string),
        () => fexec.run().trace(odd as string),
        () => fexec.run().report(odd as string),
        () => readRecord(odd as string),
        () => plotUsage([], odd as string),
      ]
    ) {
      const error = await assertRejects(async () => await use());
      assertMatch((error as Error).message, FORM, `${use}`);
    }
  }
  for (const odd of [5, null, {}, "calls"]) {
    for (const use of [summarize, findings]) {
      const error = assertThrows(() => use(odd as never), TypeError);
      assertMatch(error.message, FORM);
    }
  }
  await assertRejects(
    () => Run.load("/no/such/run.jsonl"),
    Deno.errors.NotFound,
    "/no/such/run.jsonl",
  );
  const run = fexec.run();
  const error = await assertRejects(() => run.save("/no/such/folder/a.jsonl"));
  assertMatch((error as Error).message, /Cannot save .*\/no\/such\/folder/);
});

async function exitOf(
  future: ResponseFuture<unknown>,
): Promise<WorkerExitError> {
  return await assertRejects(() => future.result(), WorkerExitError);
}

onEach(
  "Deno.exit, process.exit and self.close() end the worker, and say so with the code",
  async (make) => {
    const fexec = make({ workers: 1 });
    const calls: [fn: () => unknown, code: number][] = [
      [() => Deno.exit(3), 3],
      [() => {
        Deno.exitCode = 5;
        Deno.exit();
      }, 5],
      [async () => (await import("node:process")).default.exit(4), 4],
      [async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        Deno.exit(6);
      }, 6],
      [async () => {
        self.close();
        await new Promise(() => setInterval(() => {}, 1000));
      }, 0],
    ];
    for (const [fn, code] of calls) {
      const future = fexec.callAsync(fn, 0);
      const error = await exitOf(future);
      assertEquals(
        [error.code, error.signal, error.oom],
        [code, null, false],
        `${fn}`,
      );
      assertMatch(
        error.message,
        new RegExp(`lost its worker \\d+: it ended with exit code ${code}`),
      );
      assertEquals(future.stats.error_class, "WorkerExitError");
    }
    assertEquals(await fexec.callAsync(same, 1), 1);
  },
);

on(
  "thread",
  "a call that never returns is given up on a thread: its future settles and the others go on",
  async (make) => {
    const fexec = make({ workers: 1 });
    // Something that can be stopped from outside: no test may leave a thread that spins.
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const stuck = fexec.callAsync(
      (flag: Int32Array) => {
        while (Atomics.load(flag, 0) === 0);
        return "freed";
      },
      flag,
      { timeout: 0.2 },
    );
    const next = fexec.callAsync(same, 1);
    await assertRejects(() => stuck.result(), CallTimeoutError);
    assertEquals(await next, 1);
    Atomics.store(flag, 0, 1);
    assertEquals(stuck.stats.outcome, "timeout");
  },
);

on(
  "process",
  "a call that runs out of heap fails as out of memory, and only that call",
  async (make) => {
    Deno.env.set("DENO_V8_FLAGS", "--max-old-space-size=32");
    const fexec = make({ workers: 1 });
    try {
      await fexec.ready;
    } finally {
      Deno.env.delete("DENO_V8_FLAGS");
    }
    const futures = fexec.map((x: number) => {
      const held: number[][] = [];
      while (x === 1) held.push(new Array(10_000).fill(held.length));
      return x;
    }, [0, 1, 2]);
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      [0, undefined, 2],
    );
    const error = await exitOf(futures[1]!);
    assertEquals(error.oom, true);
    assertStringIncludes(error.message, "ran out of memory");
    assertEquals(futures.stats.map((s) => s.outcome), [
      "success",
      "crashed",
      "success",
    ]);
  },
);

on(
  "process",
  "a worker over maxMemory is ended as out of memory",
  async (make) => {
    const fexec = make({ workers: 1, maxMemory: 200 * 1024 * 1024 });
    const futures = fexec.map(async (megabytes: number) => {
      const held: Uint8Array[] = [];
      for (let i = 0; i < megabytes; i++) {
        held.push(new Uint8Array(1024 * 1024).fill(1));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (megabytes > 100) await new Promise(() => setInterval(() => {}, 1000));
      return held.length;
    }, [10, 400, 20]);
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      [10, undefined, 20],
    );
    const error = await exitOf(futures[1]!);
    assertEquals(error.oom, true);
    assertStringIncludes(error.message, "memory");
  },
);
