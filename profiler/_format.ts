/**
 * Numbers for people: sizes, durations, counts, and tables of them.
 *
 * @module
 */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `1.4 GiB`; `-` if it was not measured. */
export function size(bytes: number | null): string {
  if (bytes === null) return "-";
  let unit = 0;
  while (bytes >= 1023.5 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit++;
  }
  const digits = unit === 0 || bytes >= 99.95 ? 0 : 1;
  return `${bytes.toFixed(digits)} ${UNITS[unit]}`;
}

/** `0.42 s`, `3 min 05 s`, `2 h 10 min`; `-` if it was not measured. */
export function seconds(time: number | null): string {
  if (time === null) return "-";
  if (time < 99.995) return `${time.toFixed(2)} s`;
  const whole = Math.round(time);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A number of things, in words: "1 thread", "2,000 threads". */
export function many(
  value: number | null,
  thing: string,
  ending = "s",
): string {
  return `${count(value)} ${thing}${value === 1 ? "" : ending}`;
}

/** `12,345`; `-` if it was not measured. */
export function count(value: number | null): string {
  return value === null ? "-" : value.toLocaleString("en-US");
}

/** `187%`; `-` if it was not measured. */
export function percent(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(0)}%`;
}

/** Rows of text in columns; those named in `left` are aligned to the left, all others to the right. */
export function columns(
  rows: readonly (readonly string[])[],
  left: readonly number[],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row.map((cell, at) =>
      left.includes(at) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)
    ).join("  ").trimEnd()
  );
}
