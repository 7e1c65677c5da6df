/**
 * The calls that run at a collection, as blocks of series.
 *
 * @module
 */
import { RUNNING } from "./_call_metrics.ts";
import { type Labels, labelsOf } from "./_families.ts";
import { type CallTraffic, LITHOPS_NETWORK } from "./_lithops_metrics.ts";
import type {
  Collection,
  NetworkSample,
  RunningCall,
  ThreadSample,
  TreeSample,
} from "./record.ts";
import { type Block, plain, TIER } from "./_selection.ts";

/** Makes the blocks of running calls. */
export class RunningCalls {
  readonly #legacyNames: boolean;
  /** Bytes of the namespace when each running call was first seen. */
  #before = new Map<string, { recv: number; sent: number }>();

  /** `legacyNames` adds the network metrics of the Lithops Profiler. */
  constructor(legacyNames: boolean) {
    this.#legacyNames = legacyNames;
  }

  /** The blocks of all calls that run in `trees`, which matter as much as `score` says. */
  blocks(
    collection: Collection,
    trees: readonly TreeSample[],
    score: (tree: TreeSample) => number,
  ): Block[] {
    const before = this.#before;
    this.#before = new Map();
    const { executor_id, networks, threads } = collection;
    const blocks: Block[] = [];
    for (const { call, tree, workerId } of placed(trees, threads)) {
      const { job_id, call_id } = call;
      const name = nameOf(call);
      const labels: Labels = { executor_id, job_id, call_id };
      const series = RUNNING.series(
        call,
        labelsOf({ ...labels, worker_id: workerId }),
      );
      const block = plain(`call ${name}`, "call", TIER.running, labels, series);
      block.score = -call.start_tstamp; // one that runs for long matters more
      blocks.push(block);
      const network = networkOf(networks, workerId);
      if (!this.#legacyNames || network === undefined) continue;
      const base = before.get(name) ??
        { recv: network.recv_bytes, sent: network.sent_bytes };
      this.#before.set(name, base);
      const traffic: CallTraffic = {
        recv_bytes: network.recv_bytes - base.recv,
        sent_bytes: network.sent_bytes - base.sent,
        recv_rate: network.recv_rate,
        sent_rate: network.sent_rate,
      };
      const own = LITHOPS_NETWORK.series(traffic, labels);
      blocks.push({
        ...plain(`traffic ${name}`, "call", TIER.detail, labels, own),
        score: score(tree),
      });
    }
    return blocks;
  }
}

/** When the oldest of the running calls began, in seconds since the epoch; `null` if none runs. */
export function oldestStart({ trees }: Collection): number | null {
  let oldest: number | null = null;
  for (const { calls } of trees) {
    for (const { start_tstamp } of calls) {
      oldest = Math.min(oldest ?? start_tstamp, start_tstamp);
    }
  }
  return oldest;
}

function nameOf(of: { job_id: string | null; call_id: string | null }): string {
  return `${of.job_id}/${of.call_id}`;
}

/** The running calls, each with its worker; on the thread backend the trees do not know it, but the threads do. */
function placed(
  trees: readonly TreeSample[],
  threads: readonly ThreadSample[],
): { call: RunningCall; tree: TreeSample; workerId: number | null }[] {
  const byThread = new Map(threads.map((it) => [nameOf(it), it.worker_id]));
  return trees.flatMap((tree) =>
    tree.calls.map((call) => ({
      call,
      tree,
      workerId: tree.worker_id ?? byThread.get(nameOf(call)) ?? null,
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
