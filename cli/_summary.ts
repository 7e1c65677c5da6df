/** A run in a few lines of text. */
import type { Distribution, Summary, WorkerStats } from "../mod.ts";
import { table } from "./_table.ts";
import { bytesText, NOTHING, numberText, secondsText } from "./_units.ts";

/** With more workers than this, one line has to do for all of them. */
const MAX_WORKERS = 16;

type Show = (value: number | null) => string;

/** The figures of a summary as lines of at most 80 characters. */
export function summaryText(summary: Summary): string {
  const outcomes = Object.entries(summary.outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`);
  const { calls, makespan, peak_concurrency: peak } = summary;
  const use = summary.worker_utilisation;
  const facts = [
    `${calls} call${calls === 1 ? "" : "s"}${
      outcomes.length > 0 ? `: ${outcomes.join(", ")}` : ""
    }`,
    `makespan ${secondsText(makespan)}, at once ${
      peak ?? NOTHING
    } at most and ${numberText(summary.mean_concurrency, 1)} on average`,
    `workers busy ${
      use === null ? NOTHING : `${(use * 100).toFixed(0)} %`
    } of the time they were up`,
  ];
  const { queue_time, exec_time, cpu_time, peak_memory } = summary;
  const rows = [
    row("queue time", queue_time, secondsText),
    row("run time", exec_time, secondsText),
    row("CPU time", cpu_time, secondsText),
    row("peak memory", peak_memory, bytesText),
  ].filter((each) => each.length > 0);
  const head = ["", "min", "p50", "p95", "max", "total", "calls", "max is"];
  return `${facts.join("\n")}\n` +
    (rows.length > 0 ? `\n${table([head, ...rows])}` : "") +
    workersText(summary.workers);
}

function row(name: string, spread: Distribution | null, show: Show): string[] {
  if (spread === null) return [];
  const { min, p50, p95, max, total, count } = spread;
  return [
    name,
    ...[min, p50, p95, max].map(({ value }) => show(value)),
    // The peaks of calls that ran one after the other add up to nothing.
    show === bytesText ? "" : show(total),
    String(count),
    max.call,
  ];
}

function workersText(workers: readonly WorkerStats[]): string {
  if (workers.length === 0) return "";
  if (workers.length > MAX_WORKERS) {
    const cpu = workers.reduce(
      (sum, each) =>
        sum + (each.cpu_user_time ?? 0) + (each.cpu_system_time ?? 0),
      0,
    );
    return `\n${workers.length} workers, CPU time ${secondsText(cpu)}\n`;
  }
  return `\n${
    table([
      ["worker", "pid", "tid", "calls", "start", "CPU user", "CPU system"],
      ...workers.toSorted((a, b) => a.worker_id - b.worker_id).map((each) => [
        String(each.worker_id),
        String(each.worker_pid),
        String(each.worker_tid),
        String(each.calls),
        secondsText(each.worker_boot_time),
        secondsText(each.cpu_user_time),
        secondsText(each.cpu_system_time),
      ]),
    ])
  }`;
}
