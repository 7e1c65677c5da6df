/** How changes read. */
import type { FigureChange, TotalChange, Unit, Verdict } from "./compare.ts";
import { duration, grouped } from "./_style.ts";
import { amount } from "./_usage_heading.ts";

/** A number with its unit; `-` if it is not known. */
export function valueText(value: number | null, unit: Unit): string {
  if (value === null) return "-";
  if (unit === "seconds") return duration(value);
  if (unit === "bytes") return amount(value);
  return Number.isInteger(value) ? grouped(value) : value.toFixed(2);
}

/** A ratio as a change: `+12 %`, `-3.4 %`, `3.1 times`. */
export function changeText(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return "-";
  if (ratio >= 3) return `${ratio.toPrecision(3)} times`;
  const percent = (ratio - 1) * 100;
  const digits = Math.abs(percent) < 9.95 ? 1 : 0;
  const text = percent.toFixed(digits);
  return `${Number(text) > 0 ? "+" : ""}${Number(text) === 0 ? "0" : text} %`;
}

/** The change of a total. */
export function totalText({ a, b }: TotalChange): string {
  return a === null || b === null || !(a > 0) ? "-" : changeText(b / a);
}

/** Where a change lies: `-3 to +5 %`. */
export function intervalText({ low, high }: FigureChange): string {
  if (low === null || high === null) return "-";
  const [from, to] = [changeText(low), changeText(high)];
  return `${to.endsWith("%") ? from.replace(" %", "") : from} to ${to}`;
}

/** A verdict in words. */
export function verdictText(verdict: Verdict): string {
  return {
    more: "more",
    less: "less",
    unclear: "not clear",
    unknown: "too few calls",
  }[verdict];
}

/** A probability: `0.031`, `< 0.001`. */
export function chanceText(p: number | null): string {
  if (p === null) return "-";
  return p < 0.001 ? "< 0.001" : p.toPrecision(2);
}
