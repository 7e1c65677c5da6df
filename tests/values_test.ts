/**
 * Looking through values before they are sent: what it refuses, where it says that is, and how large it finds the rest.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import v8 from "node:v8";
import { fc } from "./fast_check.ts";
import { collectFor, inspectValue } from "../executor/worker/values.ts";

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

Deno.test("inspectValue() takes what the codec takes, and finds about its size", () => {
  fc.assert(fc.property(anything, (value) => {
    const { size, buffers } = inspectValue(value);
    assertEquals(buffers, []);
    const real = v8.serialize(value).length;
    assert(size <= real * 2 + 32, `${size} of ${real}`);
    assert(size >= real / 3 - 32, `${size} of ${real}`);
  }));
});

Deno.test("inspectValue() leaves the value as it was", () => {
  fc.assert(fc.property(anything, (value) => {
    const before = structuredClone(value);
    inspectValue(value, "all");
    assertEquals(structuredClone(value), before);
  }));
});

/** What cannot be sent, with how a message calls it. */
const REFUSED: readonly [unknown, string][] = [
  [() => 1, "A function"],
  [function named() {}, 'A function ("named")'],
  [Symbol("s"), "A symbol"],
  [new URL("http://a/"), "An URL"],
  [new Headers(), "A Headers"],
  [new Request("http://a/"), "A Request"],
  [new Response(), "A Response"],
  [new Blob(), "A Blob"],
  [new AbortController().signal, "An AbortSignal"],
  [new ReadableStream(), "A ReadableStream"],
  [new WeakMap(), "A WeakMap"],
  [new WeakRef({}), "A WeakRef"],
  [Promise.resolve(), "A Promise"],
  [(function* () {})(), "A Generator"],
  [new DOMException("a", "b"), 'A DOMException ("b")'],
  [new (class Empty {})(), "An Empty"],
];

/** One step down into a value: how it is wrapped, and how its place is written. */
const step = fc.oneof(
  fc.stringMatching(/^[a-z]{1,5}$/).map((key) => ({
    wrap: (inner: unknown): unknown => ({ before: 1, [key]: inner }),
    path: `.${key}`,
  })),
  fc.nat(3).map((index) => ({
    wrap: (inner: unknown): unknown => [...new Array(index).fill(0), inner, 0],
    path: `[${index}]`,
  })),
  fc.constant({
    wrap: (inner: unknown): unknown => new Map([[1, 2], [3, inner]]),
    path: ".values()[1]",
  }),
  fc.constant({
    wrap: (inner: unknown): unknown => new Map([[inner, 1]]),
    path: ".keys()[0]",
  }),
  fc.constant({
    wrap: (inner: unknown): unknown => new Set([0, inner]),
    path: ".values()[1]",
  }),
  fc.constant({
    wrap: (inner: unknown): unknown => new Error("a", { cause: inner }),
    path: ".cause",
  }),
);

Deno.test("inspectValue() says what it refuses and where that is", () => {
  fc.assert(fc.property(
    fc.array(step, { maxLength: 6 }),
    fc.constantFrom(...REFUSED),
    (steps, [refused, called]) => {
      const value = steps.reduceRight(
        (inner, { wrap }) => wrap(inner),
        refused,
      );
      const { message } = assertThrows(() => inspectValue(value), TypeError);
      const path = steps.map(({ path }) => path).join("");
      assertStringIncludes(message, called);
      if (path === "") {
        assertMatch(message, /cannot be sent(; await it first)?$/);
      } else assertStringIncludes(message, `cannot be sent (at ${path})`);
    },
  ));
});

Deno.test("inspectValue() ends on cycles, great depth and great length", () => {
  const cycle: Record<string, unknown> = { map: new Map() };
  (cycle.map as Map<unknown, unknown>).set(cycle, [cycle]);
  inspectValue(cycle);
  let deep: unknown = "end";
  for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : { deep };
  inspectValue(deep);
  const long: number[] = [];
  long[4_000_000_000] = 1;
  inspectValue([long, { long }]);
  assertThrows(() => inspectValue(Object.assign(long, [() => 1])), TypeError);
});

Deno.test("inspectValue() looks at each place once, however often it is held", () => {
  let reads = 0;
  const shared = {
    get read() {
      return ++reads;
    },
  };
  inspectValue(new Array(50).fill(shared));
  assertEquals(reads, 1);
  // Each level holds the one below twice: 2^60 ways down.
  let lattice: unknown = 1;
  for (let i = 0; i < 60; i++) lattice = [lattice, lattice];
  assertLess(inspectValue(lattice).size, 1000);
});

Deno.test("inspectValue() collects each buffer once, of the kind that is asked for", () => {
  const large = new ArrayBuffer(1 << 20), small = new ArrayBuffer(8);
  const shared = new SharedArrayBuffer(1 << 20);
  const gone = new ArrayBuffer(1 << 20);
  structuredClone(gone, { transfer: [gone] });
  const value = {
    large,
    views: [new Uint8Array(large, 4, 2), new DataView(large)],
    small: new Map([["a", new Float64Array(small)]]),
    shared: new Uint8Array(shared),
    resizable: new ArrayBuffer(1 << 20, { maxByteLength: 1 << 21 }),
    gone,
  };
  assertEquals(inspectValue(value, "none").buffers, []);
  assertEquals(inspectValue(value, "large").buffers, [large]);
  assertEquals(
    new Set(inspectValue(value, "all").buffers),
    new Set([large, small]),
  );
  assertEquals(collectFor("process", false), "large");
  assertEquals(collectFor("process", true), "large");
  assertEquals(collectFor("thread", true), "all");
  assertEquals(collectFor("thread", false), "copied");
});

Deno.test("inspectValue() tells what shares an object with what was looked at before", () => {
  const view = new Uint8Array(100), other = new DataView(view.buffer, 50);
  const values = [view, other, view.buffer, [view], { other }];
  for (const first of values) {
    const { objects } = inspectValue(first, "all");
    for (const second of values) {
      assert(inspectValue(second, "all", objects).isShared);
    }
    assert(!inspectValue(new Uint8Array(100), "all", objects).isShared);
  }
});

Deno.test("inspectValue() finds the same in a view by itself and in one that something holds", () => {
  for (const length of [0, 10, 100_000]) {
    const view = new Uint16Array(length);
    for (const collect of ["none", "all", "large", "copied"] as const) {
      const alone = inspectValue(view, collect);
      const held = inspectValue([view], collect);
      assertEquals(alone.buffers, held.buffers);
      assertEquals(alone.size + inspectValue([]).size, held.size);
    }
  }
});
