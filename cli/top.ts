/** `lithoscope top`: what uses how much now, from a record that is being written, or from a saved run. */
import { Run } from "../mod.ts";
import type { Collection, RecordHeader } from "../profiler/record.ts";
import {
  type Command,
  type Input,
  opening,
  reading,
  UsageError,
} from "./_command.ts";
import { print } from "./_output.ts";
import { RecordTail } from "./_record_tail.ts";
import { Screen } from "./_screen.ts";
import { plain, tableOf, type TopSort, totalsOf } from "./_top_view.ts";
import { cut } from "./_width.ts";

/** Milliseconds between two looks at the file. */
const LOOK = 200;
const SORTS: readonly TopSort[] = ["cpu", "memory", "time"];
/** Rows and columns where nobody says how many there are. */
const PLENTY = { columns: 120, rows: 60 };

/** The command. */
export const top: Command = {
  usage: "top <record.jsonl> [options]",
  about:
    `Shows which workers and processes use how much, from a record that is being written
(option profile.record, or profile --record), until it ends or you press q or
Ctrl-C; c, m and t sort by CPU, memory and CPU time. Of a saved run it shows the
end. Without a terminal it shows what there is now.`,
  operands: ["<record.jsonl>"],
  flags: {
    sort: { value: "KEY", help: "cpu (default), memory or time, which is CPU" },
    once: { help: "show what there is now, and end" },
  },
  run: async (input) => {
    const path = input.operands[0]!;
    const sort = sortOf(input);
    const run = await readRun(path);
    if (run !== undefined) {
      await print(textOf(linesOfRun(run, sort)));
      return 0;
    }
    using tail = await reading(path, open(path));
    tail.poll();
    if (!input.has("once") && Deno.stdout.isTerminal()) {
      await follow(tail, sort);
    }
    const { header, collection } = tail;
    await print(textOf(linesOf(header, collection, sort, PLENTY)));
    return 0;
  },
};

function sortOf(input: Input): TopSort {
  const name = input.text("sort") ?? "cpu";
  const sort = SORTS.find((each) => each === name);
  if (sort !== undefined) return sort;
  throw new UsageError(
    `Cannot sort as --sort must be cpu, memory or time: "${name}"`,
  );
}

// deno-lint-ignore require-await -- so that what it throws is rejected with
async function open(path: string): Promise<RecordTail> {
  return new RecordTail(path);
}

/** The run that is saved in the file, if one is. */
async function readRun(path: string): Promise<Run | undefined> {
  {
    using file = await opening(path);
    const bytes = new Uint8Array(64);
    const count = await file.read(bytes) ?? 0;
    const start = new TextDecoder().decode(bytes.subarray(0, count));
    if (!/^\s*{\s*"type"\s*:\s*"run"/.test(start)) return undefined;
  }
  return await Run.load(path);
}

function linesOfRun(run: Run, sort: TopSort): string[] {
  const { header, calls, collections } = run;
  const failed =
    calls.filter(({ outcome }) => outcome !== null && outcome !== "success")
      .length;
  const open = calls.filter(({ outcome }) => outcome === null).length;
  const what = `${calls.length} calls: ${
    calls.length - failed - open
  } went well, ${failed} failed${open > 0 ? `, ${open} had not ended` : ""}`;
  // The last sample may be of workers that have ended.
  const last =
    collections.findLast(({ processes, threads }) =>
      processes.length + threads.length > 0
    ) ?? null;
  const [, ...totals] = totalsOf(null, last);
  return [
    `Executor ${header.executor_id}, ${header.backend} backend, ${header.cores} cores`,
    what,
    ...totals,
    ...last === null ? [] : [
      `As sampled at ${timeOf(last.tstamp)}`,
      "",
      ...tableOf(last, { ...PLENTY, sort }),
    ],
  ].map(plain);
}

function linesOf(
  header: RecordHeader | null,
  collection: Collection | null,
  sort: TopSort,
  { columns, rows }: { columns: number; rows: number },
): string[] {
  const totals = [
    ...totalsOf(header, collection),
    stateOf(header, collection),
  ].map((line) => cut(plain(line), columns - 1));
  if (collection === null) return totals.slice(0, rows);
  const left = rows - totals.length - 1;
  return [
    ...totals,
    "",
    ...tableOf(collection, { columns, rows: left, sort }),
  ].slice(0, rows);
}

/** Whether the record goes on. */
function stateOf(
  header: RecordHeader | null,
  collection: Collection | null,
): string {
  const at = collection ?? header;
  if (at === null) return "The file is empty so far";
  if (collection?.final) return `Ended at ${timeOf(collection.tstamp)}`;
  const age = Date.now() / 1000 - at.tstamp;
  const late = Math.max(3, 3 * (header?.interval ?? 0));
  return `At ${timeOf(at.tstamp)}` +
    (age > late
      ? `: nothing new for ${Math.round(age)} s, it may have been ended`
      : "");
}

function timeOf(tstamp: number): string {
  return new Date(tstamp * 1000).toTimeString().slice(0, 8);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** Shows what the record tells until it ends, or somebody has had enough. */
async function follow(
  tail: RecordTail,
  sort: TopSort,
): Promise<void> {
  using screen = new Screen();
  while (!tail.collection?.final) {
    const { header, collection } = tail;
    screen.show(linesOf(header, collection, sort, screen.size));
    const key = await screen.key(LOOK);
    if (key === "q" || key === "\x03") return;
    sort = SORTS.find((each) => each[0] === key) ?? sort;
    tail.poll();
  }
}
