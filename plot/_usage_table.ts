/**
 * Samples as columns: what the usage chart stacks, by worker or by process, at the same instants for all of them.
 */
import type { Collection, TreeKind } from "../profiler/record.ts";
import { shortHost, workerNames } from "./_hosts.ts";

/** What a chart of usage is stacked by. */
export type UsageGroup = "host" | "worker" | "process";

/** One layer of the stacks. Columns have a value a collection; `NaN` where nothing was measured. */
export interface UsageLayer {
  /** `worker 0`, `host`, `python3 (4242)`, `alpha`. */
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
  /** Seconds between two collections of a machine for most of the time; `NaN` where there is no telling. */
  interval: number;
  /** Worker hosts that were sampled; 0 where only the machine of the script was. */
  hosts: number;
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

  /** Adds all values of a layer to the one of its name, or takes it as it is if there is none. */
  merge(layer: UsageLayer): void {
    const known = this.#layers.get(layer.name);
    if (known === undefined) return void this.#layers.set(layer.name, layer);
    for (const key of ["cpu", "memory", "disk"] as const) {
      const sum = known[key] = known[key].slice();
      addTo(sum, layer[key]);
    }
  }

  /** The layers, whatever their number. */
  all(): UsageLayer[] {
    return [...this.#layers.values()];
  }

  /** The layers in order of their names; the smallest of too many are added up. */
  list(): UsageLayer[] {
    const byName = (a: UsageLayer, b: UsageLayer) =>
      a.name.localeCompare(b.name, "en", { numeric: true });
    const all = this.all().sort(byName);
    if (all.length <= MOST_LAYERS) return all;
    const weight = new Map(all.map((layer) => [layer, weightOf(layer)]));
    const ranked = all.toSorted((a, b) => weight.get(b)! - weight.get(a)!);
    const rest = new Layers(this.#length);
    const small = ranked.slice(MOST_LAYERS - 1);
    const name = `${small.length} others`;
    for (const layer of small) rest.merge({ ...layer, name });
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

/** What the stacks are made of where nobody says: hosts where there are several, else workers. */
export function usualGroup(collections: readonly Collection[]): UsageGroup {
  const hosts = new Set(collections.map(({ worker_host }) => worker_host?.id));
  hosts.delete(undefined);
  return hosts.size > 1 ? "host" : "worker";
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
  const times = Float64Array.from(list, ({ tstamp }) => tstamp);
  const layers = new Layers(list.length);
  const column = () => new Float64Array(list.length).fill(NaN);
  const received = column(), sent = column();
  const nameOf = namesOf(list, by);
  let memoryLimit = NaN;
  const gaps: number[] = [];
  const sources = sourcesOf(list);
  for (const [source, own] of sources) {
    const isScript = source === undefined && sources.size > 1;
    const part = new Layers(list.length);
    const into = column(), out = column();
    own.forEach((at, i) => {
      const collection = list[at]!;
      if (i > 0) gaps.push(times[at]! - times[own[i - 1]!]!);
      if (by === "process") addProcesses(part, collection, at, nameOf);
      else addWorkers(part, collection, at, nameOf);
      for (const { memory_limit } of collection.cgroups) {
        if (memory_limit === null) continue;
        memoryLimit = Math.min(memoryLimit || Infinity, memory_limit);
      }
      if (isScript) return; // its network is not that of the workers
      for (const { recv_rate, sent_rate } of collection.networks) {
        if (recv_rate !== null) into[at] = (into[at] || 0) + recv_rate;
        if (sent_rate !== null) out[at] = (out[at] || 0) + sent_rate;
      }
    });
    const bridge = (values: Float64Array) => {
      if (sources.size > 1) bridged(values, times, list, own);
      return values;
    };
    for (const layer of part.all()) {
      for (const key of ["cpu", "memory", "disk"] as const) bridge(layer[key]);
      layers.merge(layer);
    }
    addTo(received, bridge(into));
    addTo(sent, bridge(out));
  }
  gaps.sort((a, b) => a - b);
  return {
    executors: [...new Set(list.map(({ executor_id }) => executor_id))],
    times,
    interval: usualGap(gaps),
    hosts: [...sources.keys()].filter((id) => id !== undefined).length,
    layers: layers.list(),
    received,
    sent,
    memoryLimit,
  };
}

/**
 * What lies between two samples for most of the time, of sorted gaps; `NaN` if there is no telling. The first ones come
 * quicker, and a short run has hardly others.
 */
function usualGap(gaps: readonly number[]): number {
  const time = gaps.reduce((sum, gap) => sum + gap, 0);
  let passed = 0;
  const usual = gaps.find((gap) => (passed += gap) >= time / 2) ?? NaN;
  return usual * gaps.length < 1.5 * time ? usual : NaN;
}

/** Indexes of the collections of each machine; that of the script is undefined. */
function sourcesOf(
  list: readonly Collection[],
): Map<string | undefined, number[]> {
  const sources = new Map<string | undefined, number[]>();
  list.forEach(({ worker_host }, at) => {
    const own = sources.get(worker_host?.id);
    if (own === undefined) sources.set(worker_host?.id, [at]);
    else own.push(at);
  });
  return sources;
}

/**
 * Fills in what a machine used while others were sampled, on a straight line from each of its samples to the next, so that
 * all can be added up. Nothing is known of the time after a last sample.
 */
function bridged(
  values: Float64Array,
  times: Float64Array,
  list: readonly Collection[],
  own: readonly number[],
): void {
  const known = own.filter((at) => values[at] === values[at]);
  known.slice(1).forEach((to, i) => {
    const from = known[i]!;
    if (list[from]!.final) return;
    const length = times[to]! - times[from]!;
    for (let at = from + 1; at < to; at++) {
      const share = length > 0 ? (times[at]! - times[from]!) / length : 0;
      values[at] = values[from]! + (values[to]! - values[from]!) * share;
    }
  });
}

function addTo(sum: Float64Array, values: Float64Array): void {
  values.forEach((value, at) => {
    if (value === value) sum[at] = (sum[at] || 0) + value;
  });
}

/** What a process or tree of a collection is called. */
type NameOf = (
  collection: Collection,
  of: { worker_id: number | null; kind?: TreeKind },
  name: string,
) => string;

/** Names by host where there are several; the process of the script is not that of a worker host. */
function namesOf(list: readonly Collection[], by: UsageGroup): NameOf {
  const hosts = new Map<number, string>();
  const ids = new Set<string>();
  for (const { worker_host, trees, threads } of list) {
    if (worker_host === undefined) continue;
    ids.add(worker_host.id);
    for (const { worker_id } of [...trees, ...threads]) {
      if (worker_id !== null) hosts.set(worker_id, worker_host.name);
    }
  }
  const workerName = workerNames(hosts);
  return ({ worker_host }, { worker_id, kind }, name) => {
    const host = worker_host?.name;
    if (by === "host") {
      return host ?? (kind === "host" && ids.size > 0 ? "script" : name);
    }
    if (kind === "host" && host === undefined && ids.size > 0) return "script";
    if (kind !== undefined && worker_id !== null) return workerName(worker_id);
    return host === undefined || ids.size < 2
      ? name
      : `${shortHost(host)}: ${name}`;
  };
}

function addProcesses(
  layers: Layers,
  collection: Collection,
  at: number,
  nameOf: NameOf,
): void {
  for (const process of collection.processes) {
    const name = `${process.command} (${process.pid})`;
    layers.add(nameOf(collection, process, name), at, {
      cpu: process.cpu_percent,
      memory: process.rss,
      disk: plus(process.storage_read_rate, process.storage_write_rate),
    });
  }
}

function addWorkers(
  layers: Layers,
  collection: Collection,
  at: number,
  nameOf: NameOf,
): void {
  const { trees, threads } = collection;
  let inThreads = 0;
  for (const { worker_id, cpu_percent } of threads) {
    inThreads += cpu_percent ?? 0;
    const owner = { worker_id, kind: "worker" } as const;
    layers.add(nameOf(collection, owner, `worker ${worker_id}`), at, {
      cpu: cpu_percent,
      memory: null,
      disk: null,
    });
  }
  for (const tree of trees) {
    const name = tree.kind === "worker"
      ? `worker ${tree.worker_id}`
      : tree.kind;
    // Worker threads are part of the host's process, and were counted above.
    const elsewhere = tree.kind === "host" ? inThreads : 0;
    layers.add(nameOf(collection, tree, name), at, {
      cpu: tree.cpu_percent === null
        ? null
        : Math.max(0, tree.cpu_percent - elsewhere),
      memory: tree.rss,
      disk: plus(tree.storage_read_rate, tree.storage_write_rate),
    });
  }
}
