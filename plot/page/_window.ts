/// <reference lib="dom" />
/**
 * The part of the time that all charts over time show: zoomed and moved together, by mouse, fingers, keys and buttons.
 *
 * @module
 */
import { h } from "./_dom.ts";
import { seconds } from "./_words.ts";

/** The part of the time that is shown. */
export class TimeWindow {
  /** The first second there is. */
  readonly first: number;
  /** The last second there is. */
  readonly last: number;
  #from: number;
  #to: number;
  readonly #listeners: (() => void)[] = [];
  readonly #text = h("output", { class: "muted small", "aria-live": "polite" });
  readonly #reset: HTMLButtonElement;
  #frame = 0;

  /** Shows all of it. */
  constructor(first: number, last: number) {
    this.first = this.#from = first;
    this.last = this.#to = last;
    this.#reset = this.#button(
      "Reset",
      "Reset the zoom",
      () => this.show(this.first, this.last),
    );
    this.#tell();
  }

  /** What is shown; undefined for all. */
  get range(): [number, number] | undefined {
    return this.isWhole ? undefined : [this.#from, this.#to];
  }

  /** All is shown. */
  get isWhole(): boolean {
    return this.#from === this.first && this.#to === this.last;
  }

  /** Runs `listener`, once a frame, after what is shown has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Shows from one second to another, within what there is. */
  show(from: number, to: number): void {
    const least = (this.last - this.first) * 1e-6;
    const length = Math.min(this.last - this.first, Math.max(least, to - from));
    this.#from = Math.max(this.first, Math.min(from, this.last - length));
    this.#to = this.#from + length;
    if (this.last - this.#to < least) this.#to = this.last;
    this.#tell();
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Shows `factor` times as much, with the same second at its place; the middle unless told. */
  zoom(factor: number, at = (this.#from + this.#to) / 2): void {
    this.show(
      at - (at - this.#from) * factor,
      at + (this.#to - at) * factor,
    );
  }

  /** Moves on by a share of what is shown. */
  move(share: number): void {
    const by = (this.#to - this.#from) * share;
    this.show(this.#from + by, this.#to + by);
  }

  /** What a key does; false if it does nothing here. */
  key(key: string): boolean {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.move(-0.2),
      ArrowRight: () => this.move(0.2),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      "0": () => this.show(this.first, this.last),
      Home: () => this.show(this.first, this.last),
    };
    if (!Object.hasOwn(actions, key)) return false;
    actions[key]!();
    return true;
  }

  /** The buttons, and what is shown in words. */
  toolbar(): HTMLElement {
    return h(
      "div",
      { class: "bar zoom no-print", role: "group", "aria-label": "Zoom" },
      this.#button("−", "Zoom out", () => this.zoom(2)),
      this.#button("+", "Zoom in", () => this.zoom(0.5)),
      this.#button("←", "Earlier", () => this.move(-0.5)),
      this.#button("→", "Later", () => this.move(0.5)),
      this.#reset,
      this.#text,
    );
  }

  #button(text: string, label: string, click: () => void): HTMLButtonElement {
    return h("button", {
      type: "button",
      class: "button",
      "aria-label": label,
      title: label,
      click,
    }, text);
  }

  #tell(): void {
    this.#reset.disabled = this.isWhole;
    this.#text.textContent = this.isWhole
      ? `all of ${seconds(this.last - this.first)}`
      : `${seconds(this.#from)} to ${seconds(this.#to)}`;
  }
}
