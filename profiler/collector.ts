/**
 * Takes one collection after the other: all samples of all trees, threads, networks, control groups and the machine.
 *
 * @module
 */
import { ownerOf, runningCalls } from "./_boards.ts";
import { Machine } from "./_machine.ts";
import { MemberTable } from "./_members.ts";
import type { ProcContext } from "./_context.ts";
import {
  parseSchedstat,
  PROC,
  ProcFile,
  readProcText,
  systemConstants,
} from "./procfs.ts";
import type {
  Collection,
  RunningCall,
  Sample,
  TreeSample,
  TreeUsage,
} from "./record.ts";
import { Rollups } from "./_rollups.ts";
import { processSample, type SampleContext } from "./_samples.ts";
import { fileBudget, Source } from "./_source.ts";
import type {
  Clock,
  CollectionTaker,
  CollectorOptions,
  TreeOptions,
  WorkerTarget,
} from "./targets.ts";
import { ThreadTargets } from "./_thread_targets.ts";
import { ProcessTable, type ProcessTree } from "./tree.ts";
import { addUp, type Measured, measureTree, UsageMeter } from "./_usage.ts";

/** The machine, networks and control groups are read no more often than this, in milliseconds. */
const WIDE_EVERY = 1000;

interface TreeEntry {
  tree: ProcessTree;
  worker: WorkerTarget | null;
  meter: UsageMeter;
}

/** Takes collections from /proc. */
export class Collector implements CollectionTaker {
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #procContext: ProcContext;
  readonly #context: SampleContext;
  readonly #jobs = new Map<number, string>();
  readonly #table: ProcessTable;
  readonly #trees = new Set<TreeEntry>();
  readonly #threads: ThreadTargets;
  readonly #rollups = new Rollups(() => {
    const seconds = this.#readOwnTime();
    return seconds === null ? null : seconds * 1000;
  });
  readonly #machine: Machine;
  readonly #members: MemberTable;
  readonly #total = new UsageMeter();
  readonly #ownTime: Source;
  #ended: Measured[] = [];
  #host: TreeEntry | null = null;
  #collections = 0;
  #startedAt: number | null = null;
  #wideAt = -Infinity;

  /** Makes a collector; throws as `ProcFile` does if /proc may not be read or is not there. */
  constructor(options: CollectorOptions) {
    this.#options = options;
    const root = options.root ?? PROC;
    new ProcFile(`${root}/self/stat`).close(); // refused early, and only here
    this.#clock = options.clock ??
      { now: () => performance.now(), epoch: performance.timeOrigin };
    const files = fileBudget(root);
    const constants = systemConstants(root);
    const uptime = Number(
      (readProcText(`${root}/uptime`) ?? "").split(" ")[0],
    );
    this.#context = {
      ...constants,
      epoch: this.#clock.epoch,
      bootTime: (this.#clock.epoch + this.#clock.now()) / 1000 - uptime,
      iowait: readProcText(`${root}/sys/kernel/task_delayacct`) === "1",
    };
    this.#procContext = {
      root,
      files,
      clockTicks: constants.clockTicks,
      now: () => this.#clock.now(),
    };
    this.#table = new ProcessTable(this.#procContext);
    this.#threads = new ThreadTargets(options.executorId, root, files);
    this.#machine = new Machine(root, files);
    this.#members = new MemberTable(
      options.executorId,
      root,
      files,
      options.sys,
    );
    this.#ownTime = new Source(`${root}/thread-self/schedstat`, files, 128);
    if (options.host ?? true) this.#followHost(true);
  }

  addJob(number: number, jobId: string): void {
    this.#jobs.set(number, jobId);
  }

  addWorker(worker: WorkerTarget): void {
    if (worker.backend === "process") {
      this.#follow({
        pid: worker.pid,
        kind: "worker",
        workerId: worker.workerId,
        ...(worker.marker === undefined ? {} : { marker: worker.marker }),
        ...(worker.sinceNow === undefined ? {} : { sinceNow: worker.sinceNow }),
      }, worker);
      return;
    }
    this.#followHost(false);
    this.#threads.add(worker);
  }

  removeWorker(workerId: number): void {
    this.#threads.remove(workerId);
  }

  addTree(options: TreeOptions): void {
    this.#follow(options, null);
  }

  /** The host runs calls itself on the thread backend; only then is its use that of the executor. */
  #followHost(alone: boolean): void {
    if (this.#host !== null) {
      if (this.#host.tree.options.alone === alone) return;
      this.#table.drop(this.#host.tree);
      this.#trees.delete(this.#host);
    }
    const pid = this.#options.hostPid ?? Deno.pid;
    this.#host = this.#follow(
      { pid, kind: "host", workerId: null, alone, sinceNow: true },
      null,
    );
  }

  #follow(options: TreeOptions, worker: WorkerTarget | null): TreeEntry | null {
    const tree = this.#table.add(options);
    if (tree === null) return null; // it has ended before it was seen
    const entry: TreeEntry = { tree, worker, meter: new UsageMeter() };
    this.#trees.add(entry);
    return entry;
  }

  collect(missed = 0, final = false): Collection {
    const began = this.#clock.now();
    const calls = new Map<WorkerTarget, RunningCall[]>();
    for (const worker of this.#workers()) {
      const running = worker.board === null
        ? []
        : runningCalls(worker.board, this.#jobs);
      calls.set(worker, running);
    }
    this.#table.collect();
    const threads = this.#threads.sample(calls, this.#clock, this.#context);
    this.#rollups.read(this.#processes(), began);
    const processes: Sample[] = [];
    const trees: TreeSample[] = [];
    const parts: Measured[] = [];
    for (const entry of this.#trees) {
      const sample = this.#sampleTree(entry, calls, processes);
      trees.push(sample.tree);
      if (entry.tree.options.alone !== true) parts.push(sample.measured);
    }
    const total = this.#total.next(addUp([...this.#ended, ...parts]), began);
    this.#dropEnded();
    const tstamp = (this.#context.epoch + began) / 1000;
    const { executorId } = this.#options;
    const collection: Collection = {
      collection_id: this.#collections++,
      executor_id: executorId,
      tstamp,
      elapsed: this.#startedAt === null
        ? null
        : (began - this.#startedAt) / 1000,
      duration: 0,
      profiler_cpu_time: this.#readOwnTime(),
      missed_ticks: missed,
      final,
      processes,
      threads,
      trees,
      total,
      networks: [],
      host: null,
      cgroups: [],
    };
    if (final || began - this.#wideAt > 0.99 * WIDE_EVERY) {
      this.#wideAt = began;
      if (this.#options.host ?? true) {
        collection.host = this.#machine.sample(tstamp);
      }
      Object.assign(
        collection,
        this.#members.sample(this.#roots(), began, tstamp),
      );
    }
    this.#startedAt = began;
    collection.duration = (this.#clock.now() - began) / 1000;
    return collection;
  }

  *#workers(): Generator<WorkerTarget> {
    for (const { worker } of this.#trees) if (worker !== null) yield worker;
    yield* this.#threads.workers();
  }

  *#processes() {
    for (const { tree } of this.#trees) yield* tree.processes;
  }

  #sampleTree(
    entry: TreeEntry,
    calls: ReadonlyMap<WorkerTarget, RunningCall[]>,
    processes: Sample[],
  ): { tree: TreeSample; measured: Measured } {
    const { tree, worker } = entry;
    const running = worker !== null
      ? calls.get(worker) ?? []
      : entry === this.#host
      ? [...calls].flatMap(([w, list]) => w.backend === "thread" ? list : [])
      : [];
    const owner = ownerOf(
      this.#options.executorId,
      tree.options.workerId,
      worker === null ? [] : running,
    );
    for (const process of tree.processes) {
      processes.push(processSample(process, owner, this.#context));
    }
    const { clockTicks, pageSize } = this.#context;
    const measured = measureTree(tree, clockTicks, pageSize);
    const now = this.#clock.now();
    const usage: TreeUsage = entry.meter.next(measured, now);
    return {
      measured,
      tree: {
        ...owner,
        tstamp: (this.#context.epoch + now) / 1000,
        kind: tree.options.kind,
        pid: tree.options.pid,
        calls: running,
        ended: tree.ended,
        ...usage,
      },
    };
  }

  /** An ended tree has had its last sample; its counters stay in the total. */
  #dropEnded(): void {
    for (const entry of this.#trees) {
      if (!entry.tree.ended) continue;
      const last = entry.meter.last;
      if (last !== null && entry.tree.options.alone !== true) {
        this.#ended = [addUp([...this.#ended, last])];
      }
      this.#table.drop(entry.tree);
      this.#trees.delete(entry);
      if (entry === this.#host) this.#host = null;
    }
  }

  /** The roots that live, as {@linkcode MemberTable} wants them. */
  #roots() {
    return [...this.#trees].flatMap((entry) => {
      const { pid, workerId } = entry.tree.options;
      const process = this.#table.get(pid);
      return process === undefined
        ? []
        : [{ process, workerId, isHost: entry === this.#host }];
    });
  }

  #readOwnTime(): number | null {
    try {
      return parseSchedstat(this.#ownTime.read()).run_ns / 1e9;
    } catch {
      return null;
    }
  }

  close(): void {
    this.#table.close();
    this.#threads.close();
    this.#machine.close();
    this.#members.close();
    this.#ownTime.close();
  }
}
