/**
 * Draws a Chart.js definition as PNG, SVG or PDF, without a browser.
 *
 * @module
 */
import { shown } from "./_shown.ts";
import { tidySvg } from "./_svg.ts";
import { loadCanvas, type PlotFormat } from "./canvas.ts";
import {
  type ChartConfiguration,
  type ChartOptions,
  type ChartPlugin,
  loadChart,
  type Plugin,
} from "./chart.ts";

export type { PlotFormat } from "./canvas.ts";

/** How {@linkcode render} draws. */
export interface RenderOptions {
  /** What to write. @default "png" */
  format?: PlotFormat | undefined;
  /** Width in CSS pixels, 400 to 8192; a PNG has two pixels to each, a PDF one point. @default 1000 */
  width?: number | undefined;
  /** Height in CSS pixels, 300 to 8192. @default 600 */
  height?: number | undefined;
}

/** Pixels of a PNG to a CSS pixel: crisp on the screens of today. */
const PNG_PIXEL_RATIO = 2;

/** What {@linkcode render} draws: any `ChartConfiguration` of Chart.js. */
export interface Drawable {
  /** Kind of chart. */
  type?: string;
  /** What to draw: the `ChartData` of Chart.js. */
  data: object;
  /** The `ChartOptions` of Chart.js. */
  options?: object | undefined;
  /** The plugins of this chart. */
  plugins?: ChartPlugin[];
}

/** {@linkcode RenderOptions} with nothing left out. */
type Checked = { format: PlotFormat; width: number; height: number };

/**
 * Draws a chart. Text is set in the font that comes with Lithoscope, so the picture is the same on every machine; in
 * SVG it is turned into outlines. The background is white.
 *
 * @example A line as SVG
 * ```ts
 * import { render } from "./render.ts";
 *
 * const data = [{ x: 0, y: 1 }, { x: 1, y: 3 }];
 * const svg = await render(
 *   { type: "scatter", data: { datasets: [{ label: "a", data }] } },
 *   { format: "svg", width: 400, height: 300 },
 * );
 * console.log(new TextDecoder().decode(svg.subarray(0, 5))); // <?xml
 * ```
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If the format is unknown, or the size not one that can be drawn.
 * @throws {Error} If no canvas package loads.
 */
export async function render(
  config: Drawable,
  options: RenderOptions = {},
): Promise<Uint8Array> {
  const { format, width, height } = checkRenderOptions(options);
  const [Chart, makeSurface] = await Promise.all([loadChart(), loadCanvas()]);
  const ratio = format === "png" ? PNG_PIXEL_RATIO : 1;
  const surface = makeSurface(width, height, format);
  const chart = new Chart(surface.canvas as never, {
    ...config as ChartConfiguration,
    data: { ...config.data as ChartConfiguration["data"] }, // Chart.js adds to it
    options: {
      ...config.options,
      animation: false,
      responsive: false,
      events: [],
      devicePixelRatio: ratio,
    },
    plugins: [BACKGROUND, ...config.plugins ?? []],
  });
  try {
    const bytes = await surface.bytes();
    if (format !== "svg") return bytes;
    const svg = new TextDecoder().decode(bytes);
    return new TextEncoder().encode(tidySvg(svg, titleOf(config)));
  } finally {
    chart.destroy();
  }
}

/**
 * Fills in what was left out, and refuses what cannot be drawn.
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If the format is unknown, or the size not one that can be drawn.
 */
export function checkRenderOptions(options: RenderOptions): Checked {
  const { format = "png", width = 1000, height = 600 } = options;
  if (typeof format !== "string") {
    throw new TypeError(
      `Cannot draw a plot as format must be a string: ${shown(format)}`,
    );
  }
  if (!["png", "svg", "pdf"].includes(format)) {
    throw new RangeError(
      `Cannot draw a plot as format must be "png", "svg" or "pdf": "${format}"`,
    );
  }
  checkSide("width", width, 400);
  checkSide("height", height, 300);
  return { format, width, height };
}

function checkSide(name: string, value: unknown, least: number): void {
  if (typeof value !== "number") {
    const found = shown(value);
    throw new TypeError(
      `Cannot draw a plot as ${name} must be a number: ${found}`,
    );
  }
  if (!Number.isInteger(value) || value < least || value > LARGEST_SIDE) {
    throw new RangeError(
      `Cannot draw a plot as ${name} must be an integer from ${least} to ${LARGEST_SIDE}: ${value}`,
    );
  }
}

/** A PNG of this size in both directions takes a gigabyte while it is drawn. */
const LARGEST_SIDE = 8192;

/** Canvases start transparent. */
const BACKGROUND: Plugin<"scatter"> = {
  id: "background",
  beforeDraw({ ctx, width, height }) {
    ctx.save();
    ctx.fillStyle = "white";
    ctx.fillRect(0, 0, width, height);
    ctx.restore();
  },
};

function titleOf({ options }: Drawable): string {
  const { title, subtitle } = (options as ChartOptions)?.plugins ?? {};
  return [title?.text, subtitle?.text].flat().filter(Boolean).join(". ") ||
    "Plot";
}
