/**
 * What Chart.js does not draw by itself, as plugins: bands and names of jobs, a rail for each call, a value with its
 * label, a note. A plugin takes all that it needs from its options in the chart's definition, and its functions refer
 * to nothing else: so a definition and the source of its plugins can be sent to a page.
 */
import type { Plugin } from "./chart.ts";

/** Options of {@linkcode bands}. */
export interface BandsOptions {
  /** The jobs from bottom to top, in rows. */
  jobs: { name: string; first: number; count: number }[];
  /** Fill of every other band. */
  fill: string;
  /** Line between bands. */
  line: string;
  /** Colour of the names. */
  color: string;
  /** CSS font of the names. */
  font: string;
}

/** Tells jobs apart: a band for each, and its name left of the axis. */
export const bands: Plugin<"scatter", BandsOptions> = {
  id: "bands",
  beforeDraw(chart, _args, { jobs, fill, line, color, font }) {
    const { ctx, chartArea: area, scales } = chart;
    const y = scales.y!;
    const edge = (row: number) =>
      Math.max(area.top, Math.min(area.bottom, y.getPixelForValue(row - 0.5)));
    ctx.save();
    ctx.font = font;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    const left = y.left + 24;
    let lowest = Infinity;
    for (const [i, job] of jobs.entries()) {
      if (job.first > y.max || job.first + job.count - 1 < y.min) continue;
      const bottom = i === 0 ? area.bottom : edge(job.first);
      const top = i === jobs.length - 1
        ? area.top
        : edge(job.first + job.count);
      ctx.fillStyle = fill;
      if (i % 2 === 1) {
        ctx.fillRect(area.left, top, area.right - area.left, bottom - top);
      }
      ctx.fillStyle = line;
      if (i > 0) {
        ctx.fillRect(area.left, bottom - 0.5, area.right - area.left, 1);
      }
      const middle = Math.max(area.top + 6, (top + bottom) / 2);
      if (lowest - middle < 14) continue; // no room: the name below stays
      lowest = middle;
      ctx.fillStyle = color;
      ctx.fillText(job.name, left, middle);
    }
    ctx.restore();
  },
};

/** Options of {@linkcode rails}. */
export interface RailsOptions {
  /** From x to x at a y, for each call. */
  lines: [number, number, number][];
  /** Colour of the lines. */
  color: string;
}

/** A faint line under the points of each call, from its first to its last. */
export const rails: Plugin<"scatter", RailsOptions> = {
  id: "rails",
  beforeDatasetsDraw(chart, _args, { lines, color }) {
    const { ctx, chartArea: area, scales } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(
      area.left,
      area.top,
      area.right - area.left,
      area.bottom - area.top,
    );
    ctx.clip();
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const [from, to, row] of lines) {
      const y = scales.y!.getPixelForValue(row);
      ctx.moveTo(scales.x!.getPixelForValue(from), y);
      ctx.lineTo(scales.x!.getPixelForValue(to), y);
    }
    ctx.stroke();
    ctx.restore();
  },
};

/** Options of {@linkcode marker}. */
export interface MarkerOptions {
  /** Where, on the axis `x`. */
  x: number;
  /** Where, on the axis `active`. */
  y: number;
  /** What to write above it. */
  text: string;
  /** Colour of the dot and the text. */
  color: string;
  /** CSS font of the text. */
  font: string;
  /** Colour behind the text and around the dot. */
  back: string;
}

/** A dot on the right axis' curve with a label above it, held within the chart area. */
export const marker: Plugin<"scatter", MarkerOptions> = {
  id: "marker",
  afterDatasetsDraw(chart, _args, { x, y, text, color, font, back }) {
    const { ctx, chartArea: area, scales } = chart;
    const left = scales.x!.getPixelForValue(x);
    const top = scales.active!.getPixelForValue(y);
    ctx.save();
    ctx.font = font;
    const half = ctx.measureText(text).width / 2 + 5;
    const middle = Math.max(
      area.left + half + 4,
      Math.min(area.right - half - 4, left),
    );
    ctx.fillStyle = back;
    ctx.globalAlpha = 0.88;
    ctx.fillRect(middle - half, top - 25, 2 * half, 17);
    ctx.globalAlpha = 1;
    ctx.fillStyle = color;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, middle, top - 16);
    ctx.beginPath();
    ctx.arc(left, top, 4, 0, 2 * Math.PI);
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = back;
    ctx.stroke();
    ctx.restore();
  },
};

/** Options of {@linkcode note}. */
export interface NoteOptions {
  /** What to write. */
  text: string;
  /** Its colour. */
  color: string;
  /** Its CSS font. */
  font: string;
  /** Colour around it, where there may be something behind. */
  back: string;
}

/** A sentence in the middle of a chart that has nothing to show, or lacks most of it. */
export const note: Plugin<"scatter", NoteOptions> = {
  id: "note",
  afterDraw(chart, _args, { text, color, font, back }) {
    const { ctx, chartArea: area } = chart;
    const x = (area.left + area.right) / 2, y = (area.top + area.bottom) / 2;
    ctx.save();
    ctx.font = font;
    ctx.textAlign = "center";
    ctx.lineJoin = "round";
    ctx.lineWidth = 8;
    ctx.strokeStyle = back;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = color;
    ctx.fillText(text, x, y);
    ctx.restore();
  },
};
