/// <reference lib="dom" />
/**
 * All that is known of one call, over the page: where its time went, its error, its output, its statistics.
 *
 * @module
 */
import type { Calls } from "./_calls.ts";
import { add, h, swatch } from "./_dom.ts";
import { seconds, statistic } from "./_words.ts";

/** Groups of statistics, by what their keys begin with. */
const GROUPS: readonly [title: string, keys: RegExp][] = [
  [
    "In the worker",
    /^worker_(?!func_(cpu|recv|sent|rss|uss|vms|read|write|vol|invol)|peak)/,
  ],
  ["What it used", /^worker_/],
  ["Samples of the profiler", /^profile_/],
  ["On the host", /^(host|func)_/],
  ["Which call", /./],
];

/** Where the time of a call went: name, colour, from, to. */
const PHASES = [
  ["waited", "#7b8794", "host_submit_tstamp", "worker_start_tstamp"],
  ["before", "#cc79a7", "worker_start_tstamp", "worker_func_start_tstamp"],
  ["ran", "#56b4e9", "worker_func_start_tstamp", "worker_func_end_tstamp"],
  ["after", "#e69f00", "worker_func_end_tstamp", "host_result_done_tstamp"],
] as const;

/** The panel. */
export class CallPanel {
  readonly #calls: Calls;
  readonly #around: () => ArrayLike<number>;
  readonly #content = h("div");
  readonly #dialog: HTMLDialogElement;

  /** `around` gives the calls in the order in which one goes from one to the next. */
  constructor(calls: Calls, around: () => ArrayLike<number>) {
    this.#calls = calls;
    this.#around = around;
    this.#dialog = h(
      "dialog",
      { "aria-labelledby": "call-title" },
      this.#content,
    );
    // A click beside it closes it, as Escape does.
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    document.body.append(this.#dialog);
  }

  /** Shows a call. */
  open(row: number): void {
    this.#fill(row);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
  }

  #fill(row: number): void {
    const calls = this.#calls;
    const outcome = calls.outcome(row);
    const name = calls.functionName(row);
    const error = calls.error(row);
    const logs = calls.logs(row);
    const stats = calls.stats(row);
    this.#content.replaceChildren();
    add(
      this.#content,
      h(
        "div",
        { class: "top" },
        h(
          "div",
          {},
          h("h2", { id: "call-title" }, `Call ${calls.name(row)}`),
          h(
            "p",
            { class: "muted" },
            h("span", {
              class: `badge ${
                outcome === "success"
                  ? "good"
                  : outcome === "pending"
                  ? "muted"
                  : "bad"
              }`,
            }, outcome),
            name === null ? "" : " ",
            name !== null && h("code", { class: "text" }, name),
          ),
        ),
        h(
          "div",
          { class: "bar" },
          ...this.#steps(row),
          h("button", {
            type: "button",
            class: "button",
            click: () => this.#dialog.close(),
          }, "Close"),
        ),
      ),
      phasesOf(stats),
      error !== null && h(
        "section",
        {},
        h("h3", { class: "bad" }, error.name),
        error.message !== "" && h("p", { class: "text" }, error.message),
        error.stack !== null && block(error.stack, "Stack"),
      ),
      logs !== null &&
        h("section", {}, h("h3", {}, "Output"), block(logs, "Output")),
      ...groupsOf(stats),
    );
  }

  /** Buttons to the calls before and after this one. */
  #steps(row: number): HTMLElement[] {
    const rows = this.#around();
    const at = Array.prototype.indexOf.call(rows, row);
    const step = (text: string, label: string, to: number | undefined) => {
      const button = h("button", {
        type: "button",
        class: "button",
        "aria-label": label,
        disabled: to === undefined,
      }, text);
      button.addEventListener("click", () => {
        this.#fill(to!);
        const again = this.#dialog.querySelectorAll<HTMLButtonElement>(
          "button",
        );
        [...again].find((it) => it.textContent === text && !it.disabled)
          ?.focus();
      });
      return button;
    };
    return [
      step("←", "Call before", at > 0 ? rows[at - 1] : undefined),
      step("→", "Call after", at < 0 ? undefined : rows[at + 1]),
    ];
  }
}

function block(text: string, label: string): HTMLElement {
  return h("pre", {
    class: "text",
    tabindex: 0,
    role: "group",
    "aria-label": label,
  }, text);
}

/** A bar of where the time went, and the same in words. */
function phasesOf(stats: Record<string, unknown>): HTMLElement {
  const phases = PHASES.flatMap(([name, color, from, to]) => {
    const end = stats[to] ??
      (name === "after" ? stats.host_status_done_tstamp : null);
    const start = stats[from];
    return typeof start === "number" && typeof end === "number" && end >= start
      ? [{ name, color, length: end - start }]
      : [];
  });
  const all = phases.reduce((sum, { length }) => sum + length, 0);
  const bar = h("div", { class: "phases", "aria-hidden": "true" });
  for (const { color, length } of phases) {
    const part = h("span");
    part.style.flexGrow = String(length / all * 1000);
    part.style.background = color;
    add(bar, part);
  }
  return h(
    "div",
    { class: "where" },
    bar,
    h(
      "p",
      { class: "legend small" },
      ...phases.map(({ name, color, length }) =>
        h("span", { class: "key" }, swatch(color), `${name} ${seconds(length)}`)
      ),
    ),
  );
}

function groupsOf(stats: Record<string, unknown>): HTMLElement[] {
  const left = new Set(Object.keys(stats));
  return GROUPS.flatMap(([title, pattern]) => {
    const keys = [...left].filter((key) => pattern.test(key));
    keys.forEach((key) => left.delete(key));
    return [h(
      "section",
      {},
      h("h3", {}, title),
      h(
        "table",
        { class: "stats" },
        h(
          "tbody",
          {},
          ...keys.map((key) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, h("code", {}, key)),
              h("td", { class: "number text" }, statistic(key, stats[key])),
            )
          ),
        ),
      ),
    )];
  });
}
