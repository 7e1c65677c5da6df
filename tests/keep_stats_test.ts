/**
 * `keepStats: "summary"`: calls that have ended are counted and let go, and what is counted is what all of them would
 * give.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "./assert.ts";
import { on, onEach } from "./executors.ts";
import { fc } from "./fast_check.ts";
import { fakeCallAt } from "./fixtures/call_stats.ts";
import { openGate } from "./gate.ts";
import type { ReturnWhen } from "../mod.ts";
import { summarize, type Summary } from "../executor/summary.ts";
import { Tally } from "../executor/tally.ts";

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const same = (x: number) => {
  if (x === 7) throw new Error("seven");
  return x;
};

onEach("a streamed list gives every call once and keeps none", async (make) => {
  const fexec = make({ workers: 2, keepStats: "summary" });
  const futures = fexec.map(same, numbers(3000));
  const seen = new Set<number>();
  let failed = 0, most = 0;
  for await (const future of futures.asCompleted()) {
    most = Math.max(most, futures.length);
    if (future.success) seen.add(await future.result());
    else failed++;
    assertEquals(future.stats.outcome, future.success ? "success" : "error");
  }
  assertEquals([seen.size, failed, futures.length], [2999, 1, 0]);
  assert(most < 3000, `${most}`);
  assertEquals(fexec.futures.length, 0);
  const { calls, outcomes, exec_time, workers } = fexec.summary();
  assertEquals([calls, outcomes.success, outcomes.error], [3000, 2999, 1]);
  assertEquals(exec_time?.count, 3000);
  assertEquals(workers.reduce((sum, { calls }) => sum + calls, 0), 3000);
});

onEach("a list that nobody streams is whole", async (make) => {
  const fexec = make({ workers: 2, keepStats: "summary" });
  const items = [...numbers(200)].filter((x) => x !== 7);
  const futures = fexec.map(same, items);
  const doubled = futures.map((x) => 2 * x);
  assertEquals(await futures.getResult(), items);
  assertEquals(await doubled.getResult(), items.map((x) => 2 * x));
  assertEquals(futures.stats.length, items.length);
  assertEquals(fexec.summary().calls, 2 * items.length);
  assertEquals(await fexec.getResult(futures[3]!), 3);
});

on("thread", "what needs every call says that there are none", async (make) => {
  const fexec = make({ workers: 1, keepStats: "summary" });
  await fexec.callAsync((x: number) => x, 1);
  const why = 'option "keepStats" is "summary"';
  assertThrows(() => fexec.stats, TypeError, why);
  assertThrows(() => fexec.run(), TypeError, why);
  assertEquals(fexec.futures.length, 0);
});

on("thread", "calls that wait are told as pending", async (make) => {
  const fexec = make({ workers: 1, keepStats: "summary" });
  await fexec.ready;
  const futures = fexec.map(same, [1, 2, 3]);
  assertEquals(fexec.summary().outcomes.pending, 3);
  const [done, open] = await fexec.wait();
  assertEquals([done.length, open.length], [3, 0]);
  assertEquals(fexec.summary().outcomes.pending, 0);
  assertEquals(await futures.getResult(), [1, 2, 3]);
});

on("thread", "several loops over one streamed list end", async (make) => {
  const fexec = make({ workers: 1, keepStats: "summary" });
  const futures = fexec.map(same, numbers(5));
  for await (const _ of futures.asCompleted()) break;
  const count = async () => {
    let count = 0;
    for await (const _ of futures.asCompleted()) count++;
    return count;
  };
  const counts = await Promise.all([count(), count()]);
  assert(counts.every((each) => each >= 4), `${counts}`);
  assertEquals(await count(), 0);
});

onEach("a list that was streamed can be waited for", async (make) => {
  const fexec = make({ workers: 2, keepStats: "summary" });
  for (const items of [[1, 2, 3, 4], numbers(20)]) {
    const futures = fexec.map((x: number) => x, items);
    for await (const future of futures.asCompleted()) await future.result();
    for (
      const returnWhen of ["ALL_COMPLETED", "ANY_COMPLETED", 50, 100] as const
    ) {
      const lists = await futures.wait({ returnWhen });
      assertEquals(lists.map((list) => list.length), [0, 0]);
    }
    assertEquals(await futures.getResult(), []);
    assertEquals(await fexec.getResult(), []);
  }
});

onEach("a list whose stream was left can be waited for", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1, keepStats: "summary" });
  const futures = fexec.map(
    async (name: string, url: string) => {
      await (await fetch(url + name)).text();
      return name;
    },
    ["a", "b", "c", "d", "e"],
    { extraArgs: [gate.url] },
  );
  for (const name of ["a", "b", "c"]) gate.open(name);
  let given = 0;
  for await (const _ of futures.asCompleted()) if (++given === 3) break;
  assertEquals(futures.length, 2);
  const counts = async (returnWhen: ReturnWhen) =>
    (await futures.wait({ returnWhen })).map((list) => list.length);
  assertEquals(await counts(60), [0, 2]);
  assertEquals(await counts("ANY_COMPLETED"), [0, 2]);
  gate.open("d");
  assertEquals(await counts(61), [1, 1]);
  gate.open("e");
  assertEquals(await counts("ALL_COMPLETED"), [2, 0]);
  assertEquals(await futures.getResult(), ["d", "e"]);
});

onEach("a list can be waited for while it is streamed", async (make) => {
  const fexec = make({ workers: 2, keepStats: "summary" });
  const futures = fexec.map((x: number) => x, numbers(200));
  const waiting: Promise<unknown>[] = [];
  let given = 0;
  for await (const _ of futures.asCompleted()) {
    if (++given === 50) waiting.push(futures.wait(), futures.getResult());
  }
  await Promise.all(waiting);
  assertEquals(given, 200);
});

onEach("the result of a streamed mapReduce() stays", async (make) => {
  const fexec = make({ workers: 2, keepStats: "summary" });
  for (const items of [[1, 2, 3], numbers(20)]) {
    const futures = fexec.mapReduce(
      (x: number) => x,
      items,
      (all) => all.length,
    );
    let given = 0;
    for await (const _ of futures.asCompleted()) given++;
    const count = items instanceof Array ? 3 : 20;
    assertEquals(given, count + 1);
    assertEquals(await futures.getResult(), count);
    assertEquals(await futures.map((n) => n + 1).getResult(), [count + 1]);
  }
});

/** A summary with what Tally may be off by taken out. */
function exactPart({ queue_time, exec_time, ...rest }: Summary) {
  const round = (x: number | null) => x === null ? null : +x.toPrecision(9);
  return {
    ...rest,
    makespan: round(rest.makespan),
    mean_concurrency: round(rest.mean_concurrency),
    worker_utilisation: round(rest.worker_utilisation),
    ends: [queue_time, exec_time].map((spread) =>
      spread === null
        ? null
        : [spread.count, spread.min.value, spread.max.value]
    ),
  };
}

Deno.test("Tally gives what summarize() gives, quantiles within 1 %", () => {
  const call = fc.record({
    worker: fc.nat(3),
    start: fc.integer({ min: 0, max: 1000 }),
    length: fc.integer({ min: 0, max: 300 }),
    outcome: fc.constantFrom("success" as const, "error" as const),
  });
  fc.assert(fc.property(fc.array(call, { maxLength: 200 }), (list) => {
    const calls = list.map(({ worker, start, length, outcome }) =>
      fakeCallAt({ start, end: start + length }, {
        worker_id: worker,
        outcome,
      })
    );
    const tally = new Tally();
    for (const each of calls) tally.add(each);
    const got = tally.summary(0, []), wanted = summarize(calls);
    assertEquals(exactPart(got), exactPart(wanted));
    for (const name of ["p50", "p95"] as const) {
      const value = got.exec_time?.[name].value ?? 0;
      const exact = wanted.exec_time?.[name].value ?? 0;
      assert(
        Math.abs(value - exact) <= exact * 0.0101,
        `${name}: ${value} for ${exact}`,
      );
    }
  }));
});

Deno.test("Tally counts batch after batch", () => {
  const tally = new Tally();
  const calls = [...numbers(5000)].map((i) =>
    fakeCallAt({ start: i / 2, end: i / 2 + 1 }, { worker_id: i % 2 })
  );
  for (const each of calls) tally.add(each);
  assertEquals(exactPart(tally.summary(0, [])), exactPart(summarize(calls)));
});
