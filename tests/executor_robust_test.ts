/**
 * What else may go wrong with workers: one that reads no more, executors within executors, retries that must not come all
 * at once, and two programs at the same time.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
} from "./assert.ts";
import { type BackendName, CallTimeoutError } from "../mod.ts";
import { BACKENDS, on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { runDeno } from "./run_deno.ts";

const MOD = import.meta.resolve("../mod.ts");

on(
  "process",
  "a worker that reads no more is replaced, and the item on its way to it goes elsewhere",
  async (make) => {
    await using gate = openGate();
    gate.openAll();
    const fexec = make({ workers: 1, concurrency: 2 });
    const deaf = fexec.callAsync(
      async (url: string) => {
        await (await fetch(`${url}deaf`)).text();
        for (;;);
      },
      gate.url,
      { timeout: 1 },
    );
    await gate.arrived("deaf");
    // Far more than a socket holds, and no buffer that could go past it.
    const text = "é".repeat(20_000_000);
    const next = fexec.callAsync((text: string) => text.length, text);
    assertEquals(await next, text.length);
    assertInstanceOf(deaf.error, CallTimeoutError);
    assert(next.stats.worker_id !== deaf.stats.worker_id);
    // It had not been started there, so this was its first attempt.
    assertEquals([next.stats.attempt, next.attempts.length], [1, 0]);
  },
);

on(
  "process",
  "a worker that floods its streams keeps nobody from going on",
  async (make) => {
    const fexec = make({ workers: 1 });
    const flood = fexec.callAsync(async () => {
      const child = new Deno.Command("sh", {
        args: ["-c", "head -c 20000000 /dev/zero | tr '\\0' x >&2"],
        stdin: "null",
        stdout: "null",
        stderr: "inherit",
      }).spawn();
      return (await child.status).code;
    }, 0);
    assertEquals(await flood, 0);
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
    await fexec.close();
    assertEquals(flood.logs.length, 20_000_000);
  },
);

onEach(
  "an executor within a function works on either backend",
  async (make) => {
    const fexec = make();
    const futures = fexec.map(
      async (backend: BackendName, url: string) => {
        const { FunctionExecutor } = await import(
          url
        ) as typeof import("../mod.ts");
        await using inner = new FunctionExecutor({ backend, workers: 1 });
        const results = await inner.map((x: number) => x * x, [1, 2, 3])
          .getResult();
        return [inner.config.backend, results];
      },
      BACKENDS,
      { extraArgs: [MOD] },
    );
    assertEquals(
      await futures.getResult(),
      BACKENDS.map((backend) => [backend, [1, 4, 9]]),
    );
  },
);

onEach(
  "retries wait longer each time, and not all the same time",
  async (make) => {
    const retryDelay = 0.04;
    const futures = make({ workers: 2 }).map(
      (_: number) => {
        throw new Error(`${Date.now()}`);
      },
      [0, 1, 2, 3, 4, 5],
      { retries: 3, retryDelay },
    );
    await futures.wait();
    const first: number[] = [];
    for (const { attempts, error } of futures) {
      const times = [...attempts, error!].map((each) =>
        Number((each.cause as Error).message)
      );
      assertEquals(times.length, 4);
      times.slice(1).forEach((time, i) => {
        const delay = time - times[i]!;
        if (i === 0) first.push(delay);
        // At least half of the delay, which doubles; clocks count whole milliseconds.
        assertGreaterOrEqual(delay, retryDelay * 1000 * 2 ** i / 2 - 2);
      });
    }
    assert(new Set(first).size > 1, `${first}`);
  },
);

onEach(
  "two programs at the same time do not disturb each other",
  async (_, backend) => {
    const script = `
      import { FunctionExecutor } from "${MOD}";
      await using fexec = new FunctionExecutor({ backend: "${backend}", workers: 2 });
      const futures = fexec.map((x) => x + Number(Deno.env.get("OFFSET")), Array(200).keys());
      console.log(fexec.executorId.split("-")[0], (await futures.getResult()).join());
    `;
    const runs = await Promise.all([0, 1000, 2000].map(async (offset) => {
      const env = { OFFSET: `${offset}` };
      const { code, stdout } = await runDeno(["eval", script], { env });
      assertEquals(code, 0);
      const [id, results] = stdout.trim().split(" ");
      const expected = Array.from({ length: 200 }, (_, i) => i + offset);
      assertEquals(results, expected.join());
      return id;
    }));
    assertEquals(new Set(runs).size, 3);
  },
);
