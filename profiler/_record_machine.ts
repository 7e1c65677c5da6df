/**
 * What the profiler records of the machine: its networks, its load, its control groups. Keys, units and `null` are as in
 * `record.ts`, which exports these types.
 *
 * @module
 */

/** Traffic of one network namespace at one instant: the same for all processes in it. From `/proc/<pid>/net/dev`. */
export interface NetworkSample {
  /** When it was read. */
  tstamp: number;
  /** Executor. */
  executor_id: string;
  /** The namespace, `"net:[4026531840]"`. */
  namespace: string;
  /** Whether the script that started the executor is in it. */
  is_host: boolean;
  /** Workers in it. */
  worker_ids: number[];
  /** Bytes received since boot by all interfaces but loopback. */
  recv_bytes: number;
  /** Bytes sent since boot by all interfaces but loopback. */
  sent_bytes: number;
  /** Bytes a second received since the last collection, loopback left out. */
  recv_rate: number | null;
  /** Bytes a second sent since the last collection, loopback left out. */
  sent_rate: number | null;
  /** Packets received, loopback left out. */
  recv_packets: number;
  /** Packets sent, loopback left out. */
  sent_packets: number;
  /** Packets lost or broken both ways, loopback left out. */
  errors: number;
  /** Bytes over loopback since boot (sent and received are the same). */
  loopback_bytes: number;
  /** Bytes a second over loopback since the last collection. */
  loopback_rate: number | null;
}

/** Time in which tasks stood still for want of a resource. From `/proc/pressure/*` (PSI). */
export interface Pressure {
  /** Seconds since boot in which at least one task waited. */
  some_time: number;
  /** Percent of the last 10 seconds in which at least one task waited. */
  some_percent: number;
  /** Seconds since boot in which all tasks waited; `null` where the kernel does not tell. */
  full_time: number | null;
  /** Percent of the last 10 seconds in which all tasks waited. */
  full_percent: number | null;
}

/** The machine at one instant. */
export interface HostSample {
  /** When it was read. */
  tstamp: number;
  /** Name of the machine. */
  hostname: string | null;
  /** Cores of the machine. */
  cores: number;
  /** CPU use of all cores together since the last collection, 100 a core. From `/proc/stat`. */
  cpu_percent: number | null;
  /** CPU use of each core since the last collection, 0 to 100. From `/proc/stat`. */
  cpu_percent_by_core: number[] | null;
  /** Part of `cpu_percent` that other virtual machines took away, 100 a core. From `/proc/stat`. */
  cpu_steal_percent: number | null;
  /** Time cores were idle while a disk was busy, 100 a core. From `/proc/stat`. */
  cpu_iowait_percent: number | null;
  /** Tasks running or ready, averaged over 1, 5 and 15 minutes. `Deno.loadavg()`. */
  load: [number, number, number] | null;
  /** Memory of the machine. `Deno.systemMemoryInfo()`. */
  memory_total: number | null;
  /** Memory that can be had without swapping. */
  memory_available: number | null;
  /** Memory that nothing uses. */
  memory_free: number | null;
  /** Swap space. */
  swap_total: number | null;
  /** Swap space that nothing uses. */
  swap_free: number | null;
  /** CPU pressure. */
  cpu_pressure: Pressure | null;
  /** Memory pressure. */
  memory_pressure: Pressure | null;
  /** Disk pressure. */
  io_pressure: Pressure | null;
}

/** A control group that some of the processes are in. From `/sys/fs/cgroup`. */
export interface CgroupSample {
  /** When it was read. */
  tstamp: number;
  /** Executor. */
  executor_id: string;
  /** Version of the hierarchy that memory was read from. */
  version: 1 | 2;
  /** Path in that hierarchy, `"/"` for its root. */
  path: string;
  /** Path of the group that CPU was read from: the same, unless version 1 keeps CPU apart; `null` if there is none. */
  cpu_path: string | null;
  /** Whether the script that started the executor is in it. */
  is_host: boolean;
  /** Workers in it. */
  worker_ids: number[];
  /** CPU seconds of all its processes since it was made. */
  cpu_time: number | null;
  /** Cores it may use; `null` without a limit. */
  cpu_limit: number | null;
  /** Seconds its processes were held back by `cpu_limit`. */
  throttled_time: number | null;
  /** Periods in which they were held back. */
  throttled_periods: number | null;
  /** Bytes it may use; `null` without a limit. */
  memory_limit: number | null;
  /** Bytes it uses, page cache included. */
  memory_current: number | null;
  /** Most bytes it ever used. */
  memory_peak: number | null;
  /** Processes in it that were killed as memory ran out. */
  oom_kills: number | null;
  /** Processes and threads in it. */
  tasks: number | null;
}
