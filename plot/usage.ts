/**
 * The usage chart: CPU, memory, disk and network over time, stacked by host, by worker or by process, and when calls ran.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import type { Collection } from "../profiler/record.ts";
import {
  axis,
  type ChartSize,
  DEFAULT_SIZE,
  SINCE_FIRST_JOB,
  timeAxis,
} from "./_frame.ts";
import { note, type NoteOptions } from "./_marks.ts";
import { COLORS, FONT_FAMILY } from "./_style.ts";
import { heading, highest, stackPeak, unitFor } from "./_usage_heading.ts";
import { callSpans, type CallSpansOptions } from "./_usage_marks.ts";
import { type Spans, spansOf } from "./_usage_spans.ts";
import {
  type UsageGroup,
  type UsageTable,
  usageTableOf,
  usualGroup,
} from "./_usage_table.ts";
import type {
  ChartDefinition,
  ChartOptions,
  ChartPlugin,
  ChartPoint,
  ChartSeries,
} from "./chart.ts";

export type { UsageGroup } from "./_usage_table.ts";

/** Options of {@linkcode usageChart}. */
export interface UsageOptions extends ChartSize {
  /** What the stacks are made of. @default {undefined} hosts where there are several, else workers */
  by?: UsageGroup | undefined;
}

/** A series that may be an area. */
interface UsageSeries extends ChartSeries {
  /** Down to where it is filled: the series before it, or the axis. */
  fill: "-1" | "origin" | false;
  /** Whether the legend lists it: each layer once, though it is in several panels. */
  inLegend: boolean;
}

/** Layers of the stacks, from the bottom up: Okabe and Ito's colours, and greys for more. */
const LAYERS = [
  ...["#56b4e9", "#e69f00", "#009e73", "#cc79a7"],
  ...["#0072b2", "#d55e00", "#f0e442", "#8a94a0"],
];

/** What stacks can be made of. */
const GROUPS: readonly UsageGroup[] = ["host", "worker", "process"];

/** More calls than this get no lines through all panels. */
const MOST_LINES = 40;

/** Panels from top to bottom: axis, share of the height. */
const PANELS = [
  ["cpu", 3],
  ["memory", 3],
  ["disk", 2],
  ["network", 2],
] as const;

/**
 * Defines the usage chart of collections: x is seconds since the first of them (or, with `calls`, since the first job was
 * created). CPU is 100 a core, memory is resident (RSS), disk is what was read and written a second; each is stacked. The
 * network is counted by namespace and not by worker. Where there are more collections than pixel columns, each column
 * shows the one with the highest value. Calls are bars in a row for each worker, taken from `calls` or, without, from
 * the samples themselves.
 *
 * @example The panels of a recorded run
 * ```ts
 * import { usageChart } from "./usage.ts";
 *
 * const config = usageChart([], [], { by: "process" });
 * console.log(config.data.datasets.map((dataset) => dataset.label));
 * ```
 *
 * @throws {TypeError} If a value is no collection.
 * @throws {RangeError} If `by` is unknown.
 */
export function usageChart(
  collections: Iterable<Collection>,
  calls: Iterable<CallStats> = [],
  options: UsageOptions = {},
): ChartDefinition {
  const { by } = options;
  if (by !== undefined && !GROUPS.includes(by)) {
    throw new RangeError(
      `Cannot plot usage as by must be "host", "worker" or "process": "${by}"`,
    );
  }
  return usageOf(usageDataOf(collections, calls, by), options);
}

/** What a usage chart shows, whatever part of it. */
export interface UsageData {
  /** What the stacks are made of. */
  by: UsageGroup;
  /** Columns of the samples. */
  table: UsageTable;
  /** When calls ran, in epoch seconds. */
  spans: Spans["list"];
  /** What x counts from, in epoch seconds. */
  epoch: number;
  /** Where x ends, in epoch seconds. */
  end: number;
  /** Name of the horizontal axis, without its unit. */
  axis: string;
  /** Use of all together in the last sample. */
  total: Collection["total"] | undefined;
}

/** Reads collections once, for charts of them. */
export function usageDataOf(
  collections: Iterable<Collection>,
  calls: Iterable<CallStats>,
  by?: UsageGroup,
): UsageData {
  const samples = [...collections];
  const group = by ?? usualGroup(samples);
  const table = usageTableOf(samples, group);
  const spans = spansOf([...calls], samples);
  return {
    by: group,
    table,
    spans: spans.list,
    epoch: Math.min(table.times[0] ?? 0, spans.epoch),
    end: Math.max(table.times.at(-1) ?? 0, spans.end),
    axis: spans.epoch < Infinity
      ? SINCE_FIRST_JOB
      : "Time since the first sample",
    total: samples.at(-1)?.total,
  };
}

/** As {@linkcode usageChart}, of what was read already. */
export function usageOf(data: UsageData, size: ChartSize): ChartDefinition {
  const { table, epoch } = data;
  const width = size.width ?? DEFAULT_SIZE.width;
  const whole = (data.end - epoch) * 1.012;
  const [xMin, xMax] = size.range ?? [0, whole > 0 ? whole : 1];
  const rows = [...new Set(data.spans.map(({ worker }) => worker))]
    .sort((a, b) => a - b);
  const spans = data.spans.filter(({ from, to }) =>
    from - epoch <= xMax && to - epoch >= xMin
  );

  const memory = unitFor(stackPeak(table.layers, "memory"), "B");
  const disk = unitFor(stackPeak(table.layers, "disk"), "B/s");
  const network = unitFor(
    Math.max(highest(table.received), highest(table.sent)),
    "B/s",
  );
  const columns = { table, epoch, columns: width, xMin, xMax };
  const datasets: UsageSeries[] = [
    ...stack(columns, "cpu", 1, true),
    ...stack(columns, "memory", memory.size, false),
    ...stack(columns, "disk", disk.size, false),
    curve(columns, table.received, network.size, "received", COLORS.start),
    curve(columns, table.sent, network.size, "sent", COLORS.done),
  ].filter(({ data }) => data.length > 0);
  const titles: Record<string, string[]> = {
    cpu: ["CPU", "%"],
    memory: ["Memory", memory.name],
    disk: ["Disk", disk.name],
    network: ["Network", network.name],
  };
  const chart: ChartOptions<"scatter"> & { plugins: Record<string, unknown> } =
    {
      animation: false,
      locale: "en-US",
      font: { family: FONT_FAMILY, size: 12 },
      color: COLORS.ink,
      layout: { padding: { top: 14, right: 22, bottom: 12, left: 14 } },
      scales: {
        x: timeAxis(data.axis, xMin, xMax),
        ...panels(titles, rows.length, datasets),
      },
      plugins: heading(table, data.total, data.spans.length, width - 36),
    };
  const plugins: ChartPlugin[] = [];
  if (rows.length > 0) {
    chart.plugins[callSpans.id] = {
      spans: spans.map(({ from, to, worker }) => [
        from - epoch,
        to - epoch,
        rows.indexOf(worker),
      ]),
      fills: ["#8fa3b8", "#c3cfdb"],
      lines: spans.length <= MOST_LINES,
      line: "rgba(28, 39, 51, 0.14)",
    } satisfies CallSpansOptions;
    plugins.push(callSpans);
  }
  // A point alone is no line.
  if (datasets.every(({ data }) => data.length < 2)) {
    chart.plugins[note.id] = {
      text: table.times.length > 1 && size.range !== undefined
        ? "No sample was taken in this time"
        : "Nothing was sampled twice, so there is no use over time",
      color: COLORS.muted,
      font: `400 14px ${FONT_FAMILY}`,
      back: COLORS.back,
    } satisfies NoteOptions;
    plugins.push(note);
  }
  return { type: "scatter", data: { datasets }, options: chart, plugins };
}

/** The y axes, one above the other; Chart.js puts the first one at the bottom. */
function panels(
  titles: Record<string, string[]>,
  workers: number,
  datasets: readonly UsageSeries[],
): Record<string, object> {
  const scales: Record<string, object> = {};
  if (workers > 0) {
    scales.calls = {
      ...axis("Calls"),
      axis: "y",
      stack: "panels",
      stackWeight: Math.min(2, 0.5 + workers * 0.15),
      min: -0.6,
      max: workers - 0.4,
      reverse: true, // worker 0 on top
      grid: { display: false },
      ticks: { display: false },
    };
  }
  for (const [name, weight] of PANELS.toReversed()) {
    const frame = axis("");
    scales[name] = {
      ...frame,
      title: { ...frame.title, text: titles[name] },
      axis: "y",
      stack: "panels",
      stackWeight: weight,
      offset: true,
      beginAtZero: true,
      // An empty panel has a scale too; one that is all zero would be drawn with a line in its middle. The samples
      // next to the range count: a line leads to them, and Chart.js looks at those in the range alone.
      suggestedMax: datasets.reduce(
        (most, { yAxisID, data }) =>
          yAxisID === name
            ? data.reduce((y, it) => Math.max(y, it.y), most)
            : most,
        1,
      ),
      ticks: { ...frame.ticks, maxTicksLimit: weight + 3 },
    };
  }
  return scales;
}

interface Columns {
  table: UsageTable;
  epoch: number;
  columns: number;
  xMin: number;
  xMax: number;
}

/** The layers of one panel, each on top of those before. */
function stack(
  shared: Columns,
  panel: "cpu" | "memory" | "disk",
  unit: number,
  inLegend: boolean,
): UsageSeries[] {
  const { layers, times } = shared.table;
  const known = layers.filter((layer) => highest(layer[panel]) >= 0);
  const total = new Float64Array(times.length).fill(NaN);
  for (const layer of known) {
    for (let at = 0; at < total.length; at++) {
      const value = layer[panel][at]!;
      if (value === value) total[at] = (total[at] || 0) + value;
    }
  }
  const kept = highestOfColumns(total, shared);
  const below = new Float64Array(times.length);
  return known.map((layer, order) => {
    const data = kept.map((at): ChartPoint => {
      below[at] = below[at]! + (layer[panel][at] || 0);
      return { x: times[at]! - shared.epoch, y: below[at]! / unit };
    });
    const color = LAYERS[layers.indexOf(layer) % LAYERS.length]!;
    return {
      label: layer.name,
      data,
      order: -order,
      yAxisID: panel,
      showLine: true,
      borderColor: color,
      backgroundColor: `${color}b0`,
      borderWidth: 1,
      pointRadius: 0,
      pointStyle: "rect",
      fill: order === 0 ? "origin" : "-1",
      inLegend,
    };
  });
}

function curve(
  shared: Columns,
  values: Float64Array,
  unit: number,
  label: string,
  color: string,
): UsageSeries {
  const data = highestOfColumns(values, shared).map((at): ChartPoint => ({
    x: shared.table.times[at]! - shared.epoch,
    y: values[at]! / unit,
  }));
  return {
    label,
    data,
    order: 0,
    yAxisID: "network",
    showLine: true,
    borderColor: color,
    backgroundColor: color,
    borderWidth: 1.5,
    pointRadius: 0,
    pointStyle: "line",
    fill: false,
    inLegend: true,
  };
}

/**
 * Indexes of the known values that are shown, with one more at either side, or of the highest in each pixel column where
 * there are more than fit.
 */
function highestOfColumns(values: Float64Array, shared: Columns): number[] {
  const { table, epoch, columns, xMin, xMax } = shared;
  const all = [...values.keys()].filter((at) => values[at] === values[at]);
  const x = (at: number) => table.times[at]! - epoch;
  const first = all.findLastIndex((at) => x(at) <= xMin);
  const last = all.findIndex((at) => x(at) >= xMax);
  const known = all.slice(Math.max(0, first), last < 0 ? undefined : last + 1);
  if (known.length <= columns) return known;
  const best = new Map<number, number>();
  for (const at of known) {
    const column = Math.floor((x(at) - xMin) / (xMax - xMin) * columns);
    const other = best.get(column);
    if (other === undefined || values[at]! > values[other]!) {
      best.set(column, at);
    }
  }
  return [...best.values()];
}
