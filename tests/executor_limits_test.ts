/**
 * Limits on how long calls run, and running them again: timeout and retries.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "./assert.ts";
import { CallError, CallTimeoutError } from "../mod.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";

/** Never ends by itself, but lets other things on its worker happen. */
const forever = async () => {
  await new Promise(() => setInterval(() => {}, 1000));
};

/** Never ends, and lets nothing else happen. */
const spin = () => {
  for (;;);
};

on(
  "process",
  "timeout ends a call that spins, and its worker, and nothing else",
  async (make) => {
    const fexec = make({ workers: 1 });
    const before = fexec.callAsync(() => Deno.pid, 0);
    const spinning = fexec.callAsync(spin, 0, { timeout: 0.2 });
    const after = fexec.callAsync(() => Deno.pid, 0);
    const error = await assertRejects(
      () => spinning.result(),
      CallTimeoutError,
      'Call A001/00000 of "spin" exceeded its timeout of 0.2 seconds',
    );
    assertEquals([error.call, error.stats?.outcome], ["A001/00000", "timeout"]);
    assert(await before !== await after);
  },
);

onEach("timeout ends a call that waits", async (make) => {
  // Long enough for calls that do nothing, on any machine.
  const fexec = make({ workers: 1, timeout: 0.7 });
  const futures = fexec.map(
    async (x: number) => {
      if (x === 1) await new Promise(() => setInterval(() => {}, 1000));
      return x;
    },
    [0, 1, 2],
  );
  assertEquals(
    await futures.getResult({ throwExcept: false }),
    [0, undefined, 2],
  );
  assertInstanceOf(futures[1]!.error, CallTimeoutError);
});

onEach(
  "timeout counts from the start of the function, not from submit",
  async (make) => {
    const fexec = make({ workers: 1 });
    const slow = fexec.callAsync(async () => {
      await new Promise((resolve) => setTimeout(resolve, 800));
    }, 0);
    const patient = fexec.map((x: number) => x, [1, 2, 3], { timeout: 0.7 });
    await slow;
    assertEquals(await patient.getResult(), [1, 2, 3]);
  },
);

onEach(
  "timeout of each job is its own on a worker that jobs share",
  async (make) => {
    const fexec = make({ workers: 1 });
    await fexec.callAsync((x: number) => x, 0, { timeout: 60 });
    await fexec.callAsync((x: number) => x, 0);
    const late = fexec.callAsync(forever, 0, { timeout: 0.1 });
    await assertRejects(() => late.result(), CallTimeoutError);
    const free = fexec.callAsync(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "free";
    }, 0);
    const strict = fexec.callAsync(forever, 0, { timeout: 0.1 });
    assertEquals(await free, "free");
    await assertRejects(() => strict.result(), CallTimeoutError);
  },
);

onEach(
  "timeout is enforced on a quick call behind one without a limit",
  async (make) => {
    const fexec = make({ workers: 1 });
    // Both jobs are known to be quick, so their calls are sent ahead of the answers before them.
    const sleep = async (ms: number) => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    };
    const quick = new Array(300).fill(0);
    const free = fexec.map(sleep, [...quick, 900, ...quick]);
    const strict = fexec.map(sleep, [...quick, 600_000, ...quick], {
      timeout: 0.7,
    });
    await fexec.wait();
    assertEquals(free.summary().outcomes.success, 601);
    assertEquals(strict.summary().outcomes.timeout, 1);
    assertEquals(strict.summary().outcomes.success, 600);
  },
);

onEach("retries run only the failed call again, at once", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 2 });
  const futures = fexec.map(
    async (name: string, url: string, { attempt }) => {
      if (name === "slow") await (await fetch(url + name)).text();
      else if (attempt < 3) throw new RangeError(`attempt ${attempt}`);
      return attempt;
    },
    ["slow", "bad"],
    { extraArgs: [gate.url], retries: 2, retryDelay: 0.001 },
  );
  // The retries are over while the sibling still runs.
  assertEquals(await futures[1], 3);
  assertEquals(futures[0]!.done, false);
  const { attempts, stats } = futures[1]!;
  assertEquals(
    attempts.map((error) => (error.cause as Error).message),
    ["attempt 1", "attempt 2"],
  );
  assertEquals([stats.attempt, stats.outcome], [3, "success"]);
  gate.open("slow");
  assertEquals(await futures.getResult(), [1, 3]);
});

onEach("retries end with the last error; retryIf may say no", async (make) => {
  const fexec = make({ retries: 2 });
  const fail = (x: number, { attempt }: { attempt: number }) => {
    throw new RangeError(`${x}.${attempt}`);
  };
  const all = fexec.callAsync(fail, 1, { retryDelay: 0 });
  const seen: [string, number][] = [];
  const some = fexec.callAsync(fail, 2, {
    retryDelay: 0,
    retryIf: (error, attempt) => {
      seen.push([(error.cause as Error).message, attempt]);
      return attempt < 2;
    },
  });
  const thrown = fexec.callAsync(fail, 3, {
    retryIf: () => {
      throw new Error("no idea");
    },
  });
  const none = fexec.callAsync(fail, 4, { retries: 0 });
  const error = await assertRejects(() => all.result(), CallError, "1.3");
  assertEquals(error.stats?.attempt, 3);
  assertEquals(all.attempts.length, 2);
  await assertRejects(() => some.result(), CallError, "2.2");
  assertEquals(seen, [["2.1", 1], ["2.2", 2]]);
  await assertRejects(() => thrown.result(), CallError, "3.1");
  await assertRejects(() => none.result(), CallError, "4.1");
});

onEach("retries help against a timeout", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(
    async (_: number, { attempt }) => {
      if (attempt === 1) await new Promise(() => setInterval(() => {}, 1000));
      return attempt;
    },
    0,
    { timeout: 0.7, retries: 1, retryDelay: 0.001 },
  );
  assertEquals(await future, 2);
  assertInstanceOf(future.attempts[0], CallTimeoutError);
});
