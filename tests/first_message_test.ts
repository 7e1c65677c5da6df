/**
 * What the first message of a job holds: one call, and a few where items are moved and the function was quick last time.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { type Make, on } from "./executors.ts";

const items = (count: number, length = 8) =>
  Array.from({ length: count }, () => new Uint8Array(length));

/** Keeps its worker busy for as many milliseconds as its item has bytes. */
function busy(item: Uint8Array): number {
  const end = performance.now() + item.length;
  while (performance.now() < end);
  return item.length;
}

/** Runs quick calls of it, then slow ones; gives how many of the first slow ones the first of them has beside it. */
async function beside(
  fexec: ReturnType<Make>,
  count: number,
  transfer: boolean,
): Promise<number> {
  await fexec.map(busy, items(300, 0), { transfer }).getResult();
  const slow = fexec.map(busy, items(count, 10), { transfer });
  assertEquals(await slow.getResult(), new Array(count).fill(10));
  const workers = slow.stats.map(({ worker_id }) => worker_id);
  const others = workers.findIndex((worker) => worker !== workers[0]);
  return (others < 0 ? count : others) - 1;
}

on(
  "thread",
  "moved items of a function that was quick share the first message",
  async (make) => {
    const fexec = make({ workers: 2 });
    await fexec.ready;
    // Beside other work the quick calls may have been slow ones for once.
    let most = 0;
    for (let tries = 0; tries < 50 && most === 0; tries++) {
      most = await beside(fexec, 40, true);
    }
    assertEquals(most, 7);
    // Where there are few of them, each worker has its part.
    assertEquals(await beside(fexec, 2, true), 0);
  },
);

on(
  "thread",
  "a job starts with a call each where its items stay, or its function was slow",
  async (make) => {
    const fexec = make({ workers: 2 });
    await fexec.ready;
    assertEquals(await beside(fexec, 16, false), 0);
    await beside(fexec, 16, true);
    const slow = fexec.map(busy, items(16, 10), { transfer: true });
    await slow.getResult();
    const [first, second] = slow.stats;
    assert(first!.worker_id !== second!.worker_id);
  },
);
