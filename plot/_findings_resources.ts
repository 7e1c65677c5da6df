/** Findings on what a run used of its machine: CPU, storage and network, limits of control groups, memory. */
import type { CgroupSample, Collection } from "../profiler/record.ts";
import { coresOf, cpuOf } from "./_cpu.ts";
import { type Finding, percent, plain, type Rule } from "./_finding.ts";
import { byMachine, ofHost, ofWorkers } from "./_machines.ts";
import { counted, duration } from "./_style.ts";
import { amount } from "./_usage_heading.ts";

const MIB = 2 ** 20;
/** Bytes a second that tell that calls really move data. */
const STORAGE_RATE = 10 * MIB, NETWORK_RATE = 5 * MIB;

/** Calls that keep all cores busy. */
export const cpuBound: Rule = ({ data, shape }) => {
  const calls = shape.ran.map(({ call }) => call);
  const cpu = cpuOf(calls);
  if (cpu === undefined) return;
  const exec = sumOf(calls, (call) => call.worker_func_exec_time);
  // Cores are known of the machine of the script alone.
  const limits = cgroupsOf(data.collections).flatMap(({ last }) =>
    last.cpu_limit ?? []
  );
  const own = coresOf(data);
  if (own === undefined) return;
  const cores = Math.min(own, ...limits);
  const used = cpu.perCall * exec / shape.open;
  if (!(used >= 0.8 * cores)) return;
  return {
    id: "cpu_bound",
    title: "CPU-bound",
    text: `Calls kept ${used.toFixed(1)} of ${
      counted(Number(cores.toPrecision(3)), "core")
    } busy all along: more workers would not help, but faster code or more cores would.`,
    severity: "info",
    figures: {
      cores_used: used,
      cores,
      cpu_seconds: cpu.cpu,
      cores_per_call: cpu.perCall,
    },
  };
};

/** Calls that wait while much data goes to or from storage, or over the network. */
export const ioBound: Rule = ({ data, shape }) => {
  const calls = shape.ran.map(({ call }) => call);
  const cpu = cpuOf(calls);
  if (cpu === undefined || cpu.perCall > 0.5) return;
  const storage = sumOf(calls, (call) =>
    call.worker_func_read_bytes === null ||
      call.worker_func_write_bytes === null
      ? null
      : call.worker_func_read_bytes + call.worker_func_write_bytes) /
    shape.open;
  const network = sumOfMachines(data.collections ?? [], networkRate) ??
    // Of calls that overlap, each has seen the traffic of all: their mean rate is that of the namespace.
    sumOf(calls, (call) =>
        call.worker_func_recv_net_io === null ||
          call.worker_func_sent_net_io === null
          ? null
          : call.worker_func_recv_net_io + call.worker_func_sent_net_io) /
      sumOf(
        calls,
        (call) =>
          call.worker_func_recv_net_io === null
            ? null
            : call.worker_func_exec_time,
      );
  const pressures = ofWorkers(data.collections ?? []).map(pressureOf)
    .filter((share) => share !== undefined);
  const pressure = pressures.length === 0 ? undefined : Math.max(...pressures);
  const parts: string[] = [];
  if (storage >= STORAGE_RATE) {
    parts.push(`${amount(storage)} a second to and from storage`);
  }
  if (network >= NETWORK_RATE) {
    parts.push(`${amount(network)} a second over the network`);
  }
  if (pressure !== undefined && pressure >= 0.2) {
    parts.push(
      `tasks of the machine waiting for disks ${percent(pressure)} of the time`,
    );
  }
  if (parts.length === 0) return;
  return {
    id: "io_bound",
    title: "I/O-bound",
    text: `Calls used a core for ${
      percent(cpu.perCall)
    } of their time and waited for the rest, with ${
      parts.join(", ")
    }. Reading and writing less, or in larger pieces, comes before more cores; more workers help as far as disk and network have room.`,
    severity: "info",
    figures: {
      cores_per_call: cpu.perCall,
      storage_rate: storage,
      ...(Number.isFinite(network) ? { network_rate: network } : {}),
      ...(pressure === undefined ? {} : { io_pressure_share: pressure }),
    },
  };
};

/** Processes that were held back by the CPU limit of their control group. */
export const throttled: Rule = ({ data }) => {
  let worst: Finding | undefined;
  for (const { path, where, first, last } of cgroupsOf(data.collections)) {
    const time = last.tstamp - first.tstamp;
    const held = delta(first.throttled_time, last.throttled_time);
    if (!(time > 0) || held === undefined || held < 0.05 * time) continue;
    if (held <= (worst?.figures.throttled_time ?? 0)) continue;
    const { cpu_limit } = last;
    worst = {
      id: "throttled",
      title: "Throttled by the control group",
      text: `Processes of control group "${plain(path)}"${
        plain(where)
      } were held back for ${duration(held)} in ${duration(time)}${
        cpu_limit === null
          ? ""
          : ` by its limit of ${
            counted(Number(cpu_limit.toPrecision(3)), "core")
          }`
      }: raise the limit, or start no more workers than it has cores.`,
      severity: held >= 0.25 * time ? "warning" : "notice",
      figures: {
        throttled_time: held,
        sampled_time: time,
        throttled_share: held / time,
        ...(cpu_limit === null ? {} : { cpu_limit }),
      },
    };
  }
  return worst;
};

/** Memory that came near its limit, or was exceeded. */
export const memoryLimit: Rule = ({ data }) => {
  const collections = data.collections ?? [];
  let used = 0, limit = 0, where = "", kills = 0;
  const see = (bytes: number, of: number, name: string) => {
    if (limit === 0 || bytes / of > used / limit) {
      used = bytes, limit = of, where = name;
    }
  };
  for (const collection of collections) {
    const { cgroups, trees, host, worker_host } = collection;
    for (const { memory_limit, path, worker_ids, is_host } of cgroups) {
      if (memory_limit === null) continue;
      // Of memory_current much may be page cache, which the kernel gives back when it must.
      let bytes = 0;
      for (const tree of trees) {
        const isInside = tree.worker_id === null
          ? is_host
          : worker_ids.includes(tree.worker_id);
        if (isInside) bytes += tree.pss ?? tree.rss ?? 0;
      }
      const name = `control group "${plain(path)}"`;
      see(bytes, memory_limit, `${name}${plain(ofHost(collection))}`);
    }
    if (host?.memory_total && host.memory_available !== null) {
      see(
        host.memory_total - host.memory_available,
        host.memory_total,
        worker_host === undefined ? "the machine" : plain(worker_host.name),
      );
    }
  }
  for (const { first, last } of cgroupsOf(collections)) {
    kills += delta(first.oom_kills, last.oom_kills) ?? 0;
  }
  const share = limit > 0 ? used / limit : 0;
  if (share < 0.9 && kills === 0) return;
  const near = share < 0.9
    ? ""
    : `${amount(used)} of the ${
      amount(limit)
    } of ${where} were in use at the highest, ${percent(share)}. `;
  return {
    id: "memory_limit",
    title: kills > 0 ? "Out of memory" : "Memory near the limit",
    text: `${near}${
      kills > 0
        ? `The kernel killed ${
          kills === 1 ? "a process" : `${kills} processes`
        } as memory ran out. `
        : ""
    }Start fewer workers, or hold less in each call.`,
    severity: kills > 0 || share >= 0.95 ? "warning" : "notice",
    figures: {
      ...(limit > 0
        ? { used_bytes: used, limit_bytes: limit, used_share: share }
        : {}),
      oom_kills: kills,
    },
  };
};

interface Seen {
  path: string;
  /** ` of alpha`, where the machine is not that of the script. */
  where: string;
  first: CgroupSample;
  last: CgroupSample;
}

/** First and last sample of each control group that calls ran in. */
function cgroupsOf(collections: readonly Collection[] = []): Seen[] {
  return [...byMachine(collections).values()].flatMap((machine) => {
    const where = ofHost(machine[0]!);
    const seen = new Map<string, Seen>();
    for (const sample of machine.flatMap(({ cgroups }) => cgroups)) {
      const { path } = sample;
      const known = seen.get(path);
      if (known !== undefined) known.last = sample;
      else seen.set(path, { path, where, first: sample, last: sample });
    }
    return [...seen.values()];
  });
}

function delta(from: number | null, to: number | null): number | undefined {
  return from === null || to === null ? undefined : Math.max(0, to - from);
}

/** The sum of a figure over the machines that ran calls; undefined where it is known of none. */
function sumOfMachines(
  collections: readonly Collection[],
  figure: (machine: Collection[]) => number | undefined,
): number | undefined {
  const known = ofWorkers(collections).map(figure)
    .filter((value) => value !== undefined);
  return known.length === 0
    ? undefined
    : known.reduce((sum, value) => sum + value, 0);
}

/** Bytes a second over the networks of a machine; undefined if they were sampled less than twice. */
function networkRate(collections: readonly Collection[]): number | undefined {
  const sampled = collections.filter(({ networks }) => networks.length > 0);
  const first = sampled[0], last = sampled.at(-1);
  if (first === undefined || last === undefined || first === last) return;
  let bytes = 0;
  for (const to of last.networks) {
    const from = first.networks.find((it) => it.namespace === to.namespace);
    if (from === undefined) continue;
    bytes += Math.max(0, to.recv_bytes - from.recv_bytes) +
      Math.max(0, to.sent_bytes - from.sent_bytes);
  }
  return bytes / (last.tstamp - first.tstamp);
}

/** Share of the time in which tasks of a machine waited for disks. */
function pressureOf(collections: readonly Collection[]): number | undefined {
  const known = collections.flatMap(({ host }) =>
    host?.io_pressure ? { at: host.tstamp, io: host.io_pressure } : []
  );
  const first = known[0], last = known.at(-1);
  if (first === undefined || last === undefined || first === last) return;
  return (last.io.some_time - first.io.some_time) / (last.at - first.at);
}

/** The sum of a figure where it is known. */
function sumOf<T>(
  values: readonly T[],
  figure: (value: T) => number | null,
): number {
  return values.reduce((sum, value) => sum + (figure(value) ?? 0), 0);
}
