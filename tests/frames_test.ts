/**
 * Messages over a byte stream: whole however the stream is cut, and an error where it is no stream of frames.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  encodeFrame,
  FrameWriter,
  readFrames,
} from "../executor/worker/frames.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function join(pieces: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A stream that gives `bytes` in pieces of these lengths, over and over, never more than it is asked for. */
function streamOf(bytes: Uint8Array, lengths: readonly number[] = [Infinity]) {
  let at = 0, turn = 0;
  return {
    read: (buffer: Uint8Array): Promise<number | null> => {
      assert(buffer.length > 0, "asked for nothing");
      if (at === bytes.length) return Promise.resolve(null);
      const length = Math.min(
        lengths[turn++ % lengths.length]!,
        buffer.length,
        bytes.length - at,
      );
      buffer.set(bytes.subarray(at, at + length));
      at += length;
      return Promise.resolve(length);
    },
  };
}

async function readAll(
  bytes: Uint8Array,
  lengths?: readonly number[],
): Promise<unknown[][]> {
  const frames: unknown[][] = [];
  for await (const frame of readFrames(streamOf(bytes, lengths))) {
    frames.push(frame);
  }
  return frames;
}

/** What the codec carries; see executor_values_test.ts for every kind. */
const value = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});
const frames = fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 5 });
const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });

Deno.test("readFrames() gives what encodeFrame() took, however the stream is cut", async () => {
  await fc.assert(fc.asyncProperty(frames, lengths, async (frames, lengths) => {
    const bytes = join(frames.flatMap((frame) => encodeFrame(frame)));
    assertEquals(await readAll(bytes, lengths), structuredClone(frames));
  }));
});

Deno.test("readFrames() gives large buffers back that went past the codec", async () => {
  const buffer = fc.uint8Array({ maxLength: 300 }).map((bytes) =>
    bytes.slice().buffer
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(buffer, { maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 4 }),
      lengths,
      async (buffers, picks, lengths) => {
        // Some go past, some do not, and one may be in the message twice.
        const past = new Set(
          picks.map((pick) => buffers[pick % buffers.length]!)
            .filter((each) => each !== undefined),
        );
        const message = {
          views: buffers.map((b) => new Uint8Array(b)),
          buffers,
        };
        const bytes = join([
          ...encodeFrame([message], [...past]),
          ...encodeFrame(["behind"]),
        ]);
        const [[got], behind] = await readAll(bytes, lengths) as [
          [typeof message],
          unknown[],
        ];
        assertEquals(got, message);
        assertEquals(behind, ["behind"]);
        got.views.forEach((view, i) => assert(view.buffer === got.buffers[i]));
      },
    ),
  );
});

Deno.test("readFrames() keeps what it gave when it reads on", async () => {
  const sent = Array.from({ length: 200 }, (_, i) => [
    new Uint8Array(i * 7).fill(i),
  ]);
  const bytes = join(sent.flatMap((frame) => encodeFrame(frame)));
  const got = await readAll(bytes, [1000]);
  assertEquals(got, sent);
  for (const [view] of got as [Uint8Array][]) {
    assertEquals(view.buffer.byteLength, view.length);
  }
});

Deno.test("readFrames() reads a frame cut in two at any byte, and refuses one that ends there", async () => {
  const buffer = new Uint8Array([7, 8, 9]).buffer;
  const first = join(encodeFrame([{ a: 1, b: ["x"] }]));
  const second = join(encodeFrame([buffer, 2], [buffer]));
  const bytes = join([first, second]);
  const whole: unknown[][] = [[{ a: 1, b: ["x"] }], [buffer, 2]];
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lengths = cut === 0 ? [Infinity] : [cut, Infinity];
    assertEquals(await readAll(bytes, lengths), whole, `cut at ${cut}`);
    const start = bytes.subarray(0, cut);
    if (cut === 0) assertEquals(await readAll(start), []);
    else if (cut === first.length) {
      assertEquals(await readAll(start), [whole[0]]);
    } else if (cut === bytes.length) {
      assertEquals(await readAll(start), whole);
    } else {
      const error = await assertRejects(() => readAll(start), Error);
      assertMatch(error.message, /ended within it: \d+ of \d+ bytes$/);
    }
  }
});

Deno.test("readFrames() ends with an error on garbage, and never hangs", async () => {
  // Lengths that are tried are small: it may not be asked here for gigabytes.
  const head = fc.tuple(fc.nat(60), fc.oneof(fc.constant(0), fc.nat(70_000)))
    .map(([length, count]) =>
      new Uint8Array(new Uint32Array([length, count]).buffer)
    );
  const garbage = fc.tuple(head, fc.uint8Array({ maxLength: 80 }))
    .map((pieces) => join(pieces));
  await fc.assert(
    fc.asyncProperty(garbage, lengths, async (bytes, lengths) => {
      try {
        for (const messages of await readAll(bytes, lengths)) {
          assert(Array.isArray(messages));
        }
      } catch (error) {
        assert(error instanceof Error);
        assertMatch(error.message, /^Cannot read a frame /);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("readFrames() refuses a frame that holds no list", async () => {
  for (const odd of [{ length: 0 }, "text", null, undefined, 5]) {
    const bytes = join(encodeFrame(odd as unknown as unknown[]));
    await assertRejects(() => readAll(bytes), Error, "no array of messages");
  }
});

/** A stream that takes what it is given in pieces of these lengths, each a turn later. */
function sink(lengths: readonly number[] = [Infinity]) {
  const taken: Uint8Array[] = [];
  let turn = 0;
  return {
    bytes: () => join(taken),
    write: async (bytes: Uint8Array): Promise<number> => {
      await Promise.resolve();
      const length = Math.min(lengths[turn++ % lengths.length]!, bytes.length);
      taken.push(bytes.slice(0, length));
      return length;
    },
  };
}

function unwanted(): never {
  throw new Error("was called");
}

Deno.test("FrameWriter writes everything in order, whatever the stream takes at a time", async () => {
  const step = fc.record({
    message: value,
    wait: fc.boolean(),
    flush: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(
    fc.array(step, { maxLength: 20 }),
    lengths,
    async (steps, lengths) => {
      const stream = sink(lengths);
      const writer = new FrameWriter(stream, {
        onError: unwanted,
        repair: unwanted,
      });
      for (const { message, wait, flush } of steps) {
        writer.push(message);
        if (flush) writer.flush();
        if (wait) await Promise.resolve();
      }
      await writer.drained();
      const got = (await readAll(stream.bytes())).flat();
      assertEquals(got, structuredClone(steps.map(({ message }) => message)));
    },
  ));
});

Deno.test("FrameWriter lets what is queued in one turn share a frame", async () => {
  const stream = sink();
  const writer = new FrameWriter(stream, {
    onError: unwanted,
    repair: unwanted,
  });
  for (let i = 0; i < 5; i++) writer.push(i);
  await writer.drained();
  assertEquals(await readAll(stream.bytes()), [[0, 1, 2, 3, 4]]);
});

Deno.test("FrameWriter repairs what cannot be encoded, and sends the rest as it was", async () => {
  const stream = sink();
  const repaired: unknown[] = [];
  const writer = new FrameWriter(stream, {
    onError: unwanted,
    repair: (message, error) => {
      repaired.push(message);
      assert(error instanceof Error);
      // One stays bad for a second attempt.
      const { tries = 0 } = message as { tries?: number };
      return tries === 0 ? [{ tries: 1, bad: () => 1 }] : ["mended", tries];
    },
  });
  const bad = { f: () => 1 };
  for (const message of [1, bad, 2]) writer.push(message);
  await writer.drained();
  assertEquals((await readAll(stream.bytes())).flat(), [1, "mended", 1, 2]);
  assertEquals(repaired.length, 2);
  assert(repaired[0] === bad);
});

Deno.test("FrameWriter tells of a broken stream, once, and does not keep who waits", async () => {
  const errors: unknown[] = [];
  const broken = new Error("broken pipe");
  const writer = new FrameWriter({ write: () => Promise.reject(broken) }, {
    onError: (error) => errors.push(error),
    repair: unwanted,
  });
  writer.push("a");
  await writer.drained();
  await writer.drained();
  assertEquals(errors, [broken]);
});
