/**
 * What runs in the live page: takes the events of the stream and shows what they say. It is sent as source, so it refers
 * to nothing outside of it; all that comes from calls is set as text, never as HTML.
 */
import type { liveCharts, LiveLook } from "./_live_charts.ts";
import type { Page } from "./_live_dom.ts";
import type { liveLists } from "./_live_lists.ts";
import type { LiveNews } from "./_live_news.ts";
import type { LivePoint } from "./_live_course.ts";
import type { LiveFigures } from "./_live_state.ts";
import type { liveText } from "./_live_text.ts";

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

/** Starts the page. */
export function liveClient(
  about: LiveAbout,
  define: typeof liveCharts,
  write: typeof liveText,
  list: typeof liveLists,
): void {
  const page = globalThis as unknown as Page;
  const { document } = page;
  const $ = (id: string) => document.getElementById(id);
  const names = ["running", "rate", "cpu", "memory"] as const;
  const charts: Partial<
    Record<typeof names[number], InstanceType<Page["Chart"]>>
  > = {};
  let state: LiveNews | undefined;
  let points: LivePoint[] = [];
  let width = 0.5;
  let isPending = false;

  const { count, seconds, clock, bytes, percent } = write();
  const lists = list(document, write());
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

  const drawFigures = ({ figures, end }: LiveNews) => {
    const { done, failed, total, running, queued, retried } = figures;
    const share = total === null || total === 0 ? null : done / total;
    const isOver = end === "ended" || end === "stopped";
    const lanes = about.workers * about.concurrency;
    const speed = isOver ? done / figures.elapsed : rate(figures);
    set("done", count(done));
    set("total", total === null ? "calls so far" : `of ${count(total)} calls`);
    set("percent", share === null ? "" : `${Math.floor(share * 100)} %`);
    const left = total !== null && done < total && speed > 0 && !isOver
      ? `, about ${clock((total - done) / speed)} left`
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
    $("failed_tile").className = failed > 0 ? "card tile is_bad" : "card tile";
    set(
      "rate",
      speed === 0
        ? "0"
        : speed < 9.95
        ? speed.toFixed(1)
        : count(Math.round(speed)),
    );
    set("rate_of", isOver ? "a second, on average" : "a second, of late");
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

  const look = (): LiveLook => {
    // What a variable comes to in this theme only an element can tell.
    const color = (id: string) => page.getComputedStyle($(id)).color;
    return {
      muted: color("look_muted"),
      grid: color("look_grid"),
      font: page.getComputedStyle(document.body).fontFamily,
      running: color("look_running"),
      rate: color("look_rate"),
      failed: color("look_failed"),
      cpu: color("look_cpu"),
      memory: color("look_memory"),
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
    lists.draw(state);
    drawCharts();
  };
  const drawSoon = () => {
    if (isPending) return;
    isPending = true;
    page.requestAnimationFrame(draw);
  };

  const take = (news: LiveNews) => {
    // Jobs and failures are told when they change.
    state = { ...state, ...news };
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
  const dark = page.matchMedia("(prefers-color-scheme: dark)");
  let isDark = dark.matches;
  const theme = (wanted: boolean) => {
    isDark = wanted;
    document.documentElement.setAttribute(
      "data-theme",
      isDark ? "dark" : "light",
    );
    set("theme", isDark ? "☀ Light" : "☾ Dark");
    $("theme").setAttribute(
      "aria-label",
      `${isDark ? "Light" : "Dark"} colours`,
    );
    drawSoon();
  };
  theme(isDark);
  dark.addEventListener("change", () => theme(dark.matches));
  $("theme").addEventListener("click", () => theme(!isDark));
  document.addEventListener("visibilitychange", drawSoon);
  connect();
}
