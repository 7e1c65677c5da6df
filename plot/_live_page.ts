/** The live page as HTML: one document with everything in it, so that nothing is fetched but the stream of events. */
import { escapeHtml } from "./_html.ts";
import { liveCharts } from "./_live_charts.ts";
import { type LiveAbout, liveClient } from "./_live_client.ts";
import { liveLists } from "./_live_lists.ts";
import { LIVE_STYLE } from "./_live_style.ts";
import { liveText } from "./_live_text.ts";
import { PAGE_STYLE } from "./_page_style.ts";

/** A figure in large letters: what it is called, its id. */
const TILES = [
  ["Running", "running"],
  ["Waiting", "queued"],
  ["Failed", "failed"],
  ["Throughput", "rate"],
  ["CPU", "cpu"],
  ["Memory", "memory"],
  ["Time of a call", "time"],
] as const;

const CHARTS = [
  ["Calls running", "running"],
  ["Calls ended a second", "rate"],
  ["CPU", "cpu"],
  ["Memory", "memory"],
] as const;

const RUNNING_HEADS = ["Call", "Function", "For", "Worker", "CPU", "Memory"];
const JOB_HEADS = ["Job", "Function", "Calls", "Share", "Failed"];
/** Colours that charts take from the style sheet. */
const LOOKS = ["muted", "grid", "running", "rate", "failed", "cpu", "memory"];

/** The page; `chart` is the script of Chart.js, and scripts and styles carry `nonce`. */
export function livePage(
  about: LiveAbout,
  chart: string,
  nonce: string,
): string {
  const { executor_id, backend, workers, concurrency, cores, host_name } =
    about;
  const facts = [
    counted(workers, "worker") + ` on the ${backend} backend` +
    (concurrency > 1 ? `, ${concurrency} calls at once in each` : ""),
    counted(cores, "core") + (host_name === null ? "" : ` of ${host_name}`),
  ];
  return `<!DOCTYPE html>
<html lang="en" data-status="lost">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lithoscope</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${PAGE_STYLE}${LIVE_STYLE}</style>
</head>
<body>
<div class="page">
<header class="top">
<div><p class="brand">Lithoscope</p><h1>Run ${
    escapeHtml(executor_id)
  } <span class="muted">live</span></h1><p class="muted small">${
    escapeHtml(facts.join(" · "))
  }</p></div>
<div class="bar"><p class="status" role="status"><i aria-hidden="true"></i><span id="status">Connecting</span></p><button type="button" class="button" id="theme">Dark</button></div>
</header>
<main>
<p id="banner" class="card banner" hidden></p>
<section class="progress" aria-label="Progress">
<p><strong id="done">0</strong> <span id="total">calls</span><span class="right"><span id="percent"></span><span id="elapsed">0:00</span></span></p>
<div id="bar" class="track" role="progressbar" aria-label="Calls that have ended" aria-valuemin="0" aria-valuemax="100"><i id="bar_good" class="fill_good"></i><i id="bar_failed" class="fill_bad"></i></div>
</section>
<dl class="tiles">${
    TILES.map(([name, id]) =>
      `<div id="${id}_tile" class="card tile"><dt>${name}</dt><dd><span id="${id}" class="figure">–</span><span id="${id}_of" class="note"></span></dd></div>`
    ).join("")
  }</dl>
<div class="charts">${
    CHARTS.map(([name, id]) =>
      `<section class="card"><h2>${name}</h2><div class="plot"><canvas id="chart_${id}" role="img" aria-label="${name} over time"></canvas></div></section>`
    ).join("")
  }</div>
<div class="lists">
${
    list(
      "calls",
      "Running now",
      RUNNING_HEADS,
      '<p id="calls_more" class="none muted small"></p>',
    )
  }
<section class="card"><h2>Failures</h2><div id="failures" role="region" tabindex="0" aria-label="Failures"></div><p id="failures_none" class="none muted small">None so far.</p></section>
${list("jobs", "Jobs", JOB_HEADS)}
</div>
</main>
<footer class="muted small">This page is read-only, and only this machine can see it.</footer>
<div hidden>${LOOKS.map((name) => `<i id="look_${name}"></i>`).join("")}</div>
</div>
<script nonce="${nonce}">${inScript(chart)}</script>
<script nonce="${nonce}">${
    inScript(
      `(${liveClient})(${
        JSON.stringify(about)
      }, ${liveCharts}, ${liveText}, ${liveLists});`,
    )
  }</script>
</body>
</html>
`;
}

function list(
  id: string,
  title: string,
  heads: readonly string[],
  end = "",
): string {
  return `<section class="card"><h2 id="${id}_title">${title}</h2><div class="scroll" role="region" tabindex="0" aria-labelledby="${id}_title"><table id="${id}_table" hidden><thead><tr>${
    heads.map((head) => `<th scope="col">${head}</th>`).join("")
  }</tr></thead><tbody id="${id}"></tbody></table></div><p id="${id}_none" class="none muted small">None yet.</p>${end}</section>`;
}

/** Three bars, as a picture in the page's address bar. */
const ICON = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0072b2"/>' +
    '<path d="M3 4h7v2H3zm2 3h8v2H5zm-1 3h5v2H4z" fill="#fff"/></svg>',
);

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Code as it can stand in a script element, whatever strings are in it. */
function inScript(code: string): string {
  return code.replace(/<(?=\/script|script|!--)/gi, "\\x3c");
}
