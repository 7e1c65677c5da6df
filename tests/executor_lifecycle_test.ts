/**
 * From the first worker to the last: when workers start, what closing waits for, and what is settled when it is over.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "./assert.ts";
import {
  CancelledError,
  ExecutorClosedError,
  type FunctionExecutor,
} from "../mod.ts";
import { BACKENDS, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { processesWithEnv, untilGone } from "./processes.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const waiter = async (name: string, url: string) =>
  await (await fetch(url + name)).text();
const same = (x: number) => x;

onEach(
  "workers start with the first calls, as many as there is work for",
  async (make) => {
    const fexec = make({ workers: 4 });
    assertEquals(fexec.workerStats(), []);
    await fexec.map(same, [1]).getResult();
    assertEquals(fexec.workerStats().length, 1);
  },
);

onEach("ready starts all workers once", async (make) => {
  const fexec = make({ workers: 3 });
  await Promise.all([fexec.ready, fexec.ready]);
  await fexec.ready;
  const workers = fexec.workerStats();
  assertEquals(workers.map((worker) => worker.worker_id).sort(), [0, 1, 2]);
  for (const { worker_boot_time } of workers) assert(worker_boot_time > 0);
  await fexec.map(same, [1, 2, 3, 4, 5]).getResult();
  assertEquals(fexec.workerStats().length, 3);
});

onEach(
  "close() waits for what was submitted, and takes no more",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(waiter, ["a", "b"], { extraArgs: [gate.url] });
    const lazy = fexec.map(same, [1, 2, 3].values());
    const chained = lazy.map((x) => x + 1);
    const closing = fexec.close();
    const over = closing.then(() => "closed");
    for (
      const submit of [
        () => fexec.map(same, [1]),
        () => fexec.callAsync(same, 1),
        () => fexec.mapReduce(same, [1], (all) => all),
        () => lazy.map((x) => x),
        () => fexec.ready,
      ]
    ) {
      assertThrows(
        submit,
        ExecutorClosedError,
        `${fexec.executorId} is closed`,
      );
    }
    assertEquals(await Promise.race([over, gate.arrived("a")]), undefined);
    gate.openAll();
    assertEquals(await over, "closed");
    await fexec.close();
    assertEquals(await futures.getResult(), ["", ""]);
    assertEquals(await chained.getResult(), [2, 3, 4]);
    assertEquals(fexec.stats.length, 8);
  },
);

onEach("terminate() cancels everything, with its reason", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const done = fexec.callAsync(same, 1);
  await done;
  const futures = fexec.map(waiter, ["a", "b"], { extraArgs: [gate.url] });
  const reduced = fexec.mapReduce(same, [1], (all) => all);
  const retried = fexec.callAsync(
    () => {
      throw new Error("no");
    },
    1,
    { retries: 5, retryDelay: 100 },
  );
  await gate.arrived("a");
  const reason = new Error("power cut");
  const ended = fexec.terminate(reason);
  await Promise.all([ended, fexec.terminate("again"), fexec.close()]);
  for (const future of [...futures, ...reduced, retried]) {
    const error = await assertRejects(() => future.result(), CancelledError);
    assertStrictEquals(error.cause, reason, future.jobId);
    assertEquals(future.state, "cancelled");
  }
  assertEquals(await done, 1);
  assertEquals(gate.seen, ["a"]);
  assertThrows(() => fexec.map(same, [1]), ExecutorClosedError);
});

onEach("close() then terminate() does not wait for the calls", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(waiter, "a", { extraArgs: [gate.url] });
  await gate.arrived("a");
  const closing = fexec.close();
  await fexec.terminate("no time");
  await closing;
  await assertRejects(() => future.result(), CancelledError, "no time");
});

onEach("terminate() ends an executor that has only begun", async (make) => {
  for (
    const begin of [
      () => {},
      (fexec: FunctionExecutor) => void fexec.map(same, [1, 2]),
      (fexec: FunctionExecutor) => void fexec.ready,
    ]
  ) {
    const fexec = make();
    begin(fexec);
    await fexec.terminate();
    assert(fexec.futures.every((future) => future.state === "cancelled"));
  }
});

onEach(
  "await using closes when all is done, and cancels what is not",
  async (make) => {
    await using gate = openGate();
    let open;
    {
      await using fexec = make({ workers: 1 });
      assertEquals(await fexec.map(same, [1]).getResult(), [1]);
      open = fexec.map(waiter, ["a", "b"], { extraArgs: [gate.url] });
      await gate.arrived("a");
    }
    for (const future of open) {
      await assertRejects(() => future.result(), CancelledError, "was closed");
    }
    const thrown = await (async () => {
      await using fexec = make({ workers: 1 });
      fexec.callAsync(waiter, "c", { extraArgs: [gate.url] });
      await gate.arrived("c");
      throw new RangeError("the block's own");
    })().catch((error) => error);
    assertEquals(`${thrown}`, "RangeError: the block's own");
  },
);

onEach("the signal of an executor ends it", async (make) => {
  await using gate = openGate();
  const controller = new AbortController();
  const fexec = make({ workers: 1, signal: controller.signal });
  const future = fexec.callAsync(waiter, "a", { extraArgs: [gate.url] });
  await gate.arrived("a");
  controller.abort("enough");
  const error = await assertRejects(() => future.result(), CancelledError);
  assertEquals(error.cause, "enough");
  assertThrows(() => fexec.map(same, [1]), ExecutorClosedError);
  const dead = make({ signal: controller.signal });
  assertThrows(() => dead.map(same, [1]), ExecutorClosedError);
});

onEach(
  "signals are let go of when they are not needed any more",
  async (make) => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener, remove = signal.removeEventListener;
    signal.addEventListener = (...args: unknown[]) => {
      listeners++;
      add.apply(signal, args as Parameters<typeof add>);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      listeners--;
      remove.apply(signal, args as Parameters<typeof remove>);
    };
    const fexec = make({ signal });
    const failed = fexec.map(
      (x: number) => {
        throw new Error(`${x}`);
      },
      [1, 2],
      { signal },
    );
    await fexec.wait(failed);
    await fexec.map(same, [], { signal }).getResult();
    await fexec.map(same, [1].values(), { signal }).getResult({ signal });
    await failed.map((x) => x, { signal }).wait();
    await failed[0]!.result({ signal }).catch(() => {});
    await fexec.mapReduce(same, [1], (all) => all, { signal }).getResult();
    await fexec.close();
    assertEquals(listeners, 0);
  },
);

const HOSTS = new URL("fixtures/hosts.ts", import.meta.url).href;

/** Runs a script to its end; nothing of it may be left then. */
async function host(
  name: string,
  ...args: string[]
): Promise<{ code: number; said: unknown; stderr: string }> {
  const marker = `LITHOSCOPE_TEST=${crypto.randomUUID()}`;
  const [key, value] = marker.split("=") as [string, string];
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-A",
    HOSTS,
    name,
    ...args,
  ], {
    env: { [key]: value },
  });
  assertEquals(await untilGone(processesWithEnv(marker)), []);
  const said = stdout === "" ? undefined : JSON.parse(stdout);
  return { code, said, stderr };
}

for (const backend of BACKENDS) {
  Deno.test(`failures that nobody asks about do not end the host [${backend}]`, async () => {
    const { code, said, stderr } = await host("unhandled", backend);
    assertEquals([code, said, stderr], [0, 12, ""]);
  });

  Deno.test(`a block that is left settles its calls and lets the host end [${backend}]`, async () => {
    const { code, said } = await host("left", backend);
    const cancelled = "cancelled";
    assertEquals([code, said], [0, [cancelled, cancelled, cancelled]]);
  });

  Deno.test(`a host that throws or exits ends as it would without calls [${backend}]`, async () => {
    const [thrown, exited] = await Promise.all([
      host("thrown", backend),
      host("exited", backend),
    ]);
    assertEquals([thrown.code, thrown.said], [1, "up"]);
    assert(thrown.stderr.includes("the host failed"));
    assertEquals([exited.code, exited.said], [7, "up"]);
  });
}

Deno.test("a script that never closes its executor ends by itself [process]", async () => {
  const { code, said, stderr } = await host("unclosed", "process");
  assertEquals([code, said, stderr], [0, [[2, 3], 0.01], ""]);
});

Deno.test("a script that waits for nothing ends when its calls have [process]", async () => {
  await using folder = await tempDir();
  const file = `${folder.path}/done`;
  const { code, said } = await host("unwaited", "process", file);
  assertEquals([code, said], [0, "submitted"]);
  assertEquals(await Deno.readTextFile(file), "done\ndone\n");
});
