/**
 * Workers die, and nothing else happens: the call that ran fails with the true reason, those behind it run elsewhere, and
 * no process is left.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { type ResponseFuture, WorkerExitError } from "../mod.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { isAlive, processOf, untilGone } from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

const waiter = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

async function exitOf(
  future: ResponseFuture<unknown>,
): Promise<WorkerExitError> {
  return await assertRejects(() => future.result(), WorkerExitError);
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  on(
    "process",
    `a worker that dies by ${signal} fails its call, and no other`,
    async (make) => {
      await using gate = openGate();
      const fexec = make({ workers: 1 });
      const futures = fexec.map(waiter, ["a", "b", "c"], {
        extraArgs: [gate.url],
      });
      await gate.arrived("a");
      const pid = futures[0]!.stats.worker_pid!;
      const worker = processOf(pid)!;
      Deno.kill(pid, signal);
      const error = await exitOf(futures[0]!);
      assertEquals(
        [error.signal, error.code, error.oom, error.call],
        [signal, null, false, "M000/00000"],
      );
      assertMatch(
        error.message,
        new RegExp(
          `Call M000/00000 of "waiter" lost its worker 0: .*${signal}`,
        ),
      );
      gate.open("b", "B");
      gate.open("c", "C");
      assertEquals([await futures[1], await futures[2]], ["B", "C"]);
      assertEquals(isAlive(worker), false);
      assertNotEquals(futures[1]!.stats.worker_pid, pid);
      assertEquals(gate.seen, ["a", "b", "c"]);
      assertEquals(futures.stats.map((stats) => stats.attempt), [1, 1, 1]);
      assertEquals(futures.stats.map((stats) => stats.outcome), [
        "crashed",
        "success",
        "success",
      ]);
    },
  );
}

on(
  "process",
  "a segmentation fault fails the call that had it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map((x: number) => {
      if (x !== 1) return x;
      const library = Deno.dlopen("libc.so.6", {
        strlen: { parameters: ["pointer"], result: "usize" },
      });
      return Number(library.symbols.strlen(null));
    }, [0, 1, 2]);
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      [0, undefined, 2],
    );
    const error = await exitOf(futures[1]!);
    assertEquals([error.signal, error.oom], ["SIGSEGV", false]);
  },
);

on(
  "process",
  "a worker that dies idle is replaced, and nobody hears of it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const first = fexec.callAsync(() => Deno.pid, 0);
    const worker = processOf(await first)!;
    Deno.kill(worker.pid, "SIGKILL");
    assertEquals(await untilGone([worker]), []);
    assertNotEquals(await fexec.callAsync(() => Deno.pid, 0), worker.pid);
  },
);

on(
  "process",
  "calls sent together with one that kills its worker are run elsewhere",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      async (name: string, url: string) => {
        await (await fetch(url + name)).text();
        if (name === "b") Deno.kill(Deno.pid, "SIGKILL");
        return name;
      },
      ["a", "b", "c", "d"],
      { extraArgs: [gate.url], chunksize: 4 },
    );
    gate.openAll();
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      ["a", undefined, "c", "d"],
    );
    assertEquals((await exitOf(futures[1]!)).signal, "SIGKILL");
    assertEquals(gate.seen, ["a", "b", "c", "d"]);
  },
);

on(
  "process",
  "a call whose worker dies is never run twice unless it may be",
  async (make) => {
    await using folder = await tempDir();
    const fexec = make({ workers: 1 });
    const file = `${folder.path}/log`;
    // All in one message, and done before its first result is on its way.
    const futures = fexec.map(
      (x: number, file: string) => {
        Deno.writeTextFileSync(file, `${x}\n`, { append: true });
        if (x === 5) Deno.kill(Deno.pid, "SIGKILL");
        return x;
      },
      [0, 1, 2, 3, 4, 5, 6, 7],
      { extraArgs: [file], chunksize: 8 },
    );
    await fexec.wait(futures);
    const runs = Deno.readTextFileSync(file).trim().split("\n").map(Number);
    assertEquals(runs.sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
    assertEquals([futures[6]!.success, futures[7]!.success], [true, true]);
    assertInstanceOf(futures[5]!.error, WorkerExitError);
  },
);

on("process", "retries run a call again whose worker died", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(
    (_: number, { attempt }) => {
      if (attempt < 3) Deno.kill(Deno.pid, "SIGKILL");
      return attempt;
    },
    0,
    { retries: 2, retryDelay: 0.001 },
  );
  assertEquals(await future, 3);
  for (const error of future.attempts) assertInstanceOf(error, WorkerExitError);
  assertEquals(future.attempts.length, 2);
});

onEach(
  "each of many calls that end their worker has its own exit code",
  async (make) => {
    const fexec = make({ workers: 2 });
    const futures = fexec.map((code: number) => {
      if (code % 2 === 1) Deno.exit(code);
      return code;
    }, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const results = await futures.getResult({ throwExcept: false });
    assertEquals(results, results.map((_, i) => i % 2 === 0 ? i : undefined));
    for (const [i, future] of futures.entries()) {
      if (i % 2 === 1) assertEquals((await exitOf(future)).code, i);
    }
  },
);

on("process", "the last words of a worker are in the error", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(async () => {
    setTimeout(() => {
      throw new RangeError("nobody catches me");
    }, 1);
    await new Promise(() => setInterval(() => {}, 1000));
  }, 0);
  const error = await exitOf(future);
  assertEquals(error.code, 1);
  assertStringIncludes(error.stderrTail, "RangeError: nobody catches me");
  assertStringIncludes(error.message, "RangeError: nobody catches me");
  // deno-lint-ignore no-control-regex -- no colours in messages
  assert(!/\x1b/.test(error.message + error.stderrTail));
});

onEach(
  "an error that nobody catches ends its call, and no other",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(async (x: number) => {
      if (x === 1) Promise.reject(new Error("unhandled"));
      await new Promise((resolve) => setTimeout(resolve, x === 1 ? 60_000 : 1));
      return x;
    }, [0, 1, 2]);
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      [0, undefined, 2],
    );
    const error = await exitOf(futures[1]!);
    assertStringIncludes(error.message, "unhandled");
    assertEquals(error.oom, false);
  },
);
