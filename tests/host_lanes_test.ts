/** Charts and traces show which host each worker is on, where there is more than one. */
import { assert, assertEquals } from "./assert.ts";
import { lanesOf as chartLanes } from "../plot/_lanes.ts";
import type { LaneBarsOptions } from "../plot/_gantt_marks.ts";
import { lanesOf as traceLanes } from "../plot/_trace_lanes.ts";
import { ganttChart } from "../plot/gantt.ts";
import { EPOCH } from "./fixtures/call_stats.ts";
import { at, syntheticRun } from "./synthetic_runs.ts";

/** Workers as a run hears of them: those of the hosts by turns. */
function runOn(...hosts: (string | null)[]) {
  return syntheticRun(hosts.map((host_name, worker) => ({
    worker,
    start: 1,
    end: 2,
    stats: { host_name },
  })));
}

/** The names at the lanes, and the room left for them. */
function shown(hosts: (string | null)[]) {
  const { plugins, layout } = ganttChart(runOn(...hosts).calls)
    .options as unknown as {
      plugins: { laneBars: LaneBarsOptions };
      layout: { padding: { left: number } };
    };
  return {
    names: plugins.laneBars.workers.map(({ name }) => name),
    left: layout.padding.left,
  };
}

Deno.test("ganttChart() groups workers by host and names it when there are several", () => {
  const { names, left } = shown(["alpha", "beta", "alpha", "beta"]);
  assertEquals(names, [
    "alpha: worker 0",
    "alpha: worker 2",
    "beta: worker 1",
    "beta: worker 3",
  ]);
  assert(left > shown(["alpha", "alpha"]).left);
});

Deno.test("ganttChart() names no host when all workers are on one, or it is not known", () => {
  assertEquals(shown(["alpha", "alpha"]).names, ["worker 0", "worker 1"]);
  assertEquals(shown([null, null]).names, ["worker 0", "worker 1"]);
  assertEquals(shown(["alpha", null, "beta"]).names, [
    "alpha: worker 0",
    "worker 1",
    "beta: worker 2",
  ]);
});

Deno.test("ganttChart() keeps both ends of a long name of a host", () => {
  const pod = "lithoscope-workers-7d4b9c";
  assertEquals(shown([`${pod}-aaaaa`, `${pod}-bbbbb`]).names, [
    "lithosc…c-aaaaa: worker 0",
    "lithosc…c-bbbbb: worker 1",
  ]);
});

Deno.test("lanesOf() puts each call on the lane of its worker when hosts are grouped", () => {
  const { calls } = runOn("alpha", "beta", "alpha");
  const { workers, lane, call } = chartLanes(calls, EPOCH, 2);
  assertEquals(workers.map(({ id, first }) => [id, first]), [
    [0, 0],
    [2, 1],
    [1, 2],
  ]);
  const byCall = Object.fromEntries([...call].map((it, i) => [it, lane[i]]));
  assertEquals(byCall, { 0: 0, 1: 2, 2: 1 });
});

Deno.test("tracks of a trace are grouped by host and named with it when there are several", () => {
  const names = (...hosts: string[]) =>
    traceLanes(runOn(...hosts).calls, at(2)).map(({ name }) => name)
      .filter((name) => !name.includes("results"));
  assertEquals(names("alpha", "beta", "alpha"), [
    "alpha: worker 0",
    "alpha: worker 2",
    "beta: worker 1",
  ]);
  assertEquals(names("alpha", "alpha"), ["worker 0", "worker 1"]);
});
