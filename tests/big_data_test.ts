/**
 * Much of everything: an item and a result of a gigabyte, a hundred thousand calls in the queue, and the kinds of values
 * that are easily forgotten.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "./assert.ts";
import { CallError, CancelledError } from "../mod.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";

const GB = 2 ** 30;

/** Bytes of memory that programs can still get. */
function availableMemory(): number {
  const info = Deno.readTextFileSync("/proc/meminfo");
  return Number(/^MemAvailable:\s*(\d+) kB$/m.exec(info)?.[1] ?? 0) * 1024;
}

on(
  "process",
  `an item and a result of 1 GiB come and go whole${
    availableMemory() < 6 * GB
      ? " (left out: less than 6 GiB of memory are free)"
      : ""
  }`,
  async (make) => {
    const fexec = make({ workers: 1 });
    // Its pages are zero, and most of them stay untouched here.
    const item = new Uint8Array(GB);
    const places = [0, GB / 2 + 1, GB - 1];
    for (const place of places) item[place] = 7;
    const future = fexec.callAsync(
      (bytes: Uint8Array<ArrayBuffer>, places: number[]) => {
        for (const place of places) bytes[place]! *= 2;
        return bytes;
      },
      item,
      { extraArgs: [places] },
    );
    const result = await future;
    assertEquals(result.length, GB);
    assertEquals(places.map((place) => result[place]), [14, 14, 14]);
    assertEquals([result[1], result[GB / 2], result[GB - 2]], [0, 0, 0]);
    assertEquals(item[0], 7);
    assert(future.stats.func_data_size_bytes! >= GB);
    assert(future.stats.func_result_size! >= GB);
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
  },
  { limit: 150, ignore: availableMemory() < 6 * GB },
);

onEach(
  "a hundred thousand calls wait their turn, each ends once, and those that are cancelled never start",
  async (make) => {
    await using gate = openGate();
    const fexec = make();
    const count = 100_000;
    // Both workers are kept busy until all wait and some are cancelled.
    const first = fexec.map(
      async (name: string, url: string) => {
        await (await fetch(url + name)).text();
      },
      ["a", "b"],
      { extraArgs: [gate.url] },
    );
    await Promise.all([gate.arrived("a"), gate.arrived("b")]);
    const futures = fexec.map(
      (x: number) => x + 1,
      Array.from({ length: count }, (_, i) => i),
    );
    const ends = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const end = () => void ends[i]!++;
      futures[i]!.result().then(end, end);
    }
    for (let i = 0; i < count; i += 1000) futures[i]!.cancel();
    gate.openAll();
    await first.getResult();
    await fexec.wait(futures);
    assertEquals(ends.findIndex((times) => times !== 1), -1);
    const { success, cancelled } = futures.summary().outcomes;
    assertEquals([success, cancelled], [count - 100, 100]);
    const results = await futures.getResult({ throwExcept: false });
    assertEquals(
      results.findIndex((x, i) => x !== undefined && x !== i + 1),
      -1,
    );
    assertInstanceOf(futures[1000]!.error, CancelledError);
    assertEquals(futures[1000]!.stats.worker_start_tstamp, null);
  },
  { limit: 120 },
);

/** Makers run in the worker too, so what they give is a result as well as an item. */
const KINDS: Record<string, () => unknown> = {
  "a resizable buffer": () =>
    new Uint8Array(new ArrayBuffer(4, { maxByteLength: 16 })),
  "half floats": () => new Float16Array([1.5, NaN, -0]),
  "a large map": () => new Map(Array.from({ length: 500 }, (_, i) => [i, -i])),
  "the last Date": () => new Date(8.64e15),
  "a getter's value": () => ({
    get a() {
      return 5;
    },
  }),
  "an array with a name in it": () => Object.assign([1, 2], { extra: "x" }),
  "a frozen object": () => Object.freeze({ a: NaN, b: -0, c: undefined }),
  "keys with lone surrogates": () => ({ "\ud800": "\udc00", "": "" }),
  "a long array of floats": () => new Array(2e4).fill(0.5),
  "holes at both ends": () => {
    const list = new Array(5);
    list[2] = null;
    return list;
  },
  "a primitive of each kind": () => [true, 1n, "", 0, null, undefined, -0],
};

onEach("values that are easily forgotten come and go whole", async (make) => {
  const fexec = make();
  for (const [name, maker] of Object.entries(KINDS)) {
    const value = maker();
    assertEquals(await fexec.callAsync((x: unknown) => x, value), value, name);
    assertEquals(await fexec.callAsync(maker, 0), value, name);
  }
});

const REFUSED: Record<string, [make: () => unknown, says: string]> = {
  "a Blob": [() => new Blob(["a"]), "A Blob cannot be sent"],
  "a module of WebAssembly": [
    () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    "A Module cannot be sent",
  ],
  "a detached buffer": [() => {
    const buffer = new ArrayBuffer(4);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  }, "ArrayBuffer"],
};

onEach("values that only look like data fail their own call", async (make) => {
  const fexec = make();
  for (const [name, [maker, says]] of Object.entries(REFUSED)) {
    for (
      const future of [
        fexec.callAsync((x: unknown) => x, maker()),
        fexec.callAsync(maker, 0),
      ]
    ) {
      await fexec.wait(future);
      assertInstanceOf(future.error, CallError, name);
      assertStringIncludes(future.error.message, says, name);
    }
  }
  assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
});

on(
  "process",
  "a worker uses the memory of large items again within a job",
  async (make) => {
    const fexec = make({ workers: 1 });
    const count = 300, size = 1e6;
    const items = Array.from({ length: count }, () => new Uint8Array(size));
    // Pages that the worker had to be given so far.
    const futures = fexec.map((bytes: Uint8Array) => {
      const stat = Deno.readTextFileSync("/proc/self/stat");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [bytes.length, Number(fields[7])];
    }, items);
    const results = await futures.getResult();
    assert(results.every(([length]) => length === size));
    const faults = results.at(-1)![1]! - results[0]![1]!;
    // V8 collects what is free every 64 MB; before that each item takes pages of its own.
    const pages = count * size / 4096;
    assert(faults < 0.68 * pages, `${faults} faults for ${pages} pages`);
  },
);
