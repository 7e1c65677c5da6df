/**
 * Dashboard "Executor overview": how far the calls are, how quick, and which are slow.
 *
 * @module
 */
import { type DashboardSpec, EXECUTORS, q, TO_CALL } from "./_spec.ts";

const ALL = `executor_id=~"$executor_id"`;
const JOBS = `${ALL}, job_id=~"$job_id"`;
const BY_JOB = "executor_id, job_id";

function quantiles(metric: string) {
  return [0.5, 0.9, 0.99].map((quantile) =>
    q(
      `histogram_quantile(${quantile}, sum by (le) (rate(${metric}_bucket{${ALL}}[$__rate_interval])))`,
      `${quantile * 100} %`,
    )
  );
}

/** The dashboard. */
export const EXECUTOR_OVERVIEW: DashboardSpec = {
  uid: "lithoscope-executor",
  title: "Lithoscope / Executor overview",
  description: "How far the calls of executors are, how quick, which are slow",
  variables: [EXECUTORS, {
    name: "job_id",
    label: "Job",
    description: "Jobs of these executors: the last 20 of each have metrics",
    metric: `lithoscope_job_info{${ALL}}`,
    multi: true,
  }],
  rows: [{
    title: "Now",
    panels: [
      {
        kind: "stat",
        title: "Running",
        description: "Calls that workers have at this moment.",
        unit: "short",
        queries: [q(`sum(lithoscope_calls_running{${ALL}})`)],
      },
      {
        kind: "stat",
        title: "Waiting",
        description: "Calls in the queue at this moment.",
        unit: "short",
        queries: [q(`sum(lithoscope_calls_queued{${ALL}})`)],
      },
      {
        kind: "stat",
        title: "Done",
        description: "Calls that have ended well, retried ones once.",
        unit: "short",
        queries: [q(`sum(lithoscope_calls_total{${ALL}, outcome="success"})`)],
      },
      {
        kind: "stat",
        title: "Failed",
        description:
          "Calls that have ended in an error, timed out, crashed with their worker, or were cancelled.",
        unit: "short",
        limits: [1, 10],
        queries: [q(`sum(lithoscope_calls_total{${ALL}, outcome!="success"})`)],
      },
      {
        kind: "stat",
        title: "Workers",
        description: "Workers that are up; the second figure is their limit.",
        unit: "short",
        queries: [
          q(`sum(lithoscope_workers{${ALL}})`, "up"),
          q(`sum(lithoscope_workers_max{${ALL}})`, "limit"),
        ],
      },
      {
        kind: "stat",
        title: "Longest running call",
        description:
          "Time since the oldest of the running calls began; nothing when none runs.",
        unit: "s",
        queries: [
          q(`time() - min(lithoscope_oldest_running_call_start_time_seconds{${ALL}})`),
        ],
      },
    ],
  }, {
    title: "Calls",
    panels: [
      {
        kind: "graph",
        title: "Calls at once",
        description: "Calls that workers have, and that wait for one.",
        unit: "short",
        min: 0,
        queries: [
          q(`sum(lithoscope_calls_running{${ALL}})`, "running"),
          q(`sum(lithoscope_calls_queued{${ALL}})`, "waiting"),
        ],
      },
      {
        kind: "graph",
        title: "Throughput",
        description: "Calls that end each second, by how they end.",
        unit: "ops",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (outcome) (rate(lithoscope_calls_total{${ALL}}[$__rate_interval]))`,
          "{{outcome}}",
        )],
      },
      {
        kind: "graph",
        title: "Time in the function",
        description:
          "Quantiles of the time that calls spent in the function; from buckets, so near enough. Gaps: no call ended.",
        unit: "s",
        min: 0,
        queries: quantiles("lithoscope_calls_exec_seconds"),
      },
      {
        kind: "graph",
        title: "Time in the queue",
        description:
          "Quantiles of the time from submit to a worker taking the call up: long means that more workers would help.",
        unit: "s",
        min: 0,
        queries: quantiles("lithoscope_calls_queue_wait_seconds"),
      },
      {
        kind: "graph",
        title: "Worker utilisation",
        description:
          "Share of the workers allowed that have a call. Low with calls waiting: workers are starting, or the script is busy.",
        unit: "percentunit",
        min: 0,
        max: 1,
        queries: [q(
          `clamp_max(sum by (executor_id) (lithoscope_calls_running{${ALL}}) / sum by (executor_id) (lithoscope_workers_max{${ALL}}), 1)`,
          "{{executor_id}}",
        )],
      },
      {
        kind: "bars",
        title: "Progress of jobs",
        description:
          "Share of a job's calls that have ended, well or not. Jobs whose size is not known yet are missing.",
        unit: "percentunit",
        min: 0,
        max: 1,
        queries: [q(
          `sum by (${BY_JOB}) (lithoscope_job_calls_ended_total{${JOBS}}) / max by (${BY_JOB}) (lithoscope_job_calls{${JOBS}})`,
          "{{executor_id}} {{job_id}}",
        )],
      },
      {
        kind: "table",
        title: "Slowest calls",
        description:
          "The calls that took longest of those that had metrics in this time: an executor shows its last 30 ended calls. A click leads to the call.",
        unit: "s",
        value: "Seconds",
        link: TO_CALL,
        queries: [q(
          `topk(10, max by (${BY_JOB}, call_id) (max_over_time(worker_func_exec_time{${JOBS}}[$__range])))`,
        )],
      },
      {
        kind: "table",
        title: "Longest running calls",
        description: "Running calls by age. A click leads to the call.",
        unit: "s",
        value: "Seconds",
        link: TO_CALL,
        queries: [q(
          `topk(10, time() - max by (${BY_JOB}, call_id, worker_id) (lithoscope_call_start_time_seconds{${JOBS}}))`,
        )],
      },
    ],
  }, {
    title: "Failures",
    panels: [
      {
        kind: "graph",
        title: "Calls that failed",
        description:
          "Calls that ended each second other than well, by outcome.",
        unit: "ops",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (outcome) (rate(lithoscope_calls_total{${ALL}, outcome!="success"}[$__rate_interval]))`,
          "{{outcome}}",
        )],
      },
      {
        kind: "graph",
        title: "Retries",
        description: "Times that calls were run again, each second.",
        unit: "ops",
        min: 0,
        queries: [q(
          `sum by (executor_id) (rate(lithoscope_call_retries_total{${ALL}}[$__rate_interval]))`,
          "{{executor_id}}",
        )],
      },
    ],
  }, {
    title: "What they use",
    panels: [
      {
        kind: "graph",
        title: "CPU of all workers",
        description:
          "Cores kept busy by workers and all processes they start, ended ones included.",
        unit: "short",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (mode) (rate(lithoscope_executor_cpu_seconds_total{${ALL}}[$__rate_interval]))`,
          "{{mode}}",
        )],
      },
      {
        kind: "graph",
        title: "Memory of all workers",
        description:
          "Resident memory counts shared pages once for each process; the proportional one (PSS) is what they take together.",
        unit: "bytes",
        min: 0,
        queries: [
          q(
            `sum(lithoscope_executor_resident_memory_bytes{${ALL}})`,
            "resident",
          ),
          q(
            `sum(lithoscope_executor_proportional_memory_bytes{${ALL}})`,
            "proportional",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Storage of all workers",
        description: "Bytes that really go to and come from disks.",
        unit: "binBps",
        min: 0,
        queries: [
          q(
            `sum(rate(lithoscope_executor_storage_read_bytes_total{${ALL}}[$__rate_interval]))`,
            "read",
          ),
          q(
            `sum(rate(lithoscope_executor_storage_written_bytes_total{${ALL}}[$__rate_interval]))`,
            "written",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Items and results",
        description: "Bytes of items sent to workers, and of results received.",
        unit: "binBps",
        min: 0,
        queries: [
          q(
            `sum(rate(lithoscope_call_input_bytes_total{${ALL}}[$__rate_interval]))`,
            "items",
          ),
          q(
            `sum(rate(lithoscope_call_result_bytes_total{${ALL}}[$__rate_interval]))`,
            "results",
          ),
        ],
      },
    ],
  }],
};
