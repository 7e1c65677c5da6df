/**
 * Calls that wait in a worker behind a slow one go to a worker that has nothing to do, and none of them runs twice.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { onEach, within } from "./executors.ts";
import { openGate } from "./gate.ts";

/** Enough quick calls for a worker to be sent many at a time. */
const QUICK = 3000;

onEach(
  "quick calls do not wait behind one that never ends when a worker is idle",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2 });
    // While call 1,500 waits for the gate, all others end.
    const futures = fexec.map(
      async (x: number, url: string) => {
        if (x === 1500) await (await fetch(url + "slow")).text();
        return -x;
      },
      Array.from({ length: QUICK }, (_, i) => i),
      { extraArgs: [gate.url] },
    );
    await gate.arrived("slow");
    const others = Array.from(futures).filter((_, i) => i !== 1500);
    await within(Promise.all(others.map((future) => future.result())), 60);
    assert(!futures[1500]!.done);
    gate.openAll();
    const results = await futures.getResult();
    assertEquals(results, Array.from({ length: QUICK }, (_, i) => -i));
    assertEquals(futures.stats.filter(({ attempt }) => attempt !== 1), []);
  },
);

onEach(
  "a call runs once when it goes from worker to worker",
  async (make) => {
    const fexec = make({ workers: 2 });
    // Slow calls among quick ones, in synchronous code: those behind them are taken back, and nearly all of the time
    // just when the slow one may be about to end.
    const futures = fexec.map(
      (x: number) => {
        const global = globalThis as { ran?: number[] };
        (global.ran ??= []).push(x);
        const end = performance.now() + (x % 40 === 0 ? 9 + x % 7 : 0.05);
        while (performance.now() < end);
        return global.ran.splice(0);
      },
      Array.from({ length: QUICK }, (_, i) => i),
    );
    const ran = (await futures.getResult()).flat();
    assertEquals(
      ran.sort((a, b) => a - b),
      Array.from({ length: QUICK }, (_, i) => i),
    );
  },
);
