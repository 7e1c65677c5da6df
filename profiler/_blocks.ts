/**
 * A collection as blocks of series: what is sent of it, in which order of importance.
 *
 * @module
 */
import { RUNNING } from "./_call_metrics.ts";
import {
  type Family,
  type Labels,
  labelsOf,
  type Series,
} from "./_families.ts";
import {
  LITHOPS_CPU,
  LITHOPS_MEMORY_DISK,
  LITHOPS_NETWORK,
  LITHOPS_THREAD,
} from "./_lithops_metrics.ts";
import {
  CGROUP,
  CORE_FAMILIES,
  coreSeries,
  HOST,
  IOWAIT,
  NETWORK,
} from "./_machine_metrics.ts";
import type { Collection, Sample, ThreadSample, TreeSample } from "./record.ts";
import { RunningCalls } from "./_running.ts";
import { type Block, plain, TIER } from "./_selection.ts";
import {
  PROCESS,
  PROCESS_INFO,
  THREAD,
  TOTAL,
  TREE_CORE,
  TREE_DETAIL,
} from "./_usage_metrics.ts";

/** Every metric that blocks hold. */
export const BLOCK_FAMILIES: readonly Family[] = [
  TOTAL,
  HOST,
  IOWAIT,
  NETWORK,
  CGROUP,
  TREE_CORE,
  TREE_DETAIL,
  THREAD,
  RUNNING,
  PROCESS,
  PROCESS_INFO,
  LITHOPS_CPU,
  LITHOPS_MEMORY_DISK,
  LITHOPS_NETWORK,
  LITHOPS_THREAD,
].flatMap(({ families }) => families).concat(CORE_FAMILIES);

/** Makes the blocks of one collection after the other. */
export class BlockMaker {
  readonly #legacyNames: boolean;
  readonly #running: RunningCalls;

  /** `legacyNames` adds the metrics of the Lithops Profiler. */
  constructor(legacyNames: boolean) {
    this.#legacyNames = legacyNames;
    this.#running = new RunningCalls(legacyNames);
  }

  /** The blocks of a collection. Processes that have ended, and their trees, are in the totals alone. */
  blocks(collection: Collection): Block[] {
    const { executor_id, threads, networks, cgroups } = collection;
    const trees = collection.trees.filter(({ ended }) => !ended);
    const score = scorer(collection);
    const blocks: Block[] = [machineBlock(collection)];
    for (const sample of networks) {
      const labels = labelsOf({ executor_id, namespace: sample.namespace });
      const id = `network ${sample.namespace}`;
      blocks.push(
        plain(
          id,
          "network",
          tierOf(sample),
          labels,
          NETWORK.series(sample, labels),
        ),
      );
    }
    for (const sample of cgroups) {
      const labels = labelsOf({ executor_id, path: sample.path });
      const id = `cgroup ${sample.path} ${sample.cpu_path}`;
      blocks.push(
        plain(
          id,
          "cgroup",
          tierOf(sample),
          labels,
          CGROUP.series(sample, labels),
        ),
      );
    }
    const startOf = new Map(
      collection.processes.map((it) => [it.pid, it.start_tstamp]),
    );
    for (const tree of trees) {
      const startedAt = startOf.get(tree.pid) ?? null;
      blocks.push(...treeBlocks(tree, score(tree), startedAt));
    }
    for (const thread of threads) blocks.push(...this.#threads(thread));
    blocks.push(...this.#running.blocks(collection, trees, score));
    const hosts = new Set(
      trees.filter(({ kind }) => kind === "host").map(({ pid }) => pid),
    );
    for (const process of collection.processes) {
      if (process.state === "Z" || process.state === "X") continue;
      blocks.push(
        this.#process(process, score(process), {
          isHost: hosts.has(process.pid) && process.depth === 0,
          runsCalls: threads.length > 0,
        }),
      );
    }
    return blocks;
  }

  #process(
    process: Sample,
    score: number,
    { isHost, runsCalls }: { isHost: boolean; runsCalls: boolean },
  ): Block {
    const { executor_id, job_id, call_id, pid, parent_pid, worker_id } =
      process;
    const labels = labelsOf({ executor_id, job_id, call_id, pid, parent_pid });
    const series = [
      ...PROCESS.series(process, labels),
      ...PROCESS_INFO.series(
        process,
        labelsOf({
          executor_id,
          pid,
          parent_pid,
          worker_id,
          command: process.command,
          depth: process.depth,
        }),
      ),
    ];
    // Lithops has no samples of the script itself. Where its threads run the calls, they tell its CPU use.
    if (this.#legacyNames && !isHost) {
      series.push(...LITHOPS_CPU.series(process, labels));
    }
    if (this.#legacyNames && (!isHost || runsCalls)) {
      series.push(...LITHOPS_MEMORY_DISK.series(process, labels));
    }
    return {
      id: `process ${pid} ${process.start_tstamp}`,
      kind: "process",
      tier: TIER.detail,
      score,
      labels,
      other: otherProcess(executor_id),
      startedAt: process.start_tstamp,
      series,
    };
  }

  #threads(thread: ThreadSample): Block[] {
    const { executor_id, worker_id, pid, tid, job_id, call_id } = thread;
    const shared = {
      kind: "thread",
      score: thread.cpu_percent ?? 0,
      startedAt: null,
    };
    const id = `thread ${tid} of worker ${worker_id}`;
    const labels = labelsOf({ executor_id, worker_id, pid, tid });
    const own: Block = {
      ...shared,
      id,
      tier: TIER.tree,
      labels,
      other: { executor_id, worker_id: "other" },
      series: THREAD.series(thread, labels),
    };
    if (!this.#legacyNames) return [own];
    const legacy = labelsOf({
      executor_id,
      job_id,
      call_id,
      pid: tid,
      parent_pid: pid,
    });
    return [own, {
      ...shared,
      id: `${id} as Lithops`,
      tier: TIER.detail,
      labels: legacy,
      other: otherProcess(executor_id),
      series: LITHOPS_THREAD.series(thread, legacy),
    }];
  }
}

function machineBlock(collection: Collection): Block {
  const { executor_id, host, processes } = collection;
  const labels = { executor_id };
  const series: Series[] = TOTAL.series(collection.total, labels);
  if (host !== null) {
    series.push(...HOST.series(host, labels), ...coreSeries(host, executor_id));
  }
  if (processes.length > 0) {
    const counted = processes.some(({ iowait_available: it }) => it);
    series.push(...IOWAIT.series(counted, labels));
  }
  return plain("all", "all", TIER.all, labels, series);
}

function treeBlocks(
  tree: TreeSample,
  score: number,
  startedAt: number | null,
): Block[] {
  const { executor_id, kind, worker_id } = tree;
  const labels = labelsOf({ executor_id, kind, worker_id });
  const shared = {
    kind: "tree",
    score,
    labels,
    other: { executor_id, kind: "other" },
    startedAt,
  };
  const id = `tree ${kind} ${worker_id} ${tree.pid}`;
  const core = TREE_CORE.series(tree, labels);
  const detail = TREE_DETAIL.series(tree, labels);
  return [
    { ...shared, id, tier: TIER.tree, series: core },
    { ...shared, id: `${id} detail`, tier: TIER.detail, series: detail },
  ];
}

function otherProcess(executor_id: string): Labels {
  const other = "other";
  return {
    executor_id,
    job_id: other,
    call_id: other,
    pid: other,
    parent_pid: other,
  };
}

/** That of the script is one of a kind; workers may have one each. */
function tierOf({ is_host }: { is_host: boolean }): number {
  return is_host ? TIER.host : TIER.group;
}

/** How much of all CPU and memory something uses, whichever is the larger share. */
function scorer(
  collection: Collection,
): (of: { cpu_percent: number | null; rss: number | null }) => number {
  let cpu = 0, memory = 0;
  for (const { cpu_percent, rss } of collection.processes) {
    cpu += cpu_percent ?? 0;
    memory += rss ?? 0;
  }
  return ({ cpu_percent, rss }) =>
    Math.max(
      cpu > 0 ? (cpu_percent ?? 0) / cpu : 0,
      memory > 0 ? (rss ?? 0) / memory : 0,
    );
}
