/**
 * What Lithops' users may expect when something goes wrong (23 to 26, 42 to 49, 62); see lithops_test.ts.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "./assert.ts";
import {
  CallError,
  CallTimeoutError,
  CancelledError,
  FunctionExecutor,
  WorkerExitError,
} from "../mod.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { processesWithEnv, untilGone } from "./processes.ts";

const retried = { retries: 2, retryDelay: 0.001 };
const waiter = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

/** Fails until it has been run more than so many times. */
const failFirst = (
  failures: number,
  { id, attempt }: { id: number; attempt: number },
) => {
  if (attempt <= failures) throw new RangeError(`attempt ${attempt}`);
  return id;
};

onEach(
  "Lithops 23: with retries a call is run once if it works, and again if it does not",
  async (make) => {
    const fexec = make();
    const well = fexec.map(failFirst, [0, 0, 0], retried);
    const once = fexec.map(failFirst, [1, 1, 1], retried);
    assertEquals(await well.getResult(), [0, 1, 2]);
    assertEquals(await once.getResult(), [0, 1, 2]);
    assertEquals(well.stats.map((stats) => stats.attempt), [1, 1, 1]);
    assertEquals(once.stats.map((stats) => stats.attempt), [2, 2, 2]);
  },
);

onEach(
  "Lithops 24: two failures and two retries make a success",
  async (make) => {
    const future = make().callAsync(failFirst, 2, retried);
    assertEquals(await future, 0);
    assertEquals([future.stats.attempt, future.attempts.length], [3, 2]);
  },
);

onEach(
  "Lithops 25: a first attempt that takes too long is stopped and retried",
  async (make) => {
    const future = make({ workers: 1 }).callAsync(
      async (_: number, ctx) => {
        if (ctx.attempt === 1) await new Promise((r) => setTimeout(r, 600_000));
        return "in time";
      },
      0,
      { ...retried, timeout: 0.7 },
    );
    assertEquals(await future, "in time");
    assertInstanceOf(future.attempts[0], CallTimeoutError);
  },
);

onEach(
  "Lithops 26: a call that fails to the last attempt has failed",
  async (make) => {
    await using gate = openGate();
    gate.openAll();
    const fexec = make();
    const future = fexec.callAsync(
      async (url: string, { attempt }) => {
        await (await fetch(`${url}${attempt}`)).text();
        throw new RangeError("again");
      },
      gate.url,
      retried,
    );
    const error = await assertRejects(() => future.result(), CallError);
    assertInstanceOf(error.cause, RangeError);
    assertEquals(gate.seen, ["1", "2", "3"]);
    const [, open] = await fexec.wait();
    assertEquals(open.length, 0);
  },
);

on(
  "process",
  "Lithops 42: a call over its timeout is stopped with all that it started, and its times and memory are known",
  async (make) => {
    await using gate = openGate();
    gate.openAll();
    const value = crypto.randomUUID();
    Deno.env.set("LITHOPS_42", value);
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync(
      async (url: string) => {
        new Deno.Command("sleep", { args: ["300"] }).spawn();
        await (await fetch(`${url}started`)).text();
        for (;;);
      },
      gate.url,
      { timeout: 0.7 },
    );
    await gate.arrived("started");
    Deno.env.delete("LITHOPS_42");
    const error = await assertRejects(() => future.result(), CallTimeoutError);
    assertStringIncludes(error.message, "exceeded its timeout of 0.7 seconds");
    await fexec.close();
    const left = processesWithEnv(`LITHOPS_42=${value}`);
    assertEquals(await untilGone(left), []);
    const { stats } = future;
    assertGreaterOrEqual(stats.worker_func_exec_time!, 0.7);
    assertEquals(
      stats.worker_func_end_tstamp! - stats.worker_func_start_tstamp!,
      stats.worker_func_exec_time,
    );
    assertGreaterOrEqual(stats.worker_peak_memory_end!, 10_000_000);
  },
);

on(
  "process",
  "Lithops 43: a killed worker is called a killed worker, at once",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, timeout: 1000 });
    const future = fexec.callAsync(waiter, "a", { extraArgs: [gate.url] });
    await gate.arrived("a");
    Deno.kill(future.stats.worker_pid!, "SIGKILL");
    const error = await assertRejects(() => future.result(), WorkerExitError);
    assertEquals([error.signal, error.oom], ["SIGKILL", false]);
    assert(!/memory/i.test(error.message));
  },
);

onEach(
  "Lithops 44: a function that exits is named with its exit code",
  async (make) => {
    const future = make().callAsync(() => Deno.exit(3), 0);
    const error = await assertRejects(() => future.result(), WorkerExitError);
    assertEquals(error.code, 3);
    assertStringIncludes(error.message, "exit code 3");
  },
);

onEach(
  "Lithops 45: what cannot be sent back fails its own call, and says which and why",
  async (make) => {
    const fexec = make();
    const futures = fexec.map((x: number) => {
      if (x === 1) return () => x;
      if (x === 2) throw Object.assign(new Error("odd"), { f: () => x });
      return x;
    }, [0, 1, 2, 3]);
    await fexec.wait(futures);
    assertEquals([await futures[0], await futures[3]], [0, 3]);
    const { message } = futures[1]!.error!;
    assertStringIncludes(message, "M000/00001");
    assertStringIncludes(message, "A function");
    const cause = futures[2]!.error!.cause as Error & { f: unknown };
    assertEquals([cause.message, typeof cause.f], ["odd", "string"]);
  },
);

onEach(
  "Lithops 46: a failure is thrown each time it is asked for, and the other calls go on",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2 });
    const futures = fexec.map(
      async (name: string, url: string) => {
        if (name === "bad") throw new RangeError("bad");
        if (name === "slow") await (await fetch(url + name)).text();
        return name;
      },
      ["good", "bad", "slow"],
      { extraArgs: [gate.url] },
    );
    const error = await assertRejects(
      () => fexec.getResult(),
      CallError,
      "bad",
    );
    assertEquals(await futures[0], "good");
    for (let i = 0; i < 2; i++) {
      assertStrictEquals(await futures[1]!.result().catch((e) => e), error);
    }
    await gate.arrived("slow");
    assertEquals(futures[2]!.done, false);
    gate.openAll();
    assertEquals(await futures[2], "slow");
  },
);

onEach("Lithops 47: waiting for one job leaves another alone", async (make) => {
  const fexec = make({ workers: 1 });
  const one = fexec.map((x: number) => x, [1, 2, 3, 4, 5]);
  const two = fexec.map((x: number) => x * 10, [1, 2, 3, 4, 5]);
  const small = fexec.map((x: number) => x, [9]);
  assertEquals(await fexec.getResult(small), [9]);
  assertEquals(await fexec.getResult(one), [1, 2, 3, 4, 5]);
  assertEquals(await fexec.getResult(two), [10, 20, 30, 40, 50]);
});

onEach(
  "Lithops 48: executors that come and go disturb no calls of others",
  async (make, backend) => {
    const fexec = make({ workers: 2 });
    const futures = fexec.map(async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return x;
    }, Array.from({ length: 30 }, (_, i) => i));
    const others = Array.from({ length: 4 }, async (_, i) => {
      await using other = new FunctionExecutor({
        backend,
        workers: 1,
        progress: false,
      });
      const results = await other.map((x: number) => x + 1, [i]).getResult();
      if (i % 2 === 0) await other.terminate();
      return results;
    });
    assertEquals(await Promise.all(others), [[1], [2], [3], [4]]);
    assertEquals(
      await futures.getResult(),
      Array.from({ length: 30 }, (_, i) => i),
    );
  },
);

// That nothing is left after a signal is shown in leftovers_test.ts.
onEach(
  "Lithops 49: leaving the block of an executor settles what is open",
  async (_, backend) => {
    await using gate = openGate();
    let futures;
    {
      await using fexec = new FunctionExecutor({
        backend,
        workers: 1,
        progress: false,
      });
      futures = fexec.map(waiter, ["a", "b"], { extraArgs: [gate.url] });
      await gate.arrived("a");
    }
    for (const future of futures) {
      assertEquals(future.state, "cancelled");
      await assertRejects(() => future.result(), CancelledError);
    }
  },
);

onEach(
  "Lithops 62: retries of an executor work as they are, at once, and under a percentage",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2, retries: 1 });
    const futures = fexec.map(
      async (name: string, url: string, { attempt }) => {
        if (name === "bad" && attempt === 1) throw new Error("first");
        if (name === "slow") await (await fetch(url + name)).text();
        return attempt;
      },
      ["slow", "bad"],
      { extraArgs: [gate.url] },
    );
    // While "slow" still runs, "bad" has been run again and has ended.
    const [done] = await fexec.wait(futures, { returnWhen: 50 });
    assertEquals(done.length, 1);
    assertEquals(await futures[1], 2);
    gate.openAll();
    assertEquals(await futures.getResult(), [1, 2]);
  },
);
