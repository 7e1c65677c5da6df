/**
 * Plain messages between threads: what is written to the memory they share is read as it was, or is not taken.
 *
 * @module
 */
import { assertEquals, assertThrows } from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  createSharedMemory,
  SharedReader,
  SharedWriter,
} from "../executor/worker/shared_memory.ts";

Deno.test("SharedReader reads what SharedWriter wrote, which takes no more room than there is", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 30_000 }) },
    { weight: 3, arbitrary: fc.constant("read" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = createSharedMemory();
      const writer = new SharedWriter(memory);
      const reader = new SharedReader(memory);
      const written: { at: number; message: unknown[] }[] = [];
      for (const [i, step] of steps.entries()) {
        if (step !== "read") {
          const numbers = new Float64Array(step).fill(i);
          const message = [1, "M001", i, [null, true, i / 3], numbers];
          const at = writer.write(message);
          // Where all has been read, there is room for whatever the codec takes.
          if (written.length === 0) assertEquals(at >= 0, true);
          if (at >= 0) written.push({ at, message });
          continue;
        }
        const next = written.shift();
        if (next !== undefined) {
          assertEquals(reader.read(next.at), next.message);
        }
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("SharedWriter leaves what is not plain to others, and goes on", () => {
  const memory = createSharedMemory();
  const writer = new SharedWriter(memory), reader = new SharedReader(memory);
  for (const value of [{}, [[[{}]]], [[1]], 1n, new Date()]) {
    assertEquals(writer.write([value]), -1);
  }
  assertEquals(reader.read(writer.write([7])), [7]);
});

Deno.test("SharedReader refuses a place where the next message is not", () => {
  const memory = createSharedMemory();
  const writer = new SharedWriter(memory), reader = new SharedReader(memory);
  const first = writer.write([1]), second = writer.write([2]);
  assertThrows(() => reader.read(second), Error, "message 1 is not there: 2");
  for (const place of [-1, 5, 8, 1e9, 0.5]) {
    assertThrows(() => reader.read(place));
  }
  assertEquals(reader.read(first), [1]);
  assertThrows(() => reader.read(first), Error, "message 2 is not there: 1");
  assertEquals(reader.read(second), [2]);
});
