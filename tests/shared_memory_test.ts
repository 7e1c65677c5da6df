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

/** A reader of `memory` by another clock than the system's. */
function readerBy(
  clock: () => number,
  memory: SharedArrayBuffer,
): SharedReader {
  return new SharedReader(memory, 0, memory.byteLength, clock);
}

Deno.test("SharedReader looks for as long as it is said to, less often where that is in vain, and not after 2 ms without a turn of the event loop", () => {
  let time = 0, reads = 0;
  const clock = () => (reads++, time += 0.25);
  const reader = readerBy(clock, createSharedMemory());
  /** Looks for a millisecond; whether it did, which takes the clock more than one reading. */
  const looks = () => {
    const before = reads;
    assertEquals(reader.look(1), undefined);
    return reads > before + 1;
  };
  assertEquals(looks(), false, "before anything has arrived");
  const skipped = [];
  for (let look = 0; look < 6; look++) {
    reader.arrived();
    let left = 0;
    while (!looks()) {
      left++;
      reader.arrived();
    }
    skipped.push(left);
  }
  assertEquals(skipped, [0, 1, 3, 7, 15, 15]);
  for (let left = 0; left < 15; left++) looks();
  reader.arrived();
  time += 1.5;
  assertEquals(looks(), true);
  for (let left = 0; left < 15; left++) looks();
  reader.arrived();
  time += 2;
  assertEquals(looks(), false);
});

Deno.test("SharedReader is told nothing while it does not look, nor ahead of what was posted", () => {
  const memory = createSharedMemory();
  const writer = new SharedWriter(memory);
  let told: boolean[] = [];
  // Within a look, as another thread would do.
  const clock = () => (told.push(writer.tell(place)), performance.now());
  const reader = readerBy(clock, memory);
  const place = writer.write([1]);
  assertEquals(writer.tell(place), false);
  reader.arrived(); // without this it does not look
  told = [];
  assertEquals(reader.look(0.001), undefined);
  assertEquals(new Set(told), new Set([false]));
  writer.posted(); // what has arrived above
  told = [];
  assertEquals(reader.look(1000), undefined, "left out");
  assertEquals(reader.look(1000), place);
  assertEquals(told.filter((isTold) => isTold).length, 1);
  assertEquals(reader.read(place), [1]);
});

Deno.test("SharedWriter counts what it posts as far as the reader does, and then from the start", () => {
  const memory = createSharedMemory();
  const writer = new SharedWriter(memory);
  let heard = false;
  const reader = readerBy(() => {
    heard ||= writer.isHeard;
    return performance.now();
  }, memory);
  const words = new Int32Array(memory, 0, 32);
  words[2] = 2 ** 31 - 1; // what has arrived
  writer.posted(2 ** 31 - 1);
  writer.posted();
  reader.arrived();
  reader.look(0.1);
  assertEquals(heard, true);
});
