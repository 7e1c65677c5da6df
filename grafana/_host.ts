/**
 * Dashboard "Host and workers": what the machine does, and each worker on it.
 *
 * @module
 */
import { type DashboardSpec, EXECUTOR, q } from "./_spec.ts";

const ONE = `executor_id="$executor_id"`;
const RATE = "[$__rate_interval]";
const WORKERS = `${ONE}, kind!="host"`;
const BY_WORKER = "kind, worker_id";

/** The dashboard. */
export const HOST_AND_WORKERS: DashboardSpec = {
  uid: "lithoscope-host",
  title: "Lithoscope / Host and workers",
  description:
    "What the machine of an executor does, and each worker on it. The machine has metrics if the executor samples it (profile.host).",
  variables: [EXECUTOR],
  rows: [{
    title: "Machine",
    panels: [
      {
        kind: "graph",
        title: "CPU of the machine",
        description:
          "Cores kept busy by anybody; taken away by other virtual machines (steal); idle while a disk was busy (iowait).",
        unit: "short",
        min: 0,
        queries: [
          q(`lithoscope_host_cpu_usage_cores{${ONE}}`, "busy"),
          q(`lithoscope_host_cpu_steal_cores{${ONE}}`, "steal"),
          q(`lithoscope_host_cpu_iowait_cores{${ONE}}`, "iowait"),
          q(`lithoscope_host_cores{${ONE}}`, "cores"),
        ],
      },
      {
        kind: "graph",
        title: "Each core",
        description:
          "One core at 100 % with others idle: something runs in a single thread.",
        unit: "percentunit",
        min: 0,
        max: 1,
        queries: [
          q(`lithoscope_host_core_usage_ratio{${ONE}}`, "core {{core}}"),
        ],
      },
      {
        kind: "graph",
        title: "Load",
        description:
          "Tasks that run or are ready to, averaged over 1 and 5 min.",
        unit: "short",
        min: 0,
        queries: [
          q(`lithoscope_host_load1{${ONE}}`, "1 min"),
          q(`lithoscope_host_load5{${ONE}}`, "5 min"),
        ],
      },
      {
        kind: "graph",
        title: "Memory of the machine",
        description:
          "Available is what can be had without swapping. Below a tenth of the total, fewer workers would be wise.",
        unit: "bytes",
        min: 0,
        queries: [
          q(`lithoscope_host_memory_total_bytes{${ONE}}`, "total"),
          q(`lithoscope_host_memory_available_bytes{${ONE}}`, "available"),
          q(
            `lithoscope_host_swap_total_bytes{${ONE}} - lithoscope_host_swap_free_bytes{${ONE}}`,
            "swap used",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Pressure",
        description:
          "Share of the time in which some task waited for a CPU, for memory, for a disk.",
        unit: "percentunit",
        min: 0,
        queries: ["cpu", "memory", "io"].map((it) =>
          q(
            `rate(lithoscope_host_${it}_pressure_seconds_total{${ONE}, scope="some"}${RATE})`,
            it,
          )
        ),
      },
      {
        kind: "graph",
        title: "Network",
        description:
          "Traffic of each network namespace without loopback: all that runs in it, by whomever.",
        unit: "binBps",
        queries: [
          q(
            `rate(lithoscope_network_receive_bytes_total{${ONE}}${RATE})`,
            "{{namespace}} received",
          ),
          q(
            `-rate(lithoscope_network_transmit_bytes_total{${ONE}}${RATE})`,
            "{{namespace}} sent",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Network errors",
        description: "Packets lost or broken, each second.",
        unit: "pps",
        min: 0,
        queries: [q(
          `rate(lithoscope_network_errors_total{${ONE}}${RATE})`,
          "{{namespace}}",
        )],
      },
    ],
  }, {
    title: "Control groups",
    panels: [
      {
        kind: "graph",
        title: "Memory and its limit",
        description:
          "Memory of each control group with the page cache, and what it may use: its limit, or else all of the machine. At the limit the kernel kills.",
        unit: "bytes",
        min: 0,
        queries: [
          q(`lithoscope_cgroup_memory_bytes{${ONE}}`, "{{path}} used"),
          q(
            `lithoscope_cgroup_memory_limit_bytes{${ONE}} or on (executor_id) lithoscope_host_memory_total_bytes{${ONE}}`,
            "{{path}} limit",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Held back by the CPU limit",
        description:
          "Seconds each second that processes were held back: above 0, the CPU limit slows the calls down.",
        unit: "percentunit",
        min: 0,
        queries: [q(
          `rate(lithoscope_cgroup_cpu_throttled_seconds_total{${ONE}}${RATE})`,
          "{{path}}",
        )],
      },
      {
        kind: "stat",
        title: "Killed for memory",
        description:
          "Processes that the kernel killed as memory ran out, since the control group was made.",
        unit: "short",
        limits: [1, 1],
        queries: [q(`sum(lithoscope_cgroup_oom_kills_total{${ONE}})`)],
      },
      {
        kind: "stat",
        title: "CPU limit",
        description:
          "Cores that the tightest control group may use, or else the machine has.",
        unit: "short",
        queries: [q(
          `min(lithoscope_cgroup_cpu_limit_cores{${ONE}} or on() lithoscope_executor_cores{${ONE}})`,
        )],
      },
    ],
  }, {
    title: "Workers, each with the processes it starts",
    panels: [
      {
        kind: "graph",
        title: "CPU by worker",
        description:
          "Cores kept busy, processes that have ended included. Workers left out for their number are one curve.",
        unit: "short",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (${BY_WORKER}) (rate(lithoscope_tree_cpu_seconds_total{${WORKERS}}${RATE})) or sum by (worker_id) (rate(lithoscope_thread_cpu_seconds_total{${ONE}}${RATE}))`,
          "{{kind}} {{worker_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Memory by worker",
        description: "Resident memory.",
        unit: "bytes",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (${BY_WORKER}) (lithoscope_tree_resident_memory_bytes{${ONE}})`,
          "{{kind}} {{worker_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Proportional memory by worker",
        description:
          "Shared pages divided among their users (PSS): the sum is what they take together.",
        unit: "bytes",
        min: 0,
        stack: true,
        queries: [q(
          `sum by (${BY_WORKER}) (lithoscope_tree_proportional_memory_bytes{${ONE}})`,
          "{{kind}} {{worker_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Storage by worker",
        description: "Bytes read (up) and written (down), to and from disks.",
        unit: "binBps",
        queries: [
          q(
            `sum by (${BY_WORKER}) (rate(lithoscope_tree_storage_read_bytes_total{${ONE}}${RATE}))`,
            "{{kind}} {{worker_id}} read",
          ),
          q(
            `-sum by (${BY_WORKER}) (rate(lithoscope_tree_storage_written_bytes_total{${ONE}}${RATE}))`,
            "{{kind}} {{worker_id}} written",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Waiting for a CPU by worker",
        description:
          "Seconds each second that threads were ready but had no CPU: above 0, there are more workers than cores for them.",
        unit: "percentunit",
        min: 0,
        queries: [q(
          `sum by (${BY_WORKER}) (rate(lithoscope_tree_run_queue_wait_seconds_total{${ONE}}${RATE}))`,
          "{{kind}} {{worker_id}}",
        )],
      },
      {
        kind: "graph",
        title: "Processes by worker",
        description: "Processes alive, the worker among them.",
        unit: "short",
        min: 0,
        queries: [q(
          `sum by (${BY_WORKER}) (lithoscope_tree_processes{${ONE}})`,
          "{{kind}} {{worker_id}}",
        )],
      },
      {
        kind: "table",
        title: "Busiest processes",
        description:
          "The ten processes that keep most cores busy at this moment, with their commands.",
        unit: "short",
        value: "Cores",
        width: 24,
        queries: [q(
          `topk(10, sum by (executor_id, pid) (lithoscope_process_cpu_usage_cores{${ONE}}) * on (executor_id, pid) group_left (command, worker_id, parent_pid) lithoscope_process_info{${ONE}})`,
        )],
      },
    ],
  }],
};
