/**
 * Collections where /proc may not be read or does not exist: the host's own process and the machine, as far as Deno
 * tells without it. All else is `null` or left out.
 *
 * @module
 */
import { ownerOf } from "./_boards.ts";
import type {
  Clock,
  CollectionTaker,
  CollectorOptions,
  TreeOptions,
  WorkerTarget,
} from "./targets.ts";
import { systemInfo } from "./granted.ts";
import type { Collection, Sample, TreeUsage } from "./record.ts";
import { addUp, UsageMeter } from "./_usage.ts";

/** `read()`, or `null` if it throws: the permission for it is missing. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Takes collections without /proc. */
export class BareCollector implements CollectionTaker {
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #meter = new UsageMeter();
  readonly #threads = new Set<number>();
  #collections = 0;
  #before: number | null = null;
  #cpuBefore = 0;

  /** Makes a collector that needs no permission. */
  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#clock = options.clock ??
      { now: () => performance.now(), epoch: performance.timeOrigin };
  }

  addJob(_number: number, _jobId: string): void {}

  addWorker(worker: WorkerTarget): void {
    if (worker.backend === "thread") this.#threads.add(worker.workerId);
  }

  removeWorker(workerId: number): void {
    this.#threads.delete(workerId);
  }

  addTree(_options: TreeOptions): void {}

  collect(missed = 0, final = false): Collection {
    const began = this.#clock.now();
    const tstamp = (this.#clock.epoch + began) / 1000;
    const elapsed = this.#before === null ? null : began - this.#before;
    this.#before = began;
    const sample = this.#sample(tstamp, elapsed);
    const usage = this.#usage(sample);
    const runsCalls = this.#threads.size > 0;
    const cpuNs = (sample.cpu_user_time + sample.cpu_system_time) * 1e9;
    const parts = runsCalls ? [{ usage: { ...usage }, cpuNs }] : [];
    const total = this.#meter.next(addUp(parts), began);
    usage.cpu_percent = sample.cpu_percent;
    return {
      collection_id: this.#collections++,
      executor_id: this.#options.executorId,
      tstamp,
      elapsed: elapsed === null ? null : elapsed / 1000,
      duration: (this.#clock.now() - began) / 1000,
      profiler_cpu_time: null,
      missed_ticks: missed,
      final,
      processes: [sample],
      threads: [],
      trees: [{
        ...ownerOf(this.#options.executorId, null, []),
        tstamp,
        kind: "host",
        pid: sample.pid,
        calls: [],
        ended: false,
        ...usage,
      }],
      total,
      networks: [],
      host: this.#options.host ?? true ? this.#machine(tstamp) : null,
      cgroups: [],
    };
  }

  #sample(tstamp: number, elapsed: number | null): Sample {
    const cpu = process.cpuUsage();
    const used = (cpu.user + cpu.system) / 1e6;
    const percent = elapsed === null || elapsed <= 0
      ? null
      : Math.max(0, used - this.#cpuBefore) / elapsed * 1e5;
    this.#cpuBefore = used;
    const resources = attempt(() => process.resourceUsage());
    return {
      ...ownerOf(this.#options.executorId, null, []),
      tstamp,
      pid: Deno.pid,
      parent_pid: attempt(() => Deno.ppid),
      start_tstamp: null,
      command: "deno",
      state: null,
      depth: 0,
      threads: null,
      cpu_percent: percent,
      cpu_user_time: cpu.user / 1e6,
      cpu_system_time: cpu.system / 1e6,
      cpu_children_user_time: null,
      cpu_children_system_time: null,
      iowait_time: null,
      iowait_available: false,
      run_queue_time: null,
      rss: attempt(() => Deno.memoryUsage().rss),
      vms: null,
      swap: null,
      peak_rss: resources === null ? null : resources.maxRSS * 1024,
      uss: null,
      pss: null,
      uss_tstamp: null,
      storage_read_bytes: null,
      storage_write_bytes: null,
      storage_read_rate: null,
      storage_write_rate: null,
      syscall_read_bytes: null,
      syscall_write_bytes: null,
      syscall_read_rate: null,
      syscall_write_rate: null,
      minor_faults: null,
      major_faults: null,
      voluntary_switches: null,
      involuntary_switches: null,
      open_files: null,
    };
  }

  #usage(sample: Sample): TreeUsage {
    return {
      ...addUp([]).usage,
      processes: 1,
      processes_seen: 1,
      threads: null,
      cpu_user_time: sample.cpu_user_time,
      cpu_system_time: sample.cpu_system_time,
      run_queue_time: null,
      rss: sample.rss,
      vms: null,
      swap: null,
      uss: null,
      pss: null,
      peak_rss: sample.peak_rss,
      largest_peak_rss: sample.peak_rss,
      storage_read_bytes: null,
      storage_write_bytes: null,
      syscall_read_bytes: null,
      syscall_write_bytes: null,
      minor_faults: null,
      major_faults: null,
      voluntary_switches: null,
      involuntary_switches: null,
      open_files: null,
      unreadable: 0,
    };
  }

  #machine(tstamp: number): Collection["host"] {
    const memory = systemInfo("systemMemoryInfo");
    const load = systemInfo("loadavg");
    return {
      tstamp,
      hostname: systemInfo("hostname"),
      cores: navigator.hardwareConcurrency,
      cpu_percent: null,
      cpu_percent_by_core: null,
      cpu_steal_percent: null,
      cpu_iowait_percent: null,
      load: load === null ? null : [load[0]!, load[1]!, load[2]!],
      memory_total: memory?.total ?? null,
      memory_available: memory?.available ?? null,
      memory_free: memory?.free ?? null,
      swap_total: memory?.swapTotal ?? null,
      swap_free: memory?.swapFree ?? null,
      cpu_pressure: null,
      memory_pressure: null,
      io_pressure: null,
    };
  }

  close(): void {}
}
