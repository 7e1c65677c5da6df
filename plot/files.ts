/**
 * Writes the pictures of a run to disk.
 *
 * @module
 */
import { shown } from "./_shown.ts";
import { dirname, join } from "node:path";
import type { CallStats } from "../executor/stats.ts";
import { ganttChart } from "./gantt.ts";
import { histogramOf } from "./histogram.ts";
import { checkRenderOptions, render, type RenderOptions } from "./render.ts";
import { tableOf } from "./_table.ts";
import type { Collection } from "../profiler/record.ts";
import type { ChartDefinition } from "./chart.ts";
import { type ChartSize, timelineOf } from "./timeline.ts";
import { usageChart } from "./usage.ts";

/** Where and how {@linkcode plot} writes. */
export interface PlotOptions extends RenderOptions {
  /**
   * What the names of the files begin with: `"out/run"` gives `out/run_timeline.png` and `out/run_histogram.png`. An
   * existing folder, or a path that ends in a slash, gets files named by the time. `~` is the home folder.
   *
   * @default "plots/"
   */
  dst?: string | undefined;
}

/** No picture is made higher than this by itself, in CSS pixels. */
const MOST_HEIGHT = 2000;

const OPTIONS = ["dst", "format", "width", "height"];

/**
 * Draws the timeline and the histogram of calls, and writes them to `<dst>_timeline.<format>` and
 * `<dst>_histogram.<format>`. The folder is made if need be. Files that are there already are never overwritten: the new
 * pair gets `-2`, `-3`, … after `dst`. Without any call, nothing is written but a notice to stderr.
 *
 * @returns The paths of the two files, or none.
 *
 * @example Plots of two calls, as SVG
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { plot } from "./files.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * const futures = fexec.map((x: number) => x + 7, [1, 2]);
 * await fexec.getResult(futures);
 * const folder = await Deno.makeTempDir();
 * console.log(await plot(futures.stats, { dst: `${folder}/run`, format: "svg" }));
 * ```
 *
 * @throws {TypeError} If `calls` is not an iterable of call stats, an option is unknown or has the wrong type.
 * @throws {RangeError} If the format is unknown, the size cannot be drawn, or `dst` is empty.
 * @throws {Error} If no canvas package loads, or a file cannot be written.
 */
export async function plot(
  calls: Iterable<CallStats>,
  options: PlotOptions = {},
): Promise<string[]> {
  const size = checkOptions(options);
  const table = tableOf(calls);
  if (table.length === 0) return nothingToPlot("calls");
  return await write({
    timeline: timelineOf(table, size),
    histogram: histogramOf(table, size),
  }, options);
}

/**
 * Draws what ran on which worker and when, and writes it to `<dst>_workers.<format>`, as {@linkcode plot} does. The
 * picture is made higher where more workers than fit are to be told apart, unless `height` is given.
 *
 * @returns The path of the file, or none.
 *
 * @example The workers of no run at all
 * ```ts
 * import { plotWorkersOf } from "./files.ts";
 *
 * console.log(await plotWorkersOf([])); // [], and a notice
 * ```
 *
 * @throws {TypeError} If `calls` is not an iterable of call stats, an option is unknown or has the wrong type.
 * @throws {RangeError} If the format is unknown, the size cannot be drawn, or `dst` is empty.
 * @throws {Error} If no canvas package loads, or a file cannot be written.
 */
export async function plotWorkersOf(
  calls: Iterable<CallStats>,
  options: PlotOptions = {},
): Promise<string[]> {
  const list = [...calls];
  const workers = new Set(list.map((call) => call?.worker_id)).size;
  const height = options?.height ??
    Math.min(MOST_HEIGHT, Math.max(300, 150 + 26 * workers));
  const sized = { ...options, height };
  const size = checkOptions(sized);
  if (list.length === 0) return nothingToPlot("calls");
  return await write({ workers: ganttChart(list, size) }, sized);
}

/**
 * Draws what workers used over time, and writes it to `<dst>_usage.<format>`, as {@linkcode plot} does. With `calls` it is
 * known exactly when they ran. Without any collection, nothing is written but a notice to stderr.
 *
 * @returns The path of the file, or none.
 *
 * @example The usage of no run at all
 * ```ts
 * import { plotUsageOf } from "./files.ts";
 *
 * console.log(await plotUsageOf([], [])); // [], and a notice
 * ```
 *
 * @throws {TypeError} If a value is no collection, an option is unknown or has the wrong type.
 * @throws {RangeError} If the format is unknown, the size cannot be drawn, or `dst` is empty.
 * @throws {Error} If no canvas package loads, or a file cannot be written.
 */
export async function plotUsageOf(
  collections: Iterable<Collection>,
  calls: Iterable<CallStats>,
  options: PlotOptions = {},
): Promise<string[]> {
  const size = checkOptions(options);
  const samples = [...collections];
  if (samples.length === 0) return nothingToPlot("samples");
  return await write({ usage: usageChart(samples, calls, size) }, options);
}

function nothingToPlot(what: string): string[] {
  // deno-lint-ignore no-console -- a notice for the person at the terminal, on stderr
  console.error(
    `lithoscope: no plots written, as there are no ${what} to plot`,
  );
  return [];
}

/** Draws charts, and writes each to a file named by its key. */
async function write(
  charts: Record<string, ChartDefinition>,
  { dst, ...rest }: PlotOptions,
): Promise<string[]> {
  const { format, width, height } = checkRenderOptions(rest);
  const prefix = await prefixOf(dst);
  await makeFolder(dirname(prefix));
  const pictures = await Promise.all(
    Object.values(charts).map((chart) =>
      render(chart, { format, width, height })
    ),
  );
  for (let n = 1;; n++) {
    const paths = Object.keys(charts).map((name) =>
      `${prefix}${n === 1 ? "" : `-${n}`}_${name}.${format}`
    );
    if (await writeNew(paths, pictures)) return paths;
  }
}

function checkOptions(options: PlotOptions): ChartSize {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot plot calls as options must be an object: ${shown(options)}`,
    );
  }
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot plot calls as its options are ${
        OPTIONS.join(", ")
      }: "${unknown}" given`,
    );
  }
  const { dst } = options;
  if (dst !== undefined && typeof dst !== "string") {
    throw new TypeError(
      `Cannot plot calls as dst must be a string: ${shown(dst)}`,
    );
  }
  if (dst === "") {
    throw new RangeError(`Cannot plot calls as dst must not be empty: ""`);
  }
  const { dst: _, ...rest } = options;
  const { width, height } = checkRenderOptions(rest);
  return { width, height };
}

async function prefixOf(dst = "plots/"): Promise<string> {
  const path = /^~(?=$|[\\/])/.test(dst) ? home() + dst.slice(1) : dst;
  const inFolder = /[\\/]$/.test(path) || await isFolder(path);
  return inFolder ? join(path, String(Math.floor(Date.now() / 1000))) : path;
}

function home(): string {
  const folder = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  if (folder) return folder;
  throw new Error(
    "Cannot plot calls as dst begins with ~ and HOME must be set: it is not",
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // writing tells what is wrong, if anything is
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw new Error(
      `Cannot write plots as their folder must exist or be made: "${path}" cannot, ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
}

/** Writes all files or none; false if one of them was there before. */
async function writeNew(
  paths: string[],
  contents: Uint8Array[],
): Promise<boolean> {
  const written: string[] = [];
  let at = "";
  try {
    for (const [i, path] of paths.entries()) {
      at = path;
      using file = await Deno.open(path, { write: true, createNew: true });
      written.push(path);
      const writer = file.writable.getWriter();
      await writer.write(contents[i]!);
      await writer.close();
    }
    return true;
  } catch (cause) {
    await Promise.all(written.map((path) => Deno.remove(path)));
    if (cause instanceof Deno.errors.AlreadyExists) return false;
    throw new Error(
      `Cannot write the plot to "${at}": ${(cause as Error).message}`,
      { cause },
    );
  }
}
