/**
 * The only file that names Chart.js. Types cost nothing; the code is loaded by {@linkcode loadChart}, when the first
 * picture is drawn.
 *
 * @module
 */
import type { Chart } from "npm:chart.js@4.6.1";

export type {
  ChartConfiguration,
  ChartOptions,
  Plugin,
} from "npm:chart.js@4.6.1";

/**
 * The definition of a chart: what the constructor of Chart.js takes, and assignable to its `ChartConfiguration`. All but
 * `plugins` and the order of the legend is plain JSON, and the functions of plugins refer to nothing outside of them, so
 * that a definition can be sent to a page.
 */
export interface ChartDefinition {
  /** Kind of chart. */
  type: "scatter";
  /** What to draw. */
  data: ChartData;
  /** Axes, titles and legend: the `ChartOptions` of Chart.js. */
  options: object;
  /** What is drawn beside that; each takes its options from `options.plugins`. */
  plugins: ChartPlugin[];
}

/** The data of a {@linkcode ChartDefinition}. */
export interface ChartData {
  /** Points and lines, in the order of the legend. */
  datasets: ChartSeries[];
}

/** A plugin of Chart.js. */
export interface ChartPlugin {
  /** Its name, and the key of its options. */
  id: string;
}

/** Points of one look, or a line through them. */
export interface ChartSeries {
  /** Its name in the legend. */
  label: string;
  /** The points; `NaN` breaks a line. */
  data: ChartPoint[];
  /** Series with a lower order are drawn over those with a higher one. */
  order: number;
  /** Which axis `y` belongs to. @default "y" */
  yAxisID?: string;
  /** Join the points. @default false */
  showLine?: boolean;
  /** Join them by steps: each value holds until the next point. @default false */
  stepped?: boolean;
  /** Colour of lines, as CSS. */
  borderColor: string;
  /** Colour of areas, as CSS. */
  backgroundColor: string;
  /** Width of the line in CSS pixels. */
  borderWidth?: number;
  /** Shape of the points. */
  pointStyle: "rect" | "crossRot" | "line";
  /** Half the size of a point in CSS pixels. */
  pointRadius: number;
  /** Width of a point's outline in CSS pixels. */
  pointBorderWidth?: number;
  /** How far points may reach over the edge of the chart area, in CSS pixels. */
  clip?: number;
}

/** A point of a series. */
export interface ChartPoint {
  /** On the horizontal axis. */
  x: number;
  /** On the vertical axis. */
  y: number;
}

/** Loads Chart.js with all of its parts registered. */
export async function loadChart(): Promise<typeof Chart> {
  const { Chart, registerables } = await import("npm:chart.js@4.6.1");
  Chart.register(...registerables);
  return Chart;
}

/** Chart.js as one script for a page: it makes `Chart` a global, with all of its parts registered. */
export async function chartScript(): Promise<string> {
  // What is loaded can be resolved; as text it need not be run.
  await import("npm:chart.js@4.6.1", { with: { type: "text" } });
  const url = new URL(
    "./chart.umd.min.js",
    import.meta.resolve("npm:chart.js@4.6.1"),
  );
  const script = await Deno.readTextFile(url);
  return script.replace(/^\/\/# sourceMappingURL=.*$/m, "");
}
