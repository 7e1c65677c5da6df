/**
 * The charts of the live page: its points in, definitions of Chart.js out. Runs in the page, so it refers to nothing
 * outside of it.
 */
import type { LivePoint } from "./_live_course.ts";

/** Colours of the theme (`rgb(...)`), and what is known of the run. */
export interface LiveLook {
  /** Text on axes. */
  muted: string;
  /** Lines behind the data. */
  grid: string;
  /** Letters. */
  font: string;
  /** Calls that run. */
  running: string;
  /** Calls that have ended. */
  rate: string;
  /** Calls that have failed. */
  failed: string;
  /** CPU. */
  cpu: string;
  /** Memory. */
  memory: string;
  /** Calls that can run at once. */
  lanes: number;
  /** Cores of the machine. */
  cores: number;
  /** Seconds between two points. */
  width: number;
  /** Seconds since the start. */
  elapsed: number;
}

/** A chart of Chart.js with time from left to right. */
export interface LiveChart {
  /** Kind of chart. */
  type: "line";
  /** What to draw. */
  data: { datasets: object[] };
  /** Axes and tooltips. */
  options: object;
}

/** Names of the charts. */
export type LiveChartName = "running" | "rate" | "cpu" | "memory";

/** Defines the charts. */
export function liveCharts(
  points: readonly LivePoint[],
  look: LiveLook,
): Record<LiveChartName, LiveChart> {
  type Place = { x: number; y: number | null };
  const clock = (seconds: number) => {
    const whole = Math.round(seconds);
    const two = (value: number) => String(value).padStart(2, "0");
    const [m, s] = [Math.floor(whole / 60), whole % 60];
    if (look.elapsed < 120) return `${Math.round(seconds * 10) / 10} s`;
    return m < 60
      ? `${m}:${two(s)}`
      : `${Math.floor(m / 60)}:${two(m % 60)}:${two(s)}`;
  };
  const places = (column: number): Place[] =>
    points.map((point) => ({
      // What a point tells is known at its end.
      x: Math.min(point[0] + look.width, look.elapsed),
      y: point[column] ?? null,
    }));
  // Calls a second, from one point to the next.
  const rates = (column: 3 | 4): Place[] =>
    points.map((point, i) => {
      const before = i === 0 ? 0 : points[i - 1]![column];
      const end = Math.min(point[0] + look.width, look.elapsed);
      const seconds = end - point[0];
      const isWhole = seconds >= look.width * 0.9;
      return {
        x: end,
        // The point that is being made shows what is known by now, once that is worth showing.
        y: isWhole || i === 0
          ? (point[column] - before) / Math.max(seconds, look.width / 2)
          : null,
      };
    });
  const series = (
    label: string,
    color: string,
    data: Place[],
    fill = true,
  ) => ({
    label,
    data,
    borderColor: color,
    backgroundColor: color.replace("rgb(", "rgba(").replace(")", ", 0.16)"),
    borderWidth: 1.75,
    pointRadius: data.filter(({ y }) => y !== null).length < 2 ? 2.5 : 0,
    pointHitRadius: 8,
    fill,
    spanGaps: true,
    tension: 0,
    order: 1,
  });
  const limit = (label: string, value: number) => ({
    label,
    data: [{ x: 0, y: value }, { x: Math.max(look.elapsed, 1), y: value }],
    borderColor: look.muted,
    borderWidth: 1,
    borderDash: [4, 4],
    pointRadius: 0,
    pointHitRadius: 0,
    fill: false,
    order: 2,
  });
  const chart = (
    datasets: object[],
    text: (value: number) => string,
    most: number,
    isWhole = false,
  ): LiveChart => ({
    type: "line",
    data: { datasets },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: {
          type: "linear",
          min: 0,
          max: Math.max(look.elapsed, 1),
          grid: { display: false },
          border: { color: look.grid },
          ticks: {
            color: look.muted,
            font: { family: look.font, size: 11 },
            maxTicksLimit: 6,
            includeBounds: false,
            maxRotation: 0,
            callback: (value: number) => clock(value),
          },
        },
        y: {
          beginAtZero: true,
          suggestedMax: most,
          // As wide in all charts, so that instants stand below each other.
          afterFit: (scale: { width: number }) => {
            scale.width = 66;
          },
          grid: { color: look.grid },
          border: { display: false },
          ticks: {
            color: look.muted,
            font: { family: look.font, size: 11 },
            maxTicksLimit: 5,
            ...(isWhole ? { precision: 0 } : {}),
            callback: (value: number) => text(value),
          },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          filter: (item: { dataset: { order: number } }) =>
            item.dataset.order === 1,
          displayColors: false,
          callbacks: {
            title: (items: { parsed: { x: number } }[]) =>
              items.length > 0 ? `at ${clock(items[0]!.parsed.x)}` : "",
            label: (
              item: { dataset: { label: string }; parsed: { y: number } },
            ) => `${item.dataset.label}: ${text(item.parsed.y)}`,
          },
        },
      },
    },
  });
  const bytes = (value: number) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return `${Math.round(value * 10) / 10} ${units[unit]}`;
  };
  const count = (value: number) =>
    (Math.round(value * 100) / 100).toLocaleString("en-US");
  const memory = Math.max(0, ...points.map((point) => point[6] ?? 0));
  // Round steps in powers of two, so that the axis says 128 MiB and not 95.4.
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(memory / 4 || 1)));
  const charts = {
    running: chart(
      [
        series("running", look.running, places(1)),
        limit("at once at most", look.lanes),
      ],
      count,
      look.lanes,
      true,
    ),
    rate: chart(
      [
        series("ended a second", look.rate, rates(3)),
        series("failed a second", look.failed, rates(4), false),
      ],
      count,
      1,
    ),
    cpu: chart(
      [
        series("workers", look.cpu, places(5)),
        limit(`${look.cores} cores`, look.cores * 100),
      ],
      (value) => `${Math.round(value)} %`,
      look.cores * 100,
    ),
    memory: chart(
      [series("workers", look.memory, places(6))],
      bytes,
      memory * 1.1,
    ),
  };
  (charts.memory.options as {
    scales: { y: { ticks: Record<string, unknown> } };
  }).scales.y.ticks.stepSize = step;
  return charts;
}
