/**
 * Reads the text format of Prometheus.
 *
 * @module
 */

/** One series. */
export interface TextSeries {
  /** Its metric. */
  name: string;
  /** Its labels. */
  labels: Record<string, string>;
  /** Its value. */
  value: number;
}

/** All series of a text. Throws on a line that is none. */
export function parseText(text: string): TextSeries[] {
  return text.split("\n").filter((line) => line !== "" && line[0] !== "#")
    .map((line) => {
      const match = line.match(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/);
      if (match === null) throw new Error(`Not a series: ${line}`);
      const [, name, inner = "", value] = match;
      const labels: Record<string, string> = {};
      for (
        const [, key, text] of inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)
      ) {
        labels[key!] = JSON.parse(`"${text}"`);
      }
      return { name: name!, labels, value: Number(value) };
    });
}

/** The series of a metric that have these labels. */
export function select(
  series: readonly TextSeries[],
  name: string,
  labels: Record<string, string> = {},
): TextSeries[] {
  return series.filter((it) =>
    it.name === name &&
    Object.entries(labels).every(([key, value]) => it.labels[key] === value)
  );
}
