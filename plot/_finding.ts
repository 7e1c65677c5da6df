/** What a finding is, and the words that all findings share. */
import type { RunData } from "./run_data.ts";
import type { Shape } from "./_shape.ts";

/** Something that the figures of a run tell, in words. */
export interface Finding {
  /** Names the kind of finding, such as `"stragglers"`: stable, for programs. */
  id: string;
  /** A few words. */
  title: string;
  /** One to three sentences: what was seen, what it cost, what to do. */
  text: string;
  /** `"warning"`: something failed or a good part of the time is lost. `"notice"`: worth a change. `"info"`: good to know. */
  severity: "info" | "notice" | "warning";
  /** The figures it rests on: seconds, bytes, counts, and shares from 0 to 1. */
  figures: Record<string, number>;
}

/** What a rule looks at. */
export interface Seen {
  /** The run. */
  readonly data: RunData;
  /** How its calls lie in time. */
  readonly shape: Shape;
  /** Ids of what was found before: what one finding explains, the next need not tell again. */
  readonly found: ReadonlySet<string>;
}

/** Finds one thing, or nothing. */
export type Rule = (seen: Seen) => Finding | undefined;

/** `0.25` as `25 %`. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value < 9.95 ? Number(value.toPrecision(2)) : Math.round(value)} %`;
}

/** `"M001/00042"`. */
export function nameOf(call: { job_id: string; call_id: string }): string {
  return `${call.job_id}/${call.call_id}`;
}

/** The middle of values; `NaN` if there are none. The array is sorted. */
export function median(values: Float64Array): number {
  values.sort();
  const half = values.length >> 1;
  return values.length % 2 === 1
    ? values[half]!
    : (values[half - 1]! + values[half]!) / 2;
}

/** Text from outside on one line and of bounded length: no control or direction marks. */
export function plain(text: string, length = 60): string {
  const line = text.slice(0, 4 * length)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
