/**
 * The tables of the live page: calls that run, jobs, failures. Runs in the page, so it refers to nothing outside of it;
 * all that comes from calls is set as text, never as HTML.
 */
import type { El, Page } from "./_live_dom.ts";
import type { LiveFailure } from "./_live_failures.ts";
import type { LiveJob } from "./_live_state.ts";
import type { LiveNews } from "./_live_news.ts";
import type { LiveText } from "./_live_text.ts";

/** Draws the tables. */
export interface LiveLists {
  /** All of them, as the news tell; what they do not tell stays as it was. */
  draw(news: LiveNews): void;
}

/** Makes the tables of a page. */
export function liveLists(
  document: Page["document"],
  { count, seconds, bytes, percent }: LiveText,
): LiveLists {
  const $ = (id: string) => document.getElementById(id);
  const rows = new Map<number, { row: El; parts: El[] }>();
  const seen = new Map<number, number>();
  let failures: LiveFailure[] = [];
  let jobs: LiveJob[] = [];

  const make = (name: string, className = "", text = "") => {
    const element = document.createElement(name);
    if (className !== "") element.className = className;
    if (text !== "") element.textContent = text;
    return element;
  };
  const set = (id: string, text: string) => {
    const element = $(id);
    if (element.textContent !== text) element.textContent = text;
  };

  const table = (id: string, cells: (string | El)[][], empty: string) => {
    $(id).replaceChildren(...cells.map((row) => {
      const tr = make("tr");
      for (const cell of row) {
        const td = make("td");
        td.append(cell);
        tr.append(td);
      }
      return tr;
    }));
    $(`${id}_table`).hidden = cells.length === 0;
    $(`${id}_none`).hidden = cells.length > 0;
    set(`${id}_none`, empty);
  };

  const drawRunning = ({ running, now, figures }: LiveNews) => {
    const functions = new Map(jobs.map(({ id, name }) => [id, name]));
    table(
      "calls",
      running.map((call) => [
        `${call.job_id}/${call.call_id}`,
        make("bdi", "", functions.get(call.job_id) || "–"),
        seconds(Math.max(0, now - call.start_tstamp)),
        `${call.worker_id} (${call.pid})`,
        percent(call.cpu ?? null),
        bytes(call.memory ?? null),
      ]),
      "None at this moment.",
    );
    // A call that was just given to a worker may not be in the list yet.
    const more = running.length < 50 ? 0 : figures.running - running.length;
    set(
      "calls_more",
      more > 0 && running.length > 0 ? `and ${count(more)} more` : "",
    );
  };

  const drawJobs = () => {
    table(
      "jobs",
      jobs.map(({ id, name, calls, done, failed }) => {
        const bar = make("span", "track small");
        const part = (className: string, share: number) => {
          const element = make("i", className);
          element.style.width = `${share * 100}%`;
          return element;
        };
        if (calls) {
          bar.append(
            part("fill_good", (done - failed) / calls),
            part("fill_bad", failed / calls),
          );
        }
        return [
          id,
          make("bdi", "", name || "–"),
          calls === null ? count(done) : `${count(done)} of ${count(calls)}`,
          bar,
          failed > 0 ? make("span", "bad", count(failed)) : "0",
        ];
      }),
      "None yet.",
    );
  };

  const drawFailures = () => {
    const list = $("failures");
    const shown = new Set(failures.map(({ id }) => id));
    for (const [id, { row }] of rows) {
      if (shown.has(id)) continue;
      row.remove();
      rows.delete(id);
    }
    for (const failure of failures.toReversed()) {
      let entry = rows.get(failure.id);
      if (entry === undefined) {
        const row = make("details", "failure");
        const parts = [
          make("strong"),
          make("bdi", "message"),
          make("span", "times"),
          make("bdi", "call"),
          make("pre"),
        ];
        const summary = make("summary");
        summary.append(...parts.slice(0, 4));
        row.append(summary, parts[4]!);
        parts[4]!.setAttribute("tabindex", "0");
        parts[4]!.setAttribute("dir", "auto");
        entry = { row, parts };
        rows.set(failure.id, entry);
      }
      const texts = [
        failure.name,
        failure.message,
        failure.count > 1 ? `${count(failure.count)} times` : "",
        failure.call,
        failure.stack || "No stack is known.",
      ];
      entry.parts.forEach((part, i) => {
        if (part.textContent !== texts[i]) part.textContent = texts[i]!;
      });
      // The newest comes first.
      if (seen.get(failure.id) !== failure.tstamp) {
        if (list.children[0] !== entry.row) list.prepend(entry.row);
        seen.set(failure.id, failure.tstamp);
      }
    }
    $("failures_none").hidden = failures.length > 0;
  };

  return {
    draw(news) {
      jobs = news.jobs ?? jobs;
      failures = news.failures ?? failures;
      drawJobs();
      drawRunning(news);
      drawFailures();
    },
  };
}
