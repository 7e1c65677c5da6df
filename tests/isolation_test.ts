/**
 * Executors within each other, beside each other, and in several scripts at once: when a worker, an executor or a host
 * dies, what hangs on it goes with it, and nobody else notices.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "./assert.ts";
import { type BackendName, CancelledError, WorkerExitError } from "../mod.ts";
import { BACKENDS, type Make, on, onEach, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { descendants, leftBy, untilGone } from "./processes.ts";

const MOD = import.meta.resolve("../mod.ts");

/** An inner executor of `backend`, whose calls wait at the gate in the first attempt of the outer one. */
const outer = async (
  x: number,
  backend: BackendName,
  mod: string,
  gate: string,
  { attempt }: { attempt: number },
) => {
  const { FunctionExecutor } = await import(mod) as typeof import("../mod.ts");
  await using fexec = new FunctionExecutor({
    backend,
    workers: 2,
    progress: false,
    logLevel: "none",
  });
  const inner = async (y: number, wait: string) => {
    if (wait !== "") await (await fetch(`${wait}${y}`)).text();
    return y * 2;
  };
  const futures = fexec.map(inner, [x, x + 1], {
    extraArgs: [attempt === 1 ? gate : ""],
  });
  return await futures.getResult();
};

for (const inner of BACKENDS) {
  on(
    "process",
    `an outer worker that dies takes its inner ${inner} workers with it, and the call is made again`,
    async (make) => {
      await using gate = openGate();
      const left = await leftBy(async () => {
        const fexec = make({ workers: 1 });
        const future = fexec.callAsync(outer, 5, {
          extraArgs: [inner, MOD, gate.url],
          retries: 1,
          retryDelay: 0,
        });
        await Promise.all([gate.arrived("5"), gate.arrived("6")]);
        Deno.kill(future.stats.worker_pid!, "SIGKILL");
        assertEquals(await future, [10, 12]);
        assertEquals(future.stats.attempt, 2);
        assertInstanceOf(future.attempts[0], WorkerExitError);
        await fexec.close();
      });
      assertEquals(left, []);
    },
  );
}

onEach(
  "an outer call that is cancelled leaves none of its inner processes",
  async (make) => {
    await using gate = openGate();
    const left = await leftBy(async () => {
      const fexec = make({ workers: 1, killDelay: 0.01 });
      const future = fexec.callAsync(outer, 5, {
        extraArgs: ["process", MOD, gate.url],
      });
      await Promise.all([gate.arrived("5"), gate.arrived("6")]);
      future.cancel("enough");
      await assertRejects(() => future.result(), CancelledError, "enough");
      assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
      await fexec.close();
    });
    assertEquals(left, []);
  },
);

for (const inner of BACKENDS) {
  onEach(
    `an inner ${inner} worker that dies fails its own call, and the outer one hears of it`,
    async (make) => {
      const fexec = make({ workers: 2 });
      const futures = fexec.map(
        async (x: number, backend: BackendName, mod: string) => {
          const { FunctionExecutor } = await import(
            mod
          ) as typeof import("../mod.ts");
          await using fexec = new FunctionExecutor({
            backend,
            workers: 1,
            progress: false,
            logLevel: "none",
          });
          const futures = fexec.map(
            (y: number, { attempt }) => {
              if (y === 1 || y === 2 && attempt === 1) Deno.exit(y);
              return y;
            },
            [0, 1, 2, 3],
            { retryDelay: 0, retries: x },
          );
          const results = await futures.getResult({ throwExcept: false });
          const { error } = futures[1]!;
          return [results, error?.name, (error as WorkerExitError).code];
        },
        [0, 1],
        { extraArgs: [inner, MOD] },
      );
      const results: unknown[] = await futures.getResult();
      assertEquals(results, [
        [[0, undefined, undefined, 3], "WorkerExitError", 1],
        [[0, undefined, 2, 3], "WorkerExitError", 1],
      ]);
    },
  );
}

/** Two executors of a script, and what happens to the second while the first is ended in some way. */
const ends: Record<string, (make: Make, url: string) => Promise<void>> = {
  async "is terminated"(make, url) {
    const fexec = make();
    fexec.map(hold, ["x", "y"], { extraArgs: [url] });
    await fexec.terminate();
  },
  async "is closed"(make) {
    const fexec = make();
    await fexec.map((x: number) => x, [1, 2]).getResult();
    await fexec.close();
  },
  async "loses its workers"(make) {
    const fexec = make();
    const futures = fexec.map((x: number) => Deno.exit(x), [1, 2]);
    await fexec.wait(futures);
  },
  async "is cancelled"(make, url) {
    const fexec = make({ killDelay: 0.01 });
    const futures = fexec.map(hold, ["v", "w"], { extraArgs: [url] });
    futures.cancel();
    await fexec.wait(futures);
  },
};

const hold = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

onEach(
  "executors of one script do not notice what happens to each other",
  async (make) => {
    await using gate = openGate();
    const steady = make();
    const futures = steady.map(hold, ["a", "b"], { extraArgs: [gate.url] });
    await Promise.all([gate.arrived("a"), gate.arrived("b")]);
    await Promise.all(
      Object.values(ends).map((end) => end(make, gate.url)),
    );
    assert(!futures.some(({ done }) => done));
    gate.open("a", "A");
    gate.open("b", "B");
    assertEquals(await futures.getResult(), ["A", "B"]);
    assertEquals(steady.workerStats().length, 2);
    assertEquals(futures.stats.map(({ attempt }) => attempt), [1, 1]);
    assertEquals(
      new Set([steady.executorId, make().executorId]).size,
      2,
    );
  },
);

Deno.test("scripts that run at once do not notice when one of them is killed", async () => {
  await using gate = openGate();
  const start = (backend: BackendName, name: string) => {
    const script = new URL("fixtures/held_host.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, backend, name, gate.url],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return { child, output: child.output() };
  };
  const doomed = start("process", "a");
  const others = [start("process", "b"), start("thread", "c")];
  const names = ["a1", "a2", "b1", "b2", "c1", "c2"];
  await Promise.all(names.map((name) => gate.arrived(name)));
  const started = descendants(doomed.child.pid);
  assert(started.length >= 3, `${started.length}`);
  doomed.child.kill("SIGKILL");
  await doomed.output;
  assertEquals(await untilGone(started), []);
  for (const name of names) gate.open(name, name.toUpperCase());
  const decoder = new TextDecoder();
  const said = await within(
    Promise.all(others.map(({ output }) => output)),
  );
  assertEquals(
    said.map(({ code, stdout, stderr }) => [
      code,
      decoder.decode(stdout),
      decoder.decode(stderr),
    ]),
    [[0, "B1 B2", ""], [0, "C1 C2", ""]],
  );
});
