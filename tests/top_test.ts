/**
 * `lithoscope top`: what it shows of a record, that it follows one that is being written, and that it gives the terminal
 * back.
 *
 * @module
 */
import { cut, widthOf } from "../cli/_width.ts";
import { RecordTail } from "../cli/_record_tail.ts";
import { tableOf, totalsOf } from "../cli/_top_view.ts";
import { FunctionExecutor } from "../mod.ts";
import type { Collection, RecordHeader } from "../profiler/record.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { within } from "./executors.ts";
import {
  fakeCollection,
  fakeSample,
  fakeThread,
  fakeTree,
  fakeUsage,
} from "./fixtures/collections.ts";
import { have } from "./have.ts";
import { lithoscope } from "./lithoscope.ts";
import { ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

const HEADER: RecordHeader = {
  format: "lithoscope-profile",
  version: 1,
  executor_id: "1a2b3c-0",
  tstamp: Date.now() / 1000,
  interval: 0.5,
  hostname: "here",
  cores: 4,
  command: null,
};
const LARGE = { columns: 120, rows: 50, sort: "cpu" } as const;

/** Three processes of two workers. */
const COLLECTION = fakeCollection({
  processes: [
    fakeSample({ pid: 10, worker_id: 0, cpu_percent: 20, rss: 300e6 }),
    fakeSample({
      pid: 11,
      worker_id: 0,
      cpu_percent: 90.25,
      rss: 2e6,
      depth: 1,
      command: "gcc",
    }),
    fakeSample({
      pid: 12,
      worker_id: 1,
      cpu_percent: null,
      rss: null,
      cpu_user_time: 4000,
    }),
  ],
  threads: [],
  trees: [
    fakeTree({ worker_id: 0, pid: 10 }),
    fakeTree({ worker_id: 1, pid: 12, calls: [] }),
  ],
  total: fakeUsage({ cpu_percent: 110.4, processes: 3 }),
});

/** The first number of each line. */
function ids(lines: readonly string[]): number[] {
  return lines.slice(1).map((line) => parseInt(line));
}

Deno.test("tableOf() puts the busiest first, or the largest, or what used most", () => {
  assertEquals(ids(tableOf(COLLECTION, LARGE)), [11, 10, 12]);
  assertEquals(ids(tableOf(COLLECTION, { ...LARGE, sort: "memory" })), [
    10,
    11,
    12,
  ]);
  assertEquals(ids(tableOf(COLLECTION, { ...LARGE, sort: "time" })), [
    12,
    10,
    11,
  ]);
  const [head, first, second] = tableOf(COLLECTION, LARGE);
  assertMatch(
    head!,
    /^PID +WORKER +S +CPU % +MEMORY +THREADS +TIME +CALL +COMMAND$/,
  );
  assertMatch(first!, /^ 11 +0 +R +90\.3 +1\.91 MiB +8 +0:05\.00 +gcc$/);
  assertMatch(
    second!,
    /^ 10 +0 +R +20\.0 +286 MiB .* M000\/00000 for [\d.]+ s +deno$/,
  );
});

Deno.test("tableOf() shows threads beside the process of their script", () => {
  const lines = tableOf(
    fakeCollection({
      processes: [fakeSample({ pid: 10, worker_id: null })],
      threads: [fakeThread({ tid: 20, worker_id: 1 })],
      trees: [fakeTree({ kind: "host", worker_id: null, pid: 10 })],
    }),
    LARGE,
  );
  assert(lines.some((line) => /^ 10 +script .* deno$/.test(line)), lines[1]);
  assert(lines.some((line) => /^ 20 +1 .*\(thread\)$/.test(line)), lines[2]);
});

Deno.test("tableOf() fits any terminal, whatever programs are called", () => {
  const commands = ["天地玄黃", "a\x1b[2J\u202eb", "👩‍🚀e\u0301", "x".repeat(15)];
  const collection = fakeCollection({
    processes: commands.map((command, i) =>
      fakeSample({ pid: i + 1, command, depth: i })
    ),
    trees: [fakeTree()],
  });
  for (let columns = 1; columns <= 130; columns++) {
    for (const rows of [1, 2, 3, 5, 10]) {
      const lines = tableOf(collection, { columns, rows, sort: "cpu" });
      assert(lines.length <= Math.max(2, rows), `${rows}: ${lines.length}`);
      for (const line of lines.slice(0, rows)) {
        assert(widthOf(line) < columns, `${columns}: ${line}`);
        // deno-lint-ignore no-control-regex -- they are what must not be there
        assert(!/[\x00-\x1f\u202e]/.test(line), line);
      }
    }
  }
  const wide = tableOf(collection, LARGE);
  assertStringIncludes(wide[1]!, "天地玄黃");
  assertEquals(tableOf(collection, { ...LARGE, rows: 4 }).at(-1), "and 2 more");
});

Deno.test("widthOf() and cut() count columns, not letters", () => {
  const widths = ["abc", "天地", "e\u0301", "🚀", "ｆ", ""].map(widthOf);
  assertEquals(widths, [3, 4, 1, 2, 2, 0]);
  assertEquals(["天地玄", "天地玄", "abc"].map((it) => cut(it, 5)), [
    "天地",
    "天地",
    "abc",
  ]);
  assertEquals(cut("abc", 2), "ab");
});

Deno.test("totalsOf() tells whose record it is, and what all use together", () => {
  assertEquals(totalsOf(HEADER, null), [
    "Executor 1a2b3c-0, on here, 4 cores, every 0.500 s",
    "Nothing has been sampled yet",
  ]);
  const [, workers, cpu] = totalsOf(HEADER, COLLECTION);
  assertMatch(
    workers!,
    /^2 workers, \d calls? running, 3 processes, \d+ threads$/,
  );
  assertMatch(cpu!, /^CPU 110 % of 400 %, /);
  const command = { ...HEADER, command: ["make", "-j4"] };
  const [who, processes] = totalsOf(command, COLLECTION);
  assertMatch(who!, /^make -j4, on here/);
  assertMatch(processes!, /^3 processes, \d+ threads, \d+ seen so far$/);
});

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function collection(id: number, partial: Partial<Collection> = {}): Collection {
  return { ...COLLECTION, collection_id: id, ...partial };
}

Deno.test("RecordTail reads the newest whole collection, however long the record is", async () => {
  await using folder = await tempDir();
  const text = line(HEADER) +
    Array.from({ length: 500 }, (_, i) => line(collection(i))).join("");
  assert(text.length > 2 ** 20, "more than is read of the end at first");
  const path = await folder.write("record.jsonl", text);
  using tail = new RecordTail(path);
  tail.poll();
  assertEquals([tail.header, tail.collection?.collection_id], [HEADER, 499]);
  const append = (more: string) =>
    Deno.writeTextFileSync(path, more, { append: true });
  append(line(collection(500)) + line(collection(501)).slice(0, 100));
  tail.poll();
  assertEquals(tail.collection?.collection_id, 500);
  append(line(collection(501)).slice(100));
  tail.poll();
  assertEquals(tail.collection?.collection_id, 501);
  // The same path, begun anew.
  await folder.write("record.jsonl", line(HEADER) + line(collection(0)));
  tail.poll();
  assertEquals(tail.collection?.collection_id, 0);
  await folder.write("other", line(HEADER) + line(collection(7)).repeat(3));
  await Deno.rename(`${folder.path}/other`, path);
  tail.poll();
  assertEquals(tail.collection?.collection_id, 7);
  await Deno.remove(path);
  tail.poll();
  assertEquals(tail.collection?.collection_id, 7);
});

Deno.test("RecordTail waits for a header, and refuses what is no record", async () => {
  await using folder = await tempDir();
  const path = await folder.write("record.jsonl", "");
  using tail = new RecordTail(path);
  tail.poll();
  assertEquals([tail.header, tail.collection], [null, null]);
  const text = line(HEADER);
  for (const part of [text.slice(0, 20), text.slice(20)]) {
    Deno.writeTextFileSync(path, part, { append: true });
    tail.poll();
  }
  assertEquals([tail.header, tail.collection], [HEADER, null]);
  using other = new RecordTail(await folder.write("other", "{}\n"));
  assertThrows(() => other.poll(), TypeError, "as it is no record of samples");
});

Deno.test("top shows once, without a terminal, what a record or a saved run holds", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  {
    await using fexec = new FunctionExecutor({
      backend: "thread",
      workers: 2,
      profile: { interval: 0.05, record: `${cwd}/record.jsonl` },
    });
    await fexec.ready;
    const calls = fexec.map(async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (x === 3) throw new Error("on purpose");
    }, [1, 2, 3, 4]);
    await calls.wait();
    await fexec.close();
    await fexec.save(`${cwd}/run.jsonl`);
  }
  await folder.write("other.jsonl", "{}\n");
  const [record, run, other, none, sort] = await Promise.all([
    lithoscope(["top", "record.jsonl"], { cwd }),
    lithoscope(["top", "run.jsonl", "--sort", "memory"], { cwd }),
    lithoscope(["top", "other.jsonl"], { cwd }),
    lithoscope(["top", "none.jsonl"], { cwd }),
    lithoscope(["top", "record.jsonl", "--sort", "size"], { cwd }),
  ]);
  assertMatch(
    record.stdout,
    /^Executor \w{6}-\d+, on .*every 50\.0 ms\n2 workers, 0 calls running, .*\nCPU \d+ % of \d+ %, [^]*\nEnded at \d\d:\d\d:\d\d\n\n +PID .*\n/,
  );
  assertStringIncludes(record.stdout, "(thread)\n");
  assertMatch(
    run.stdout,
    /^Executor .*, thread backend, .*\n4 calls: 3 went well, 1 failed\n[^]*\n +PID /,
  );
  assertEquals([record.stderr, run.stderr], ["", ""]);
  assertStringIncludes(other.stderr, '"other.jsonl" as it is no record');
  assertEquals(
    none.stderr,
    'Cannot read "none.jsonl" as it is not there\n',
  );
  assertStringIncludes(sort.stderr, "--sort must be cpu, memory or time");
  const codes = [record, run, other, none, sort].map(({ code }) => code);
  assertEquals(codes, [0, 0, 1, 1, 2]);
});

/** `top` on a real terminal of 70 columns and 12 lines. */
function onTerminal(path: string) {
  const command = `stty cols 70 rows 12; exec '${Deno.execPath()}' run -A '${
    new URL("cli.ts", ROOT).href
  }' top '${path}'`;
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    env: { TERM: "xterm" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  let text = "";
  return {
    /** Waits until something has been written. */
    async shown(what: RegExp): Promise<string> {
      while (!what.test(text)) {
        const { value, done } = await within(output.read());
        if (done) throw new Error(`Never shown: ${what}\n${text}`);
        text += value;
      }
      return text;
    },
    type: (keys: string) => input.write(new TextEncoder().encode(keys)),
    /** All it has written by its end, and its exit code. */
    async ended(): Promise<{ text: string; code: number }> {
      while (true) {
        const { value, done } = await within(output.read());
        if (done) break;
        text += value;
      }
      await input.close().catch(() => {});
      return { text, code: (await child.status).code };
    },
  };
}

/** The lines of each picture. */
function frames(text: string): string[][] {
  return text.split("\x1b[?2026h\x1b[H").slice(1).map((frame) =>
    // deno-lint-ignore no-control-regex -- what moves the cursor
    frame.split("\x1b[J")[0]!.replace(/\x1b\[K/g, "").split(/\r?\n|\r\r\n/)
      .filter((line, i, all) => line !== "" || all[i + 1] !== "")
  );
}

const ignore = !have("script");

Deno.test(
  "top follows a record on a terminal until it ends",
  { ignore },
  async () => {
    await using folder = await tempDir();
    const path = await folder.write("record.jsonl", line(HEADER));
    const top = onTerminal(path);
    await top.shown(/Nothing has been sampled yet/);
    const append = (value: Collection) =>
      Deno.writeTextFile(path, line(value), { append: true });
    const processes = Array.from(
      { length: 30 },
      (_, i) =>
        fakeSample({ pid: 1000 + i, cpu_percent: i, command: "天地玄黃" }),
    );
    await append(collection(0, { processes }));
    await top.shown(/1029/);
    await top.type("m"); // by memory: all the same, so by number
    await top.shown(/1000 /);
    await append(collection(1, { processes: processes.slice(5), final: true }));
    const { text, code } = await top.ended();
    assertEquals(code, 0);
    assert(text.includes("\x1b[?1049h\x1b[?25l"), "takes the terminal");
    assert(text.includes("\x1b[?25h\x1b[?1049l"), "gives it back");
    for (const frame of frames(text)) {
      assert(frame.length <= 12, frame.join("\n"));
      for (const row of frame) {
        assert(widthOf(row) < 70, row);
      }
    }
    const last = text.split("\x1b[?1049l")[1]!;
    assertMatch(last, /Ended at \d\d:\d\d:\d\d/);
    assertMatch(last, /1029 /);
  },
);

for (const [key, name] of [["q", "q"], ["\x03", "Ctrl-C"]] as const) {
  Deno.test(
    `top gives the terminal back after ${name}`,
    { ignore },
    async () => {
      await using folder = await tempDir();
      const path = await folder.write(
        "record.jsonl",
        line(HEADER) + line(COLLECTION),
      );
      const top = onTerminal(path);
      await top.shown(/COMMAND/);
      await top.type(key);
      const { text, code } = await top.ended();
      assertEquals(code, 0);
      assertMatch(text.split("\x1b[?25h\x1b[?1049l")[1]!, /^Executor 1a2b3c-0/);
    },
  );
}
