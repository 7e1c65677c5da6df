/** Two runs beside each other as one HTML page: no script in it, nothing to load. */
import {
  chanceText,
  changeText,
  intervalText,
  totalText,
  valueText,
  verdictText,
} from "./compare_words.ts";
import { curvesOf } from "./_compare_curve.ts";
import { escapeHtml, plainHtml } from "./_html.ts";
import { PAGE_STYLE } from "./_page_style.ts";
import { counted, grouped } from "./_style.ts";
import type { Comparison, FigureChange, Verdict } from "./compare.ts";
import type { RunData } from "./run_data.ts";

/** A run with a name for people. */
export interface LabelledRun {
  /** Such as the name of its file. */
  label: string;
  /** The run. */
  run: RunData;
}

const STYLE = `
:root { --first: light-dark(#0072b2, #56b4e9); --second: light-dark(#b25f00, #f0a840); }
.runs { display: grid; gap: 4px; margin-top: 10px; }
.runs div { display: flex; gap: 8px; align-items: baseline; }
.first_run { --swatch: var(--first); } .second_run { --swatch: var(--second); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 12px; margin-bottom: 12px; }
.figures h3 { display: flex; justify-content: space-between; gap: 8px; margin-bottom: 6px; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--muted); }
.rule { stroke: var(--line); }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.first { stroke: var(--first); } .second { stroke: var(--second); stroke-dasharray: 6 3; }
.note { margin-top: 12px; max-width: 75ch; }
td, th { white-space: nowrap; }
tbody th { color: var(--ink); font-weight: 500; }
tr:last-child > th[scope="row"] { border-bottom: 0; }
`;

/** The page. */
export function comparePage(
  comparison: Comparison,
  a: LabelledRun,
  b: LabelledRun,
): string {
  const { figures, matched } = comparison;
  const known = figures.filter((it) => it.a !== null || it.b !== null);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${plainHtml(a.label)} and ${plainHtml(b.label)} - Lithoscope</title>
<style>${PAGE_STYLE}${STYLE}</style>
</head>
<body>
<main class="page">
<header>
<p class="brand">Lithoscope</p>
<h1>${headline(comparison)}</h1>
<div class="runs">${runLine(a, "first")}${runLine(b, "second")}</div>
</header>
<section><div class="head"><h2>Calls</h2></div>
<div class="figures">${known.map(figureCard).join("")}</div>
<div class="card scroll" tabindex="0" role="region" aria-label="Figures of calls">${
    figuresTable(known, comparison)
  }</div>
<p class="small muted note">${escapeHtml(METHOD)}</p>
</section>
<section><div class="head"><h2>The runs as a whole</h2></div>
<div class="card scroll" tabindex="0" role="region" aria-label="The runs as a whole">${
    totalsTable(comparison)
  }</div>
<p class="small muted note">One value each: whether a difference is more than chance, two runs cannot tell.</p>
</section>
${matched.largest.length === 0 ? "" : matchedSection(comparison)}
</main>
</body>
</html>
`;
}

const METHOD =
  "Calls with the same job and number are compared one by one where both runs have them (Wilcoxon's signed ranks); else all calls of one run with all of the other (Mann and Whitney's U). " +
  "The interval holds 95 % of the changes of the median when calls are drawn again. A figure counts as changed if such a difference comes by chance in less than 5 % of cases, all figures taken together (Holm) and calls that follow each other counted for less where they are alike, the interval lies on one side of 0, and the change is at least 10 %, or what was asked for. " +
  "Calls of one run share the state of their machine: to be sure, run both again.";

function headline({ totals, figures }: Comparison): string {
  const makespan = totals.find(({ key }) => key === "makespan");
  const changed = figures.filter(({ verdict }) =>
    verdict === "more" || verdict === "less"
  );
  const words = changed.map(({ title, ratio }) =>
    `${title} ${changeText(ratio)}`
  );
  const parts = makespan?.a && makespan.b
    ? [`makespan ${totalText(makespan)}`]
    : [];
  parts.push(...words.length > 0 ? words : ["calls without a clear change"]);
  const text = parts.join(", ");
  return escapeHtml(text[0]!.toUpperCase() + text.slice(1));
}

function runLine({ label, run }: LabelledRun, which: string): string {
  const { executor_id, backend, cores, host_name } = run.header;
  const facts = [
    `executor ${executor_id}`,
    `${backend} backend`,
    `${counted(cores, "core")}${host_name === null ? "" : ` of ${host_name}`}`,
    counted(run.calls.length, "call"),
  ];
  return `<div class="${which}_run"><span class="swatch"></span><span><strong>${
    plainHtml(label)
  }</strong> <span class="muted small">${which} run, ${
    plainHtml(facts.join(", "), 200)
  }</span></span></div>`;
}

function figureCard(figure: FigureChange): string {
  const { title, unit, a, b, ratio } = figure;
  const from = valueText(a?.p50 ?? null, unit);
  const to = valueText(b?.p50 ?? null, unit);
  return `<div class="card"><h3><span>${capital(title)}</span>${
    badge(figure.verdict)
  }</h3>${curvesOf(figure)}<p class="small">median ${escapeHtml(from)} to ${
    escapeHtml(to)
  }, <strong>${escapeHtml(changeText(ratio))}</strong></p></div>`;
}

function badge(verdict: Verdict): string {
  const tone = {
    more: "bad",
    less: "good",
    unclear: "muted",
    unknown: "muted",
  };
  return `<span class="badge ${tone[verdict]}">${verdictText(verdict)}</span>`;
}

function figuresTable(
  figures: readonly FigureChange[],
  { failures }: Comparison,
): string {
  const rows = figures.map((figure) => {
    const { title, unit, a, b, ratio, p, verdict, method } = figure;
    return [
      capital(title),
      valueText(a?.p50 ?? null, unit),
      valueText(b?.p50 ?? null, unit),
      valueText(a?.p95 ?? null, unit),
      valueText(b?.p95 ?? null, unit),
      changeText(ratio),
      intervalText(figure),
      chanceText(p),
      verdictText(verdict),
      method ?? "-",
    ];
  });
  if (failures.a + failures.b > 0) {
    rows.push([
      "Failed calls",
      `${grouped(failures.a)} of ${grouped(failures.of_a)}`,
      `${grouped(failures.b)} of ${grouped(failures.of_b)}`,
      ...["", "", "", ""],
      chanceText(failures.p),
      verdictText(failures.verdict),
      "shares",
    ]);
  }
  return table([
    [
      "Figure",
      "p50, first",
      "second",
      "p95, first",
      "second",
      "Change",
      "95 % interval",
      "By chance",
      "Verdict",
      "Compared",
    ],
    ...rows,
  ], [8, 9]);
}

function totalsTable({ totals }: Comparison): string {
  return table([
    ["Figure", "First", "Second", "Change"],
    ...totals.map((total) => [
      capital(total.title),
      valueText(total.a, total.unit),
      valueText(total.b, total.unit),
      totalText(total),
    ]),
  ]);
}

function matchedSection({ matched }: Comparison): string {
  const { both, only_a, only_b, largest } = matched;
  return `<section><div class="head"><h2>Calls that changed most</h2></div>
<div class="card scroll" tabindex="0" role="region" aria-label="Calls that changed most">${
    table([
      ["Call", "Run time, first", "second", "Difference", "Change"],
      ...largest.map(({ call, a, b }) => [
        call,
        valueText(a, "seconds"),
        valueText(b, "seconds"),
        `${b >= a ? "+" : "-"}${valueText(Math.abs(b - a), "seconds")}`,
        changeText(a > 0 ? b / a : null),
      ]),
    ])
  }</div>
<p class="small muted note">${
    escapeHtml(
      `${counted(both, "call")} in both runs, ${
        grouped(only_a)
      } in the first alone, ${grouped(only_b)} in the second alone.`,
    )
  }</p></section>`;
}

/** A table of text; all but the first column and those in `left` are numbers. */
function table(
  rows: readonly string[][],
  left: readonly number[] = [],
): string {
  const cell = (text: string, at: number, name: string) =>
    `<${name}${at === 0 || left.includes(at) ? "" : ' class="number"'}>${
      plainHtml(text)
    }</${name === "td" ? "td" : "th"}>`;
  const [head, ...body] = rows;
  return `<table><thead><tr>${
    head!.map((text, at) => cell(text, at, 'th scope="col"')).join("")
  }</tr></thead><tbody>${
    body.map((row) =>
      `<tr>${
        row.map((text, at) =>
          cell(text, at, at === 0 ? 'th scope="row"' : "td")
        )
          .join("")
      }</tr>`
    ).join("")
  }</tbody></table>`;
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
