/// <reference lib="dom" />
/**
 * The table of calls: sorted by any column, filtered by words, figures and outcome. Only the rows that can be seen are on
 * the page, so a hundred thousand are as quick as ten.
 *
 * @module
 */
import { type ColumnOf, columnOfKey, columnsOf } from "./_call_columns.ts";
import { counted } from "../_style.ts";
import type { Calls } from "./_calls.ts";
import { add, h, section } from "./_dom.ts";
import { readQuery } from "./_query.ts";
import { whole } from "./_words.ts";

/** Height of a row in CSS pixels; the style sheet says the same. */
const ROW = 34;
/** Rows beyond the edges that are there already when one scrolls. */
const AHEAD = 12;
/** Rows on paper. */
const ON_PAPER = 50;

/** The table. */
export class CallTableView {
  /** All of it. */
  readonly element: HTMLElement;
  readonly #calls: Calls;
  readonly #open: (row: number) => void;
  readonly #columns: ColumnOf[];
  readonly #query = h("input", {
    type: "search",
    id: "query",
    placeholder: "M001/00042, TypeError, run>2s …",
    autocomplete: "off",
    spellcheck: "false",
    input: () => this.#refresh(),
  });
  readonly #outcome: HTMLSelectElement;
  readonly #count = h("output", { class: "muted small" });
  readonly #head = h("tr", { "aria-rowindex": 1 });
  readonly #body = h("tbody");
  readonly #table = h("table", { class: "calls" }, h("thead", {}, this.#head));
  readonly #view = h("div", {
    class: "view",
    tabindex: 0,
    role: "region",
    "aria-label": "Rows of calls",
    scroll: () => this.#show(),
  }, this.#table);
  readonly #paper = h("div", { class: "paper" });
  #sort: { key: string; down: boolean } = { key: "name", down: false };
  #rows: Uint32Array = new Uint32Array();

  /** `open` shows a call, and what can be gone to from there. */
  constructor(calls: Calls, open: (row: number) => void) {
    this.#calls = calls;
    this.#open = open;
    this.#columns = columnsOf(calls);
    this.#outcome = h("select", {
      id: "outcome",
      change: () => this.#refresh(),
    });
    const outcomes = new Set<string>();
    for (let row = 0; row < calls.length; row++) {
      outcomes.add(calls.outcome(row));
    }
    add(this.#outcome, h("option", { value: "" }, "all outcomes"));
    if (outcomes.size > 1) {
      add(this.#outcome, h("option", { value: "!success" }, "not successful"));
    }
    for (const name of [...outcomes].sort()) {
      add(this.#outcome, h("option", { value: name }, name));
    }
    add(this.#table, this.#body);
    this.element = section(
      "calls",
      "Calls",
      "Click a call for all that is known of it, with its output and its error.",
      h(
        "div",
        { class: "bar no-print", role: "search" },
        h("label", { class: "hidden", for: "query" }, "Find calls"),
        this.#query,
        h("label", { class: "hidden", for: "outcome" }, "Outcome"),
        this.#outcome,
        this.#more(),
        this.#count,
      ),
      h("div", { class: "card flush no-print" }, this.#view),
      this.#paper,
    );
    new ResizeObserver(() => this.#show()).observe(this.#view);
    this.#heads();
    this.#refresh();
  }

  /** The calls as they are sorted and filtered now. */
  get rows(): Uint32Array {
    return this.#rows;
  }

  /** Shows only what this text finds. */
  find(text: string): void {
    this.#query.value = text;
    this.#outcome.value = "";
    this.#refresh();
    this.element.scrollIntoView();
  }

  /** A list of all statistics, each of which can be had as a column. */
  #more(): HTMLElement {
    const select = h("select", { id: "more" });
    add(select, h("option", { value: "" }, "add a column"));
    const shown = new Set(this.#columns.map(({ key }) => key));
    for (const key of this.#calls.keys.filter((it) => !shown.has(it)).sort()) {
      add(select, h("option", { value: key }, key));
    }
    select.addEventListener("change", () => {
      const key = select.value;
      this.#columns.push(columnOfKey(this.#calls, key));
      select.selectedOptions[0]?.remove();
      select.value = "";
      this.#heads();
      this.#show();
      this.#print();
    });
    return h(
      "span",
      {},
      h("label", { class: "hidden", for: "more" }, "Add a column"),
      select,
    );
  }

  #heads(): void {
    this.#head.replaceChildren();
    for (const { key, title, numbers } of this.#columns) {
      const { down } = this.#sort;
      const isSorted = this.#sort.key === key;
      add(
        this.#head,
        h(
          "th",
          {
            scope: "col",
            "aria-sort": isSorted ? down ? "descending" : "ascending" : "none",
            class: numbers === undefined ? "" : "number",
          },
          h("button", {
            type: "button",
            class: "sort",
            "data-key": key,
            click: () => {
              // Figures are looked at from the largest on.
              this.#sort = {
                key,
                down: isSorted ? !down : numbers !== undefined,
              };
              this.#heads();
              this.#refresh();
              const again = this.#head.querySelectorAll("button");
              [...again].find((it) => it.dataset.key === key)?.focus();
            },
          }, `${title}${isSorted ? down ? " ↓" : " ↑" : ""}`),
        ),
      );
    }
  }

  #refresh(): void {
    const calls = this.#calls;
    const outcome = this.#outcome.value;
    const wanted = readQuery(this.#query.value, calls);
    const rows: number[] = [];
    for (let row = 0; row < calls.length; row++) {
      if (outcome !== "") {
        const own = calls.outcome(row);
        const isIt = outcome === "!success"
          ? own !== "success"
          : own === outcome;
        if (!isIt) continue;
      }
      if (wanted(row)) rows.push(row);
    }
    const { key, down } = this.#sort;
    const column = this.#columns.find((it) => it.key === key)!;
    const { numbers, say } = column;
    const sign = down ? -1 : 1;
    if (numbers !== undefined) {
      rows.sort((a, b) => {
        const x = numbers[a]!, y = numbers[b]!;
        // What is not known comes last, either way.
        return Number(x !== x) - Number(y !== y) || sign * (x - y) || a - b;
      });
    } else if (key !== "name") {
      const texts = new Map(rows.map((row) => [row, say(row)]));
      rows.sort((a, b) => {
        const x = texts.get(a)!, y = texts.get(b)!;
        return x === y ? a - b : x < y ? -sign : sign;
      });
    } else if (down) rows.reverse();
    this.#rows = Uint32Array.from(rows);
    this.#count.textContent = rows.length === calls.length
      ? counted(rows.length, "call")
      : `${whole(rows.length)} of ${counted(calls.length, "call")}`;
    this.#table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#view.scrollTop = 0;
    this.#show();
    this.#print();
  }

  /** Puts those rows on the page that can be seen. */
  #show(): void {
    const { length } = this.#rows;
    const top = Math.floor(this.#view.scrollTop / ROW) - AHEAD;
    const first = Math.max(0, Math.min(top, length - 1));
    const seen = Math.ceil(this.#view.clientHeight / ROW) + 2 * AHEAD;
    const last = Math.min(length, first + seen);
    const space = (rows: number) => {
      const cell = h("td", { colspan: this.#columns.length });
      cell.style.height = `${rows * ROW}px`;
      return h("tr", { class: "space", "aria-hidden": "true" }, cell);
    };
    this.#body.replaceChildren();
    if (first > 0) add(this.#body, space(first));
    for (let at = first; at < last; at++) {
      add(this.#body, this.#line(this.#rows[at]!, at));
    }
    if (length > last) add(this.#body, space(length - last));
  }

  /** The first rows once more, for paper. */
  #print(): void {
    const { length } = this.#rows;
    const titles = this.#columns.map(({ title }) => h("th", {}, title));
    const body = h("tbody");
    for (let at = 0; at < Math.min(length, ON_PAPER); at++) {
      add(body, this.#line(this.#rows[at]!, at));
    }
    this.#paper.replaceChildren(
      h(
        "table",
        { class: "calls" },
        h("thead", {}, h("tr", {}, ...titles)),
        body,
      ),
    );
    if (length > ON_PAPER) {
      add(
        this.#paper,
        h(
          "p",
          { class: "muted small" },
          `and ${whole(length - ON_PAPER)} more`,
        ),
      );
    }
  }

  #line(row: number, at: number): HTMLElement {
    const name = this.#calls.name(row);
    return h(
      "tr",
      { "aria-rowindex": at + 2, class: at % 2 === 1 ? "odd" : "" },
      ...this.#columns.map(({ key, say, numbers }) => {
        const text = say(row);
        if (key === "name") {
          return h(
            "th",
            { scope: "row" },
            h("button", {
              type: "button",
              class: "link",
              click: () => this.#open(row),
            }, name),
          );
        }
        const tone = key !== "outcome"
          ? ""
          : text === "success"
          ? "good"
          : text === "pending"
          ? "muted"
          : "bad";
        return h("td", {
          class: numbers === undefined ? `text ${tone}` : "number",
          title: text.length > 30 ? text.slice(0, 400) : undefined,
        }, text.slice(0, 120));
      }),
    );
  }
}
