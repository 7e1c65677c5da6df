/// <reference lib="dom" />
/**
 * What runs in the page of a report: unpacks the data and builds the sections. `deno task page` makes one script of this
 * and all that it imports.
 *
 * @module
 */
import type { ReportData } from "../_report_data.ts";
import { CallPanel } from "./_call_panel.ts";
import { CallTableView } from "./_call_table.ts";
import { Calls } from "./_calls.ts";
import { distributions } from "./_distributions.ts";
import { add, h } from "./_dom.ts";
import { failures, findings, headline, limits, top } from "./_headline.ts";
import { overTime } from "./_over_time.ts";
import { watchTheme } from "./_theme.ts";

/** The data of the page: JSON, compressed, in base64. */
async function load(): Promise<ReportData> {
  const text = document.getElementById("data")!.textContent!;
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).json();
}

async function start(): Promise<void> {
  const data = await load();
  const calls = new Calls(data);
  const open = (row: number) => panel.open(row);
  const view = new CallTableView(calls, open);
  const panel = new CallPanel(calls, () => view.rows);
  watchTheme();
  const main = h("main");
  add(
    main,
    headline(data),
    findings(data),
    data.count > 0 && overTime(data, calls, open),
    limits(data),
    data.count > 0 && distributions(calls, open),
    failures(data, calls, open),
    data.count > 0 && view.element,
  );
  const page = document.getElementById("page")!;
  page.replaceChildren(top(data), main);
  document.documentElement.dataset.ready = "";
}

start().catch((error) => {
  const page = document.getElementById("page")!;
  page.replaceChildren(
    h("h1", {}, "Lithoscope"),
    h("p", { class: "bad" }, `This report cannot be shown: ${error}`),
  );
  throw error;
});
