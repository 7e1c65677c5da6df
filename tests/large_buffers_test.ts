/**
 * The ways that large buffers take: moved copies between threads, files in shared memory between processes. Whatever the
 * way, what arrives is what was sent.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { on, onEach } from "./executors.ts";
import { fc } from "./fast_check.ts";
import { tempDir } from "./temp_dir.ts";
import { withCopies } from "../executor/worker/copies.ts";
import {
  encodeFrame,
  FrameWriter,
  readFrames,
} from "../executor/worker/frames.ts";
import { MemoryReader, MemoryWriter } from "../executor/worker/memory_file.ts";

/** Sizes around those at which another way is taken. */
const SIZES = [1 << 16, 1e6, 9e6];
/** Heads of pieces in a stream. */
const PIECE_HEAD = 16;

/** Bytes that tell where they come from. */
function bytes(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(size);
  for (let i = 0; i < size; i += 997) made[i] = i * 31 + seed;
  made[size - 1] = seed;
  return made;
}

onEach("large buffers go there and back in any value", async (make) => {
  const fexec = make({ workers: 2 });
  const items = SIZES.flatMap((size, i) => {
    const whole = bytes(size, i);
    const { buffer } = whole;
    const self: Record<string, unknown> = { whole };
    self.self = self;
    return [
      whole,
      buffer,
      new DataView(buffer, 8, 16),
      { whole, part: new Float64Array(buffer, 8, 2), buffer, text: "é" },
      [[whole], [whole], new Date(5), new Map([[whole, buffer]])],
      self,
    ];
  });
  const results = await fexec.map((x: unknown) => x, items).getResult();
  assertEquals(results, items);
  for (let i = 0; i < results.length; i += 6) {
    const object = results[i + 3] as Record<string, { buffer: unknown }>;
    assert(object.whole!.buffer === object.buffer);
    assert(object.part!.buffer === (object.buffer as unknown));
    const list = results[i + 4] as [
      [unknown],
      [unknown],
      Date,
      Map<
        unknown,
        unknown
      >,
    ];
    assert(list[0][0] === list[1][0] && list[3].has(list[0][0]));
    assert((results[i + 5] as { self: unknown }).self === results[i + 5]);
  }
  // What was sent is still there.
  assertEquals(items[0], bytes(SIZES[0]!, 0));
});

on(
  "process",
  "a worker that is killed leaves no file of large buffers",
  async (make) => {
    const fexec = make({ workers: 1 });
    const socket = await fexec.callAsync(
      (_: null) => Deno.args[0]!,
      null,
    );
    const futures = fexec.map((x: Uint8Array<ArrayBuffer>) => {
      if (x[0] === 1) Deno.kill(Deno.pid, "SIGKILL");
      return x;
    }, [0, 1, 0].map((kill) => new Uint8Array(1e6).fill(kill)));
    await fexec.wait(futures);
    assertEquals(
      futures.slice().map(({ success }) => success),
      [true, false, true],
    );
    const folder = socket.slice(0, socket.lastIndexOf("/"));
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assert(names.includes("socket"));
    assertEquals(names.filter((name) => /-(to|from)$/.test(name)), []);
  },
);

Deno.test("withCopies() gives what structuredClone gives, whether it rebuilds the value or not", () => {
  const buffers = [bytes(64, 1).buffer, bytes(8, 2).buffer];
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      ...buffers,
      ...buffers.map((buffer) => new Uint8Array(buffer, 1, 4)),
      ...buffers.map((buffer) => new BigInt64Array(buffer, 0, 1)),
      ...buffers.map((buffer) => new DataView(buffer)),
      new Date(3),
      null,
      undefined,
    ),
    fc.double(),
    fc.string(),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
      fc.tuple(fc.string(), tie("value")).map((pair) => new Map([pair])),
    ),
  }));
  fc.assert(fc.property(value, (value) => {
    const copied = withCopies(value, [buffers[0]!]);
    assertEquals(copied.value, structuredClone(value));
    assert(copied.buffers.length <= 1 && copied.buffers[0] !== buffers[0]);
    // The copies can be moved: the original is not in the value any more.
    const moved = structuredClone(copied.value, { transfer: copied.buffers });
    assertEquals(moved, structuredClone(value));
    assert(!buffers[0]!.detached);
  }));
});

/** Both ends of a file in a folder of its own. */
async function openMemory() {
  const folder = await tempDir();
  const path = `${folder.path}/memory`;
  const writer = new MemoryWriter(path), reader = new MemoryReader(path);
  return {
    path,
    writer,
    reader,
    async [Symbol.asyncDispose]() {
      writer[Symbol.dispose]();
      reader[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("MemoryReader reads what MemoryWriter wrote, which takes no more room than there is", async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 4e6 }) },
    { weight: 3, arbitrary: fc.constant("read" as const) },
    { weight: 1, arbitrary: fc.constant(9e6) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await using memory = await openMemory();
      const written: { place: number; size: number; seed: number }[] = [];
      for (const [seed, step] of steps.entries()) {
        if (step !== "read") {
          const place = memory.writer.write(bytes(step, seed));
          // Where all has been read, there is room for anything that fits.
          if (written.length === 0) assertEquals(place >= 0, step < 8e6);
          if (place >= 0) written.push({ place, size: step, seed });
          continue;
        }
        const next = written.shift();
        if (next === undefined) continue;
        const { place, size, seed: was } = next;
        const got = new Uint8Array(memory.reader.read(place, size));
        const wanted = bytes(size, was);
        assert(got.every((byte, i) => byte === wanted[i]), `${place}`);
        // By now nothing is left of it by name.
        await assertRejects(() => Deno.stat(memory.path), Deno.errors.NotFound);
      }
    }),
    { numRuns: 10 },
  );
});

Deno.test("buffers go into the stream where there is no shared memory", async () => {
  const writer = new MemoryWriter("/proc/no/such/place");
  const buffer = bytes(1e5, 3).buffer;
  for (let i = 0; i < 2; i++) {
    assertEquals(writer.write(new Uint8Array(buffer)), -1);
    const pieces = encodeFrame([buffer], [buffer], writer);
    const frames = await Array.fromAsync(readFrames(streamOf(pieces)));
    assertEquals(frames, [[bytes(1e5, 3).buffer]]);
  }
});

/** A stream that takes all that is written; `onPiece` sees the heads of pieces of a buffer that come by themselves. */
function sink(onPiece: (size: number, place: number) => void = () => {}) {
  const pieces: Uint8Array[] = [];
  return {
    pieces,
    write: (bytes: Uint8Array): Promise<number> => {
      pieces.push(bytes.slice());
      if (bytes.length === PIECE_HEAD) {
        const head = new DataView(bytes.buffer);
        onPiece(head.getFloat64(0, true), head.getFloat64(8, true));
      }
      return Promise.resolve(bytes.length);
    },
  };
}

/** Gives the bytes of `pieces`. */
function streamOf(pieces: readonly Uint8Array[]) {
  const left = pieces.filter(({ length }) => length > 0);
  return {
    read: (into: Uint8Array): Promise<number | null> => {
      const [first] = left;
      if (first === undefined) return Promise.resolve(null);
      const part = first.subarray(0, into.length);
      into.set(part);
      if (part.length === first.length) left.shift();
      else left[0] = first.subarray(part.length);
      return Promise.resolve(part.length);
    },
  };
}

function open(
  stream: { write(bytes: Uint8Array): Promise<number> },
  memory: MemoryWriter,
): FrameWriter {
  const writer = new FrameWriter(stream, {
    onError: (error) => {
      throw error;
    },
    repair: (_message, error) => {
      throw error;
    },
  });
  writer.memory = memory;
  return writer;
}

Deno.test("FrameWriter sends a buffer that is larger than the memory through it while it is read", async () => {
  await using memory = await openMemory();
  const large = bytes(30e6, 5), got = new Uint8Array(large.length);
  let have = 0;
  const stream = sink((size, place) => {
    memory.reader.readInto(got.subarray(have, have + size), place);
    have += size;
  });
  const writer = open(stream, memory.writer);
  writer.push([large], [large.buffer]);
  await writer.drained();
  assertEquals(have, large.length);
  assert(got.every((byte, i) => byte === large[i]));
  const inStream = stream.pieces.reduce((sum, { length }) => sum + length, 0);
  assert(inStream < 1000, `${inStream} bytes in the stream`);
});

Deno.test("FrameWriter sends what nobody reads as it was, and all that is behind it", async () => {
  await using memory = await openMemory();
  const small = bytes(1e5, 1), large = bytes(20e6, 2), last = bytes(2e5, 3);
  const sent = [small, large, last].map((each) => each.slice());
  const stream = sink();
  const writer = open(stream, memory.writer);
  const buffers = [small.buffer, large.buffer, last.buffer];
  writer.push([small, large, last], buffers);
  writer.seal();
  for (const each of [small, large, last]) each.fill(7);
  writer.push("behind");
  await writer.drained();
  writer.push([sent[1]], [sent[1]!.buffer]);
  await writer.drained();
  const frames = await Array.fromAsync(
    readFrames(streamOf(stream.pieces), {
      bytes: Infinity,
      memory: memory.reader,
    }),
  );
  const messages = frames.flat() as Uint8Array[][];
  assertEquals(messages.length, 3);
  const equal = (a: Uint8Array, b: Uint8Array) =>
    a.length === b.length && a.every((byte, i) => byte === b[i]);
  assert(messages[0]!.every((got, i) => equal(got, sent[i]!)));
  assertEquals(messages[1], "behind" as unknown);
  assert(equal(messages[2]![0]!, sent[1]!));
});

Deno.test("FrameWriter writes what was queued while a buffer was on its way in pieces, too", async () => {
  await using memory = await openMemory();
  const large = bytes(9e6, 2), read: Uint8Array[] = [];
  const stream = sink((size, place) => {
    const piece = new Uint8Array(size);
    memory.reader.readInto(piece, place);
    read.push(piece);
  });
  const writer = open(stream, memory.writer);
  writer.push([large], [large.buffer]);
  writer.flush();
  assertEquals(read.length, 9);
  writer.push("behind");
  await writer.drained();
  const [behind] = encodeFrame(["behind"]);
  assertEquals(stream.pieces.at(-1), behind);
});

Deno.test("a piece of a buffer that cannot be is refused", async () => {
  await using memory = await openMemory();
  const buffer = bytes(9e6, 4).buffer;
  const [frame] = encodeFrame([buffer], [buffer]);
  for (
    const [size, place, why] of [
      [9e6 + 1, -1, "9000000 bytes are left of it: 9000001"],
      [0, -1, "are left of it: 0"],
      [NaN, 5000, "are left of it: NaN"],
      [1000, 1e9, "it is not there: 1000 bytes at 1000000000"],
      [1000, -1, "the stream ended within it"],
    ] as const
  ) {
    assert(memory.writer.write(new Uint8Array(10)) >= 0);
    const head = new Uint8Array(new Float64Array([size, place]).buffer);
    const stream = streamOf([frame!, head, new Uint8Array(10)]);
    const source = { bytes: Infinity, memory: memory.reader };
    await assertRejects(
      () => Array.fromAsync(readFrames(stream, source)),
      Error,
      why,
    );
  }
});

Deno.test("a frame with a buffer in a place that is not there is refused", async () => {
  await using memory = await openMemory();
  const buffer = bytes(1e5, 4).buffer;
  const pieces = encodeFrame([buffer], [buffer], memory.writer);
  assertEquals(pieces.length, 1);
  const read = (reader?: MemoryReader) =>
    Array.fromAsync(
      readFrames(streamOf(pieces), {
        bytes: Infinity,
        ...(reader === undefined ? {} : { memory: reader }),
      }),
    );
  await assertRejects(() => read(), Error, "a buffer of it is not there");
  assertEquals(await read(memory.reader), [[bytes(1e5, 4).buffer]]);
});
