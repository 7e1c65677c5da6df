/**
 * The way from an executor to `plot/`, which is loaded when a plot is wanted.
 *
 * @module
 */
import type { Profile } from "../profiler/profile.ts";
import type { Collection } from "../profiler/record.ts";
import type { ExportFormat, ExportOptions } from "../plot/export.ts";
import type { Finding } from "../plot/findings.ts";
import type { ReportRun } from "../plot/report.ts";
import type { RunData } from "../plot/run_data.ts";
import type { CallStats } from "./stats.ts";

// From here, as `export … from` would fetch the files behind it in every script that comes from a URL.
export type { ExportFormat, ExportOptions, Finding };

/** How to draw calls. */
export interface DrawOptions {
  /** Where to write: a prefix of the file names, or a folder. @default {"plots/<time>"} */
  dst?: string;
  /** What to write. @default {"png"} */
  format?: "png" | "svg" | "pdf";
  /** Width of the picture in CSS pixels. @default {1000} */
  width?: number;
  /** Height of the picture in CSS pixels. @default {600} */
  height?: number;
}

/**
 * Not a literal in the `import()`: what is, Deno resolves at every start, with all npm packages behind it, whether it is
 * ever reached or not (0.3 s where a registry lacks one of them). A binary gets it by `--include plot/mod.ts`.
 */
const PLOT = import.meta.resolve("../plot/mod.ts");

/** What is used of it; its own types would make a type check resolve the canvas packages. */
interface PlotModule {
  plot(calls: readonly CallStats[], options: DrawOptions): Promise<string[]>;
  plotWorkersOf(
    calls: readonly CallStats[],
    options: DrawOptions,
  ): Promise<string[]>;
  plotUsageOf(
    collections: readonly Collection[],
    calls: readonly CallStats[],
    options: DrawOptions,
  ): Promise<string[]>;
  report(run: ReportRun, path: string | URL): Promise<void>;
  findings(run: RunData): Finding[];
  writeTrace(run: RunData, path: string | URL): Promise<void>;
  writeExport(
    run: RunData,
    path: string | URL,
    options: ExportOptions,
  ): Promise<void>;
}

/** Draws the timeline and the histogram of calls; returns the paths of the files. */
export async function draw(
  calls: readonly CallStats[],
  options: DrawOptions,
): Promise<string[]> {
  return await (await load()).plot(calls, options);
}

/** Draws what ran on which worker; returns the path of the file. */
export async function drawWorkers(
  calls: readonly CallStats[],
  options: DrawOptions,
): Promise<string[]> {
  return await (await load()).plotWorkersOf(calls, options);
}

/** Draws what workers used over time; returns the path of the file. */
export async function drawUsage(
  profile: Profile,
  calls: readonly CallStats[],
  options: DrawOptions,
): Promise<string[]> {
  const { plotUsageOf } = await load();
  return await plotUsageOf(profile.collections, calls, options);
}

/** What the figures of a run tell, in words. */
export async function findingsOf(run: RunData): Promise<Finding[]> {
  return (await load()).findings(run);
}

/** Writes the report. */
export async function reportTo(
  path: string | URL,
  run: ReportRun,
): Promise<void> {
  await (await load()).report(run, path);
}

/** Writes a trace for Perfetto. */
export async function traceTo(
  path: string | URL,
  run: RunData,
): Promise<void> {
  await (await load()).writeTrace(run, path);
}

/** Writes the calls for other tools. */
export async function exportTo(
  path: string | URL,
  run: RunData,
  options: ExportOptions,
): Promise<void> {
  await (await load()).writeExport(run, path, options);
}

async function load(): Promise<PlotModule> {
  try {
    return await import(PLOT);
  } catch (cause) {
    if (!Deno.build.standalone) throw cause;
    throw new Error(
      `Cannot plot as this binary was compiled without plots: compile it with --include "${PLOT}"`,
      { cause },
    );
  }
}
