/// <reference lib="dom" />
/**
 * The parts of the page that are words and figures: the headline, what was found, limits, failures.
 *
 * @module
 */
import type { ReportData } from "../_report_data.ts";
import type { Calls } from "./_calls.ts";
import { add, h, section, swatch } from "./_dom.ts";
import { themeButton } from "./_theme.ts";
import { whole } from "./_words.ts";

/** Outcomes in the order of the bar, with their colours. */
const OUTCOMES = [
  ["success", "#009e73"],
  ["error", "#d32f0a"],
  ["timeout", "#e69f00"],
  ["crashed", "#8a2c12"],
  ["cancelled", "#7b8794"],
  ["pending", "#c3cad3"],
] as const;

const SEVERITIES = {
  warning: ["▲", "bad", "Warning"],
  notice: ["●", "warn", "Notice"],
  info: ["●", "accent", "Note"],
} as const;

/** What the page is about, and the button of the theme. */
export function top({ header, functions }: ReportData): HTMLElement {
  const saved = new Date(header.saved_tstamp * 1000);
  const names = functions.slice(0, 3).map(nameIn).join(", ") +
    (functions.length > 3 ? ` and ${functions.length - 3} more` : "");
  const facts = [
    `${header.backend} backend`,
    `${header.cores} core${header.cores === 1 ? "" : "s"}`,
    ...header.host_name === null ? [] : [header.host_name],
    `written ${
      saved.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })
    }`,
  ];
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      {},
      h("p", { class: "brand" }, "Lithoscope"),
      h(
        "h1",
        {},
        "Run ",
        h("span", { class: "text" }, header.executor_id),
        names !== "" &&
          h("span", { class: "muted text" }, ` ${names}`),
      ),
      h("p", { class: "muted text" }, facts.join(" · ")),
    ),
    themeButton(),
  );
}

/** A name where there is not much room. */
function nameIn(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40).toWellFormed()}…` : name;
}

/** The figures of all calls. */
export function headline({ tiles, outcomes, count }: ReportData): HTMLElement {
  const ended = OUTCOMES.filter(([name]) => outcomes[name] > 0);
  const bar = h("div", { class: "outcomes", "aria-hidden": "true" });
  for (const [name, color] of ended) {
    const part = h("span");
    part.style.flexGrow = String(outcomes[name]);
    part.style.background = color;
    add(bar, part);
  }
  return h(
    "section",
    { id: "headline", "aria-label": "Headline" },
    h(
      "dl",
      { class: "tiles" },
      ...tiles.map(({ label, figure, note }) =>
        h(
          "div",
          { class: "card tile" },
          h("dt", {}, label),
          h("dd", { class: "figure" }, figure),
          h("dd", { class: "note" }, note),
        )
      ),
    ),
    count > 0 && bar,
    ended.length > 1 && h(
      "p",
      { class: "legend small" },
      ...ended.map(([name, color]) =>
        h(
          "span",
          { class: "key" },
          swatch(color),
          `${name} ${whole(outcomes[name])}`,
        )
      ),
    ),
  );
}

/** What the figures tell, in words. */
export function findings({ findings }: ReportData): HTMLElement | null {
  if (findings.length === 0) return null;
  return section(
    "findings",
    "Findings",
    "",
    h(
      "ul",
      { class: "cards" },
      ...findings.map(({ title, text, severity }) => {
        const [sign, tone, word] = SEVERITIES[severity];
        return h(
          "li",
          { class: `card finding ${tone}-edge` },
          h(
            "h3",
            {},
            h("span", { class: tone, "aria-hidden": "true" }, `${sign} `),
            h("span", { class: "hidden" }, `${word}: `),
            title,
          ),
          h("p", { class: "text" }, text),
        );
      }),
    ),
  );
}

/** What was used, against what there is. */
export function limits({ limits }: ReportData): HTMLElement | null {
  if (limits.length === 0) return null;
  return section(
    "limits",
    "Used against limit",
    "",
    h(
      "ul",
      { class: "card limits" },
      ...limits.map(({ label, share, used, limit }) => {
        const fill = h("span", { class: share > 0.9 ? "fill full" : "fill" });
        fill.style.width = `${Math.max(0.5, Math.min(1, share) * 100)}%`;
        return h(
          "li",
          {},
          h("span", { class: "text" }, label),
          h("span", { class: "gauge", "aria-hidden": "true" }, fill),
          h(
            "span",
            { class: "number" },
            h("strong", {}, `${Math.round(share * 100)} %`),
            ` ${used} of ${limit}`,
          ),
        );
      }),
    ),
  );
}

/** Failed calls by what went wrong. */
export function failures(
  { failures }: ReportData,
  calls: Calls,
  open: (row: number) => void,
): HTMLElement | null {
  if (failures.length === 0) return null;
  return section(
    "failures",
    "Failures",
    "By error class and message; figures and quoted words in messages are set aside.",
    h(
      "ul",
      { class: "failures" },
      ...failures.map(({ name, message, stack, outcome, count, calls: rows }) =>
        h(
          "li",
          { class: "card" },
          h(
            "h3",
            {},
            h("span", { class: "badge bad" }, `${whole(count)} ${outcome}`),
            " ",
            h("span", { class: "text" }, name.slice(0, 100)),
          ),
          message !== "" && h("p", { class: "text" }, message),
          stack !== null && h(
            "details",
            {},
            h("summary", {}, "Stack of the first"),
            h("pre", {
              class: "text",
              tabindex: 0,
              role: "group",
              "aria-label": "Stack",
            }, stack),
          ),
          h(
            "p",
            { class: "small calls-of" },
            ...rows.flatMap((row) => [
              h("button", {
                type: "button",
                class: "link",
                click: () => open(row),
              }, calls.name(row)),
              " ",
            ]),
            count > rows.length && `and ${whole(count - rows.length)} more`,
          ),
        )
      ),
    ),
  );
}
