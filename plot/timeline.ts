/**
 * The timeline: a point for each instant in the life of each call, from submit to result.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { type ChartSize, frameOf } from "./_frame.ts";
import { rails, type RailsOptions } from "./_marks.ts";
import { COLORS } from "./_style.ts";
import { type CallTable, tableOf } from "./_table.ts";
import type { ChartDefinition, ChartPoint, ChartSeries } from "./chart.ts";
import { type PixelGrid, thinPoints, within } from "./concurrency.ts";

export type { ChartSize } from "./_frame.ts";

/** In order of time: column, label, relative size. Smaller ones are drawn over larger ones, which show as a rim. */
const SERIES = [
  ["submit", "host submit", 1],
  ["start", "call start", 0.75],
  ["done", "call done", 0.6],
  ["status", "status fetched", 1.12],
  ["result", "result fetched", 1.65],
] as const;

/** Rows must be this many pixels high for a line to join the points of a call. */
const RAIL_ROW = 7;

/** More points than this in a series are a crowd. */
const CROWD = 25_000;

/**
 * Defines the timeline of calls: x is seconds since the first job was created, y is the call, grouped by job. Failed
 * calls are crossed where they failed. Points that would fall on the same pixel are thinned to one, each series apart.
 *
 * @example The points of a run
 * ```ts
 * import { timelineChart } from "./timeline.ts";
 *
 * const config = timelineChart([]);
 * console.log(config.data.datasets.map((dataset) => dataset.label));
 * ```
 *
 * @throws {TypeError} If `calls` is not an iterable of call stats.
 */
export function timelineChart(
  calls: Iterable<CallStats>,
  options: ChartSize = {},
): ChartDefinition {
  return timelineOf(tableOf(calls), options);
}

/** As {@linkcode timelineChart}, of calls that were read already. */
export function timelineOf(
  table: CallTable,
  size: ChartSize,
): ChartDefinition {
  const { options, plugins, grid } = frameOf(table, size, "Timeline");
  const rowHeight = grid.rows * 0.75 / (grid.yMax - grid.yMin);
  const radius = Math.max(
    table.length > 1000 ? 2.25 : 3,
    Math.min(6, rowHeight / 2.2),
  );
  const datasets: ChartSeries[] = [];
  for (const [key, label, scale] of SERIES) {
    const data = points(table, key, grid);
    if (data.length === 0) continue;
    datasets.push({
      label,
      data,
      order: scale,
      pointStyle: "rect",
      pointRadius: radius * scale,
      pointBorderWidth: 0,
      clip: 8,
      backgroundColor: COLORS[key],
      borderColor: COLORS[key],
    });
  }
  if (table.failures.size > 0) {
    datasets.push({
      label: "failed",
      order: 0,
      data: points(table, "failed", grid),
      pointStyle: "crossRot",
      pointRadius: radius * 1.25 + 2,
      borderColor: COLORS.failed,
      backgroundColor: COLORS.failed,
      pointBorderWidth: 2.25,
      clip: 8,
    });
  }
  if (rowHeight >= RAIL_ROW) {
    options.plugins[rails.id] = {
      lines: Array.from(
        table.position.filter((row) => row >= grid.yMin && row <= grid.yMax),
        (row) => [table.submit[row]!, table.last[row]!, row],
      ),
      color: COLORS.rail,
    } satisfies RailsOptions;
    plugins.push(rails);
  }
  return { type: "scatter", data: { datasets }, options, plugins };
}

/** One point a pixel; where that is still a crowd, one for each two by two, as points are larger than that. */
function points(
  table: CallTable,
  key: "failed" | typeof SERIES[number][0],
  grid: PixelGrid,
): ChartPoint[] {
  const xs = within(table[key], table.position, grid);
  let kept = thinPoints(xs, table.position, grid);
  if (kept.length > CROWD) {
    const columns = Math.ceil(grid.columns / 2);
    const rows = Math.ceil(grid.rows / 2);
    kept = thinPoints(xs, table.position, { ...grid, columns, rows });
  }
  return Array.from(kept, (row) => ({ x: xs[row]!, y: row }));
}
