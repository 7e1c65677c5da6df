/**
 * How the page writes figures.
 *
 * @module
 */
import { duration } from "../_style.ts";
import { amount } from "../_usage_heading.ts";

/** What stands where nothing was measured. */
export const NOTHING = "–";

/** Seconds for readers. */
export function seconds(value: number | null | undefined): string {
  return value == null || value !== value
    ? NOTHING
    : value < 0
    ? `−${duration(-value)}`
    : duration(value);
}

/** Bytes for readers. */
export function bytes(value: number | null | undefined): string {
  return value == null || value !== value ? NOTHING : amount(value);
}

/** A whole number for readers. */
export function whole(value: number | null | undefined): string {
  return value == null || value !== value
    ? NOTHING
    : value.toLocaleString("en-US");
}

/** A statistic for readers, by its key. */
export function statistic(key: string, value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (Array.isArray(value)) {
    return value.map((it) => Number(Number(it).toPrecision(3))).join(", ");
  }
  if (typeof value !== "number") return String(value);
  if (/_(pid|tid|id)$/.test(key)) return String(value);
  if (key.endsWith("_tstamp")) {
    return new Date(value * 1000).toISOString().replace("T", " ").slice(0, 23);
  }
  if (key.endsWith("_time")) return seconds(value);
  if (/bytes|_size|rss|pss|uss|vms|memory|net_io/.test(key)) {
    return key.endsWith("_rate") ? `${bytes(value)}/s` : bytes(value);
  }
  if (key.includes("percent")) return `${Number(value.toPrecision(3))} %`;
  return key.endsWith("_rate") ? `${bytes(value)}/s` : whole(value);
}
