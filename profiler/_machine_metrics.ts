/**
 * Metrics of the machine: the host, its networks, its control groups.
 *
 * @module
 */
import {
  counter,
  type Family,
  gauge,
  type Row,
  scaled,
  type Series,
  Table,
} from "./_families.ts";
import type { CgroupSample, HostSample, NetworkSample } from "./record.ts";

const BUSY = "Cores kept busy since the last collection, from stat";
const PRESSURE =
  "Seconds in which tasks waited for the resource, from pressure: some of them, or all (full)";

type PressureName = "cpu" | "memory" | "io";

function pressure(
  resource: PressureName,
  scope: "some" | "full",
): Row<HostSample> {
  return counter(
    `${resource}_pressure_seconds`,
    PRESSURE,
    (s) => s[`${resource}_pressure`]?.[`${scope}_time`],
    ["scope", scope],
  );
}

/** The machine. */
export const HOST = new Table<HostSample>(
  {
    prefix: "lithoscope_host_",
    subject: "Machine: ",
    labels: ["executor_id"],
  },
  [
    gauge("cores", "Cores", (s) => s.cores),
    gauge("cpu_usage_cores", BUSY, (s) => scaled(s.cpu_percent, 100)),
    gauge(
      "cpu_steal_cores",
      "Cores taken away by other virtual machines, from stat",
      (s) => scaled(s.cpu_steal_percent, 100),
    ),
    gauge(
      "cpu_iowait_cores",
      "Cores idle while a disk was busy, from stat",
      (s) => scaled(s.cpu_iowait_percent, 100),
    ),
    ...([1, 5, 15] as const).map((minutes, i) =>
      gauge<HostSample>(
        `load${minutes}`,
        `Tasks running or ready, averaged over ${minutes} min, from loadavg`,
        (s) => s.load?.[i],
      )
    ),
    gauge(
      "memory_total_bytes",
      "Memory in bytes, from meminfo",
      (s) => s.memory_total,
    ),
    gauge(
      "memory_available_bytes",
      "Memory that can be had without swapping in bytes, from meminfo",
      (s) => s.memory_available,
    ),
    gauge(
      "swap_total_bytes",
      "Swap space in bytes, from meminfo",
      (s) => s.swap_total,
    ),
    gauge(
      "swap_free_bytes",
      "Swap space that nothing uses in bytes, from meminfo",
      (s) => s.swap_free,
    ),
    ...(["cpu", "memory", "io"] as const).flatMap((resource) => [
      pressure(resource, "some"),
      pressure(resource, "full"),
    ]),
  ],
);

const CORE_FAMILY: Family = {
  name: "lithoscope_host_core_usage_ratio",
  type: "gauge",
  help:
    "Machine: use of each core since the last collection, 0 to 1, from stat",
  labels: ["executor_id", "core"],
  adds: false,
};

/** All metrics of {@linkcode coreSeries}. */
export const CORE_FAMILIES: readonly Family[] = [CORE_FAMILY];

/** Use of each core. */
export function coreSeries(host: HostSample, executorId: string): Series[] {
  return (host.cpu_percent_by_core ?? []).map((percent, core) => ({
    family: CORE_FAMILY,
    labels: { executor_id: executorId, core },
    value: percent / 100,
  }));
}

/** Whether waiting for disks is counted. */
export const IOWAIT = new Table<boolean>(
  { prefix: "lithoscope_host_", labels: ["executor_id"] },
  [gauge(
    "iowait_counted",
    "Machine: 1 if the kernel counts how long processes wait for disks (sysctl kernel.task_delayacct)",
    Number,
  )],
);

/** A network namespace. */
export const NETWORK = new Table<NetworkSample>(
  {
    prefix: "lithoscope_network_",
    subject: "Network namespace: ",
    labels: ["executor_id", "namespace"],
  },
  [
    counter(
      "receive_bytes",
      "Bytes received since boot, loopback left out, from net/dev",
      (s) => s.recv_bytes,
    ),
    counter(
      "transmit_bytes",
      "Bytes sent since boot, loopback left out, from net/dev",
      (s) => s.sent_bytes,
    ),
    counter(
      "receive_packets",
      "Packets received, loopback left out, from net/dev",
      (s) => s.recv_packets,
    ),
    counter(
      "transmit_packets",
      "Packets sent, loopback left out, from net/dev",
      (s) => s.sent_packets,
    ),
    counter(
      "errors",
      "Packets lost or broken both ways, loopback left out, from net/dev",
      (s) => s.errors,
    ),
    counter(
      "loopback_bytes",
      "Bytes over loopback since boot, from net/dev",
      (s) => s.loopback_bytes,
    ),
  ],
);

/** A control group. */
export const CGROUP = new Table<CgroupSample>(
  {
    prefix: "lithoscope_cgroup_",
    subject: "Control group: ",
    labels: ["executor_id", "path"],
  },
  [
    counter(
      "cpu_seconds",
      "CPU seconds of all its processes, from cpu.stat or cpuacct.usage",
      (s) => s.cpu_time,
    ),
    gauge(
      "cpu_limit_cores",
      "Cores it may use, from cpu.max or cpu.cfs_quota_us; absent without a limit",
      (s) => s.cpu_limit,
    ),
    counter(
      "cpu_throttled_seconds",
      "Seconds its processes were held back by the CPU limit, from cpu.stat",
      (s) => s.throttled_time,
    ),
    counter(
      "cpu_throttled_periods",
      "Periods in which its processes were held back, from cpu.stat",
      (s) => s.throttled_periods,
    ),
    gauge(
      "memory_limit_bytes",
      "Memory it may use in bytes, from memory.max; absent without a limit",
      (s) => s.memory_limit,
    ),
    gauge(
      "memory_bytes",
      "Memory it uses in bytes, page cache included, from memory.current",
      (s) => s.memory_current,
    ),
    gauge(
      "memory_peak_bytes",
      "Most memory it ever used in bytes, from memory.peak",
      (s) => s.memory_peak,
    ),
    counter(
      "oom_kills",
      "Processes killed as memory ran out, from memory.events",
      (s) => s.oom_kills,
    ),
    gauge("tasks", "Processes and threads in it, from pids", (s) => s.tasks),
  ],
);
