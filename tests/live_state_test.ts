/**
 * What the live page gathers: right figures, and no more of anything however long a run is; and the charts it draws.
 *
 * @module
 */
import {
  type LiveChart,
  liveCharts,
  type LiveLook,
} from "../plot/_live_charts.ts";
import { type LivePoint, MOST_POINTS } from "../plot/_live_course.ts";
import { LiveState } from "../plot/_live_state.ts";
import { assert, assertEquals } from "./assert.ts";
import { fakeCollection, fakeUsage } from "./fixtures/collections.ts";

const START = 1000;
const NOW = { running: 2, queued: 5, workers: 2 };

/** A call that failed. */
function failed(message: string, index = 0) {
  const call_id = String(index).padStart(5, "0");
  return { call_id, name: "Error", message, stack: `Error: ${message}` };
}

Deno.test("LiveState counts calls, retries and jobs", () => {
  const state = new LiveState(START);
  state.jobStarted("M000", "first", 3);
  state.jobStarted("M001", "", null);
  state.callEnded("M000", 1, 0.1, null, START);
  state.callEnded("M000", 3, 0.2, failed("no"), START);
  state.callEnded("M001", 1, null, null, START);
  const figures = state.figures(START + 4, NOW);
  assertEquals(
    [figures.done, figures.failed, figures.retried, figures.total],
    [3, 1, 2, null],
  );
  assertEquals([figures.elapsed, figures.open_jobs], [4, 2]);
  state.jobCalls("M001", 1);
  const { total, open_jobs } = state.figures(START + 4, NOW);
  assertEquals([total, open_jobs], [4, 1]);
  assertEquals(state.jobs(), [
    { id: "M000", name: "first", calls: 3, done: 2, failed: 1 },
    { id: "M001", name: "", calls: 1, done: 1, failed: 0 },
  ]);
});

Deno.test("LiveState keeps no more than the newest of many jobs, and all their calls", () => {
  const state = new LiveState(START);
  state.jobStarted("M000", "open", 2);
  for (let i = 1; i <= 5000; i++) {
    state.jobStarted(`A${i}`, "", 1);
    state.callEnded(`A${i}`, 1, null, null, START);
  }
  state.jobStarted("M9", "none", 0);
  const { total, done, open_jobs } = state.figures(START, NOW);
  assertEquals([total, done, open_jobs], [5002, 5000, 1]);
  const jobs = state.jobs().map(({ id }) => id);
  assert(jobs.length <= 40, `${jobs.length}`);
  assert(jobs.includes("M000") && jobs.includes("M9"), jobs.join());
});

Deno.test("LiveState tells the time of calls to a twentieth of a decade", () => {
  const state = new LiveState(START);
  for (let i = 1; i <= 1000; i++) {
    state.callEnded("M000", 1, i / 1000, null, START);
  }
  const { p50, p95 } = state.figures(START, NOW);
  assert(Math.abs(Math.log10(p50! / 0.5)) < 0.05, `${p50}`);
  assert(Math.abs(Math.log10(p95! / 0.95)) < 0.05, `${p95}`);
  for (const odd of [0, -1, 1e9]) state.callEnded("M000", 1, odd, null, START);
  assert(state.figures(START, NOW).p50! > 0);
  assertEquals(new LiveState(START).figures(START, NOW).p50, null);
});

Deno.test("LiveState keeps failures that say the same together, the newest first, and not all of them", () => {
  const state = new LiveState(START);
  for (let i = 0; i < 10; i++) {
    state.callEnded("M000", 1, null, failed(`row ${i} is bad`, i), START + i);
  }
  state.callEnded("M000", 1, null, failed("x".repeat(1e6), 10), START + 10);
  const [long, same] = state.failures.list();
  assertEquals([long!.message.length, long!.stack.length], [502, 3002]);
  assertEquals(
    [same!.message, same!.count, same!.call, same!.tstamp],
    ["row 9 is bad", 10, "M000/00009", START + 9],
  );
  for (let i = 0; i < 500; i++) {
    const letters = String.fromCharCode(97 + i % 26, 97 + i / 26);
    state.callEnded("M000", 1, null, failed(letters), START);
  }
  assertEquals(state.failures.list().length, 50);
  assertEquals(new Set(state.failures.list().map(({ id }) => id)).size, 50);
});

Deno.test("LiveState keeps the course of a run of any length in few points, and loses no peak and no call", () => {
  const state = new LiveState(START);
  state.jobStarted("M000", "", null);
  const seconds = 4 * 3600;
  for (let at = 0; at <= seconds; at += 0.5) {
    state.callEnded("M000", 1, null, null, START + at);
    const running = at === 5000 ? 99 : 2;
    state.tick(START + at, { ...NOW, running });
    assert(state.course.points.length <= MOST_POINTS);
  }
  const { points, width } = state.course;
  assert(points.length > MOST_POINTS / 2, `${points.length}`);
  assertEquals(points.map(([time]) => time), points.map((_, i) => i * width));
  assertEquals(Math.max(...points.map(([, running]) => running!)), 99);
  assertEquals(points.at(-1)![3], 2 * seconds + 1);
  assert(
    points.every(([, , , done], i) => i === 0 || done >= points[i - 1]![3]),
  );
});

Deno.test("LiveState goes on after a time in which nothing was noted", () => {
  const state = new LiveState(START);
  state.tick(START, NOW);
  state.callEnded("M000", 1, null, null, START);
  state.tick(START + 100, NOW);
  assertEquals(state.course.points.length, 201);
  assertEquals(state.course.points[100], [50, null, null, 0, 0, null, null]);
  state.tick(START + 1e6, NOW); // a laptop that slept for days
  assert(state.course.points.length <= MOST_POINTS);
  state.tick(START - 5, NOW); // a clock that was set back
  assertEquals(state.course.points[0]![3], 1);
});

Deno.test("LiveState notes CPU and memory once for each sample", () => {
  const state = new LiveState(START);
  const total = fakeUsage({ cpu_percent: 150, rss: 1e8, processes_seen: 2 });
  state.collection(fakeCollection({ total }));
  state.tick(START, NOW);
  state.tick(START + 1, NOW);
  assertEquals(state.course.points.map(([, , , , , cpu]) => cpu), [
    150,
    null,
    null,
  ]);
  const { cpu, memory } = state.figures(START, NOW);
  assertEquals([cpu, memory], [150, 1e8]);
  const none = fakeUsage({ processes_seen: 0 });
  state.collection(fakeCollection({ total: none }));
  assertEquals(state.figures(START, NOW).cpu, null);
});

const LOOK: LiveLook = {
  muted: "rgb(1, 2, 3)",
  grid: "rgb(4, 5, 6)",
  font: "Inter",
  running: "rgb(7, 8, 9)",
  rate: "rgb(7, 8, 9)",
  failed: "rgb(7, 8, 9)",
  cpu: "rgb(7, 8, 9)",
  memory: "rgb(7, 8, 9)",
  lanes: 4,
  cores: 2,
  width: 0.5,
  elapsed: 1.4,
};

/** Where the points of the first series are. */
function places(chart: LiveChart): (number | null)[][] {
  const [{ data }] = chart.data.datasets as [
    { data: { x: number; y: number | null }[] },
  ];
  return data.map(({ x, y }) => [x, y]);
}

Deno.test("liveCharts() shows what ran, what ended a second, CPU and memory", () => {
  const points: LivePoint[] = [
    [0, 1, 0, 1, 0, null, null],
    [0.5, 3, 0, 5, 0, 120, 1e8],
    [1, 2, 0, 9, 1, null, null],
  ];
  const charts = liveCharts(points, LOOK);
  assertEquals(places(charts.running), [[0.5, 1], [1, 3], [1.4, 2]]);
  // The last point is not over yet: what it shows would change under the reader's eyes.
  assertEquals(places(charts.rate), [[0.5, 2], [1, 8], [1.4, null]]);
  assertEquals(places(charts.cpu), [[0.5, null], [1, 120], [1.4, null]]);
  assertEquals(places(charts.memory), [[0.5, null], [1, 1e8], [1.4, null]]);
  const { scales } = charts.cpu.options as {
    scales: { x: { max: number }; y: { suggestedMax: number } };
  };
  assertEquals([scales.x.max, scales.y.suggestedMax], [1.4, 200]);
});

Deno.test("liveCharts() refers to nothing outside of it, as it runs in a page", () => {
  // That is how the page gets it.
  const sent = new Function(`return (${liveCharts})`)();
  const points: LivePoint[] = [[0, 1, 0, 1, 0, 50, 1e6]];
  assertEquals(
    places(sent(points, LOOK).running),
    places(liveCharts(points, LOOK).running),
  );
  assertEquals(Object.keys(sent([], LOOK)).length, 4);
});
