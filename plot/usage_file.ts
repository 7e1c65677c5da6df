/**
 * Writes the usage chart of collections into a file.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import type { Collection } from "../profiler/record.ts";
import { type PlotFormat, render, type RenderOptions } from "./render.ts";
import { writeBytes } from "./_write.ts";
import { usageChart, type UsageOptions } from "./usage.ts";

/** Options of {@linkcode plotUsage}. */
export interface PlotUsageOptions
  extends Omit<RenderOptions, "format">, Pick<UsageOptions, "by"> {
  /** Calls of the run, for when they ran; without, that is taken from the samples. */
  calls?: Iterable<CallStats> | undefined;
}

/**
 * Draws the usage chart into the file at `path`, whose extension says the format; a file that is there is overwritten.
 *
 * @example A picture of a record
 * ```ts ignore
 * import { readRecord } from "../profiler/mod.ts";
 * import { plotUsage } from "./usage_file.ts";
 *
 * const { collections } = await readRecord("profile.jsonl");
 * await plotUsage(collections, "usage.png", { by: "process" });
 * ```
 *
 * @throws {TypeError} If a value is no collection, or an option has the wrong type.
 * @throws {RangeError} If the extension is not `.png`, `.svg` or `.pdf`, or the size cannot be drawn.
 * @throws {Error} If no canvas package loads, or the file cannot be written.
 */
export async function plotUsage(
  collections: Iterable<Collection>,
  path: string,
  options: PlotUsageOptions = {},
): Promise<void> {
  const { calls, by, width, height } = options;
  if (typeof path !== "string") {
    throw new TypeError(
      `Cannot plot usage as the path must be a string: ${typeof path}`,
    );
  }
  const format = /\.(png|svg|pdf)$/.exec(path)?.[1];
  if (format === undefined) {
    throw new RangeError(
      `Cannot plot usage as the file must end in .png, .svg or .pdf: "${path}"`,
    );
  }
  const chart = usageChart(collections, calls, { by, width, height });
  const picture = await render(chart, {
    format: format as PlotFormat,
    width,
    height,
  });
  await writeBytes(path, [picture], "the plot");
}
