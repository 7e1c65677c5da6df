/// <reference lib="dom" />
/**
 * Chart.js with the parts that this page needs, and one picture on it: drawn from a definition, drawn anew when its size,
 * the colours or the time that it shows change.
 *
 * @module
 */
import {
  Chart,
  Filler,
  LinearScale,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
} from "npm:chart.js@4.6.1";
import type { ChartDefinition } from "../chart.ts";
import { add, h, swatch } from "./_dom.ts";
import { inTheme, isPaper, onTheme } from "./_theme.ts";

Chart.register(
  ScatterController,
  LineElement,
  PointElement,
  LinearScale,
  LogarithmicScale,
  Filler,
);

/** Where the chart area of a picture is, for what lies over it. */
export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What a picture is of. */
export interface PictureOptions {
  /** Its name, for those who cannot see it. */
  label: string;
  /** Height in CSS pixels. */
  height: () => number;
  /** Defines the chart at a size. */
  define: (size: { width: number; height: number }) => ChartDefinition;
  /** Fixes the room at the left and the right of the chart area, in CSS pixels, so that pictures are aligned. */
  margins?: () => { left: number; right: number };
  /** Names of series at the top, each a button that hides it. @default true */
  legend?: boolean;
  /** The keyboard can reach it. @default false */
  focusable?: boolean;
}

type Scales = Record<string, Record<string, unknown>>;
interface Options {
  scales: Scales;
  plugins: Record<string, unknown>;
  layout: unknown;
}

/** A picture on the page. */
export class Picture {
  /** All of it. */
  readonly element: HTMLElement;
  /** The part that is drawn, in whose coordinates `area` is. */
  readonly plot: HTMLElement;
  readonly #options: PictureOptions;
  readonly #canvas: HTMLCanvasElement;
  readonly #legend = h("div", { class: "legend" });
  readonly #hidden = new Set<string>();
  #chart: Chart | undefined;
  #width = 0;

  /** Makes it; it is drawn as soon as it has a size. */
  constructor(options: PictureOptions) {
    this.#options = options;
    this.#canvas = h("canvas", {
      role: "img",
      "aria-label": options.label,
      ...(options.focusable ? { tabindex: 0 } : {}),
    });
    this.plot = h("div", { class: "plot" }, this.#canvas);
    this.element = h("div", {}, this.#legend, this.plot);
    new ResizeObserver(() => {
      // How many pages there are is settled by then.
      if (!isPaper() && this.plot.clientWidth !== this.#width) this.draw();
    }).observe(this.plot);
    onTheme(() => this.draw());
  }

  /** Where the chart area is; undefined until it is drawn. */
  get area(): Area | undefined {
    return this.#chart?.chartArea;
  }

  /** The values at a pixel, by the name of the axis. */
  valueAt(axis: string, pixel: number): number {
    return this.#chart?.scales[axis]?.getValueForPixel(pixel) ?? NaN;
  }

  /** Draws it as it is now. */
  draw(): void {
    this.#width = this.plot.clientWidth;
    if (this.#width === 0) return; // not on the page yet
    // A sheet is about so wide, and has room for two of the small ones.
    const sheet = this.#width > 600 ? 720 : 350;
    const width = isPaper() ? Math.min(this.#width, sheet) : this.#width;
    const height = this.#options.height();
    this.plot.style.height = `${height}px`;
    const size = { width: Math.max(100, Math.round(width)), height };
    const definition = inTheme(this.#options.define(size));
    const { type, data, options, plugins } = definition;
    const datasets = data.datasets.map((set) => ({
      ...set,
      hidden: this.#hidden.has(set.label),
    }));
    this.#chart?.destroy();
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#chart = new Chart(this.#canvas, {
      type,
      data: { datasets },
      options: {
        ...this.#fitted(options as Options),
        responsive: false,
        animation: false,
        events: [],
        devicePixelRatio: Math.max(2, devicePixelRatio),
      },
      plugins,
    } as never);
    if (this.#options.legend !== false) this.#name(definition);
  }

  /** The options with the title left to the page, and room as wide as told. */
  #fitted(options: Options): object {
    const margins = this.#options.margins?.();
    if (margins === undefined) {
      return { ...options, layout: { padding: { top: 6, right: 8 } } };
    }
    let right = margins.right;
    const scales = Object.fromEntries(
      Object.entries(options.scales).map(([name, scale]) => {
        if (name === "x") return [name, scale];
        const isRight = scale.position === "right";
        if (isRight) right = 0;
        const width = isRight ? margins.right : margins.left;
        const afterFit = (axis: { width: number }) => axis.width = width;
        return [name, { ...scale, afterFit }];
      }),
    );
    return { ...options, scales, layout: { padding: { top: 6, right } } };
  }

  #name({ data }: ChartDefinition): void {
    const listed = data.datasets.filter((set) =>
      (set as { inLegend?: boolean }).inLegend !== false
    );
    this.#legend.replaceChildren();
    for (const { label, borderColor } of listed) {
      const toggle = () => {
        if (!this.#hidden.delete(label)) this.#hidden.add(label);
        this.draw();
        const again = [...this.#legend.children] as HTMLElement[];
        again.find((it) => it.textContent === label)?.focus();
      };
      // Bars and areas of a plugin cannot be hidden; points and lines can.
      const isFixed = data.datasets.every((set) => set.data.length === 0);
      add(
        this.#legend,
        isFixed ? h("span", { class: "key" }, swatch(borderColor), label) : h(
          "button",
          {
            type: "button",
            class: "key",
            "aria-pressed": String(!this.#hidden.has(label)),
            click: toggle,
          },
          swatch(borderColor),
          label,
        ),
      );
    }
  }
}
