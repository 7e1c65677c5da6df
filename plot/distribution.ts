/**
 * The distribution chart: how many calls took how much of something, with the quantiles marked.
 *
 * @module
 */
import { axis, countAxis, timeUnit } from "./_frame.ts";
import { verticals, type VerticalsOptions } from "./_gantt_marks.ts";
import { note, type NoteOptions } from "./_marks.ts";
import { COLORS, FONT_FAMILY, LABEL_FONT } from "./_style.ts";
import { unitFor } from "./_usage_heading.ts";
import type { ChartDefinition, ChartPoint } from "./chart.ts";

/** How a distribution is named and measured. */
export interface DistributionOptions {
  /** What was measured, such as `"Queue wait"`. */
  label: string;
  /** Seconds or bytes. */
  unit: "s" | "B";
  /** Bars from left to right. @default 40 */
  bins?: number | undefined;
}

/** From the median to the largest more than so many times: then the axis is logarithmic. */
const LONG_TAIL = 20;

/**
 * Defines the distribution chart of values, one a call: x is the value, y how many calls have about that much. Where the
 * largest is far from the others, x is logarithmic. Lines mark the median, 95 % and 99 %; values that are `NaN` are left
 * out.
 *
 * @example How long five calls took
 * ```ts
 * import { distributionChart } from "./distribution.ts";
 *
 * const config = distributionChart([0.1, 0.12, 0.11, 0.3, 0.1], {
 *   label: "Time in the function",
 *   unit: "s",
 * });
 * console.log(config.data.datasets[0]?.data);
 * ```
 */
export function distributionChart(
  values: Iterable<number>,
  options: DistributionOptions,
): ChartDefinition {
  const sorted = Float64Array.from([...values].filter((it) => it === it))
    .sort();
  const count = sorted.length;
  const quantile = (share: number) =>
    sorted[Math.max(0, Math.ceil(share * count) - 1)]!;
  const least = sorted[0] ?? 0, most = sorted[count - 1] ?? 0;
  const unit = options.unit === "B" ? unitFor(most, "B") : timeUnit(most);
  const isLong = most > LONG_TAIL * quantile(0.5);
  // A logarithm has no zero: what is below a thousandth of the median is shown there.
  const floor = isLong ? Math.max(least, quantile(0.5) / 1000, 1e-7) : least;
  const to = (value: number) => isLong ? Math.log(value) : value;
  const back = (value: number) => isLong ? Math.exp(value) : value;
  const span = to(most) - to(floor);
  // All the same: one bar with room at its sides.
  const low = span > 0 ? to(floor) : to(floor) - (isLong ? 1 : floor / 2 || 1);
  const high = span > 0 ? to(most) : to(floor) + (isLong ? 1 : floor / 2 || 1);
  const bins = options.bins ?? 40;
  const counts = new Int32Array(bins);
  for (const value of sorted) {
    const place = (to(Math.max(value, floor)) - low) / (high - low) * bins;
    counts[Math.min(bins - 1, Math.floor(place))]!++;
  }
  const edge = (i: number) => back(low + (high - low) * i / bins) / unit.size;
  const data: ChartPoint[] = count === 0 ? [] : [
    { x: edge(0), y: 0 },
    ...Array.from(counts, (y, i) => ({ x: edge(i), y })),
    { x: edge(bins), y: 0 },
  ];
  const marks = [["median", 0.5], ["95 %", 0.95], ["99 %", 0.99]] as const;
  return {
    type: "scatter",
    data: {
      datasets: [{
        label: options.label,
        data,
        order: 0,
        showLine: true,
        stepped: true,
        borderColor: COLORS.active,
        backgroundColor: `${COLORS.active}40`,
        borderWidth: 1,
        pointRadius: 0,
        pointStyle: "rect",
        ...{ fill: "origin" },
      }],
    },
    options: {
      animation: false,
      locale: "en-US",
      font: { family: FONT_FAMILY, size: 12 },
      color: COLORS.ink,
      layout: { padding: { top: 14, right: 22, bottom: 12, left: 14 } },
      scales: {
        x: {
          ...axis(`${options.label} (${unit.name})`),
          ...(isLong ? logarithmic(high - low) : {}),
          min: edge(0),
          max: edge(bins),
        },
        y: { ...countAxis("Calls"), beginAtZero: true, grace: "25%" },
      },
      plugins: {
        title: { display: false },
        legend: { display: false },
        ...count === 0
          ? {
            [note.id]: {
              text: "Not measured",
              color: COLORS.muted,
              font: `400 14px ${FONT_FAMILY}`,
              back: COLORS.back,
            } satisfies NoteOptions,
          }
          : {
            [verticals.id]: {
              marks: marks.map(([text, share]) => ({
                x: Math.max(quantile(share), floor) / unit.size,
                text,
              })),
              line: COLORS.muted,
              color: COLORS.ink,
              back: COLORS.back,
              font: LABEL_FONT,
            } satisfies VerticalsOptions,
          },
      },
    },
    plugins: count === 0 ? [note] : [verticals],
  };
}

/** An axis of powers of ten; also of 2 and 5 times those, if they are few. `span` is the logarithm of its length. */
function logarithmic(span: number): object {
  const shown = span < Math.log(1000) ? [1, 2, 5] : [1];
  const frame = axis("");
  return {
    type: "logarithmic",
    ticks: {
      ...frame.ticks,
      callback: (value: number) => {
        const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
        return shown.includes(Math.round(value / power * 1e6) / 1e6)
          ? value.toLocaleString("en-US", { maximumFractionDigits: 9 })
          : "";
      },
    },
  };
}
