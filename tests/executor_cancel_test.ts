/**
 * Stopping calls: those that wait never start, those that run are told, and ended when they do not listen.
 *
 * @module
 */
import {
  assertEquals,
  assertGreater,
  assertRejects,
  assertStrictEquals,
} from "./assert.ts";
import { CancelledError } from "../mod.ts";
import { onEach, until } from "./executors.ts";
import { openGate } from "./gate.ts";

/** Waits at the gate under the name of its item; gives what it is told there. */
const waiter = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

onEach(
  "cancel() of a call that waits keeps it from ever starting",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(waiter, ["a", "b", "c"], {
      extraArgs: [gate.url],
    });
    await gate.arrived("a");
    futures[1]!.cancel("not needed");
    const error = await assertRejects(
      () => futures[1]!.result(),
      CancelledError,
      'Call M000/00001 of "waiter" was cancelled: not needed',
    );
    assertEquals([error.cause, futures[1]!.state], ["not needed", "cancelled"]);
    gate.openAll();
    assertEquals(
      await futures.getResult({ throwExcept: false }),
      ["", undefined, ""],
    );
    assertEquals(gate.seen, ["a", "c"]);
    futures[0]!.cancel();
    assertEquals(futures[0]!.state, "success");
  },
);

onEach("cancel() of a call that runs tells it by its signal", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1, killDelay: 20 });
  const future = fexec.callAsync(
    async (url: string, { signal }) => {
      await (await fetch(`${url}started`)).text();
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
        if (signal.aborted) resolve();
      });
      await (await fetch(`${url}${signal.reason}`)).text();
    },
    gate.url,
  );
  gate.openAll();
  await gate.arrived("started");
  future.cancel("enough");
  await gate.arrived("enough");
  const error = await assertRejects(() => future.result(), CancelledError);
  assertEquals(error.cause, "enough");
  // It stopped by itself, so its worker lives on.
  await fexec.callAsync((x: number) => x, 1);
  assertEquals(fexec.workerStats().length, 1);
});

onEach(
  "cancel() of a call that does not listen ends its worker after killDelay",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, killDelay: 0.05 });
    const deaf = fexec.callAsync(
      async (url: string) => {
        await (await fetch(`${url}deaf`)).text();
        await new Promise(() => setInterval(() => {}, 1000));
      },
      gate.url,
    );
    const next = fexec.callAsync((x: number) => x, 1);
    gate.openAll();
    await gate.arrived("deaf");
    deaf.cancel();
    await assertRejects(() => deaf.result(), CancelledError);
    assertEquals(await next, 1);
    assertEquals(fexec.workerStats().length, 2);
  },
);

onEach(
  "cancel() of a list ends all that has not ended, and its input",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, killDelay: 0.05 });
    let pulled = 0, closed = false;
    const futures = fexec.map(
      waiter,
      (function* () {
        try {
          for (;;) yield `${pulled++}`;
        } finally {
          closed = true;
        }
      })(),
      { extraArgs: [gate.url] },
    );
    gate.open("0");
    await gate.arrived("1");
    futures.cancel("over");
    const [done] = await fexec.wait(futures);
    assertEquals([closed, futures.inputEnded], [true, true]);
    assertEquals(done.stats.map((stats) => stats.outcome), [
      "success",
      ...new Array(done.length - 1).fill("cancelled"),
    ]);
    assertEquals(gate.seen, ["0", "1"]);
  },
);

onEach("a signal cancels the calls of its job, and no others", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1, killDelay: 0.05 });
  const controller = new AbortController();
  const mine = fexec.map(waiter, ["a", "b"], {
    extraArgs: [gate.url],
    signal: controller.signal,
  });
  const other = fexec.map(waiter, ["c"], { extraArgs: [gate.url] });
  await gate.arrived("a");
  const reason = new RangeError("too long");
  controller.abort(reason);
  for (const future of mine) {
    const error = await assertRejects(() => future.result(), CancelledError);
    assertStrictEquals(error.cause, reason);
  }
  gate.open("c", "c");
  assertEquals(await other.getResult(), ["c"]);
  const late = fexec.map(waiter, ["d"], {
    extraArgs: [gate.url],
    signal: controller.signal,
  });
  await assertRejects(() => late.getResult(), CancelledError);
  assertEquals(gate.seen, ["a", "c"]);
});

onEach("cancel() ends a call that waits for its retry", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(
    () => {
      throw new Error("no");
    },
    0,
    { retries: 1, retryDelay: 1000 },
  );
  while (future.attempts.length === 0) await fexec.callAsync(() => 0, 0);
  assertGreater(future.attempts.length, 0);
  future.cancel();
  await assertRejects(() => future.result(), CancelledError);
});

/** Items that come one at a time, as they are asked for. */
async function* coming(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield i;
  }
}

onEach(
  "to cancel what goes on with a list leaves the list as it is",
  async (make) => {
    const fexec = make(), other = make();
    const aborting = new AbortController();
    const list = fexec.map((x: number) => x, coming(12));
    const chained = [
      list.map((x) => x + 1),
      list.map((x) => x + 2, { signal: aborting.signal }),
      list.map((x) => x + 3, { signal: AbortSignal.abort("before") }),
      list.mapReduce((x) => x, (all: unknown[]) => all.length),
      other.map((x: number) => x, list),
    ];
    const kept = list.map((x) => -x);
    await until(() => list.length > 2);
    chained[0]!.cancel("one");
    chained[3]!.cancel("reduce");
    aborting.abort("another");
    await other.terminate();
    const all = Array.from({ length: 12 }, (_, i) => i);
    assertEquals(await list.getResult(), all);
    assertEquals(await kept.getResult(), all.map((x) => -x));
    await assertRejects(() => chained[3]!.getResult(), CancelledError);
    await fexec.close();
  },
);

onEach(
  "mapReduce() with a signal that was aborted before is cancelled",
  async (make) => {
    const fexec = make();
    const signal = AbortSignal.abort("before");
    for (const items of [[1, 2], coming(2)]) {
      const list = fexec.mapReduce(
        (x: number) => x,
        items,
        (all: number[]) => all.length,
        { signal },
      );
      await assertRejects(() => list.getResult(), CancelledError, "before");
      assertEquals(list.every(({ state }) => state === "cancelled"), true);
    }
    await fexec.close();
  },
);

onEach(
  "retryIf may cancel the call that it is asked of",
  async (make) => {
    const fexec = make();
    const future = fexec.callAsync(
      () => {
        throw new Error("once");
      },
      0,
      {
        retries: 1,
        retryIf: () => {
          future.cancel("enough");
          return true;
        },
      },
    );
    await assertRejects(() => future.result(), CancelledError, "enough");
    await fexec.close();
    assertEquals(future.state, "cancelled");
  },
);
