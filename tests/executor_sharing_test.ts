/**
 * What calls on one worker share and what not: a result is what the function gave when it gave it, whatever calls after it
 * do; an item is the call's own.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { on, onEach } from "./executors.ts";

onEach(
  "a result stays as it was returned when later calls change the object",
  async (make) => {
    const fexec = make({ workers: 1 });
    const count = (x: number) => {
      const scope = globalThis as { kept?: { n: number; list: number[] } };
      const kept = scope.kept ??= { n: 0, list: [] };
      kept.n = x;
      kept.list.push(x);
      return kept;
    };
    const items = [1, 2, 3, 4, 5];
    const wanted = items.map((n) => ({ n, list: items.slice(0, n) }));
    const together = fexec.map(count, items, { chunksize: 5 });
    assertEquals(await together.getResult(), wanted);
  },
);

onEach(
  "a result in a buffer that is used again stays as it was returned",
  async (make) => {
    const fexec = make({ workers: 1 });
    const fill = async (x: number, size: number, later: boolean) => {
      const scope = globalThis as { buffers?: Map<number, Uint8Array> };
      const buffers = scope.buffers ??= new Map();
      if (later) await Promise.resolve();
      const buffer: Uint8Array = buffers.get(size) ?? new Uint8Array(size);
      buffers.set(size, buffer);
      return buffer.fill(x);
    };
    // Small ones are encoded, large ones are written as they are.
    for (const size of [10, 1 << 20]) {
      for (const later of [false, true]) {
        const futures = fexec.map(fill, [1, 2, 3, 4, 5, 6], {
          extraArgs: [size, later],
          chunksize: 6,
        });
        const results = await futures.getResult();
        assertEquals(
          results.map((bytes) => [bytes[0], bytes.at(-1), bytes.length]),
          [1, 2, 3, 4, 5, 6].map((x) => [x, x, size]),
        );
      }
    }
  },
);

on(
  "thread",
  "a result that is moved is not changed by what its function does later",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      (x: number) => {
        const scope = globalThis as { last?: Uint8Array };
        const gone = scope.last?.length ?? 0;
        if (scope.last !== undefined) scope.last[5] = 99;
        scope.last = new Uint8Array(1 << 17).fill(x);
        return gone === 0 ? scope.last : new Uint8Array(0);
      },
      [1, 2, 3, 4],
      { chunksize: 4, transfer: true },
    );
    const results = await futures.getResult();
    assertEquals(results.map((bytes) => bytes[5]), [1, 2, 3, 4]);
  },
);

onEach(
  "an error stays as it was thrown when later calls change it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      (x: number) => {
        const scope = globalThis as { error?: Error & { x?: number[] } };
        const error = scope.error ??= new Error("the same");
        error.x = [...error.x ?? [], x];
        throw error;
      },
      [1, 2, 3],
      { chunksize: 3 },
    );
    await fexec.wait();
    assertEquals(
      futures.slice().map(({ error }) => (error!.cause as { x?: unknown }).x),
      [[1], [1, 2], [1, 2, 3]],
    );
  },
);

onEach(
  "an item that several calls are given is each call's own",
  async (make) => {
    const fexec = make({ workers: 1 });
    const item = { list: [1], bytes: new Uint8Array(1 << 17) };
    const futures = fexec.map(
      (x: typeof item) => [x.list.push(2), x.bytes[0]!++, x.bytes[0]],
      [item, item, item],
      { chunksize: 3 },
    );
    assertEquals(await futures.getResult(), [[2, 0, 1], [2, 0, 1], [2, 0, 1]]);
    assertEquals([item.list, item.bytes[0]], [[1], 0]);
  },
);

onEach(
  "one buffer that several calls view is each call's own",
  async (make) => {
    const fexec = make({ workers: 1 });
    for (const size of [8, 1 << 17]) {
      const { buffer } = new Uint8Array(size);
      const items = [0, 1, 2].map(() => new Uint8Array(buffer));
      const futures = fexec.map((x: Uint8Array) => ++x[0]!, items, {
        chunksize: 3,
      });
      assertEquals(await futures.getResult(), [1, 1, 1]);
      assertEquals(items[0]![0], 0);
    }
  },
);

onEach(
  "a function is loaded once, also one that moves buffers",
  async (make) => {
    const fexec = make({ workers: 1 });
    const loads = function self() {
      const scope = globalThis as { loaded?: Set<unknown> };
      return (scope.loaded ??= new Set()).add(self).size;
    };
    for (const transfer of [false, true, true, false]) {
      const count = await fexec.callAsync(loads, null, { transfer });
      // What is done with its results is told with the function.
      assert(count <= 2, `${count} functions`);
    }
  },
);
