/**
 * `keepStats: "summary"`: calls that have ended are counted and let go, and what is counted is what all of them would
 * give.
 *
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "./assert.ts";
import { on, onEach } from "./executors.ts";
import { fc } from "./fast_check.ts";
import { fakeCallAt } from "./fixtures/call_stats.ts";
import { openGate } from "./gate.ts";
import type { ReturnWhen } from "../mod.ts";
import type { CallStats } from "../executor/stats.ts";
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

/** What both find of calls that come in this order. */
function both(calls: CallStats[]): { got: Summary; exact: Summary } {
  const tally = new Tally();
  for (const [i, each] of calls.entries()) {
    tally.add(each);
    // To look changes nothing.
    if (i % 777 === 0) tally.summary(0, []);
  }
  return { got: tally.summary(0, []), exact: summarize(calls) };
}

/** `count` calls on slots of workers that take the same lengths and pauses in turn. Seconds are whole, so sums are exact. */
function inSlots(
  count: number,
  { workers, concurrency, turns }: {
    workers: number;
    concurrency: number;
    turns: { length: number; pause: number }[];
  },
): CallStats[] {
  const free = new Array<number>(workers * concurrency).fill(0);
  const calls = [...numbers(count)].map((i) => {
    const slot = free.indexOf(Math.min(...free));
    const { length, pause } = turns[(i * 7 + slot) % turns.length]!;
    const start = free[slot]! + pause, end = start + length;
    free[slot] = end;
    return fakeCallAt({ start, end }, { worker_id: slot % workers }, 0);
  });
  return calls.sort((a, b) => a.worker_end_tstamp! - b.worker_end_tstamp!);
}

const slots = fc.record({
  workers: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 8 }),
  turns: fc.array(
    fc.record({
      length: fc.oneof(fc.nat(5), fc.nat(5), fc.nat(500)),
      pause: fc.nat(20),
    }),
    { minLength: 1, maxLength: 30 },
  ),
});

Deno.test("Tally finds the load of thousands of calls exactly, also where answers come late", () => {
  fc.assert(
    fc.property(slots, fc.array(fc.nat(30)), (slots, late) => {
      const calls = inSlots(4000, slots);
      const key = new Map(calls.map((call, i) => [
        call,
        call.worker_end_tstamp! + (late[i % late.length] ?? 0),
      ]));
      const { got, exact } = both(
        calls.toSorted((a, b) => key.get(a)! - key.get(b)!),
      );
      assertEquals(exactPart(got), exactPart(exact));
    }),
    { numRuns: 30 },
  );
});

Deno.test("Tally counts 5,000 calls that are all at once, and then one after the other", () => {
  const together = [...numbers(5000)].map((i) =>
    fakeCallAt({ start: 0, end: 2000 + i }, { worker_id: i % 2 })
  );
  const alone = [...numbers(5000)].map((i) =>
    fakeCallAt({ start: 8000 + i, end: 8000.5 + i }, { worker_id: i % 2 })
  );
  const { got, exact } = both([...together, ...alone]);
  assertEquals(got.peak_concurrency, 5000);
  assertEquals(exactPart(got), exactPart(exact));
});

Deno.test("Tally takes in what a long call covers, however many calls ended beside it", () => {
  const short = [...numbers(20_000)].map((i) =>
    fakeCallAt({ start: i, end: i + 0.5 }, {}, 0)
  );
  const busyWith = (start: number) => {
    const long = fakeCallAt({ start, end: 20_000 }, {}, 0);
    return both([...short, long]).got.worker_utilisation! * 20_000;
  };
  // From the first start on, and among the last 200 gaps, there is nothing to estimate.
  assertAlmostEquals(busyWith(0), 20_000, 1e-6);
  assertAlmostEquals(busyWith(19_900.75), 19_901 / 2 + 99.25, 1e-6);
  // Elsewhere it is off by at most 1 % of the time that the short ones leave.
  for (const start of [10.75, 3000.75, 10_000.75, 19_000.75]) {
    const before = Math.ceil(start) / 2;
    assertAlmostEquals(busyWith(start), before + 20_000 - start, 100);
  }
});

Deno.test("Tally never finds fewer calls at once than there were, in whatever order they come", () => {
  fc.assert(
    fc.property(slots, fc.integer({ min: 1, max: 3999 }), (slots, from) => {
      const calls = inSlots(4000, slots);
      const turned = [...calls.slice(from), ...calls.slice(0, from)];
      const { got, exact } = both(turned);
      assert(got.peak_concurrency! >= exact.peak_concurrency!);
      assertEquals(got.mean_concurrency, exact.mean_concurrency);
    }),
    { numRuns: 20 },
  );
});

on("thread", "calls that wait for each other are all at once", async (make) => {
  const count = 2500;
  const fexec = make({
    workers: 1,
    concurrency: count,
    keepStats: "summary",
  });
  const futures = fexec.map(async (count: number) => {
    const here = globalThis as typeof globalThis & {
      came?: number;
      all?: PromiseWithResolvers<void>;
    };
    here.all ??= Promise.withResolvers<void>();
    here.came = (here.came ?? 0) + 1;
    if (here.came === count) here.all.resolve();
    await here.all.promise;
  }, new Array<number>(count).fill(count));
  await futures.wait();
  assertEquals(fexec.summary().peak_concurrency, count);
});
