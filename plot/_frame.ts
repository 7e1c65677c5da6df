/** Axes, titles, legend and job bands: the frame that both charts of calls are drawn in. */
import type { ChartOptions, ChartPlugin } from "./chart.ts";
import { asListed, headingOf } from "./_heading.ts";
import { bands, type BandsOptions } from "./_marks.ts";
import {
  COLORS,
  counted,
  duration,
  FONT_FAMILY,
  grouped,
  LABEL_FONT,
  lines,
  summaryOf,
} from "./_style.ts";
import type { CallTable } from "./_table.ts";
import type { PixelGrid } from "./concurrency.ts";

/** How large a chart will be. */
export interface ChartSize {
  /** Width in CSS pixels: marks are thinned to what can be told apart at this width. @default 1000 */
  width?: number | undefined;
  /** Height in CSS pixels: marks are thinned to what can be told apart at this height. @default 600 */
  height?: number | undefined;
  /**
   * First and last second that x shows; of the calls, those rows that have something there.
   * @default {undefined} all
   */
  range?: readonly [number, number] | undefined;
}

/** What a chart is made of but for its data. */
export interface Frame {
  options: ChartOptions<"scatter"> & { plugins: Record<string, unknown> };
  plugins: ChartPlugin[];
  /** What the axes show, and the pixels that show it. */
  grid: PixelGrid;
}

/** What the time of all charts counts from. */
export const SINCE_FIRST_JOB = "Time since the first job was created";

/** Picture size unless told otherwise, in CSS pixels. */
export const DEFAULT_SIZE = { width: 1000, height: 600 } as const;

/** Frames the calls; `notes` end the second line of the title. */
export function frameOf(
  table: CallTable,
  size: ChartSize,
  title: string,
  notes: string[] = [],
): Frame {
  const grid = gridOf(table, size);
  const width = grid.columns - 36; // what the padding leaves of it
  const headline = [
    `${title} of ${counted(table.length, "call")},`,
    `makespan ${duration(table.makespan)}`,
  ];
  const summary = [...summaryOf(table), ...notes];
  const y = { ...countAxis("Call"), min: grid.yMin, max: grid.yMax };
  const options: Frame["options"] = {
    animation: false,
    locale: "en-US",
    font: { family: FONT_FAMILY, size: 12 },
    color: COLORS.ink,
    layout: { padding: { top: 14, right: 22, bottom: 12, left: 14 } },
    scales: {
      x: timeAxis(SINCE_FIRST_JOB, grid.xMin, grid.xMax),
      y,
    },
    plugins: {
      ...headingOf(
        lines(headline, " ", width, 8.6),
        lines(summary, " · ", width, 6.3),
        { sort: asListed },
      ),
    },
  };
  const plugins: ChartPlugin[] = [];
  if (table.jobs.length > 1) {
    const jobs = table.jobs.map(({ name, first, count }) => ({
      name,
      first,
      count,
    }));
    options.plugins[bands.id] = {
      jobs,
      fill: COLORS.band,
      line: COLORS.division,
      color: COLORS.muted,
      font: LABEL_FONT,
    } satisfies BandsOptions;
    plugins.push(bands);
    // The names stand between the axis' title and its ticks.
    const longest = jobs.reduce(
      (most, { name }) => Math.max(most, name.length),
      0,
    );
    y.title.padding = { top: 4, bottom: 16 + 8 * longest };
  }
  return { options, plugins, grid };
}

/** A linear axis that ends where it is told to, with ticks on round numbers. */
export function axis(
  title: string,
  color: string = COLORS.muted,
): {
  type: "linear";
  title: Record<string, unknown>;
  ticks: Record<string, unknown>;
  grid: Record<string, unknown>;
  border: Record<string, unknown>;
} {
  return {
    type: "linear",
    title: {
      display: true,
      text: title,
      color,
      font: { family: FONT_FAMILY, size: 12 },
    },
    ticks: {
      color,
      font: { family: FONT_FAMILY, size: 11.5 },
      includeBounds: false,
      maxTicksLimit: 11,
      maxRotation: 0,
    },
    grid: { color: COLORS.grid, tickColor: COLORS.axis },
    border: { color: COLORS.axis },
  };
}

/**
 * An axis of seconds from `from` to `to`, with ticks on round numbers of the unit that suits how much it shows. Data stay
 * seconds, so that all charts have the same.
 */
export function timeAxis(
  title: string,
  from: number,
  to: number,
): ReturnType<typeof axis> & {
  min: number;
  max: number;
  afterBuildTicks?: (scale: { ticks: { value: number }[] }) => void;
} {
  const unit = timeUnit(to - from);
  // In seconds and less, round numbers are what Chart.js finds by itself.
  const { size, name } = unit.size > 1 ? unit : { size: 1, name: "s" };
  const linear = { ...axis(`${title} (${name})`), min: from, max: to };
  if (size === 1) return linear;
  const least = (to - from) / size / 10;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((each) => each * power >= least) ?? 10) * power *
    size;
  const first = Math.ceil(from / step), last = Math.floor(to / step);
  const marks = Array.from({ length: last - first + 1 }, (_, i) => ({
    value: (first + i) * step,
  }));
  return {
    ...linear,
    ticks: {
      ...linear.ticks,
      callback: (second: number) => grouped(Math.round(second / size)),
    },
    // With a `stepSize` that is so large, Chart.js takes the axis' ends for ticks.
    afterBuildTicks: (scale) => void (scale.ticks = marks),
  };
}

/** The unit for times of which the longest is so many seconds. */
export function timeUnit(seconds: number): { size: number; name: string } {
  if (seconds < 1e-3) return { size: 1e-6, name: "µs" };
  if (seconds < 1) return { size: 1e-3, name: "ms" };
  if (seconds < 600) return { size: 1, name: "s" };
  if (seconds < 36_000) return { size: 60, name: "min" };
  return seconds < 864_000
    ? { size: 3600, name: "h" }
    : { size: 86_400, name: "days" };
}

/** The axes end where the data ends, with a hair of room so that the outermost marks are whole. */
function gridOf(table: CallTable, size: ChartSize): PixelGrid {
  const { range } = size;
  const [first, last] = range === undefined
    ? [0, table.length - 1]
    : rowsIn(table, range);
  const room = Math.max(0.5, (last - first + 1) * 0.012);
  return {
    xMin: range?.[0] ?? table.earliest,
    xMax: range?.[1] ??
      (table.makespan > 0 ? table.makespan * 1.012 : 0.001),
    yMin: first - room,
    yMax: last + room,
    columns: size.width ?? DEFAULT_SIZE.width,
    rows: size.height ?? DEFAULT_SIZE.height,
  };
}

/** The first and the last row of which a worker had the call then; of all, if there is none. */
function rowsIn(
  { activeFrom, activeTo, length }: CallTable,
  [from, to]: readonly [number, number],
): [number, number] {
  const isIn = (row: number) =>
    activeFrom[row]! <= to && activeTo[row]! >= from;
  let first = 0, last = length - 1;
  while (first < length && !isIn(first)) first++;
  if (first === length) return [0, last];
  while (!isIn(last)) last--;
  return [first, last];
}

/** The same with whole numbers only. */
export function countAxis(
  title: string,
  color?: string,
): ReturnType<typeof axis> {
  const linear = axis(title, color);
  return { ...linear, ticks: { ...linear.ticks, precision: 0 } };
}
