/**
 * Tables in Markdown that can be read in a terminal too.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Writes lines to stdout. */
export function say(...lines: string[]): void {
  Deno.stdout.writeSync(encoder.encode(lines.join("\n") + "\n"));
}

/** Writes a table: the first column to the left, all others to the right. */
export function sayTable(head: string[], rows: string[][]): void {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, 3, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: string[]) =>
    `| ${
      cells.map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[column]!)
          : cell.padStart(widths[column]!)
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  say(line(head), line(rule), ...rows.map(line));
}

/** A number with three digits that count, and its thousands set apart: `66,300`, `0.041`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value >= 1000) {
    return Number(value.toPrecision(3)).toLocaleString("en-US");
  }
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.max(0, Math.min(digits, 6)));
}
