/// <reference lib="dom" />
/**
 * The charts over time: calls, how many at once, workers, and what they used, one under the other with the same seconds
 * in the same place.
 *
 * @module
 */
import type { ReportData } from "../_report_data.ts";
import { type ChartSize, SINCE_FIRST_JOB } from "../_frame.ts";
import { counted } from "../_style.ts";
import { emptyNote } from "../_table.ts";
import { activeCalls } from "../concurrency.ts";
import { ganttOf } from "../gantt.ts";
import { histogramOf } from "../histogram.ts";
import { timelineOf } from "../timeline.ts";
import { usageDataOf, usageOf } from "../usage.ts";
import type { Calls } from "./_calls.ts";
import { Picture, type PictureOptions } from "./_chart.ts";
import { h, section } from "./_dom.ts";
import { Pointer, type Spot } from "./_pointer.ts";
import { TimeWindow } from "./_window.ts";
import { bytes, seconds, whole } from "./_words.ts";

interface Size {
  width: number;
  height: number;
}

/** How near to a call a pointer must be, in CSS pixels. */
const NEAR = 6;

/** Builds the section; `open` shows a call. */
export function overTime(
  data: ReportData,
  calls: Calls,
  open: (row: number) => void,
): HTMLElement {
  const { table, lanes } = calls;
  const end = table.makespan > 0 ? table.makespan * 1.012 : 0.001;
  const window = new TimeWindow(table.earliest, end);
  const pointer = new Pointer(window, open);
  const isNarrow = () => innerWidth < 640;
  const longest = table.jobs.reduce(
    (most, { name }) => Math.max(most, name.length),
    0,
  );
  const names = table.jobs.length > 1 ? 8 * longest : 0;
  const digits = 8 * whole(table.length).length;
  const worker = lanes.workers.reduce(
    (most, { name }) => Math.max(most, name.length),
    0,
  );
  const margins = () => ({
    left: isNarrow()
      ? Math.max(16 + Math.min(24, worker) * 7.5, 48 + names + digits)
      : Math.max(82, 22 + worker * 7.5, 54 + names + digits),
    right: isNarrow() ? 52 : 60,
  });
  const picture = (options: Omit<PictureOptions, "margins">) => {
    const it = new Picture({ ...options, margins, focusable: true });
    window.onChange(() => it.draw());
    return it;
  };
  const sized = (size: Size) => ({ ...size, range: window.range });
  const curve = activeCalls(table.activeFrom, table.activeTo);
  const activeAt = (second: number) => {
    const at = lastUntil(curve.times, second);
    return at < 0 ? 0 : curve.counts[at]!;
  };

  const callAt = (second: number, y: number, on: Picture) => {
    const perPixel = Math.abs(on.valueAt("y", 1) - on.valueAt("y", 0));
    const secondsPerPixel = on.valueAt("x", 1) - on.valueAt("x", 0);
    const row = nearestRow(calls, on.valueAt("y", y), second, {
      rows: Math.max(0.5, NEAR * perPixel),
      seconds: NEAR * secondsPerPixel,
    });
    return row === undefined ? undefined : spotOf(calls, row);
  };
  const tall = () =>
    Math.round(
      Math.min(isNarrow() ? 300 : 420, Math.max(200, 110 + 16 * calls.length)),
    );

  const timeline = picture({
    label: `Timeline of ${
      counted(calls.length, "call")
    }: each instant of each call`,
    height: tall,
    define: (size) => timelineOf(table, sized(size)),
  });
  pointer.add(timeline, callAt);

  const activity = picture({
    label: table.untimed > 0
      ? emptyNote(table)
      : `Calls active at once over time, at most ${whole(curve.peak)}`,
    height: tall,
    define: (size) => histogramOf(table, sized(size)),
  });
  pointer.add(activity, (second, y, on) => {
    const active: [string, string][] = table.untimed > 0
      ? []
      : [["active calls", whole(activeAt(second))]];
    const spot = callAt(second, y, on);
    return spot === undefined
      ? { title: `at ${seconds(second)}`, lines: active }
      : { ...spot, lines: [...active, ...spot.lines] };
  });

  const laneCount = lanes.workers.reduce((sum, { count }) => sum + count, 0);
  const gantt = picture({
    label: `What ran on each of ${
      counted(lanes.workers.length, "worker")
    } over time`,
    height: () => Math.max(104, 52 + Math.min(420, laneCount * 26)),
    define: (size) => ganttOf(lanes, table, sized(size)),
  });
  pointer.add(gantt, (second, y, on) => {
    const lane = Math.round(on.valueAt("y", y));
    return laneSpot(calls, lane, second);
  });

  const figures = [
    card("Timeline", "A row for each call, a mark for each instant.", timeline),
    card(
      "Activity",
      "A line for each call while a worker had it; the curve counts them exactly.",
      activity,
    ),
    card(
      "Workers",
      "What ran where; at the right, how much of the time each was busy. Gaps are idle." +
        (data.clocks === "" ? "" : ` ${data.clocks}`),
      gantt,
    ),
  ];
  if (data.collections.length > 1) {
    figures.push(usageCard(data, picture, (size) => ({
      ...size,
      // The samples go on after the last call; the charts do not.
      range: window.range ?? [window.first, window.last],
    }), pointer));
  }
  return section(
    "time",
    "Over time",
    "Drag over a chart to zoom in, click a call to open it. " +
      "With the keyboard: +, −, arrows, 0. All charts show the same seconds, " +
      "counted from the first job.",
    window.toolbar(),
    h("div", { class: "stack" }, ...figures),
  );
}

function usageCard(
  data: ReportData,
  picture: (options: Omit<PictureOptions, "margins">) => Picture,
  sized: (size: Size) => ChartSize,
  pointer: Pointer,
): HTMLElement {
  const usage = usageDataOf(data.collections, []);
  usage.epoch = data.epoch;
  usage.axis = SINCE_FIRST_JOB;
  const { table } = usage;
  const times = table.times.map((time) => time - data.epoch);
  const drawn = picture({
    label: `CPU, memory, disk and network over time, by ${usage.by}`,
    height: () => innerWidth < 640 ? 440 : 520,
    define: (size) => usageOf(usage, sized(size)),
  });
  pointer.add(drawn, (second) => {
    const at = lastUntil(times, second);
    if (at < 0) return undefined;
    const sum = (key: "cpu" | "memory" | "disk") =>
      table.layers.reduce<number>((total, layer) => {
        const value = layer[key][at]!;
        return value === value ? (total === total ? total : 0) + value : total;
      }, NaN);
    const cpu = sum("cpu");
    const perSecond = (value: number) =>
      value === value ? `${bytes(value)}/s` : "–";
    return {
      title: `sample at ${seconds(times[at]!)}`,
      lines: [
        ["CPU", cpu === cpu ? `${Math.round(cpu)} %` : "–"],
        ["memory", bytes(sum("memory"))],
        ["disk", perSecond(sum("disk"))],
        ["received", perSecond(table.received[at]!)],
        ["sent", perSecond(table.sent[at]!)],
      ],
    };
  });
  return card(
    "Resources",
    "What the workers used, from the profiler's samples: CPU (100 % a core), resident memory, disk, network.",
    drawn,
  );
}

function card(title: string, note: string, picture: Picture): HTMLElement {
  return h(
    "figure",
    { class: "card" },
    h(
      "figcaption",
      {},
      h("h3", {}, title),
      h("p", { class: "muted small" }, note),
    ),
    picture.element,
  );
}

/** The call whose row and time are nearest to a point, if any is near. */
function nearestRow(
  { table }: Calls,
  y: number,
  second: number,
  near: { rows: number; seconds: number },
): number | undefined {
  let best: number | undefined, least = Infinity;
  const first = Math.max(0, Math.ceil(y - near.rows));
  const last = Math.min(table.length - 1, Math.floor(y + near.rows));
  for (let row = first; row <= last; row++) {
    const away = Math.max(
      0,
      table.submit[row]! - second,
      second - table.last[row]!,
    );
    if (away > near.seconds) continue;
    // A failed call is what one looks for in a crowd.
    const failed = table.failed[row]! === table.failed[row]!;
    const distance = Math.abs(row - y) / near.rows + away / near.seconds -
      (failed ? 1 : 0);
    if (distance < least) least = distance, best = row;
  }
  return best;
}

/** What is known of a call, in few words. */
export function spotOf(calls: Calls, row: number): Spot {
  const at = (key: string) => calls.numbers(key)[row]!;
  const error = calls.error(row);
  const outcome = calls.outcome(row);
  const lines: Spot["lines"] = [
    ["outcome", error === null ? outcome : `${outcome}: ${error.name}`],
    ["worker", whole(at("worker_id"))],
    ["waited", seconds(at("worker_queue_time"))],
    ["ran", seconds(at("worker_func_exec_time"))],
    ["CPU", seconds(at("cpu"))],
    ["memory", bytes(at("worker_peak_memory_end"))],
  ];
  const name = calls.functionName(row);
  return {
    title: `${calls.name(row)}${name === null ? "" : ` ${name.slice(0, 40)}`}`,
    lines: lines.filter(([, value]) => value !== "–"),
    call: row,
  };
}

/** What a lane of a worker did at a second: a call, or for how long nothing. */
function laneSpot(
  calls: Calls,
  lane: number,
  second: number,
): Spot | undefined {
  const { workers, from, to, lane: lanes, call } = calls.lanes;
  const worker = workers.find(({ first, count }) =>
    lane >= first && lane < first + count
  );
  if (worker === undefined) return undefined;
  let before = -Infinity, after = Infinity;
  for (let i = 0; i < from.length; i++) {
    if (lanes[i] !== lane) continue;
    if (from[i]! <= second && second <= to[i]!) return spotOf(calls, call[i]!);
    if (to[i]! < second) before = Math.max(before, to[i]!);
    else after = Math.min(after, from[i]!);
  }
  const { boot } = worker;
  const title = worker.name;
  if (boot !== null && second >= boot.from && second <= boot.to) {
    return {
      title,
      lines: [["took to start", seconds(boot.to - boot.from)]],
    };
  }
  if (before === -Infinity || after === Infinity) return undefined;
  return { title, lines: [["idle for", seconds(after - before)]] };
}

/** Index of the last value that is at most `limit`; -1 if none is. */
function lastUntil(ascending: Float64Array, limit: number): number {
  let low = 0, high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
