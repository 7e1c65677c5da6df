/** Colours, letters and words that all charts share. */
import type { CallTable } from "./_table.ts";

/** Colours that people with any kind of colour vision can tell apart (Okabe and Ito, 2008), and greys. */
export const COLORS = {
  ink: "#1c2733",
  muted: "#5f6b78",
  axis: "#b4bcc6",
  division: "#d3d9e0",
  grid: "#e9ecf0",
  band: "#f4f6f9",
  rail: "#c3cad3",
  submit: "#7b8794",
  start: "#0072b2",
  done: "#e69f00",
  status: "#009e73",
  result: "#cc79a7",
  failed: "#d32f0a",
  call: "#a3adb8",
  active: "#0072b2",
  /** The same where it fills an area. */
  activeArea: "#0072b299",
  back: "#ffffff",
} as const;

/** Inter comes with Lithoscope (font.ts) where pictures are drawn; a page falls back on the reader's own letters. */
export const FONT_FAMILY = "Inter, system-ui, sans-serif";

/** CSS font of what plugins write. */
export const LABEL_FONT = `600 12px ${FONT_FAMILY}`;

/** `20.3 ms`, `10.1 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const digits = (value: number) => value.toPrecision(3);
  if (seconds === 0) return "0 s";
  if (seconds < 0.9995e-3) return `${digits(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 119.5) return `${digits(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 call`, `1,000 calls`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `1,000`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** `Executor 1a2b3c-0`, `job M001`, `3 failed (cancelled)`: whose calls these are, and how many failed in what way. */
export function summaryOf(table: CallTable): string[] {
  const parts = [
    listed("Executor", table.executors),
    listed("job", [...new Set(table.jobs.map((job) => job.id))]),
  ];
  const kinds = [...table.failures].sort(([a], [b]) => a < b ? -1 : 1);
  if (kinds.length > 0) {
    const total = kinds.reduce((sum, [, count]) => sum + count, 0);
    const detail = kinds.length === 1
      ? kinds[0]![0]
      : kinds.map(([kind, count]) => `${grouped(count)} ${kind}`).join(", ");
    parts.push(`${grouped(total)} failed (${detail})`);
  }
  return parts;
}

/** Joins parts to one line, or to as many as a width in pixels needs at so many pixels a letter. */
export function lines(
  parts: string[],
  separator: string,
  width: number,
  letter: number,
): string | string[] {
  const found: string[] = [];
  for (const part of parts) {
    const longer = found.length === 0 ? part : found.at(-1) + separator + part;
    if (found.length > 0 && longer.length * letter <= width) {
      found[found.length - 1] = longer;
    } else found.push(part);
  }
  return found.length === 1 ? found[0]! : found;
}

/** Many names are shortened to the first and the last. */
function listed(noun: string, names: string[]): string {
  if (names.length === 1) return `${noun} ${names[0]}`;
  const shown = names.length > 4
    ? `${names[0]} … ${names.at(-1)} (${names.length})`
    : names.join(", ");
  return `${noun}s ${shown}`;
}
