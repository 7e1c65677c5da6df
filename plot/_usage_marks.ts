/**
 * What Chart.js does not draw by itself of a usage chart, as plugins: when calls ran. As in `_marks.ts`, each takes all
 * that it needs from its options.
 */
import type { Plugin } from "./chart.ts";

/** Options of {@linkcode callSpans}. */
export interface CallSpansOptions {
  /** From x to x on a row, for each call that a worker ran. */
  spans: [number, number, number][];
  /** Fill of the calls, by turns, so that neighbours can be told apart. */
  fills: [string, string];
  /** Draw a line through all panels where a call begins and ends. */
  lines: boolean;
  /** Colour of those lines. */
  line: string;
}

/** Calls as bars on the axis `calls`, a row for each worker, and their ends as lines through all panels. */
export const callSpans: Plugin<"scatter", CallSpansOptions> = {
  id: "callSpans",
  beforeDatasetsDraw(chart, _args, { spans, fills, lines, line }) {
    const { ctx, chartArea: area, scales } = chart;
    const x = scales.x!;
    const y = scales.calls!;
    ctx.save();
    ctx.beginPath();
    ctx.rect(
      area.left,
      area.top,
      area.right - area.left,
      area.bottom - area.top,
    );
    ctx.clip();
    const height = Math.abs(y.getPixelForValue(0) - y.getPixelForValue(1));
    for (const [i, [from, to, row]] of spans.entries()) {
      const left = x.getPixelForValue(from);
      const right = x.getPixelForValue(to);
      const middle = y.getPixelForValue(row);
      ctx.fillStyle = fills[i % 2]!;
      ctx.fillRect(
        left,
        middle - height * 0.4,
        Math.max(1, right - left),
        height * 0.8,
      );
      if (!lines) continue;
      ctx.fillStyle = line;
      for (const edge of [left, right]) {
        ctx.fillRect(edge - 0.5, area.top, 1, area.bottom - area.top);
      }
    }
    ctx.restore();
  },
};
