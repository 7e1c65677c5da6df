/**
 * Calls of a run for other tools: CSV for spreadsheets and data frames, JSON lines, and OpenMetrics for Prometheus. All
 * name their columns as the statistics do.
 *
 * @module
 */
import { rowsOf } from "./_export_columns.ts";
import { csv } from "./_csv.ts";
import { openMetrics } from "./_open_metrics.ts";
import type { RunData } from "./run_data.ts";
import { shown } from "./_shown.ts";
import { writeText } from "./_write.ts";

/** How calls are written. */
export type ExportFormat = "csv" | "jsonl" | "openmetrics";

/** Options of {@linkcode writeExport}. */
export interface ExportOptions {
  /** How to write. @default by the end of the path: `.csv`, `.jsonl`, `.om` or `.openmetrics` */
  format?: ExportFormat | undefined;
}

const WRITERS: Readonly<
  Record<ExportFormat, (run: RunData) => Generator<string>>
> = { csv, jsonl, openmetrics: openMetrics };

const ENDINGS: Readonly<Record<string, ExportFormat>> = {
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".om": "openmetrics",
  ".openmetrics": "openmetrics",
};

/**
 * The calls as text, in pieces.
 *
 * @example Three calls as CSV
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { exportText } from "./export.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 1 });
 * await fexec.map((x: number) => x * x, [1, 2, 3]).getResult();
 * console.log([...exportText(fexec.run(), "csv")].join(""));
 * ```
 *
 * @throws {RangeError} If there is no such format.
 */
export function exportText(
  run: RunData,
  format: ExportFormat,
): Generator<string> {
  if (!Object.hasOwn(WRITERS, format)) {
    throw new RangeError(
      `Cannot export calls as the format must be ${
        Object.keys(WRITERS).join(", ").replace(/, (\w+)$/, " or $1")
      }: ${shown(format)}`,
    );
  }
  return WRITERS[format](run);
}

/** The format that a path asks for by its end; undefined if by none. */
export function formatOf(path: string | URL): ExportFormat | undefined {
  const ending = /\.\w+$/.exec(String(path).toLowerCase())?.[0] ?? "";
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
}

/**
 * Writes the calls to `path`, over a file that is there. The file appears whole or not at all.
 *
 * @throws {RangeError} If there is no such format, or none is given and the path does not tell.
 * @throws {Error} If it cannot be written.
 */
export async function writeExport(
  run: RunData,
  path: string | URL,
  options: ExportOptions = {},
): Promise<void> {
  const format = options.format ?? formatOf(path);
  if (format === undefined) {
    throw new RangeError(
      `Cannot export calls as without the option "format" the path must end in ${
        Object.keys(ENDINGS).join(", ").replace(/, (\S+)$/, " or $1")
      }: "${path}"`,
    );
  }
  await writeText(path, exportText(run, format), "the calls");
}

function* jsonl(run: RunData): Generator<string> {
  for (const row of rowsOf(run)) yield `${JSON.stringify(row)}\n`;
}
