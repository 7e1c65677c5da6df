/**
 * What runs in the live page: takes the events of the stream and shows what they say. It is sent as source, so it refers
 * to nothing outside of it; all that comes from calls is set as text, never as HTML.
 */
import type { LiveChart, liveCharts, LiveLook } from "./_live_charts.ts";
import type {
  LiveFailure,
  LiveFigures,
  LiveJob,
  LivePoint,
} from "./_live_state.ts";

/** What does not change while a run goes on. */
export interface LiveAbout {
  /** Executor, `<6 hex>-<n>`. */
  executor_id: string;
  /** Where calls run. */
  backend: string;
  /** Workers at most. */
  workers: number;
  /** Calls that one worker runs at once. */
  concurrency: number;
  /** Cores of the machine. */
  cores: number;
  /** Name of the machine; `null` if it is not known. */
  host_name: string | null;
}

/** An event of the stream. */
interface News {
  now: number;
  figures: LiveFigures;
  running: {
    job_id: string;
    call_id: string;
    worker_id: number;
    pid: number;
    start_tstamp: number;
    cpu?: number | null;
    memory?: number | null;
  }[];
  jobs?: LiveJob[];
  failures?: LiveFailure[];
  width?: number;
  points?: LivePoint[];
  from?: number;
  last?: LivePoint[];
  end?: "ended" | "stopped" | null;
}

/** As much of an element as is used. */
interface El {
  textContent: string | null;
  className: string;
  hidden: boolean;
  title: string;
  style: { width: string };
  readonly children: ArrayLike<El>;
  append(...nodes: (El | string)[]): void;
  prepend(...nodes: El[]): void;
  remove(): void;
  replaceChildren(...nodes: El[]): void;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}

/** As much of a browser as is used. */
interface Page {
  document: {
    title: string;
    hidden: boolean;
    documentElement: El;
    getElementById(id: string): El;
    createElement(name: string): El;
    addEventListener(name: string, listener: () => void): void;
  };
  Chart: new (canvas: El, chart: LiveChart) => LiveChart & { update(): void };
  EventSource: new (url: string) => {
    readyState: number;
    onopen: () => void;
    onerror: () => void;
    addEventListener(
      name: string,
      listener: (event: { data: string }) => void,
    ): void;
    close(): void;
  };
  getComputedStyle(element: El): { getPropertyValue(name: string): string };
  requestAnimationFrame(draw: () => void): void;
  matchMedia(query: string): {
    addEventListener(name: string, listener: () => void): void;
  };
}

/** Starts the page. */
export function liveClient(
  about: LiveAbout,
  define: typeof liveCharts,
): void {
  const page = globalThis as unknown as Page;
  const { document } = page;
  const $ = (id: string) => document.getElementById(id);
  const names = ["running", "rate", "cpu", "memory"] as const;
  const charts: Partial<
    Record<typeof names[number], InstanceType<Page["Chart"]>>
  > = {};
  const rows = new Map<number, { row: El; parts: El[] }>();
  const ago = new Map<number, number>();
  let state: News | undefined;
  let points: LivePoint[] = [];
  let width = 0.5;
  let isPending = false;
  let failures: LiveFailure[] = [];
  let jobs: LiveJob[] = [];

  // Figures for people.
  const count = (value: number) => value.toLocaleString("en-US");
  const three = (value: number) =>
    value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  const seconds = (value: number | null) =>
    value === null
      ? "–"
      : value < 0.0009995
      ? `${three(value * 1e6)} µs`
      : value < 0.9995
      ? `${three(value * 1e3)} ms`
      : value < 99.95
      ? `${three(value)} s`
      : clock(value);
  const clock = (value: number) => {
    const whole = Math.max(0, Math.round(value));
    const two = (n: number) => String(n).padStart(2, "0");
    const [h, m, s] = [
      Math.floor(whole / 3600),
      Math.floor(whole / 60) % 60,
      whole % 60,
    ];
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  const bytes = (value: number | null) => {
    if (value === null) return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (value >= 999.5 && unit < units.length - 1) value /= 1024, unit++;
    return `${unit === 0 ? value : three(value)} ${units[unit]}`;
  };
  const percent = (value: number | null) =>
    value === null ? "–" : `${Math.round(value)} %`;
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

  /** Calls a second over the last five seconds or so. */
  const rate = ({ elapsed, done }: LiveFigures) => {
    const since = points.findLast(([time]) => time + width <= elapsed - 5);
    const [from, before] = since === undefined
      ? [0, 0]
      : [since[0] + width, since[3]];
    return elapsed - from > 0.2 ? (done - before) / (elapsed - from) : 0;
  };

  const status = (kind: string, text: string) => {
    document.documentElement.setAttribute("data-status", kind);
    set("status", text);
  };

  const drawFigures = ({ figures, end }: News) => {
    const { done, failed, total, running, queued, retried } = figures;
    const share = total === null || total === 0 ? null : done / total;
    const isOver = end === "ended" || end === "stopped";
    const lanes = about.workers * about.concurrency;
    const speed = rate(figures);
    set("done", count(done));
    set("total", total === null ? "calls so far" : `of ${count(total)} calls`);
    set("percent", share === null ? "" : `${Math.floor(share * 100)} %`);
    const left = total !== null && done < total && done > 0 && !isOver
      ? `, about ${clock((total - done) / (done / figures.elapsed))} left`
      : "";
    set("elapsed", `${clock(figures.elapsed)}${left}`);
    const bar = $("bar");
    if (share === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", `${Math.floor(share * 100)}`);
    bar.setAttribute(
      "aria-valuetext",
      `${done} ${
        total === null ? "calls" : `of ${total} calls`
      }, ${failed} failed`,
    );
    $("bar_good").style.width = `${total ? (done - failed) / total * 100 : 0}%`;
    $("bar_failed").style.width = `${total ? failed / total * 100 : 0}%`;
    set("running", count(running));
    set("running_of", `of ${count(lanes)} at once`);
    set("queued", count(queued));
    set("queued_of", `${count(figures.workers)} workers up`);
    set("failed", count(failed));
    set(
      "failed_of",
      retried > 0
        ? `${count(retried)} retried`
        : done > 0
        ? `${percent(failed / done * 100)} of those done`
        : "none so far",
    );
    $("failed_tile").className = failed > 0 ? "tile is_bad" : "tile";
    set(
      "rate",
      speed === 0
        ? "0"
        : speed < 9.95
        ? speed.toFixed(1)
        : count(Math.round(speed)),
    );
    set("rate_of", "a second, of late");
    set("cpu", percent(figures.cpu));
    set(
      "cpu_of",
      figures.machine_cpu === null
        ? `of ${about.cores * 100} %`
        : `of ${about.cores * 100} %, machine ${percent(figures.machine_cpu)}`,
    );
    set("memory", bytes(figures.memory));
    set(
      "memory_of",
      figures.memory_limit === null
        ? `at most ${bytes(figures.peak_memory)}`
        : `of ${bytes(figures.memory_limit)}, peak ${
          bytes(figures.peak_memory)
        }`,
    );
    set("time", seconds(figures.p50));
    set("time_of", `median, 95 % within ${seconds(figures.p95)}`);
    const head = share === null ? count(done) : `${Math.floor(share * 100)} %`;
    document.title = `${isOver ? "Ended: " : ""}${head} - Lithoscope`;
    if (!isOver) {
      if (figures.open_jobs > 0) status("running", "Running");
      else status("idle", done > 0 ? "Idle" : "No calls yet");
    } else if (end === "ended") status("ended", "Ended");
    else status("stopped", "Stopped");
    $("banner").hidden = !isOver;
    set(
      "banner",
      end === "stopped"
        ? "The run was stopped from outside. This is its last state; the page stays as long as it is open."
        : "The run has ended. This is its last state; the page stays as long as it is open.",
    );
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

  const drawRunning = ({ running, now, figures }: News) => {
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
    const more = figures.running - running.length;
    set(
      "calls_more",
      more > 0 && running.length > 0 ? `and ${count(more)} more` : "",
    );
  };

  const drawJobs = () => {
    table(
      "jobs",
      jobs.map(({ id, name, calls, done, failed }) => {
        const bar = make("span", "small_bar");
        const part = (className: string, share: number) => {
          const element = make("i", className);
          element.style.width = `${share * 100}%`;
          return element;
        };
        if (calls) {
          bar.append(
            part("good", (done - failed) / calls),
            part("bad", failed / calls),
          );
        }
        return [
          id,
          make("bdi", "", name || "–"),
          calls === null ? count(done) : `${count(done)} of ${count(calls)}`,
          bar,
          failed > 0 ? make("span", "bad_text", count(failed)) : "0",
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
      if (ago.get(failure.id) !== failure.tstamp) {
        if (list.children[0] !== entry.row) list.prepend(entry.row);
        ago.set(failure.id, failure.tstamp);
      }
    }
    $("failures_none").hidden = failures.length > 0;
  };

  const look = (): LiveLook => {
    const style = page.getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(name).trim();
    return {
      muted: color("--muted"),
      grid: color("--line"),
      limit: color("--muted"),
      font: color("--font"),
      running: color("--running"),
      rate: color("--good"),
      failed: color("--bad"),
      cpu: color("--cpu"),
      memory: color("--memory"),
      lanes: about.workers * about.concurrency,
      cores: about.cores,
      width,
      elapsed: state!.figures.elapsed,
    };
  };

  const drawCharts = () => {
    const definitions = define(points, look());
    for (const name of names) {
      const chart = charts[name];
      const definition = definitions[name];
      if (chart === undefined) {
        charts[name] = new page.Chart($(`chart_${name}`), definition);
        continue;
      }
      chart.data.datasets.forEach((dataset, i) =>
        Object.assign(dataset, definition.data.datasets[i])
      );
      chart.options = definition.options;
      chart.update();
    }
    const { figures } = state!;
    const label = (name: string, text: string) =>
      $(`chart_${name}`).setAttribute("aria-label", text);
    label("running", `Calls running over time: ${figures.running} now`);
    label("rate", "Calls that ended and failed a second, over time");
    label("cpu", `CPU of the workers over time: ${percent(figures.cpu)} now`);
    label(
      "memory",
      `Memory of the workers over time: ${bytes(figures.memory)} now`,
    );
  };

  const draw = () => {
    isPending = false;
    if (state === undefined || document.hidden) return;
    drawFigures(state);
    drawJobs();
    drawRunning(state);
    drawFailures();
    drawCharts();
  };
  const drawSoon = () => {
    if (isPending) return;
    isPending = true;
    page.requestAnimationFrame(draw);
  };

  const take = (news: News) => {
    state = news;
    jobs = news.jobs ?? jobs;
    failures = news.failures ?? failures;
    if (news.points !== undefined) {
      points = news.points;
      width = news.width!;
    } else if (news.last !== undefined) {
      points.splice(news.from!, points.length, ...news.last);
    }
    drawSoon();
  };

  const connect = () => {
    const stream = new page.EventSource("events");
    for (const name of ["snapshot", "news"]) {
      stream.addEventListener(name, ({ data }) => take(JSON.parse(data)));
    }
    stream.addEventListener("end", ({ data }) => {
      stream.close();
      take(JSON.parse(data));
    });
    stream.onerror = () => {
      status(
        "lost",
        "Connection lost, trying again. What is shown is the last state",
      );
      // A stream that was refused is not asked for again by itself.
      if (stream.readyState === 2) setTimeout(connect, 1000);
    };
  };
  document.addEventListener("visibilitychange", drawSoon);
  page.matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", drawSoon);
  connect();
}
