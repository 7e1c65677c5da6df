/**
 * Stats in, pictures out: the timeline and the histogram of a run, drawn by Chart.js without a browser, and the report
 * of a run as an HTML page.
 *
 * {@linkcode plot} writes both to disk. {@linkcode timelineChart} and {@linkcode histogramChart} only define them, as
 * Chart.js configurations, for {@linkcode render} or for a page of your own. Chart.js and the canvas (skia-canvas, or
 * `@napi-rs/canvas` where that cannot be had) are loaded when the first picture is drawn.
 *
 * @example Plot the calls of a run
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { plot } from "./mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * const futures = fexec.map((x: number) => x + 7, [1, 2, 3]);
 * await fexec.getResult(futures);
 * const folder = await Deno.makeTempDir();
 * console.log(await plot(futures.stats, { dst: `${folder}/` }));
 * ```
 *
 * @module
 */
export type { CallStats, Outcome } from "../executor/stats.ts";
export type {
  ChartData,
  ChartDefinition,
  ChartPlugin,
  ChartPoint,
  ChartSeries,
} from "./chart.ts";
export {
  activeCalls,
  type ActiveCurve,
  type PixelGrid,
  type PixelRuns,
  type Steps,
  thinPoints,
  thinSpans,
  thinSteps,
} from "./concurrency.ts";
export {
  type CallChange,
  type CompareOptions,
  compareRuns,
  type Comparison,
  type FigureChange,
  type Spread,
  type TotalChange,
  type Unit,
  type Verdict,
} from "./compare.ts";
export { type LabelledRun, writeComparison } from "./compare_file.ts";
export { plot, type PlotOptions, plotUsageOf, plotWorkersOf } from "./files.ts";
export {
  type ExportFormat,
  type ExportOptions,
  exportText,
  writeExport,
} from "./export.ts";
export { type Finding, findings } from "./findings.ts";
export { distributionChart, type DistributionOptions } from "./distribution.ts";
export { ganttChart } from "./gantt.ts";
export { histogramChart } from "./histogram.ts";
export {
  type Drawable,
  type PlotFormat,
  render,
  type RenderOptions,
} from "./render.ts";
export type {
  RunData,
  RunDataDetail,
  RunDataHeader,
  RunDataWorker,
} from "./run_data.ts";
export { type TraceEvent, traceEvents, writeTrace } from "./trace.ts";
export {
  report,
  type ReportDetail,
  type ReportError,
  reportPage,
  type ReportRun,
  type ReportSummary,
  type ReportWorker,
} from "./report.ts";
export { type ChartSize, timelineChart } from "./timeline.ts";
export { usageChart, type UsageGroup, type UsageOptions } from "./usage.ts";
export { plotUsage, type PlotUsageOptions } from "./usage_file.ts";
