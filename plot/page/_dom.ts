/// <reference lib="dom" />
/**
 * Elements in one expression. Text goes in as text and never as HTML, whatever it holds.
 *
 * @module
 */

/** Attributes of an element: `class` and the like as text, `false` and `undefined` leave one out; functions listen. */
export type Props = Record<
  string,
  string | number | boolean | undefined | ((event: never) => void)
>;

/** What can be put into an element. */
export type Child = Node | string | null | undefined | false;

/** Makes an element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") {
      element.addEventListener(name, value as EventListener);
    } else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) {
      element.setAttribute(name, String(value));
    }
  }
  add(element, ...children);
  return element;
}

/** Puts children into an element. */
export function add(parent: Element, ...children: readonly Child[]): void {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) {
      parent.append(child);
    }
  }
}

/** A section with a heading; `note` explains it in a sentence. */
export function section(
  id: string,
  title: string,
  note: string,
  ...children: readonly Child[]
): HTMLElement {
  return h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h(
      "div",
      { class: "head" },
      h(
        "div",
        {},
        h("h2", { id: `${id}-title` }, title),
        note !== "" && h("p", { class: "muted small" }, note),
      ),
    ),
    ...children,
  );
}

/** A square of a colour. */
export function swatch(color: string): HTMLElement {
  const element = h("span", { class: "swatch" });
  element.style.setProperty("--swatch", color);
  return element;
}
