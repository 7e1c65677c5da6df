/**
 * The workers chart: what ran on which worker and when, how long workers took to start, and when they had nothing to do.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import {
  axis,
  type ChartSize,
  DEFAULT_SIZE,
  SINCE_FIRST_JOB,
  timeAxis,
} from "./_frame.ts";
import { laneBars, type LaneBarsOptions } from "./_gantt_marks.ts";
import { headingOf } from "./_heading.ts";
import { type Lanes, lanesOf } from "./_lanes.ts";
import { note, type NoteOptions } from "./_marks.ts";
import {
  COLORS,
  counted,
  duration,
  FONT_FAMILY,
  LABEL_FONT,
} from "./_style.ts";
import { type CallTable, emptyNote, tableOf } from "./_table.ts";
import type { ChartDefinition, ChartSeries } from "./chart.ts";
import { type PixelGrid, thinSpans } from "./concurrency.ts";

/** Colours of jobs, by turns. */
const JOBS = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#8172b3"];

/** More bars than this are drawn pixel by pixel. */
const MOST_BARS = 4000;

/** Where there are more lanes than this, neighbours are drawn as one. */
const MOST_ROWS = 1000;

/** The calls of one look. */
interface Look {
  label: string;
  fill: string;
  has(call: number): boolean;
}

/**
 * Defines the workers chart: x is seconds since the first job was created, each worker has a row (more, if it ran calls at
 * once). Bars are calls, coloured by job, red where they failed; thin grey bars are the starts of workers, whose length
 * is known and which are placed just before their first calls. At the right is the share of the time that each worker was
 * busy. Where the workers are on several hosts, those of a host are together, and named with it.
 *
 * @example The workers of a run
 * ```ts
 * import { ganttChart } from "./gantt.ts";
 *
 * const config = ganttChart([]);
 * console.log(config.data.datasets.map((dataset) => dataset.label));
 * ```
 *
 * @throws {TypeError} If `calls` is not an iterable of call stats.
 */
export function ganttChart(
  calls: Iterable<CallStats>,
  options: ChartSize = {},
): ChartDefinition {
  const list = [...calls];
  const table = tableOf(list);
  // The table's rows are in the order of jobs; so must the calls be.
  const jobs = [...new Set(list.map(jobOf))];
  const place = new Map(jobs.map((job, i) => [job, i]));
  list.sort((a, b) =>
    place.get(jobOf(a))! - place.get(jobOf(b))! ||
    Number(a.call_id) - Number(b.call_id)
  );
  return ganttOf(lanesOf(list, table.epoch, table.makespan), table, options);
}

function jobOf({ executor_id, job_id }: CallStats): string {
  return `${executor_id}/${job_id}`;
}

/** As {@linkcode ganttChart}, of calls that were read already; the lanes' calls are rows of the table. */
export function ganttOf(
  lanes: Lanes,
  table: CallTable,
  size: ChartSize,
): ChartDefinition {
  const count = lanes.workers.reduce((sum, worker) => sum + worker.count, 0);
  const grid: PixelGrid = {
    xMin: size.range?.[0] ?? table.earliest,
    xMax: size.range?.[1] ??
      (table.makespan > 0 ? table.makespan * 1.012 : 0.001),
    yMin: -0.5,
    yMax: Math.max(1, count) - 0.5,
    columns: size.width ?? DEFAULT_SIZE.width,
    rows: Math.min(MOST_ROWS, Math.max(1, count)),
  };
  const looks = looksOf(table);
  const bars: LaneBarsOptions["bars"] = looks.map(({ fill, has }) => ({
    fill,
    height: 1,
    spans: spansOf(lanes, grid, has),
  }));
  const boots = lanes.workers.flatMap(({ boot, first }) =>
    boot === null ? [] : [[boot.from, boot.to, first] as [
      number,
      number,
      number,
    ]]
  );
  bars.unshift({ fill: COLORS.call, height: 0.35, spans: boots });
  const isKnown = table.untimed === 0;
  const busy = lanes.workers.reduce((sum, worker) => sum + worker.busy, 0);
  const y = axis("");
  return {
    type: "scatter",
    data: {
      datasets: [
        ...looks.map(({ label, fill }, i) => legend(label, fill, i)),
        ...boots.length > 0
          ? [legend("cold start of a worker", COLORS.call, looks.length)]
          : [],
      ],
    },
    options: {
      animation: false,
      locale: "en-US",
      font: { family: FONT_FAMILY, size: 12 },
      color: COLORS.ink,
      layout: {
        padding: { top: 14, right: 62, bottom: 12, left: marginOf(lanes) },
      },
      scales: {
        x: timeAxis(SINCE_FIRST_JOB, grid.xMin, grid.xMax),
        y: {
          ...y,
          title: { display: false },
          min: grid.yMin,
          max: grid.yMax,
          reverse: true, // worker 0 on top
          ticks: { display: false },
          grid: { display: false },
        },
      },
      plugins: {
        ...headingOf(
          `Workers: ${counted(lanes.workers.length, "worker")}, ${
            counted(lanes.call.length, "call")
          } in ${duration(table.makespan)}`,
          isKnown
            ? `On average busy ${
              Math.round(busy / Math.max(1, lanes.workers.length) * 100)
            } % of the time from the first call on`
            : emptyNote(table),
        ),
        [laneBars.id]: {
          workers: lanes.workers.map(({ name, first, count, busy }) => ({
            name,
            note: isKnown ? `${Math.round(busy * 100)} %` : "",
            first,
            count,
          })),
          bars,
          track: COLORS.band,
          color: COLORS.muted,
          font: LABEL_FONT,
        } satisfies LaneBarsOptions,
        ...count === 0
          ? {
            [note.id]: {
              text: emptyNote(table),
              color: COLORS.muted,
              font: `400 14px ${FONT_FAMILY}`,
              back: COLORS.back,
            } satisfies NoteOptions,
          }
          : {},
      },
    },
    plugins: count === 0 ? [note] : [laneBars],
  };
}

/** Room for the names of workers, in pixels. */
function marginOf({ workers }: Lanes): number {
  const longest = workers.reduce(
    (most, { name }) => Math.max(most, name.length),
    0,
  );
  return Math.max(74, 22 + longest * 6.2);
}

/** A look for each job, and one for what failed. */
function looksOf({ jobs, failed, failures, length }: CallTable): Look[] {
  const isFailed = (call: number) => failed[call]! === failed[call]!;
  const color = new Uint8Array(length); // they come again with the sixth job
  jobs.forEach(({ first, count }, i) =>
    color.fill(i % JOBS.length, first, first + count)
  );
  const looks: Look[] = jobs.slice(0, JOBS.length).map(({ name }, at) => {
    const others = Math.ceil((jobs.length - at) / JOBS.length) - 1;
    return {
      label: `call of ${name}${others > 0 ? ` and ${others} more` : ""}`,
      fill: JOBS[at]!,
      has: (call) => color[call] === at && !isFailed(call),
    };
  });
  if (failures.size > 0) {
    looks.push({ label: "failed call", fill: COLORS.failed, has: isFailed });
  }
  return looks;
}

/** The bars of some calls: each, or the pixels that they cover together. */
function spansOf(
  { from, to, lane, call }: Lanes,
  grid: PixelGrid,
  has: (call: number) => boolean,
): [number, number, number][] {
  const wanted: number[] = [];
  for (let i = 0; i < from.length; i++) {
    if (from[i]! > grid.xMax || to[i]! < grid.xMin || !has(call[i]!)) continue;
    wanted.push(i);
  }
  if (wanted.length <= MOST_BARS) {
    return wanted.map((i) => [from[i]!, to[i]!, lane[i]!]);
  }
  const pick = (column: Float64Array) =>
    Float64Array.from(wanted, (i) => column[i]!);
  const runs = thinSpans(pick(from), pick(to), pick(lane), grid);
  const pixel = (grid.xMax - grid.xMin) / grid.columns;
  const step = (grid.yMax - grid.yMin) / grid.rows;
  return Array.from(runs.rows, (row, i) => [
    grid.xMin + runs.from[i]! * pixel,
    grid.xMin + (runs.to[i]! + 1) * pixel,
    grid.yMin + (row + 0.5) * step,
  ]);
}

/** A series without points: the bars are the plugin's, the legend is Chart.js's. */
function legend(label: string, color: string, order: number): ChartSeries {
  return {
    label,
    data: [],
    order,
    borderColor: color,
    backgroundColor: color,
    pointStyle: "rect",
    pointRadius: 0,
  };
}
