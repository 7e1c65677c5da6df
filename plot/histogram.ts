/**
 * The histogram: a line for each call while a worker ran it, and how many calls were active at each instant.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { type ChartSize, countAxis, frameOf } from "./_frame.ts";
import {
  marker,
  type MarkerOptions,
  note,
  type NoteOptions,
} from "./_marks.ts";
import { COLORS, counted, FONT_FAMILY, grouped, LABEL_FONT } from "./_style.ts";
import { type CallTable, emptyNote, tableOf } from "./_table.ts";
import type { ChartDefinition, ChartPoint, ChartSeries } from "./chart.ts";
import {
  activeCalls,
  type PixelGrid,
  stepsIn,
  thinSpans,
  thinSteps,
} from "./concurrency.ts";

export type { ChartSize } from "./_frame.ts";

/** A PNG has two pixels to a CSS pixel; the chart area is narrower than the picture, so a column here is less than one. */
const STEP_COLUMNS_PER_PIXEL = 2;

/**
 * Defines the histogram of calls: x is seconds since the first job was created. Each call is a thin grey line from
 * where the worker took it up to where it was done (red if it failed) at its own y; the number of calls active at each
 * instant is an exact step line on the right axis, with its peak marked. Calls that never reached a worker have no
 * line. Where there are more calls than pixel rows, lines are drawn pixel by pixel.
 *
 * @example The lines of a run
 * ```ts
 * import { histogramChart } from "./histogram.ts";
 *
 * const config = histogramChart([]);
 * console.log(config.data.datasets.map((dataset) => dataset.label));
 * ```
 *
 * @throws {TypeError} If `calls` is not an iterable of call stats.
 */
export function histogramChart(
  calls: Iterable<CallStats>,
  options: ChartSize = {},
): ChartDefinition {
  return histogramOf(tableOf(calls), options);
}

/** As {@linkcode histogramChart}, of calls that were read already. */
export function histogramOf(
  table: CallTable,
  size: ChartSize,
): ChartDefinition {
  // What stopped calls alone would give is no curve of the calls.
  const isKnown = table.untimed === 0;
  const curve = isKnown
    ? activeCalls(table.activeFrom, table.activeTo)
    : activeCalls(new Float64Array(), new Float64Array());
  const { options, plugins, grid } = frameOf(
    table,
    size,
    "Activity",
    curve.peak > 0
      ? [
        `peak ${counted(curve.peak, "active call")}, mean ${
          grouped(Number(curve.mean.toPrecision(3)))
        }`,
      ]
      : [],
  );
  const shown = stepsIn(curve, grid.xMin, grid.xMax);
  const steps = thinSteps(
    shown,
    grid.xMin,
    grid.xMax,
    grid.columns * STEP_COLUMNS_PER_PIXEL,
  );
  // A curve that goes up and down within each pixel is an area: what lies under it must be seen.
  const isArea = steps !== shown;
  const active: ChartPoint[] = [{ x: grid.xMin, y: 0 }];
  for (const [i, x] of steps.times.entries()) {
    active.push({ x, y: steps.counts[i]! });
  }
  active.push(
    grid.xMax < table.makespan
      ? { x: grid.xMax, y: active.at(-1)!.y }
      : { x: Math.max(table.makespan, grid.xMin), y: 0 },
  );
  const failed = spans(table, grid, true);
  const others = spans(table, grid, false);
  const datasets: ChartSeries[] = [];
  if (others.data.length > 0) {
    datasets.push({
      ...lineOf(others, COLORS.call),
      label: "call, from worker start to end",
      order: 2,
    });
  }
  if (failed.data.length > 0) {
    datasets.push({
      ...lineOf(failed, COLORS.failed),
      label: "failed call",
      order: isArea ? 0 : 1,
    });
  }
  if (isKnown) {
    datasets.push({
      ...lineOf(
        { data: active, width: 1.5 },
        isArea ? COLORS.activeArea : COLORS.active,
      ),
      label: "calls active at once (right axis)",
      order: isArea ? 1 : 0,
      yAxisID: "active",
      stepped: true,
    });
    options.scales!.active = {
      ...countAxis("Calls active at once", COLORS.active),
      position: "right",
      min: 0,
      // Room above the peak for its label.
      max: Math.max(1, curve.peak) *
        (1 + Math.max(0.1, 32 / (grid.rows - 220))),
      grid: { drawOnChartArea: false, tickColor: COLORS.axis },
    };
  }
  if (curve.peakTime >= grid.xMin && curve.peakTime <= grid.xMax) {
    options.plugins[marker.id] = {
      x: curve.peakTime,
      y: curve.peak,
      text: `peak ${grouped(curve.peak)}`,
      color: COLORS.active,
      font: LABEL_FONT,
      back: COLORS.back,
    } satisfies MarkerOptions;
    plugins.push(marker);
  }
  if (
    !isKnown ||
    curve.times.length === 0 && failed.data.length + others.data.length === 0
  ) {
    options.plugins[note.id] = {
      text: emptyNote(table),
      color: COLORS.muted,
      font: `400 14px ${FONT_FAMILY}`,
      back: COLORS.back,
    } satisfies NoteOptions;
    plugins.push(note);
  }
  return {
    type: "scatter",
    data: { datasets },
    options,
    plugins,
  };
}

/** Lines as one series of points, with a gap after each. */
interface Lines {
  data: ChartPoint[];
  width: number;
}

function lineOf(
  lines: Lines,
  color: string,
): Omit<ChartSeries, "label" | "order"> {
  return {
    data: lines.data,
    showLine: true,
    borderColor: color,
    backgroundColor: color,
    borderWidth: lines.width,
    pointRadius: 0,
    pointStyle: "line",
  };
}

/** The lines of the calls that failed, or of those that did not. A line is never shorter than a reader can see. */
function spans(table: CallTable, grid: PixelGrid, failed: boolean): Lines {
  const pixel = (grid.xMax - grid.xMin) / grid.columns;
  const shortest = failed ? 5 * pixel : pixel;
  const rowHeight = grid.rows * 0.75 / (grid.yMax - grid.yMin);
  const wanted = (row: number) =>
    failed === (table.failed[row]! === table.failed[row]!) &&
    row >= grid.yMin && row <= grid.yMax &&
    table.activeFrom[row]! <= grid.xMax && table.activeTo[row]! >= grid.xMin;
  const data: ChartPoint[] = [];
  const add = (from: number, to: number, y: number) =>
    data.push(
      { x: from, y },
      { x: Math.max(to, from + shortest), y },
      { x: NaN, y: NaN },
    );
  if (grid.yMax - grid.yMin <= grid.rows) {
    for (let row = 0; row < table.length; row++) {
      const from = table.activeFrom[row]!;
      if (from === from && wanted(row)) add(from, table.activeTo[row]!, row);
    }
    const width = Math.min(3, Math.max(failed ? 1.5 : 0.75, rowHeight * 0.6));
    return { data, width };
  }
  const starts = table.activeFrom.map((from, row) => wanted(row) ? from : NaN);
  const runs = thinSpans(starts, table.activeTo, table.position, grid);
  const step = (grid.yMax - grid.yMin) / grid.rows;
  for (let i = 0; i < runs.rows.length; i++) {
    add(
      grid.xMin + runs.from[i]! * pixel,
      grid.xMin + (runs.to[i]! + 1) * pixel,
      grid.yMin + (runs.rows[i]! + 0.5) * step,
    );
  }
  return { data, width: failed ? 3 : 1 };
}
