/** The live page as HTML: one document with everything in it, so that nothing is fetched but the stream of events. */
import { liveCharts } from "./_live_charts.ts";
import { type LiveAbout, liveClient } from "./_live_client.ts";
import { LIVE_STYLE } from "./_live_style.ts";

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

/** The page; `chart` is the script of Chart.js, and scripts and styles carry `nonce`. */
export function livePage(
  about: LiveAbout,
  chart: string,
  nonce: string,
): string {
  const { executor_id, backend, workers, concurrency, cores, host_name } =
    about;
  const facts = [
    `Executor ${executor_id}`,
    counted(workers, "worker") + ` on the ${backend} backend` +
    (concurrency > 1 ? `, ${concurrency} calls at once in each` : ""),
    counted(cores, "core") + (host_name === null ? "" : ` of ${host_name}`),
  ];
  return `<!DOCTYPE html>
<html lang="en" data-status="lost">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lithoscope</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${LIVE_STYLE}</style>
</head>
<body>
<header>
<div><h1>Lithoscope <em>live</em></h1><p>${
    escapeHtml(facts.join(" · "))
  }</p></div>
<p class="status" role="status"><i aria-hidden="true"></i><span id="status">Connecting</span></p>
</header>
<main>
<p id="banner" class="banner" hidden></p>
<section class="progress" aria-label="Progress">
<p><strong id="done">0</strong> <span id="total">calls</span><span class="right"><span id="percent"></span><span id="elapsed">0:00</span></span></p>
<div id="bar" class="bar" role="progressbar" aria-label="Calls that have ended" aria-valuemin="0" aria-valuemax="100"><i id="bar_good" class="good"></i><i id="bar_failed" class="bad"></i></div>
</section>
<dl class="tiles">${
    TILES.map(([name, id]) =>
      `<div id="${id}_tile" class="tile"><dt>${name}</dt><dd><b id="${id}">–</b><small id="${id}_of"></small></dd></div>`
    ).join("")
  }</dl>
<div class="charts">${
    CHARTS.map(([name, id]) =>
      `<section class="card"><h2>${name}</h2><div class="plot"><canvas id="chart_${id}" role="img" aria-label="${name} over time"></canvas></div></section>`
    ).join("")
  }</div>
<div class="lists">
${
    list("calls", "Running now", [
      "Call",
      "Function",
      "For",
      "Worker",
      "CPU",
      "Memory",
    ], '<p id="calls_more" class="none"></p>')
  }
<section class="card" aria-label="Failures"><h2>Failures</h2><div id="failures"></div><p id="failures_none" class="none">None so far.</p></section>
${list("jobs", "Jobs", ["Job", "Function", "Calls", "Share", "Failed"])}
</div>
</main>
<footer>This page is read-only, and only this machine can see it.</footer>
<script nonce="${nonce}">${inScript(chart)}</script>
<script nonce="${nonce}">${
    inScript(
      `(${liveClient})(${JSON.stringify(about)}, ${liveCharts});`,
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
  }</tr></thead><tbody id="${id}"></tbody></table></div><p id="${id}_none" class="none">None yet.</p>${end}</section>`;
}

/** Three bars, as a picture in the page's address bar. */
const ICON = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0072b2"/>' +
    '<path d="M3 4h7v2H3zm2 3h8v2H5zm-1 3h5v2H4z" fill="#fff"/></svg>',
);

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Code as it can stand in a script element, whatever strings are in it. */
function inScript(code: string): string {
  return code.replace(/<(?=\/script|script|!--)/gi, "\\x3c");
}
