/** The schedule of collections on a clock of our own, the ring, and the record file. */
import { assert, assertEquals, assertRejects, assertThrows } from "./assert.ts";
import { type LoopClock, SamplerLoop } from "../profiler/_loop.ts";
import { Collector } from "../profiler/collector.ts";
import type { Collection, RecordHeader } from "../profiler/record.ts";
import { readRecord, RecordWriter } from "../profiler/record_file.ts";
import { Ring } from "../profiler/ring.ts";
import { tempDir } from "./temp_dir.ts";

/** Time that passes when it is told to, and when a collection is taken. */
class ManualClock implements LoopClock {
  time = 5000;
  alarm: { at: number; run: () => void } | null = null;

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const alarm = this.alarm = { at: this.time + milliseconds, run };
    return () => {
      if (this.alarm === alarm) this.alarm = null;
    };
  }

  /** Lets the next alarm go off, `late` milliseconds after its time. */
  ring(late = 0): void {
    const { at, run } = this.alarm!;
    this.alarm = null;
    this.time = at + late;
    run();
  }
}

function loopOn(clock: ManualClock, interval: number, cost = 0) {
  const taken: { at: number; missed: number; final: boolean }[] = [];
  const errors: unknown[] = [];
  const state = { fail: false };
  const loop = new SamplerLoop({
    clock,
    interval,
    onCollection: () => {},
    onError: (error) => errors.push(error),
    taker: {
      addJob() {},
      addWorker() {},
      removeWorker() {},
      addTree() {},
      close() {},
      collect(missed = 0, final = false) {
        if (state.fail) throw new Error("no luck");
        taken.push({ at: clock.time - 5000, missed, final });
        clock.time += cost;
        return {} as Collection;
      },
    },
  });
  return { loop, taken, errors, state };
}

Deno.test("a loop never drifts when each collection takes its time", () => {
  const clock = new ManualClock();
  const { loop, taken } = loopOn(clock, 100, 37);
  loop.start();
  for (let i = 0; i < 1000; i++) clock.ring(i % 3);
  loop.stop();
  assertEquals(taken[0], { at: 0, missed: 0, final: false });
  for (const [k, { at, missed }] of taken.slice(0, 1001).entries()) {
    assert(at >= k * 100 && at <= k * 100 + 2, `tick ${k} at ${at}`);
    assertEquals(missed, 0);
  }
  assertEquals(taken.length, 1002);
  assertEquals(taken.at(-1)!.final, true);
  assertEquals(clock.alarm, null);
});

Deno.test("a loop counts the ticks that it missed when it comes too late", () => {
  const clock = new ManualClock();
  const { loop, taken } = loopOn(clock, 100);
  loop.start();
  clock.ring();
  clock.ring(350); // meant for 200, and 300, 400, 500 went by
  clock.ring();
  assertEquals(taken.map(({ at, missed }) => [at, missed]), [
    [0, 0],
    [100, 0],
    [550, 3],
    [600, 3],
  ]);
});

Deno.test("speedUp() takes collections ever further apart when something begins", () => {
  const clock = new ManualClock();
  const { loop, taken } = loopOn(clock, 200);
  loop.start();
  clock.time += 50;
  loop.speedUp();
  for (let i = 0; i < 7; i++) clock.ring();
  assertEquals(taken.map(({ at }) => at), [0, 50, 60, 80, 120, 200, 400, 600]);
});

Deno.test("a loop tells an error once and goes on when a collection fails", () => {
  const clock = new ManualClock();
  const { loop, taken, errors, state } = loopOn(clock, 100);
  loop.start();
  state.fail = true;
  clock.ring();
  clock.ring();
  state.fail = false;
  clock.ring();
  assertEquals(errors.length, 1);
  assertEquals(taken.map(({ at }) => at), [0, 300]);
});

Deno.test("Ring keeps the newest when it is full, and counts the others", () => {
  const ring = new Ring<number>(3);
  assertEquals(ring.values(), []);
  [1, 2, 3, 4, 5].forEach((item) => ring.push(item));
  assertEquals([ring.values(), ring.dropped], [[3, 4, 5], 2]);
  assertThrows(() => new Ring(0), RangeError, "at least 1: 0");
});

const HEADER: RecordHeader = {
  format: "lithoscope-profile",
  version: 1,
  executor_id: "0a1b2c-0",
  tstamp: 1,
  interval: 0.1,
  hostname: null,
  cores: 2,
  command: null,
};

function collections(count: number): Collection[] {
  const collector = new Collector({ executorId: "0a1b2c-0" });
  const taken = Array.from({ length: count }, () => collector.collect());
  collector.close();
  return taken;
}

const onLinux = { ignore: Deno.build.os !== "linux" };

Deno.test(
  "readRecord() gives back what RecordWriter wrote",
  onLinux,
  async () => {
    await using dir = await tempDir();
    const path = `${dir.path}/r.jsonl`;
    const taken = collections(3);
    const writer = new RecordWriter(path, HEADER, () => {});
    taken.forEach((collection) => writer.write(collection));
    writer.close();
    const record = await readRecord(path);
    assertEquals(record, { header: HEADER, collections: taken, skipped: 0 });
  },
);

Deno.test(
  "readRecord() reads all whole lines when a crash has cut the last one",
  onLinux,
  async () => {
    await using dir = await tempDir();
    const taken = collections(2);
    const lines = [HEADER, ...taken].map((line) => JSON.stringify(line));
    const path = await dir.write("r.jsonl", lines.join("\n").slice(0, -30));
    const record = await readRecord(path);
    assertEquals(record.collections, taken.slice(0, 1));
    assertEquals(record.skipped, 1);
  },
);

Deno.test("readRecord() throws when the file is something else", async () => {
  await using dir = await tempDir();
  const path = await dir.write("x.txt", "hello\nworld\n");
  const error = await assertRejects(() => readRecord(path), TypeError);
  assert(
    (error as Error).message.includes("no record of samples: 2 other lines"),
  );
  await assertRejects(
    () => readRecord(`${dir.path}/none`),
    Deno.errors.NotFound,
  );
});

Deno.test(
  "RecordWriter tells a full disk once and counts what is lost when it goes on",
  onLinux,
  () => {
    const notices: string[] = [];
    const writer = new RecordWriter(
      "/dev/full",
      HEADER,
      (text) => notices.push(text),
    );
    collections(3).forEach((collection) => writer.write(collection));
    writer.close();
    assertEquals(notices.length, 1);
    assert(
      /Cannot record samples in "\/dev\/full".*No space left/.test(notices[0]!),
    );
    assertEquals(writer.lost, 3);
  },
);

Deno.test("a record is readable when the disk was full for a while", {
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
}, async () => {
  await using dir = await tempDir();
  const mounted = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=64k", "none", dir.path],
    stderr: "null",
  }).output();
  if (!mounted.success) return; // a container may not let root mount; /dev/full above is the same without an end
  try {
    const notices: string[] = [];
    const path = `${dir.path}/r.jsonl`;
    const ballast = `${dir.path}/ballast`;
    await Deno.writeFile(ballast, new Uint8Array(40_000));
    const writer = new RecordWriter(path, HEADER, (text) => notices.push(text));
    const taken = collections(30);
    taken.slice(0, 20).forEach((collection) => writer.write(collection));
    await Deno.remove(ballast);
    taken.slice(20).forEach((collection) => writer.write(collection));
    writer.close();
    const record = await readRecord(path);
    assertEquals(notices.length, 1);
    assert(writer.lost > 0 && writer.lost < 20);
    assertEquals(record.collections.length, 30 - writer.lost);
    assertEquals(record.collections.at(-1), taken.at(-1));
    assertEquals(record.skipped, 1); // the line that did not fit
  } finally {
    await new Deno.Command("umount", { args: [dir.path] }).output();
  }
});
