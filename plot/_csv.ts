/** Calls as CSV (RFC 4180), safe to open in a spreadsheet. */
import { type Cell, COLUMNS, rowsOf } from "./_export_columns.ts";
import type { RunData } from "./run_data.ts";

/** The text, in pieces: the names of the columns, then a line a call. */
export function* csv(run: RunData): Generator<string> {
  yield line(COLUMNS.map(({ name }) => name));
  for (const row of rowsOf(run)) {
    yield line(COLUMNS.map(({ name }) => row[name]!));
  }
}

function line(cells: readonly Cell[]): string {
  return `${cells.map(field).join()}\r\n`;
}

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number" || typeof cell === "boolean") return `${cell}`;
  if (typeof cell !== "string") return cell.join(";");
  // A spreadsheet takes text that begins so for a formula, which may do harm: an apostrophe makes it text.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
