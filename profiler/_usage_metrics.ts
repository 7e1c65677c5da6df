/**
 * Metrics of what uses resources: processes, their trees, all workers together, threads.
 *
 * @module
 */
import {
  counter,
  gauge,
  type Row,
  scaled,
  single,
  Table,
} from "./_families.ts";
import type { Sample, ThreadSample, TreeSample, TreeUsage } from "./record.ts";

/** What a process and a tree of them have in common. */
type Used = Pick<
  Sample & TreeUsage,
  Extract<keyof Sample, keyof TreeUsage>
>;

const CPU = "CPU time in seconds, from stat";

/** What is sent of everything, however many there are. */
const CORE: readonly Row<Used>[] = [
  ...cpuTimes<Used>(),
  gauge(
    "resident_memory_bytes",
    "Resident memory in bytes, from status",
    (s) => s.rss,
  ),
  counter(
    "storage_read_bytes",
    "Bytes fetched from storage, reaped children included, from io",
    (s) => s.storage_read_bytes,
  ),
  counter(
    "storage_written_bytes",
    "Bytes sent to storage, reaped children included, from io",
    (s) => s.storage_write_bytes,
  ),
];

const DETAIL: readonly Row<Used>[] = [
  gauge(
    "cpu_usage_cores",
    "Cores kept busy since the last collection, from stat",
    (s) => scaled(s.cpu_percent, 100),
  ),
  counter(
    "run_queue_wait_seconds",
    "Seconds that threads were ready but waited for a CPU, from schedstat",
    (s) => s.run_queue_time,
  ),
  gauge("threads", "Threads, from stat", (s) => s.threads),
  gauge(
    "open_files",
    "Open files, sockets and pipes, from fd",
    (s) => s.open_files,
  ),
  gauge(
    "virtual_memory_bytes",
    "Virtual memory in bytes, from stat",
    (s) => s.vms,
  ),
  gauge(
    "swap_memory_bytes",
    "Memory in swap in bytes, from status",
    (s) => s.swap,
  ),
  gauge(
    "unique_memory_bytes",
    "Memory that nobody shares (USS) in bytes, from smaps_rollup",
    (s) => s.uss,
  ),
  gauge(
    "proportional_memory_bytes",
    "Memory with shared pages divided among their users (PSS) in bytes, from smaps_rollup",
    (s) => s.pss,
  ),
  single(
    "peak_resident_memory_bytes",
    "Highest resident memory so far in bytes: of a process as the kernel keeps it, of several as sampled",
    (s) => s.peak_rss,
  ),
  counter(
    "syscall_read_bytes",
    "Bytes read by system calls (files, pipes, sockets), from io",
    (s) => s.syscall_read_bytes,
  ),
  counter(
    "syscall_written_bytes",
    "Bytes written by system calls (files, pipes, sockets), from io",
    (s) => s.syscall_write_bytes,
  ),
  ...faults<Used>(),
  ...switches<Used>(),
];

function cpuTimes<
  T extends { cpu_user_time: number; cpu_system_time: number },
>(): Row<T>[] {
  return [
    counter("cpu_seconds", CPU, (s) => s.cpu_user_time, ["mode", "user"]),
    counter("cpu_seconds", CPU, (s) => s.cpu_system_time, ["mode", "system"]),
  ];
}

function faults<
  T extends { minor_faults: number | null; major_faults: number | null },
>(): Row<T>[] {
  const help = "Page faults, from stat: major ones needed a disk";
  return [
    counter("page_faults", help, (s) => s.minor_faults, ["type", "minor"]),
    counter("page_faults", help, (s) => s.major_faults, ["type", "major"]),
  ];
}

function switches<
  T extends {
    voluntary_switches: number | null;
    involuntary_switches: number | null;
  },
>(): Row<T>[] {
  const help = "Context switches, from status: voluntary ones to wait";
  return [
    counter(
      "context_switches",
      help,
      (s) => s.voluntary_switches,
      ["type", "voluntary"],
    ),
    counter(
      "context_switches",
      help,
      (s) => s.involuntary_switches,
      ["type", "involuntary"],
    ),
  ];
}

const SEVERAL: readonly Row<TreeUsage>[] = [
  gauge("processes", "Processes alive", (s) => s.processes),
  counter("processes_seen", "Processes seen so far", (s) => s.processes_seen),
  single(
    "largest_process_peak_memory_bytes",
    "Highest resident memory of any single process so far in bytes, as the kernel keeps it",
    (s) => s.largest_peak_rss,
  ),
  gauge(
    "unreadable_processes",
    "Processes of other users, whose I/O is missing in the sums",
    (s) => s.unreadable,
  ),
];

/** Labels of a process, on canonical and Lithops names alike. */
export const PROCESS_LABELS = [
  "executor_id",
  "job_id",
  "call_id",
  "pid",
  "parent_pid",
] as const;

/** A process. */
export const PROCESS = new Table<Sample>(
  {
    prefix: "lithoscope_process_",
    subject: "Process: ",
    labels: PROCESS_LABELS,
  },
  [
    ...CORE.slice(0, 2),
    counter(
      "cpu_seconds",
      CPU,
      (s) => s.cpu_children_user_time,
      ["mode", "children_user"],
    ),
    counter(
      "cpu_seconds",
      CPU,
      (s) => s.cpu_children_system_time,
      ["mode", "children_system"],
    ),
    ...CORE.slice(2),
    ...DETAIL,
    counter(
      "iowait_seconds",
      "Seconds waited for disks, from stat; absent unless the kernel counts them (sysctl kernel.task_delayacct)",
      (s) => s.iowait_time,
    ),
    single(
      "start_time_seconds",
      "When it started in seconds since the epoch, from stat",
      (s) => s.start_tstamp,
    ),
  ],
);

/** What a process is, as labels of a 1. */
export const PROCESS_INFO = new Table<Sample>(
  {
    prefix: "lithoscope_process_",
    subject: "Process: ",
    labels: [
      "executor_id",
      "pid",
      "parent_pid",
      "worker_id",
      "command",
      "depth",
    ],
  },
  [single("info", "What it is; always 1", () => 1)],
);

const TREE_LABELS = ["executor_id", "kind", "worker_id"] as const;
const TREE_OPTIONS = {
  prefix: "lithoscope_tree_",
  subject: "Worker with its descendants, ended ones included: ",
  labels: TREE_LABELS,
};

/** The figures of a worker with its descendants that are sent of every worker. */
export const TREE_CORE = new Table<TreeSample>(TREE_OPTIONS, CORE);

/** The other figures of a worker with its descendants. */
export const TREE_DETAIL = new Table<TreeSample>(
  TREE_OPTIONS,
  [...DETAIL, ...SEVERAL],
);

/** All workers together, those that have ended included. */
export const TOTAL = new Table<TreeUsage>(
  {
    prefix: "lithoscope_executor_",
    subject: "All workers, ended ones included: ",
    labels: ["executor_id"],
  },
  [...CORE, ...DETAIL, ...SEVERAL],
);

/** A worker thread. */
export const THREAD = new Table<ThreadSample>(
  {
    prefix: "lithoscope_thread_",
    subject: "Worker thread: ",
    labels: ["executor_id", "worker_id", "pid", "tid"],
  },
  [
    ...cpuTimes<ThreadSample>(),
    gauge(
      "cpu_usage_cores",
      "Cores kept busy since the last collection, from schedstat",
      (s) => scaled(s.cpu_percent, 100),
    ),
    counter(
      "run_queue_wait_seconds",
      "Seconds it was ready but waited for a CPU, from schedstat",
      (s) => s.run_queue_time,
    ),
    ...faults<ThreadSample>(),
    ...switches<ThreadSample>(),
  ],
);
