/// <reference lib="dom" />
/**
 * Light and dark: as the reader's system is, until the button is pressed. Paper is always light.
 *
 * @module
 */
import { DARK } from "../_page_style.ts";
import { h } from "./_dom.ts";

const system = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");
const listeners: (() => void)[] = [];
let printing = false;

/** Whether the page is being printed. */
export function isPaper(): boolean {
  return printing || paper.matches;
}

/** Whether charts are drawn for a dark page now. */
export function isDark(): boolean {
  if (isPaper()) return false;
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? system.matches : theme === "dark";
}

/** Runs `listener` when {@linkcode isDark} may have changed. */
export function onTheme(listener: () => void): void {
  listeners.push(listener);
}

/** The button that goes from one to the other. */
export function themeButton(): HTMLElement {
  const button = h("button", {
    type: "button",
    class: "button no-print",
    click: () => {
      document.documentElement.dataset.theme = isDark() ? "light" : "dark";
      tell();
    },
  });
  const name = () => {
    const other = isDark() ? "Light" : "Dark";
    button.textContent = `${isDark() ? "☀" : "☾"} ${other}`;
    button.setAttribute("aria-label", `${other} colours`);
  };
  onTheme(name);
  name();
  return button;
}

/** A definition of a chart in the colours of the page. What is no colour stays as it is. */
export function inTheme<T>(value: T): T {
  return isDark() ? darkened(value) as T : value;
}

function darkened(value: unknown): unknown {
  if (typeof value === "string") {
    const known = DARK[value.slice(0, 7)];
    return known === undefined ? value : known + value.slice(7);
  }
  if (Array.isArray(value)) {
    // Points and spans, of which there are many, hold no colours.
    return typeof value[0] === "number" || isPoint(value[0]) ||
        Array.isArray(value[0])
      ? value
      : value.map(darkened);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [key, darkened(it)]),
  );
}

function isPoint(value: unknown): boolean {
  return typeof value === "object" && value !== null && "x" in value &&
    "y" in value;
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** Follows the system, and the printer. */
export function watchTheme(): void {
  system.addEventListener("change", tell);
  paper.addEventListener("change", tell);
  addEventListener("beforeprint", () => {
    printing = true;
    tell();
  });
  addEventListener("afterprint", () => {
    printing = false;
    tell();
  });
}
