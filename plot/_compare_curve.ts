/** The spreads of a figure in two runs as curves: which share of the calls has at most so much. */
import { valueText } from "./compare_words.ts";
import { escapeHtml } from "./_html.ts";
import { unitFor } from "./_usage_heading.ts";
import type { FigureChange, Spread, Unit } from "./compare.ts";

const WIDTH = 360, HEIGHT = 170;
const BOX = { left: 36, right: 350, top: 8, bottom: 142 };
/** Steps of a curve at most; what lies between two of them is less than a pixel. */
const STEPS = 300;
/** From this ratio of the largest value to the smallest on, the axis is logarithmic. */
const LOG_FROM = 20;

/** An SVG picture, or nothing if a run lacks the figure. */
export function curvesOf({ title, unit, a, b }: FigureChange): string {
  if (a === null || b === null) return "";
  const all = [a, b].flatMap(({ sorted }) => [sorted[0]!, sorted.at(-1)!]);
  const base = unit === "bytes" ? unitFor(Math.max(...all), "B").size : 1;
  const axis = axisOf(Math.min(...all), Math.max(...all), base);
  const name = escapeHtml(
    `${title}: share of the calls with at most so much, first and second run`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}">
${rules()}${ticks(axis, unit)}
<path class="curve first" d="${
    curve(a, axis)
  }"/><path class="curve second" d="${curve(b, axis)}"/>
</svg>`;
}

interface Axis {
  at(value: number): number;
  ticks: number[];
}

/** Round numbers are those of so many bytes, `base`, or of ones. */
function axisOf(min: number, max: number, base: number): Axis {
  const isLog = min > 0 && max / min >= LOG_FROM;
  const scale = isLog ? Math.log10 : (value: number) => value;
  let from = scale(min), to = scale(max);
  if (to - from < 1e-9 * Math.abs(to) || to === from) {
    const margin = Math.abs(to) * 0.1 || 1;
    from -= margin;
    to += margin;
  }
  const width = BOX.right - BOX.left;
  return {
    at: (value) => BOX.left + width * (scale(value) - from) / (to - from),
    ticks: isLog ? powers(from, to) : rounds(from, to, base),
  };
}

/** Powers of ten, four at most. */
function powers(from: number, to: number): number[] {
  const step = Math.max(1, Math.ceil((to - from) / 4));
  const found: number[] = [];
  for (let power = Math.ceil(from); power <= to; power += step) {
    found.push(10 ** power);
  }
  return found;
}

/** Round numbers of `base`, some three to five. */
function rounds(from: number, to: number, base: number): number[] {
  const rough = (to - from) / base / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].findLast((it) => it * power <= rough)! * power *
    base;
  const found: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found.length > 5 ? found.filter((_, i) => i % 2 === 0) : found;
}

function yOf(share: number): number {
  return BOX.bottom - (BOX.bottom - BOX.top) * share;
}

function rules(): string {
  return [0, 0.5, 1].map((share) =>
    `<line class="rule" x1="${BOX.left}" x2="${BOX.right}" y1="${
      yOf(share)
    }" y2="${yOf(share)}"/><text x="${BOX.left - 6}" y="${
      yOf(share) + 4
    }" text-anchor="end">${share * 100}%</text>`
  ).join("");
}

function ticks({ ticks, at }: Axis, unit: Unit): string {
  return ticks.map((value) => {
    const x = at(value);
    const anchor = x > BOX.right - 25 ? "end" : "middle";
    const text = valueText(value, unit).replace(/(\.\d*?)0+ /, "$1 ").replace(
      ". ",
      " ",
    );
    return `<line class="rule" x1="${x.toFixed(1)}" x2="${
      x.toFixed(1)
    }" y1="${BOX.bottom}" y2="${BOX.bottom + 4}"/><text x="${
      (anchor === "end" ? BOX.right + 6 : x).toFixed(1)
    }" y="${BOX.bottom + 18}" text-anchor="${anchor}">${
      escapeHtml(text)
    }</text>`;
  }).join("");
}

function curve({ sorted }: Spread, axis: Axis): string {
  const n = sorted.length, count = Math.min(n, STEPS);
  let path = `M${BOX.left} ${BOX.bottom}`;
  for (let i = 1; i <= count; i++) {
    const rank = Math.ceil(i * n / count);
    path += `H${axis.at(sorted[rank - 1]!).toFixed(1)}V${
      yOf(rank / n).toFixed(1)
    }`;
  }
  return `${path}H${BOX.right}`;
}
