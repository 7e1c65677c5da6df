/**
 * Dashboard "Profiler health": what sampling and pushing cost, and whether anything is missing.
 *
 * @module
 */
import { type DashboardSpec, EXECUTORS, q } from "./_spec.ts";

const ALL = `executor_id=~"$executor_id"`;
const RATE = "[$__rate_interval]";

/** The dashboard. */
export const PROFILER_HEALTH: DashboardSpec = {
  uid: "lithoscope-profiler",
  title: "Lithoscope / Profiler health",
  description:
    "What sampling and pushing cost, and whether anything is missing",
  variables: [EXECUTORS],
  rows: [{
    title: "Now",
    panels: [
      {
        kind: "stat",
        title: "Executors",
        description: "Executors with metrics at this moment.",
        unit: "short",
        queries: [q(`count(lithoscope_executor_info{${ALL}})`)],
      },
      {
        kind: "stat",
        title: "Oldest collection",
        description:
          "Time since the last samples of the executor that is furthest behind.",
        unit: "s",
        queries: [q(
          `max(time() - lithoscope_profiler_collection_time_seconds{${ALL}})`,
        )],
      },
      {
        kind: "stat",
        title: "Groups on the gateways",
        description:
          "Groups of executors that gateways store: more than there are executors means that some have crashed (lithoscope gateway clean).",
        unit: "short",
        queries: [q(`count(push_time_seconds{job="lithops"})`)],
      },
      {
        kind: "stat",
        title: "Oldest push",
        description:
          "Time since the last push into the group that waits longest.",
        unit: "s",
        queries: [q(`max(time() - push_time_seconds{job="lithops"})`)],
      },
      {
        kind: "stat",
        title: "Failed pushes",
        description: "Attempts to push that failed, since the executors began.",
        unit: "short",
        limits: [1, 10],
        queries: [q(`sum(lithoscope_profiler_push_failures_total{${ALL}})`)],
      },
      {
        kind: "stat",
        title: "Series left out",
        description:
          "Series that did not fit into the last pushes; those that add up are told as a sum.",
        unit: "short",
        limits: [1, 1000],
        queries: [q(`sum(lithoscope_profiler_series_left_out{${ALL}})`)],
      },
    ],
  }, {
    title: "Sampling",
    panels: [
      {
        kind: "graph",
        title: "Duration of a collection",
        description: "Time that reading all samples of one tick took.",
        unit: "s",
        min: 0,
        queries: [q(
          `lithoscope_profiler_sample_duration_seconds{${ALL}}`,
          "{{executor_id}}",
        )],
      },
      {
        kind: "graph",
        title: "CPU of the profiler",
        description:
          "Cores that the profiler's thread keeps busy: 1 % means that profiling costs a hundredth of a core.",
        unit: "percentunit",
        min: 0,
        queries: [q(
          `rate(lithoscope_profiler_cpu_seconds_total{${ALL}}${RATE})`,
          "{{executor_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Missed ticks",
        description:
          "Ticks each second for which the profiler came too late: the machine is overloaded, or the interval too short.",
        unit: "cps",
        min: 0,
        queries: [q(
          `rate(lithoscope_profiler_missed_ticks_total{${ALL}}${RATE})`,
          "{{executor_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Series",
        description: "Series in each push, and the limit.",
        unit: "short",
        min: 0,
        queries: [
          q(`lithoscope_profiler_series{${ALL}}`, "{{executor_id}}"),
          q(`max(lithoscope_profiler_series_limit{${ALL}})`, "limit"),
        ],
      },
      {
        kind: "graph",
        title: "Series left out, by what they are of",
        description:
          "To see more: raise pushgateway.maxSeries, as long as the gateway keeps up.",
        unit: "short",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (kind) (lithoscope_profiler_series_left_out{${ALL}})`,
          "{{kind}}",
        )],
      },
    ],
  }, {
    title: "Pushing",
    panels: [
      {
        kind: "graph",
        title: "Duration of a push",
        description:
          "Time until the gateway answered. It grows with all that the gateway stores, unless its consistency check is off.",
        unit: "s",
        min: 0,
        queries: [q(
          `lithoscope_profiler_push_duration_seconds{${ALL}}`,
          "{{executor_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Size of a push",
        description: "Bytes of each push, as compressed.",
        unit: "bytes",
        min: 0,
        queries: [q(
          `lithoscope_profiler_push_size_bytes{${ALL}}`,
          "{{executor_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Pushes",
        description:
          "Each second: taken by the gateway, failed, made again, and dropped for a newer one.",
        unit: "ops",
        min: 0,
        queries: [
          ["pushes", "taken"],
          ["push_failures", "failed"],
          ["push_retries", "made again"],
          ["pushes_dropped", "dropped"],
        ].map(([name, legend]) =>
          q(
            `sum(rate(lithoscope_profiler_${name}_total{${ALL}}${RATE}))`,
            legend,
          )
        ),
      },
      {
        kind: "graph",
        title: "Scrapes of the gateways",
        description:
          "Time that Prometheus takes to scrape each target that it honours the labels of.",
        unit: "s",
        min: 0,
        queries: [q(
          `scrape_duration_seconds and on (job, instance) up`,
          "{{job}} {{instance}}",
        )],
      },
    ],
  }],
};
