/**
 * The reference of all metrics, from their own descriptions.
 *
 * @module
 */
import { type MetricDescription, Metrics } from "../profiler/metrics.ts";

/** Headings, and which metrics stand under each: the first that fits. */
const GROUPS: readonly [heading: string, fits: RegExp][] = [
  ["Calls", /^lithoscope_(calls?_|oldest_running_call)/],
  ["Jobs", /^lithoscope_jobs?_/],
  ["Executor and workers", /^lithoscope_(executor_(info|cores)|workers)/],
  ["All workers together", /^lithoscope_executor_/],
  ["Each worker with the processes it starts", /^lithoscope_tree_/],
  ["Each worker thread (thread backend)", /^lithoscope_thread_/],
  ["Each process", /^lithoscope_process_/],
  ["Machine", /^lithoscope_host_/],
  ["Network namespaces", /^lithoscope_network_/],
  ["Control groups", /^lithoscope_cgroup_/],
  ["The profiler itself", /^lithoscope_profiler_/],
  ["Names of the Lithops Profiler and of Lithops", /^/],
];

const HEAD = `# Metrics

All that an executor tells Prometheus; written by \`deno task dashboards\`. What
was not measured has no series: it is never a made-up 0. [grafana.md](grafana.md)
says how they get there.

Every series has the label \`executor_id\`; those pushed to a Pushgateway also
\`job="lithops"\` and \`instance="<host>:<executor_id>"\`.
`;

/** Markdown, as yet without columns that line up. */
export function reference(): string {
  const metrics = new Metrics({
    executorId: "",
    backend: "process",
    workers: 1,
    cores: 1,
    hostName: null,
  }).describe();
  const parts = GROUPS.map(([heading, fits], i) => {
    const own = metrics.filter(({ name }) =>
      fits.test(name) && !GROUPS.slice(0, i).some(([, it]) => it.test(name))
    );
    const rows = own.map((it) => `| ${row(it).join(" | ")} |`);
    return [
      `## ${heading}`,
      "",
      "| Metric | Type | Labels | What it is |",
      "| --- | --- | --- | --- |",
      ...rows,
    ].join("\n");
  });
  return `${HEAD}\n${parts.join("\n\n")}\n`;
}

function row({ name, type, labels, help }: MetricDescription): string[] {
  const own = labels.filter((label) => label !== "executor_id");
  return [
    `\`${name}\``,
    type,
    own.map((label) => `\`${label}\``).join(" "),
    help,
  ];
}
