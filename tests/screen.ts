/**
 * What a person would see: a terminal as far as progress bars need one.
 *
 * @module
 */

/** The lines on a screen of `width` columns after `output` was written to it, without the empty ones at its end. */
export function screenAfter(output: string, width = 80): string[] {
  const lines = [""];
  let row = 0;
  let column = 0;
  // deno-lint-ignore no-control-regex -- what moves the cursor
  for (const [token] of output.matchAll(/\x1b\[\d*[A-Za-z]|[^\x1b]/gu)) {
    const line = lines[row] ?? "";
    if (token === "\n") [row, column] = [row + 1, 0];
    else if (token === "\r") column = 0;
    else if (token === "\x1b[K") lines[row] = line.slice(0, column);
    else if (token === "\x1b[1A") row = Math.max(0, row - 1);
    else if (token.startsWith("\x1b")) throw new Error(`Unknown: ${token}`);
    else {
      if (column === width) [row, column] = [row + 1, 0]; // wraps
      const at = lines[row] ?? "";
      lines[row] = at.slice(0, column).padEnd(column) + token +
        at.slice(column + 1);
      column++;
    }
    lines[row] ??= "";
  }
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
