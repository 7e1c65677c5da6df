/**
 * Calls in the OpenMetrics text format with timestamps, for `promtool tsdb create-blocks-from openmetrics`. A metric has
 * the name of its column, and a sample a call, at the instant at which it ended.
 */
import { type Cell, type Column, COLUMNS, rowsOf } from "./_export_columns.ts";
import type { RunData } from "./run_data.ts";

/** What names a call, and is a label of every metric. */
const NAMES = ["executor_id", "job_id", "call_id"];
/** Texts are labels of one metric that is always 1. */
const INFO = "lithoscope_call";

type Row = Readonly<Record<string, Cell>>;

/** The text, in pieces; calls that have not ended are left out. */
export function* openMetrics(run: RunData): Generator<string> {
  const rows: { row: Row; labels: string; at: string }[] = [];
  for (const row of rowsOf(run)) {
    const ended = row.host_status_done_tstamp;
    if (typeof ended !== "number") continue;
    const labels = NAMES.map((name) => label(name, row[name]!)).join();
    rows.push({ row, labels, at: ended.toFixed(3) });
  }
  yield `# HELP ${INFO} What a call was; always 1\n# TYPE ${INFO} info\n`;
  const texts = COLUMNS.filter(({ kind, name }) =>
    kind === "text" && !NAMES.includes(name)
  );
  for (const { row, labels, at } of rows) {
    const known = texts.filter(({ name }) => row[name] !== null)
      .map(({ name }) => `,${label(name, row[name]!)}`);
    yield `${INFO}_info{${labels}${known.join("")}} 1 ${at}\n`;
  }
  for (const column of COLUMNS) {
    if (column.kind === "text") continue;
    yield* head(column);
    for (const { row, labels, at } of rows) {
      const value = row[column.name];
      if (typeof value === "number" || typeof value === "boolean") {
        yield `${column.name}{${labels}} ${Number(value)} ${at}\n`;
      } else if (Array.isArray(value)) {
        yield* value.map((each, core) =>
          `${column.name}{${labels},core="${core}"} ${each} ${at}\n`
        );
      }
    }
  }
  yield "# EOF\n";
}

function* head({ name, help }: Column): Generator<string> {
  yield `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
}

function label(name: string, value: Cell): string {
  const text = String(value).replace(
    /[\\"\n]/g,
    (letter) => letter === "\n" ? "\\n" : `\\${letter}`,
  );
  return `${name}="${text}"`;
}
