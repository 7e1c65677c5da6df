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
  type CallTraffic,
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
import type {
  Collection,
  NetworkSample,
  RunningCall,
  Sample,
  ThreadSample,
  TreeSample,
} from "./record.ts";
import type { Block } from "./_selection.ts";
import {
  PROCESS,
  PROCESS_INFO,
  THREAD,
  TOTAL,
  TREE_CORE,
  TREE_DETAIL,
} from "./_usage_metrics.ts";

/** Order of importance. */
const TIER = {
  all: 0,
  host: 1,
  tree: 2,
  running: 3,
  treeDetail: 4,
  traffic: 5,
  group: 5,
  process: 6,
} as const;

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

/** A running call and the worker that runs it. */
interface Placed {
  call: RunningCall;
  workerId: number | null;
}

/** Makes the blocks of one collection after the other. */
export class BlockMaker {
  readonly #legacyNames: boolean;
  /** Traffic of the namespace when each running call was first seen. */
  #traffic = new Map<string, { recv: number; sent: number }>();

  /** `legacyNames` adds the metrics of the Lithops Profiler. */
  constructor(legacyNames: boolean) {
    this.#legacyNames = legacyNames;
  }

  /** The blocks of a collection. Processes that have ended, and their trees, are in the totals alone. */
  blocks(collection: Collection): Block[] {
    const { executor_id, threads, networks, cgroups } = collection;
    const trees = collection.trees.filter(({ ended }) => !ended);
    const running = placed(trees, threads);
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
    for (const tree of trees) blocks.push(...treeBlocks(tree, score(tree)));
    for (const thread of threads) blocks.push(this.#thread(thread));
    for (const { call, workerId } of running) {
      const labels = callLabels(executor_id, call);
      const series = RUNNING.series(
        call,
        labelsOf({ ...labels, worker_id: workerId }),
      );
      const block = plain(
        `call ${nameOf(call)}`,
        "call",
        TIER.running,
        labels,
        series,
      );
      block.score = -call.start_tstamp; // one that runs for long matters more
      blocks.push(block);
    }
    if (this.#legacyNames) blocks.push(...this.#networkOf(collection, running));
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
      tier: TIER.process,
      score,
      labels,
      other: otherProcess(executor_id),
      series,
    };
  }

  #thread(thread: ThreadSample): Block {
    const { executor_id, worker_id, pid, tid, job_id, call_id } = thread;
    const labels = labelsOf({ executor_id, worker_id, pid, tid });
    const series = THREAD.series(thread, labels);
    if (this.#legacyNames) {
      series.push(...LITHOPS_THREAD.series(
        thread,
        labelsOf({ executor_id, job_id, call_id, pid: tid, parent_pid: pid }),
      ));
    }
    return {
      id: `thread ${tid} of worker ${worker_id}`,
      kind: "thread",
      tier: TIER.tree,
      score: thread.cpu_percent ?? 0,
      labels: { ...labels, job_id: "", call_id: "", parent_pid: "" },
      other: labelsOf({ executor_id, worker_id: "other" }),
      series,
    };
  }

  #networkOf(collection: Collection, running: readonly Placed[]): Block[] {
    const before = this.#traffic;
    this.#traffic = new Map();
    return running.flatMap(({ call, workerId }) => {
      const network = networkOf(collection.networks, workerId);
      if (network === undefined) return [];
      const name = nameOf(call);
      const base = before.get(name) ??
        { recv: network.recv_bytes, sent: network.sent_bytes };
      this.#traffic.set(name, base);
      const traffic: CallTraffic = {
        recv_bytes: network.recv_bytes - base.recv,
        sent_bytes: network.sent_bytes - base.sent,
        recv_rate: network.recv_rate,
        sent_rate: network.sent_rate,
      };
      const labels = callLabels(collection.executor_id, call);
      const series = LITHOPS_NETWORK.series(traffic, labels);
      return [plain(`traffic ${name}`, "call", TIER.traffic, labels, series)];
    });
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

function treeBlocks(tree: TreeSample, score: number): Block[] {
  const { executor_id, kind, worker_id } = tree;
  const labels = labelsOf({ executor_id, kind, worker_id });
  const shared = {
    kind: "tree",
    score,
    labels,
    other: { executor_id, kind: "other" },
  };
  const id = `tree ${kind} ${worker_id} ${tree.pid}`;
  const core = TREE_CORE.series(tree, labels);
  const detail = TREE_DETAIL.series(tree, labels);
  return [
    { ...shared, id, tier: TIER.tree, series: core },
    { ...shared, id: `${id} detail`, tier: TIER.treeDetail, series: detail },
  ];
}

function plain(
  id: string,
  kind: string,
  tier: number,
  labels: Labels,
  series: Series[],
): Block {
  return { id, kind, tier, score: 0, labels, other: null, series };
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

function nameOf({ job_id, call_id }: RunningCall): string {
  return `${job_id}/${call_id}`;
}

function callLabels(executor_id: string, call: RunningCall): Labels {
  return { executor_id, job_id: call.job_id, call_id: call.call_id };
}

/** The running calls, each with its worker; on the thread backend the trees do not know it, but the threads do. */
function placed(
  trees: readonly TreeSample[],
  threads: readonly ThreadSample[],
): Placed[] {
  const byThread = new Map(
    threads.map((it) => [`${it.job_id}/${it.call_id}`, it.worker_id]),
  );
  return trees.flatMap(({ calls, worker_id }) =>
    calls.map((call) => ({
      call,
      workerId: worker_id ?? byThread.get(nameOf(call)) ?? null,
    }))
  );
}

function networkOf(
  networks: readonly NetworkSample[],
  workerId: number | null,
): NetworkSample | undefined {
  return networks.find((it) =>
    workerId !== null && it.worker_ids.includes(workerId)
  ) ?? networks.find((it) => it.is_host);
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
