/**
 * The report of a run: one HTML file that holds all it shows, and asks nobody for anything.
 *
 * @module
 */
import { escapeHtml } from "./_html.ts";
import { PAGE_SCRIPT_GZIP } from "./_page_script.ts";
import { PAGE_STYLE } from "./_page_style.ts";
import { reportDataOf, type ReportRun } from "./_report_data.ts";
import { REPORT_STYLE } from "./_report_style.ts";
import { writeText } from "./_write.ts";

export type {
  ReportDetail,
  ReportError,
  ReportRun,
  ReportSummary,
  ReportWorker,
} from "./_report_data.ts";

/**
 * Makes the page of a run. The text of calls, their errors and their output are data in it and never markup, and its
 * content security policy lets nothing run or load but what it was made with.
 *
 * @example The report of two calls
 * ```ts
 * import { FunctionExecutor } from "../mod.ts";
 * import { reportPage } from "./report.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * await fexec.map((x: number) => x + 7, [1, 2]).getResult();
 * const html = await reportPage(fexec.run());
 * console.log(html.startsWith("<!DOCTYPE html>")); // true
 * ```
 *
 * @throws {TypeError} If a call is no call stats, or a collection none.
 */
export async function reportPage(run: ReportRun): Promise<string> {
  const data = await pack(JSON.stringify(reportDataOf(run)));
  const script = await unpack(PAGE_SCRIPT_GZIP);
  const style = PAGE_STYLE + REPORT_STYLE;
  const policy = [
    "default-src 'none'",
    `script-src '${await digest(script)}'`,
    `style-src '${await digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Lithoscope">
<title>Run ${escapeHtml(String(run.header.executor_id))} – Lithoscope</title>
<style>${style}</style>
</head>
<body>
<div class="page" id="page"><p class="muted">Lithoscope unpacks this report, for which it needs JavaScript.</p></div>
<script type="application/octet-stream" id="data">${data}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/**
 * Writes the report of a run to `path`, over a file that is there. The file appears whole or not at all.
 *
 * @example The report of a saved run
 * ```ts ignore
 * import { Run } from "../mod.ts";
 * import { report } from "./report.ts";
 *
 * await report(await Run.load("run.jsonl"), "report.html");
 * ```
 *
 * @throws {TypeError} If a call is no call stats, or a collection none.
 * @throws {Error} If the file cannot be written.
 */
export async function report(
  run: ReportRun,
  path: string | URL,
): Promise<void> {
  await writeText(path, [await reportPage(run)], "the report");
}

/** Text as compressed base64, in which nothing can be markup. */
async function pack(text: string): Promise<string> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).toBase64();
}

async function unpack(base64: string): Promise<string> {
  const stream = new Blob([Uint8Array.fromBase64(base64)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

/** How a policy names what is in the page. */
async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256-${hash.toBase64()}`;
}
