/**
 * Turns what was read of a process into its sample.
 *
 * @module
 */
import type { TrackedProcess } from "./_process.ts";
import type { Sample, SampleOwner } from "./record.ts";
import { rateOf, residentBytes } from "./_usage.ts";

/** What samples are made with. */
export interface SampleContext {
  /** Clock ticks in a second. */
  clockTicks: number;
  /** Bytes in a page. */
  pageSize: number;
  /** Epoch seconds at which the machine started. */
  bootTime: number;
  /** Epoch milliseconds at which the clock of readings was 0. */
  epoch: number;
  /** Whether the kernel counts waiting for disks. */
  iowait: boolean;
}

/** The sample of a process that was just read. */
export function processSample(
  p: TrackedProcess,
  owner: SampleOwner,
  context: SampleContext,
): Sample {
  const { stat, status, io } = p;
  const ticks = context.clockTicks;
  const elapsed = p.atBefore === 0 ? 0 : p.at - p.atBefore;
  const percent = p.cpuNsBefore === null || elapsed <= 0
    ? null
    : Math.max(0, p.cpuNs - p.cpuNsBefore) / 1e4 / elapsed;
  return {
    executor_id: owner.executor_id,
    worker_id: owner.worker_id,
    job_id: owner.job_id,
    call_id: owner.call_id,
    tstamp: (context.epoch + p.at) / 1000,
    pid: p.pid,
    parent_pid: stat.ppid,
    start_tstamp: context.bootTime + stat.starttime / ticks,
    command: stat.comm,
    state: stat.state,
    depth: p.depth,
    threads: stat.num_threads,
    cpu_percent: percent,
    cpu_user_time: stat.utime / ticks,
    cpu_system_time: stat.stime / ticks,
    cpu_children_user_time: stat.cutime / ticks,
    cpu_children_system_time: stat.cstime / ticks,
    iowait_time: context.iowait ? stat.delayacct_blkio_ticks / ticks : null,
    iowait_available: context.iowait,
    run_queue_time: p.waitNs === null ? null : p.waitNs / 1e9,
    rss: residentBytes(p, context.pageSize),
    vms: stat.vsize,
    swap: status?.vm_swap ?? null,
    peak_rss: p.peakRss > 0 ? p.peakRss : null,
    uss: p.uss,
    pss: p.pss,
    uss_tstamp: p.ussAt === null ? null : (context.epoch + p.ussAt) / 1000,
    storage_read_bytes: io?.read_bytes ?? null,
    storage_write_bytes: io?.write_bytes ?? null,
    storage_read_rate: rateOf(0, p.ioSince("read_bytes"), elapsed),
    storage_write_rate: rateOf(0, p.ioSince("write_bytes"), elapsed),
    syscall_read_bytes: io?.rchar ?? null,
    syscall_write_bytes: io?.wchar ?? null,
    syscall_read_rate: rateOf(0, p.ioSince("rchar"), elapsed),
    syscall_write_rate: rateOf(0, p.ioSince("wchar"), elapsed),
    minor_faults: stat.minflt,
    major_faults: stat.majflt,
    voluntary_switches: p.voluntary,
    involuntary_switches: p.involuntary,
    open_files: p.openFiles,
  };
}
