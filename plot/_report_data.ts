/** What a report shows, and how it travels into the page: plain JSON, with calls as columns. */
import type { CallStats, Outcome } from "../executor/stats.ts";
import type { Collection } from "../profiler/record.ts";
import { clocksText } from "./_clocks.ts";
import { type Column, encode } from "./_columns.ts";
import type { Finding } from "./_finding.ts";
import { type Group, groupFailures } from "./_report_failures.ts";
import { type Limit, limitsOf, type Tile, tilesOf } from "./_report_tiles.ts";
import { shortened } from "./_shortened.ts";
import { findings } from "./findings.ts";
import type { RunData, RunDataWorker } from "./run_data.ts";

/** Why a call failed. */
export interface ReportError {
  /** Class of what was thrown. */
  readonly name: string;
  /** Its message. */
  readonly message: string;
  /** Where it was thrown, or what its worker said last; `null` if that is not known. */
  readonly stack: string | null;
}

/** What is known of a call beside its statistics. */
export interface ReportDetail {
  /** Name of its function. */
  readonly function_name: string | null;
  /** Why it failed. */
  readonly error: ReportError | null;
  /** What it printed. */
  readonly logs: string;
}

/** What is used of a run's summary. */
export interface ReportSummary {
  /** Calls by outcome. */
  readonly outcomes: Readonly<Record<Outcome | "pending", number>>;
  /** Seconds from the first job to the last end. */
  readonly makespan: number | null;
  /** Most calls at once; `null`, as the next two, where that is not known. */
  readonly peak_concurrency: number | null;
  /** Calls at once on average. */
  readonly mean_concurrency: number | null;
  /** Share of the workers' time in which they had a call. */
  readonly worker_utilisation: number | null;
}

/** A worker of a report. */
export interface ReportWorker extends RunDataWorker {
  /** CPU seconds in user mode of all it did. */
  readonly cpu_user_time: number | null;
  /** CPU seconds in the kernel of all it did. */
  readonly cpu_system_time: number | null;
}

/** A run as a report takes it. A `Run` of the executor is one. */
export interface ReportRun extends RunData {
  /** Who ran it, where, and when that was written down. */
  readonly header: RunData["header"] & {
    /** When, in epoch seconds. */
    readonly saved_tstamp: number;
    /** Memory of the machine in bytes, if it is known. */
    readonly memory_total?: number | null;
  };
  /** What each worker did. */
  readonly workers: readonly ReportWorker[];
  /** Function, error and output of each call, in the order of `calls`; empty if nothing is known. */
  readonly details: readonly ReportDetail[];
  /** What was sampled; empty without the profiler. */
  readonly collections: readonly Collection[];
  /** The calls in figures. */
  summary(): ReportSummary;
}

/** What the page gets. */
export interface ReportData {
  header: ReportRun["header"];
  /** When the first job was created, in epoch seconds. */
  epoch: number;
  functions: string[];
  tiles: Tile[];
  limits: Limit[];
  findings: Finding[];
  failures: Group[];
  outcomes: ReportSummary["outcomes"];
  /** Hosts whose clocks were off, in words; `""` if none was. */
  clocks: string;
  /** Calls, in the order of jobs and positions. */
  count: number;
  columns: Record<string, Column>;
  /** Cores that `worker_func_cpu_usage` told of, which is the same for all and left out of the columns. */
  cores: number;
  details: {
    functions: Column;
    names: Column;
    messages: Column;
    stacks: Column;
    logs: Column;
  };
  /** Samples with as much as the chart of usage needs. */
  collections: Collection[];
}

/** Longest text of one call that goes into a page, in characters: the middle of a longer one is left out. */
const LONGEST_TEXT = 16_000, SHORTEST_TEXT = 200;
/** About as many characters of all calls together, for each kind of text. */
const ALL_TEXT = 16_000_000;

/** Makes the data of a page. */
export function reportDataOf(run: ReportRun): ReportData {
  const order = orderOf(run.calls);
  const calls = order.map((at) => run.calls[at]!);
  const details = order.map((at) => run.details[at]);
  const epoch = calls.reduce(
    (least, call) => Math.min(least, call.host_job_create_tstamp),
    calls.length === 0 ? 0 : Infinity,
  );
  const summary = run.summary();
  const detail = (read: (it: ReportDetail) => string | null) => {
    const texts = details.map((it) => it === undefined ? null : read(it));
    const long = texts.filter((it) => it !== null && it.length > SHORTEST_TEXT);
    const fair = Math.floor(ALL_TEXT / Math.max(1, long.length));
    const length = Math.max(SHORTEST_TEXT, Math.min(LONGEST_TEXT, fair));
    const short = texts.map((it) => it === null ? null : shortened(it, length));
    return encode("", short, 0);
  };
  const { header } = run;
  const functions = new Set(details.map((it) => it?.function_name ?? ""));
  functions.delete("");
  return {
    header: {
      executor_id: header.executor_id,
      saved_tstamp: header.saved_tstamp,
      backend: header.backend,
      cores: header.cores,
      host_name: header.host_name,
    },
    epoch,
    functions: [...functions],
    tiles: tilesOf(run, summary),
    limits: limitsOf(run),
    findings: findings(run),
    failures: groupFailures(calls, details),
    outcomes: summary.outcomes,
    clocks: clocksText(run),
    count: calls.length,
    columns: columnsOf(calls, epoch),
    cores: calls.find((call) => call.worker_func_cpu_usage !== null)
      ?.worker_func_cpu_usage?.length ?? header.cores,
    details: {
      functions: detail((it) => it.function_name),
      names: detail((it) => it.error?.name ?? null),
      messages: detail((it) => it.error?.message ?? null),
      stacks: detail((it) => it.error?.stack ?? null),
      logs: detail((it) => it.logs === "" ? null : it.logs),
    },
    collections: run.collections.map(slim),
  };
}

/** The calls by executor and job, in the order in which these first appear, then by position: the rows of all charts. */
function orderOf(calls: readonly CallStats[]): number[] {
  const jobs = new Map<string, number>();
  const job = calls.map(({ executor_id, job_id }) => {
    const name = `${executor_id}/${job_id}`;
    const place = jobs.get(name) ?? jobs.size;
    jobs.set(name, place);
    return place;
  });
  const position = calls.map(({ call_id }) => Number(call_id));
  return [...calls.keys()].sort((a, b) =>
    job[a]! - job[b]! || position[a]! - position[b]! || a - b
  );
}

function columnsOf(
  calls: readonly CallStats[],
  epoch: number,
): Record<string, Column> {
  const keys = new Set<string>();
  for (const call of calls) for (const key in call) keys.add(key);
  keys.delete("worker_func_cpu_usage");
  return Object.fromEntries(
    [...keys].map((key) => {
      const values = calls.map((call) => call[key as keyof CallStats] ?? null);
      return [key, encode(key, values, epoch)];
    }),
  );
}

/** A collection without what the chart of usage does not look at. */
function slim(collection: Collection): Collection {
  const { trees, threads, networks, total } = collection;
  const { collection_id, executor_id, tstamp, final, worker_host } = collection;
  const only = {
    worker_host,
    final,
    collection_id,
    executor_id,
    tstamp,
    trees: trees.map((tree) => ({
      kind: tree.kind,
      worker_id: tree.worker_id,
      cpu_percent: tree.cpu_percent,
      rss: tree.rss,
      storage_read_rate: tree.storage_read_rate,
      storage_write_rate: tree.storage_write_rate,
      calls: [],
    })),
    threads: threads.map(({ worker_id, cpu_percent }) => ({
      worker_id,
      cpu_percent,
    })),
    networks: networks.map(({ recv_rate, sent_rate }) => ({
      recv_rate,
      sent_rate,
    })),
    cgroups: [],
    total: {
      cpu_user_time: total.cpu_user_time,
      cpu_system_time: total.cpu_system_time,
      storage_read_bytes: total.storage_read_bytes,
      storage_write_bytes: total.storage_write_bytes,
    },
  };
  return only as unknown as Collection;
}
