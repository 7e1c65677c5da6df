/** Figures of a run as a whole, of two runs beside each other. */
import type { CallStats } from "../executor/stats.ts";
import type { TotalChange } from "./compare.ts";
import { activeCalls } from "./concurrency.ts";
import type { RunData } from "./run_data.ts";
import { shapeOf } from "./_shape.ts";
import { isUntimed } from "./_table.ts";

/** What is known of both runs, or of one. */
export function totalsOf(a: RunData, b: RunData): TotalChange[] {
  const [before, after] = [a, b].map(figuresOf);
  return TOTALS.map((total) => ({
    ...total,
    a: before![total.key]!,
    b: after![total.key]!,
  })).filter(({ a, b }) => a !== null || b !== null);
}

const TOTALS: readonly Pick<TotalChange, "key" | "title" | "unit">[] = [
  { key: "calls", title: "calls", unit: "count" },
  { key: "makespan", title: "makespan", unit: "seconds" },
  { key: "job_time", title: "time with a job in progress", unit: "seconds" },
  { key: "workers", title: "workers", unit: "count" },
  { key: "peak_concurrency", title: "calls at once, at most", unit: "count" },
  {
    key: "mean_concurrency",
    title: "calls at once, on average",
    unit: "count",
  },
  { key: "exec_time", title: "run time of all calls", unit: "seconds" },
  { key: "cpu_time", title: "CPU time of all calls", unit: "seconds" },
];

function figuresOf(run: RunData): Record<string, number | null> {
  const { calls } = run;
  const instants = (figure: (call: CallStats) => number | null) =>
    Float64Array.from(calls, (call) => figure(call) ?? NaN);
  const active = activeCalls(
    instants((call) => call.worker_start_tstamp),
    instants((call) => call.worker_end_tstamp),
  );
  const { open, slots } = shapeOf(run);
  let created = Infinity, ended = -Infinity, exec = 0, cpu = 0, measured = 0;
  for (const call of calls) {
    created = Math.min(created, call.host_job_create_tstamp);
    ended = Math.max(
      ended,
      call.host_result_done_tstamp ?? call.host_status_done_tstamp ?? -Infinity,
    );
    exec += call.worker_func_exec_time ?? 0;
    const { worker_func_cpu_user_time: user } = call;
    const { worker_func_cpu_system_time: system } = call;
    if (user === null || system === null) continue;
    cpu += user + system;
    measured++;
  }
  const isKnown = !calls.some(isUntimed);
  const ran = calls.filter((call) => call.worker_func_exec_time !== null);
  return {
    calls: calls.length,
    makespan: ended > created ? ended - created : null,
    job_time: open > 0 ? open : null,
    workers: slots > 0 ? slots : null,
    // What lacks some calls would be compared with what lacks others.
    peak_concurrency: isKnown ? active.peak : null,
    mean_concurrency: isKnown && active.peak > 0 ? active.mean : null,
    exec_time: isKnown && ran.length > 0 ? exec : null,
    cpu_time: measured > 0 && measured === ran.length ? cpu : null,
  };
}
