/** Tables in plain text. */

/** Rows as lines, the first row being the head. Cells that begin with a digit, and heads over them, stand right. */
export function table(rows: readonly (readonly string[])[]): string {
  const count = Math.max(...rows.map((row) => row.length));
  const columns = Array.from({ length: count }, (_, i) => {
    const cells = rows.map((row) => row[i] ?? "");
    const width = Math.max(...cells.map((cell) => cell.length));
    const isRight = cells.slice(1).some((cell) => /^-?\d/.test(cell)) &&
      cells.slice(1).every((cell) => /^(-?\d[^/]*|-|)$/.test(cell));
    return { width, isRight };
  });
  return rows.map((row) =>
    columns.map(({ width, isRight }, i) => {
      const cell = row[i] ?? "";
      return isRight ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd() + "\n"
  ).join("");
}
