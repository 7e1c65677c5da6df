/**
 * What Chart.js does not draw by itself of workers and their calls, as plugins. As in `_marks.ts`, each takes all that it
 * needs from its options.
 */
import type { Plugin } from "./chart.ts";

/** Options of {@linkcode laneBars}. */
export interface LaneBarsOptions {
  /** The workers from top to bottom, in lanes. */
  workers: { name: string; note: string; first: number; count: number }[];
  /** From x to x on a lane, by fill; `height` is the share of the lane's. */
  bars: { fill: string; height: number; spans: [number, number, number][] }[];
  /** Fill of the lanes, where nothing ran. */
  track: string;
  /** Colour of the names. */
  color: string;
  /** CSS font of the names. */
  font: string;
}

/** The lanes of workers on the axis `y`: their names at the left, how busy they were at the right, bars between. */
export const laneBars: Plugin<"scatter", LaneBarsOptions> = {
  id: "laneBars",
  beforeDatasetsDraw(chart, _args, { workers, bars, track, color, font }) {
    const { ctx, chartArea: area, scales } = chart;
    const x = scales.x!;
    const y = scales.y!;
    const height = Math.abs(y.getPixelForValue(0) - y.getPixelForValue(1));
    const gap = Math.min(6, height * 0.22);
    ctx.save();
    ctx.font = font;
    ctx.textBaseline = "middle";
    let lowest = -Infinity;
    for (const { name, note, first, count } of workers) {
      const top = y.getPixelForValue(first) - height / 2;
      ctx.fillStyle = track;
      ctx.fillRect(
        area.left,
        top + gap / 2,
        area.right - area.left,
        height * count - gap,
      );
      const middle = top + height * count / 2;
      if (middle - lowest < 13) continue; // no room
      lowest = middle;
      ctx.fillStyle = color;
      ctx.textAlign = "right";
      ctx.fillText(name, area.left - 8, middle);
      ctx.textAlign = "left";
      ctx.fillText(note, area.right + 8, middle);
    }
    ctx.beginPath();
    ctx.rect(
      area.left,
      area.top,
      area.right - area.left,
      area.bottom - area.top,
    );
    ctx.clip();
    for (const { fill, height: share, spans } of bars) {
      ctx.fillStyle = fill;
      const size = Math.max(1, (height - gap) * share);
      for (const [from, to, lane] of spans) {
        const left = x.getPixelForValue(from);
        const width = x.getPixelForValue(to) - left;
        // A hair of room tells neighbours apart.
        ctx.fillRect(
          left,
          y.getPixelForValue(lane) - size / 2,
          width > 4 ? width - 1 : Math.max(0.75, width),
          size,
        );
      }
    }
    ctx.restore();
  },
};

/** Options of {@linkcode verticals}. */
export interface VerticalsOptions {
  /** Where on the axis `x`, and what to write there. */
  marks: { x: number; text: string }[];
  /** Colour of the lines. */
  line: string;
  /** Colour of the text. */
  color: string;
  /** Colour behind the text. */
  back: string;
  /** CSS font of the text. */
  font: string;
}

/** Dashed lines from top to bottom, each with its name at the top; names that would overlap go a line lower. */
export const verticals: Plugin<"scatter", VerticalsOptions> = {
  id: "verticals",
  afterDatasetsDraw(chart, _args, { marks, line, color, back, font }) {
    const { ctx, chartArea: area, scales } = chart;
    ctx.save();
    ctx.font = font;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.strokeStyle = line;
    ctx.setLineDash([3, 3]);
    for (const { x } of marks) {
      const at = scales.x!.getPixelForValue(x);
      ctx.beginPath();
      ctx.moveTo(at, area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
    }
    const ends: number[] = [];
    for (const { x, text } of marks) { // over all lines
      const at = scales.x!.getPixelForValue(x);
      const width = ctx.measureText(text).width;
      const left = Math.max(area.left, Math.min(at + 4, area.right - width));
      let row = ends.findIndex((end) => end < left - 6);
      if (row < 0) row = ends.length;
      ends[row] = left + width;
      ctx.fillStyle = back;
      ctx.globalAlpha = 0.85;
      ctx.fillRect(left - 2, area.top + row * 15, width + 4, 15);
      ctx.globalAlpha = 1;
      ctx.fillStyle = color;
      ctx.fillText(text, left, area.top + 8 + row * 15);
    }
    ctx.restore();
  },
};
