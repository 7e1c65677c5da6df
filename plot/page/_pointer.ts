/// <reference lib="dom" />
/**
 * What mouse, fingers and keys do on charts over time: a line at the same second in all of them, what is there in words,
 * a range by dragging, a call by a click.
 *
 * @module
 */
import type { Picture } from "./_chart.ts";
import { h } from "./_dom.ts";
import type { TimeWindow } from "./_window.ts";

/** What is at a point of a chart. */
export interface Spot {
  /** In a few words. */
  title: string;
  /** What is known of it: names and figures. */
  lines: [name: string, value: string][];
  /** Row of the call that a click opens. */
  call?: number | undefined;
}

/** Finds what is at a second, and at a pixel of the plot. */
export type Finder = (
  second: number,
  y: number,
  picture: Picture,
) => Spot | undefined;

/** Pixels that a pointer may move in a click. */
const CLICK = 5;

/** The charts that move together. */
export class Pointer {
  readonly #window: TimeWindow;
  readonly #open: (call: number) => void;
  readonly #plots: { picture: Picture; line: HTMLElement }[] = [];
  readonly #tip = h("div", { class: "tip", "aria-hidden": "true" });

  /** `open` shows a call. */
  constructor(window: TimeWindow, open: (call: number) => void) {
    this.#window = window;
    this.#open = open;
    document.body.append(this.#tip);
    addEventListener("scroll", () => this.#leave(), { passive: true });
  }

  /** Adds a chart. */
  add(picture: Picture, find: Finder): void {
    const { plot } = picture;
    const line = h("div", { class: "line" });
    const band = h("div", { class: "band" });
    plot.append(line, band);
    this.#plots.push({ picture, line });
    let start: number | undefined;
    const xOf = (event: MouseEvent) =>
      event.clientX - plot.getBoundingClientRect().left;
    const held = (x: number) => {
      const { left, right } = picture.area!;
      return Math.max(left, Math.min(right, x));
    };
    const spotAt = (event: MouseEvent) => {
      const { left, top } = plot.getBoundingClientRect();
      const second = picture.valueAt("x", held(event.clientX - left));
      return find(second, event.clientY - top, picture);
    };
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || picture.area === undefined) return;
      start = held(xOf(event));
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      if (picture.area === undefined) return;
      const x = held(xOf(event));
      this.#follow(x);
      const isDrag = start !== undefined && Math.abs(x - start) > CLICK;
      band.classList.toggle("shown", isDrag);
      if (isDrag) {
        band.style.left = `${Math.min(start!, x)}px`;
        band.style.width = `${Math.abs(x - start!)}px`;
        this.#tip.classList.remove("shown");
        return;
      }
      const spot = spotAt(event);
      plot.classList.toggle("clickable", spot?.call !== undefined);
      this.#tell(spot, event.clientX, event.clientY);
    });
    plot.addEventListener("pointerup", (event) => {
      if (start === undefined || picture.area === undefined) return;
      const x = held(xOf(event));
      const from = start;
      start = undefined;
      band.classList.remove("shown");
      if (Math.abs(x - from) > CLICK) {
        const edges = [from, x].map((it) => picture.valueAt("x", it))
          .sort((a, b) => a - b);
        this.#window.show(edges[0]!, edges[1]!);
      } else {
        const call = spotAt(event)?.call;
        if (call !== undefined) {
          this.#leave();
          this.#open(call);
        }
      }
    });
    plot.addEventListener("pointercancel", () => {
      start = undefined;
      band.classList.remove("shown");
      this.#leave();
    });
    plot.addEventListener("pointerleave", () => this.#leave());
    plot.addEventListener("dblclick", () => void this.#window.key("0"));
    plot.addEventListener("wheel", (event) => {
      // Alone, the wheel scrolls the page.
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      const turned = event.deltaY || event.deltaX;
      const at = picture.valueAt("x", held(xOf(event)));
      this.#window.zoom(Math.exp(Math.sign(turned) * 0.25), at);
    }, { passive: false });
    plot.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#window.key(event.key)) event.preventDefault();
    });
  }

  /** Puts the line of each chart at the same pixel: they are aligned. */
  #follow(x: number): void {
    for (const { picture: { area }, line } of this.#plots) {
      if (area === undefined) continue;
      line.classList.add("shown");
      line.style.left = `${x}px`;
      line.style.top = `${area.top}px`;
      line.style.height = `${area.bottom - area.top}px`;
    }
  }

  #leave(): void {
    for (const { line } of this.#plots) line.classList.remove("shown");
    this.#tip.classList.remove("shown");
  }

  #tell(spot: Spot | undefined, x: number, y: number): void {
    this.#tip.classList.toggle("shown", spot !== undefined);
    if (spot === undefined) return;
    this.#tip.replaceChildren(
      h("strong", {}, spot.title),
      h(
        "dl",
        {},
        ...spot.lines.flatMap((
          [name, value],
        ) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
    );
    const { offsetWidth: width, offsetHeight: height } = this.#tip;
    const left = x + 16 + width > innerWidth ? x - 16 - width : x + 16;
    const top = y + 16 + height > innerHeight ? y - 16 - height : y + 16;
    this.#tip.style.left = `${Math.max(4, left)}px`;
    this.#tip.style.top = `${Math.max(4, top)}px`;
  }
}
