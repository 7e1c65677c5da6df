/**
 * What the profiler records: one {@linkcode Collection} a tick, holding samples of processes, threads, trees, network
 * namespaces, the host and its control groups.
 *
 * Keys are snake_case, as in `CallStats`: this is a data format, and a JSON line of a record file is one collection.
 * Instants (`tstamp`) are epoch seconds, durations seconds, sizes bytes, rates bytes a second, CPU percent 100 for a
 * core kept busy. `null` means "not measured" (no permission, no such file, no earlier sample to compare with), never a
 * made-up 0; without `/proc` nearly all is, and only the host's own process is seen. Counters count from the start of their process, and never go down.
 *
 * @module
 */

import type {
  CgroupSample,
  HostSample,
  NetworkSample,
} from "./_record_machine.ts";

export type {
  CgroupSample,
  HostSample,
  NetworkSample,
  Pressure,
} from "./_record_machine.ts";

/** Whose sample it is: what the worker was running at that instant. */
export interface SampleOwner {
  /** Executor, `<6 hex>-<n>`. */
  executor_id: string;
  /** Number of the worker within its executor; `null` for the host process. */
  worker_id: number | null;
  /** Job of the call that the worker ran, `"M001"`; `null` when idle. */
  job_id: string | null;
  /** The call that the worker ran, `"00042"`; `null` when idle. With several at once, the one that started last. */
  call_id: string | null;
}

/** One process at one instant. Read from `/proc/<pid>/`. */
export interface Sample extends SampleOwner {
  /** When it was read. */
  tstamp: number;
  /** Process id. */
  pid: number;
  /** Process id of its parent; 1 (or that of a subreaper) once the parent has ended. From `stat`. */
  parent_pid: number | null;
  /** When the process started (resolution 10 ms); with `pid` it names a process once and for all. From `stat`. */
  start_tstamp: number | null;
  /** Name of the command, at most 15 bytes. From `stat`. */
  command: string;
  /** R running, S sleeping, D waiting for a disk, T stopped, Z ended but not reaped, I idle. From `stat`. */
  state: string | null;
  /** 0 for the worker itself, 1 for its children, and so on. */
  depth: number;
  /** Threads. From `stat`. */
  threads: number | null;
  /** CPU use since its last sample, 100 a core; `null` in its first sample. From `stat`, finer from `schedstat`. */
  cpu_percent: number | null;
  /** CPU seconds in user mode (resolution 10 ms), exited threads included. From `stat`. */
  cpu_user_time: number;
  /** CPU seconds in the kernel (resolution 10 ms), exited threads included. From `stat`. */
  cpu_system_time: number;
  /** CPU seconds in user mode of its reaped children and theirs. From `stat`. */
  cpu_children_user_time: number | null;
  /** CPU seconds in the kernel of its reaped children and theirs. From `stat`. */
  cpu_children_system_time: number | null;
  /** Seconds waited for disks; `null` unless `iowait_available`. From `stat`. */
  iowait_time: number | null;
  /** Whether the kernel counts `iowait_time` (its delay accounting is on, `sysctl kernel.task_delayacct`). */
  iowait_available: boolean;
  /** Seconds its threads were ready but waited for a CPU. From `task/<tid>/schedstat`; exited threads as last seen. */
  run_queue_time: number | null;
  /** Resident memory. From `status`. */
  rss: number | null;
  /** Virtual memory. From `stat`. */
  vms: number | null;
  /** Memory in swap, shared memory left out. From `status`. */
  swap: number | null;
  /** Peak resident memory as the kernel keeps it, since the process started or reset it. `VmHWM` of `status`. */
  peak_rss: number | null;
  /** Memory that only this process uses, as last read. From `smaps_rollup`. */
  uss: number | null;
  /** Resident memory, shared pages divided among their users, as last read. From `smaps_rollup`. */
  pss: number | null;
  /** When `uss` and `pss` were read: no sooner than 100 times their cost apart. */
  uss_tstamp: number | null;
  /** Bytes fetched from storage, by it and its reaped children. From `io`. */
  storage_read_bytes: number | null;
  /** Bytes sent to storage, by it and its reaped children. From `io`. */
  storage_write_bytes: number | null;
  /** Bytes a second fetched from storage since its last sample; what reaped children had told of before is not in it. */
  storage_read_rate: number | null;
  /** Bytes a second sent to storage since its last sample, as `storage_read_rate`. */
  storage_write_rate: number | null;
  /** Bytes read by system calls (files, pipes, sockets), by it and its reaped children. `rchar` of `io`. */
  syscall_read_bytes: number | null;
  /** Bytes written by system calls, by it and its reaped children. `wchar` of `io`. */
  syscall_write_bytes: number | null;
  /** Bytes a second read by system calls since its last sample, as `storage_read_rate`. */
  syscall_read_rate: number | null;
  /** Bytes a second written by system calls since its last sample, as `storage_read_rate`. */
  syscall_write_rate: number | null;
  /** Page faults that needed no disk. From `stat`. */
  minor_faults: number | null;
  /** Page faults that needed a disk. From `stat`. */
  major_faults: number | null;
  /** Times its threads gave up the CPU by themselves. From `task/<tid>/status`, read as seldom as USS when many. */
  voluntary_switches: number | null;
  /** Times the kernel took the CPU away from its threads. From `task/<tid>/status`. */
  involuntary_switches: number | null;
  /** Open files, sockets and pipes. Size of `fd/` (Linux 6.2 or later). */
  open_files: number | null;
}

/** One worker thread at one instant (thread backend). Read from `/proc/<pid>/task/<tid>/`. */
export interface ThreadSample extends SampleOwner {
  /** When it was read. */
  tstamp: number;
  /** Process that the thread belongs to. */
  pid: number;
  /** Thread id. */
  tid: number;
  /** Name of the thread. From `stat`. */
  command: string;
  /** One letter, as in {@linkcode Sample.state}. */
  state: string;
  /** CPU use since its last sample, 100 for a core; `null` in its first sample. From `schedstat` (nanoseconds). */
  cpu_percent: number | null;
  /** CPU seconds in both modes (nanosecond resolution). From `schedstat`. */
  cpu_time: number | null;
  /** CPU seconds in user mode (resolution 10 ms). From `stat`. */
  cpu_user_time: number;
  /** CPU seconds in the kernel (resolution 10 ms). From `stat`. */
  cpu_system_time: number;
  /** Seconds it was ready but waited for a CPU. From `schedstat`. */
  run_queue_time: number | null;
  /** Page faults that needed no disk. From `stat`. */
  minor_faults: number;
  /** Page faults that needed a disk. From `stat`. */
  major_faults: number;
  /** Times it gave up the CPU by itself. From `status`. */
  voluntary_switches: number | null;
  /** Times the kernel took the CPU away from it. From `status`. */
  involuntary_switches: number | null;
}

/**
 * Use of some processes together, those that have ended included: what they used is conserved, as the kernel adds it to
 * the parent that reaps them, and as the profiler remembers what no parent took over.
 */
export interface TreeUsage {
  /** Processes alive. */
  processes: number;
  /** Processes seen so far. Children that lived between two ticks are not in it, though their CPU time and I/O are. */
  processes_seen: number;
  /** Threads of the processes alive. */
  threads: number | null;
  /** CPU use since the last collection, children that ended meanwhile included; `null` in the first. */
  cpu_percent: number | null;
  /** CPU seconds in user mode of all, ended ones included. */
  cpu_user_time: number;
  /** CPU seconds in the kernel of all, ended ones included. */
  cpu_system_time: number;
  /** Seconds their threads waited for a CPU; ended processes as last seen. */
  run_queue_time: number | null;
  /** Sum of resident memory; shared pages count once for each process. */
  rss: number | null;
  /** Sum of virtual memory. */
  vms: number | null;
  /** Sum of memory in swap. */
  swap: number | null;
  /** Sum of USS; `null` if that of any process is unknown. */
  uss: number | null;
  /** Sum of PSS: the memory they really take together; `null` if that of any process is unknown. */
  pss: number | null;
  /** Highest `rss` of any collection so far. */
  peak_rss: number | null;
  /** Highest peak resident memory of any single process so far, ended ones included as last seen. */
  largest_peak_rss: number | null;
  /** Bytes fetched from storage. */
  storage_read_bytes: number | null;
  /** Bytes sent to storage. */
  storage_write_bytes: number | null;
  /** Bytes a second fetched from storage since the last collection. */
  storage_read_rate: number | null;
  /** Bytes a second sent to storage since the last collection. */
  storage_write_rate: number | null;
  /** Bytes read by system calls. */
  syscall_read_bytes: number | null;
  /** Bytes written by system calls. */
  syscall_write_bytes: number | null;
  /** Bytes a second read by system calls since the last collection. */
  syscall_read_rate: number | null;
  /** Bytes a second written by system calls since the last collection. */
  syscall_write_rate: number | null;
  /** Page faults that needed no disk. */
  minor_faults: number | null;
  /** Page faults that needed a disk. */
  major_faults: number | null;
  /** Times their threads gave up the CPU by themselves; ended processes as last seen. */
  voluntary_switches: number | null;
  /** Times the kernel took the CPU away from their threads; ended processes as last seen. */
  involuntary_switches: number | null;
  /** Open files, sockets and pipes. */
  open_files: number | null;
  /** Processes whose I/O counters may not be read (they belong to another user): the sums above lack theirs. */
  unreadable: number;
}

/** A call that a worker was running. */
export interface RunningCall {
  /** Job of the call, `"M001"`. */
  job_id: string;
  /** The call, `"00042"`. */
  call_id: string;
  /** When the worker started it. */
  start_tstamp: number;
}

/** What a tree is the tree of. */
export type TreeKind = "worker" | "host" | "command";

/** A worker process (or the host, or a command) with all its descendants at one instant. */
export interface TreeSample extends SampleOwner, TreeUsage {
  /** When it was read. */
  tstamp: number;
  /**
   * `"worker"`: a worker process and its descendants. `"host"`: the process of the script, with its descendants on the
   * thread backend, alone on the process backend; its counters count from the start of sampling. `"command"`: the
   * program that `lithoscope profile` runs.
   */
  kind: TreeKind;
  /** Process id of the root. */
  pid: number;
  /** Calls that the worker was running: one a lane at most. */
  calls: RunningCall[];
  /** True in the last sample of a tree: all its processes have ended. */
  ended: boolean;
}

/** A machine that runs calls of a script elsewhere. */
export interface WorkerHost {
  /** Its id, which no other has. */
  id: string;
  /** What it is called: `host_name` of the calls that it ran. */
  name: string;
}

/** All samples of one tick. */
export interface Collection {
  /** Number of the tick, from 0. */
  collection_id: number;
  /** Executor. */
  executor_id: string;
  /** The worker host that was sampled (redis backend); absent where it was the machine of the script. */
  worker_host?: WorkerHost;
  /** When the collection began. */
  tstamp: number;
  /** Seconds since the last collection began; `null` in the first. */
  elapsed: number | null;
  /** Seconds it took to collect. */
  duration: number;
  /** CPU seconds of the profiler's thread so far; `null` where threads cannot be read. */
  profiler_cpu_time: number | null;
  /** Ticks so far for which the profiler came too late. */
  missed_ticks: number;
  /** True for the last one, taken at stop. */
  final: boolean;
  /** Processes of all trees. */
  processes: Sample[];
  /** Worker threads (thread backend). */
  threads: ThreadSample[];
  /** A worker process with its descendants each, and the host. */
  trees: TreeSample[];
  /**
   * All trees together, ended ones included, without the host where it runs no calls. On the redis backend that is the use
   * of all worker hosts at this instant, from the start of sampling there on; between two samples of a host its counters
   * are taken to rise evenly.
   */
  total: TreeUsage;
  /** Network namespaces; none if they were read less than a second ago, as the next two. */
  networks: NetworkSample[];
  /** The machine; `null` too if it was not asked for. */
  host: HostSample | null;
  /** Control groups. */
  cgroups: CgroupSample[];
}

/** First line of a record file. */
export interface RecordHeader {
  /** Always `"lithoscope-profile"`. */
  format: "lithoscope-profile";
  /** Version of the format. */
  version: 1;
  /** Executor. */
  executor_id: string;
  /** When recording began. */
  tstamp: number;
  /** Seconds between collections, as asked for. */
  interval: number;
  /** Name of the machine. */
  hostname: string | null;
  /** Cores of the machine. */
  cores: number;
  /** What was profiled: a command line, or `null` for an executor. */
  command: string[] | null;
}
