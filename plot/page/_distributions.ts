/// <reference lib="dom" />
/**
 * How waiting, running, CPU and memory are spread over calls, with the call at each quantile.
 *
 * @module
 */
import { counted } from "../_style.ts";
import { distributionChart } from "../distribution.ts";
import type { Calls } from "./_calls.ts";
import { Picture } from "./_chart.ts";
import { h, section } from "./_dom.ts";
import { bytes, seconds, whole } from "./_words.ts";

/** What is looked at: title, column, unit. */
const FIGURES = [
  ["Queue wait", "worker_queue_time", "s"],
  ["Time in the function", "worker_func_exec_time", "s"],
  ["CPU time", "cpu", "s"],
  ["Peak memory", "worker_peak_memory_end", "B"],
] as const;

const QUANTILES = [
  ["least", 0],
  ["25 %", 0.25],
  ["median", 0.5],
  ["75 %", 0.75],
  ["95 %", 0.95],
  ["99 %", 0.99],
  ["most", 1],
] as const;

/** Builds the section; `open` shows a call. */
export function distributions(
  calls: Calls,
  open: (row: number) => void,
): HTMLElement {
  return section(
    "distributions",
    "Distributions",
    "How many calls took how much. The values are those of calls, nothing is interpolated; far tails make an axis logarithmic.",
    h("div", { class: "pairs" }, ...FIGURES.map((it) => card(calls, it, open))),
  );
}

function card(
  calls: Calls,
  [title, key, unit]: typeof FIGURES[number],
  open: (row: number) => void,
): HTMLElement {
  const values = calls.numbers(key);
  const rows = Uint32Array.from(
    values.keys().filter((row) => values[row] === values[row]),
  );
  rows.sort((a, b) => values[a]! - values[b]!);
  const say = unit === "s" ? seconds : bytes;
  if (rows.length === 0) {
    return h(
      "div",
      { class: "card" },
      h("h3", {}, title),
      h("p", { class: "muted small" }, "Not measured."),
    );
  }
  const picture = new Picture({
    label: `Distribution of ${title.toLowerCase()} over ${
      counted(rows.length, "call")
    }`,
    height: () => 190,
    define: ({ width }) =>
      distributionChart(values, {
        label: title,
        unit,
        bins: Math.max(20, Math.min(60, Math.round(width / 9))),
      }),
    legend: false,
  });
  const left = calls.length - rows.length;
  return h(
    "div",
    { class: "card" },
    h("h3", {}, title),
    h(
      "p",
      { class: "muted small" },
      left === 0
        ? counted(rows.length, "call")
        : `${counted(rows.length, "call")}; of ${whole(left)} it is not known`,
    ),
    picture.element,
    h(
      "dl",
      { class: "quantiles" },
      ...QUANTILES.map(([name, share]) => {
        const rank = Math.max(0, Math.ceil(share * rows.length) - 1);
        const row = rows[rank]!;
        const text = say(values[row]!);
        return h(
          "div",
          {},
          h("dt", {}, name),
          h(
            "dd",
            {},
            h("button", {
              type: "button",
              class: "link",
              title: calls.name(row),
              "aria-label": `${name}: ${text}, call ${calls.name(row)}`,
              click: () => open(row),
            }, text),
          ),
        );
      }),
    ),
  );
}
