/**
 * The fifteen metrics of the Lithops Profiler, under its names and in its units, so that dashboards made for it show
 * these samples too.
 *
 * @module
 */
import { gauge, type Row, scaled, Table } from "./_families.ts";
import type { Sample, ThreadSample } from "./record.ts";
import { PROCESS_LABELS } from "./_usage_metrics.ts";

const AS_LITHOPS = "As the Lithops Profiler names it: ";
const MIB = 2 ** 20;

function megabytes<T>(get: Row<T>["get"]): Row<T>["get"] {
  return (sample) => scaled(get(sample), MIB);
}

function cpu<
  T extends {
    cpu_percent: number | null;
    cpu_user_time: number;
    cpu_system_time: number;
  },
>(): Row<T>[] {
  return [
    gauge(
      "cpu_usage",
      "CPU use in percent, 100 a core, from stat",
      (s) => s.cpu_percent,
    ),
    gauge(
      "user_time",
      "CPU seconds in user mode, from stat",
      (s) => s.cpu_user_time,
    ),
    gauge(
      "system_time",
      "CPU seconds in the kernel, from stat",
      (s) => s.cpu_system_time,
    ),
  ];
}

/** CPU of a process, in the names of the Lithops Profiler. */
export const LITHOPS_CPU = new Table<Sample>(
  { subject: AS_LITHOPS, labels: PROCESS_LABELS },
  [
    ...cpu<Sample>(),
    gauge(
      "children_user_time",
      "CPU seconds in user mode of reaped children, from stat",
      (s) => s.cpu_children_user_time,
    ),
    gauge(
      "children_system_time",
      "CPU seconds in the kernel of reaped children, from stat",
      (s) => s.cpu_children_system_time,
    ),
    // What the kernel's field says where it is not counted, and so what psutil gives: the canonical name is absent then.
    gauge(
      "iowait_time",
      "Seconds waited for disks, from stat; 0 where the kernel does not count them (see lithoscope_host_iowait_counted)",
      (s) => s.iowait_time ?? 0,
    ),
  ],
);

/** Memory and disk of a process, in the names of the Lithops Profiler. */
export const LITHOPS_MEMORY_DISK = new Table<Sample>(
  { subject: AS_LITHOPS, labels: PROCESS_LABELS },
  [
    gauge(
      "memory_usage",
      "Resident memory in MiB, from status",
      megabytes((s) => s.rss),
    ),
    gauge(
      "disk_read_mb",
      "MiB fetched from storage, from io",
      megabytes((s) => s.storage_read_bytes),
    ),
    gauge(
      "disk_write_mb",
      "MiB sent to storage, from io",
      megabytes((s) => s.storage_write_bytes),
    ),
    gauge(
      "disk_read_rate",
      "MiB a second fetched from storage, from io",
      megabytes((s) => s.storage_read_rate),
    ),
    gauge(
      "disk_write_rate",
      "MiB a second sent to storage, from io",
      megabytes((s) => s.storage_write_rate),
    ),
  ],
);

/** CPU of a worker thread, in the names of the Lithops Profiler: its thread id stands for a process id. */
export const LITHOPS_THREAD = new Table<ThreadSample>(
  { subject: AS_LITHOPS, labels: PROCESS_LABELS },
  cpu<ThreadSample>(),
);

/** Traffic during one call. */
export interface CallTraffic {
  /** Bytes received in the worker's network namespace since the call was first seen. */
  recv_bytes: number;
  /** Bytes sent in it since then. */
  sent_bytes: number;
  /** Bytes received a second. */
  recv_rate: number | null;
  /** Bytes sent a second. */
  sent_rate: number | null;
}

/** Network of a call, in the names of the Lithops Profiler. */
export const LITHOPS_NETWORK = new Table<CallTraffic>(
  { subject: AS_LITHOPS, labels: ["executor_id", "job_id", "call_id"] },
  [
    gauge(
      "net_read_mb",
      "MiB received in the worker's network namespace, loopback left out, since the call was first sampled, from net/dev",
      megabytes((s) => s.recv_bytes),
    ),
    gauge(
      "net_write_mb",
      "MiB sent in the worker's network namespace, loopback left out, since the call was first sampled, from net/dev",
      megabytes((s) => s.sent_bytes),
    ),
    gauge(
      "net_read_rate",
      "MiB a second received in the worker's network namespace, from net/dev",
      megabytes((s) => s.recv_rate),
    ),
    gauge(
      "net_write_rate",
      "MiB a second sent in the worker's network namespace, from net/dev",
      megabytes((s) => s.sent_rate),
    ),
  ],
);
