/**
 * Samples as columns: what the usage chart stacks, by worker or by process, at the same instants for all of them.
 */
import type { Collection } from "../profiler/record.ts";

/** What a chart of usage is stacked by. */
export type UsageGroup = "worker" | "process";

/** One layer of the stacks. Columns have a value a collection; `NaN` where nothing was measured. */
export interface UsageLayer {
  /** `worker 0`, `host`, `python3 (4242)`. */
  name: string;
  /** CPU use, 100 a core. */
  cpu: Float64Array;
  /** Resident memory in bytes. */
  memory: Float64Array;
  /** Bytes a second from and to storage. */
  disk: Float64Array;
}

/** Columns of a run. */
export interface UsageTable {
  /** Executors, in order of appearance. */
  executors: string[];
  /** Epoch seconds of each collection. */
  times: Float64Array;
  /** Seconds between two collections, the median; `NaN` with fewer than two. */
  interval: number;
  /** Layers, from the bottom of the stacks up. */
  layers: UsageLayer[];
  /** Bytes a second received from outside, in all network namespaces. */
  received: Float64Array;
  /** Bytes a second sent to the outside, in all network namespaces. */
  sent: Float64Array;
  /** The smallest memory limit of any control group that was seen, in bytes; `NaN` without one. */
  memoryLimit: number;
}

/** Layers beyond this are added up to one called "others". */
const MOST_LAYERS = 8;

type Values = Omit<UsageLayer, "name">;

class Layers {
  readonly #length: number;
  readonly #layers = new Map<string, UsageLayer>();

  constructor(length: number) {
    this.#length = length;
  }

  /** Adds to the values of a layer at one collection; what was not measured changes nothing. */
  add(
    name: string,
    at: number,
    values: Record<keyof Values, number | null>,
  ): void {
    let layer = this.#layers.get(name);
    if (layer === undefined) {
      const column = () => new Float64Array(this.#length).fill(NaN);
      layer = { name, cpu: column(), memory: column(), disk: column() };
      this.#layers.set(name, layer);
    }
    for (const key of ["cpu", "memory", "disk"] as const) {
      const value = values[key];
      if (value !== null) layer[key][at] = (layer[key][at] || 0) + value;
    }
  }

  /** The layers in order of their names; the smallest of too many are added up. */
  list(): UsageLayer[] {
    const byName = (a: UsageLayer, b: UsageLayer) =>
      a.name.localeCompare(b.name, "en", { numeric: true });
    const all = [...this.#layers.values()].sort(byName);
    if (all.length <= MOST_LAYERS) return all;
    const weight = new Map(all.map((layer) => [layer, weightOf(layer)]));
    const ranked = all.toSorted((a, b) => weight.get(b)! - weight.get(a)!);
    const rest = new Layers(this.#length);
    const small = ranked.slice(MOST_LAYERS - 1);
    const orNull = (value: number) => value === value ? value : null;
    for (const layer of small) {
      for (let at = 0; at < this.#length; at++) {
        rest.add(`${small.length} others`, at, {
          cpu: orNull(layer.cpu[at]!),
          memory: orNull(layer.memory[at]!),
          disk: orNull(layer.disk[at]!),
        });
      }
    }
    return [...ranked.slice(0, MOST_LAYERS - 1).sort(byName), ...rest.list()];
  }
}

/** How much a layer matters: a second of a whole core counts as much as a second of 100 MB. */
function weightOf({ cpu, memory }: UsageLayer): number {
  let weight = 0;
  for (let at = 0; at < cpu.length; at++) {
    weight += (cpu[at] || 0) + (memory[at] || 0) / 1e6;
  }
  return weight;
}

/** The sum of what is known; `null` if neither is. */
function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? a ?? b : a + b;
}

/** Reads the collections. Throws a `TypeError` that names the first value that is none. */
export function usageTableOf(
  collections: Iterable<Collection>,
  by: UsageGroup,
): UsageTable {
  const list = [...collections];
  const wrong = list.findIndex((c) => typeof c?.collection_id !== "number");
  if (wrong >= 0) {
    throw new TypeError(
      `Cannot plot usage as each collection must have a collection_id: ${
        JSON.stringify(list[wrong]) ?? "undefined"
      } at index ${wrong}`,
    );
  }
  const layers = new Layers(list.length);
  const received = new Float64Array(list.length).fill(NaN);
  const sent = new Float64Array(list.length).fill(NaN);
  let memoryLimit = NaN;
  list.forEach((collection, at) => {
    if (by === "process") addProcesses(layers, collection, at);
    else addWorkers(layers, collection, at);
    for (const network of collection.networks) {
      const { recv_rate, sent_rate } = network;
      if (recv_rate !== null) received[at] = (received[at] || 0) + recv_rate;
      if (sent_rate !== null) sent[at] = (sent[at] || 0) + sent_rate;
    }
    for (const { memory_limit } of collection.cgroups) {
      if (memory_limit === null) continue;
      memoryLimit = Math.min(memoryLimit || Infinity, memory_limit);
    }
  });
  const times = Float64Array.from(list, ({ tstamp }) => tstamp);
  const gaps = times.slice(1).map((time, at) => time - times[at]!).sort();
  return {
    executors: [...new Set(list.map(({ executor_id }) => executor_id))],
    times,
    interval: gaps.length === 0 ? NaN : gaps[gaps.length >> 1]!,
    layers: layers.list(),
    received,
    sent,
    memoryLimit,
  };
}

function addProcesses(
  layers: Layers,
  { processes }: Collection,
  at: number,
): void {
  for (const process of processes) {
    layers.add(`${process.command} (${process.pid})`, at, {
      cpu: process.cpu_percent,
      memory: process.rss,
      disk: plus(process.storage_read_rate, process.storage_write_rate),
    });
  }
}

function addWorkers(
  layers: Layers,
  { trees, threads }: Collection,
  at: number,
): void {
  let inThreads = 0;
  for (const { worker_id, cpu_percent } of threads) {
    inThreads += cpu_percent ?? 0;
    layers.add(`worker ${worker_id}`, at, {
      cpu: cpu_percent,
      memory: null,
      disk: null,
    });
  }
  for (const tree of trees) {
    const name = tree.kind === "worker"
      ? `worker ${tree.worker_id}`
      : tree.kind === "host"
      ? "host"
      : "command";
    // Worker threads are part of the host's process, and were counted above.
    const elsewhere = tree.kind === "host" ? inThreads : 0;
    layers.add(name, at, {
      cpu: tree.cpu_percent === null
        ? null
        : Math.max(0, tree.cpu_percent - elsewhere),
      memory: tree.rss,
      disk: plus(tree.storage_read_rate, tree.storage_write_rate),
    });
  }
}
