/** The machines that samples are of: that of the script, and worker hosts. */
import type { Collection } from "../profiler/record.ts";
import type { RunData } from "./run_data.ts";

/** The collections of each machine; that of the script is undefined. */
export function byMachine(
  collections: readonly Collection[],
): Map<string | undefined, Collection[]> {
  return Map.groupBy(collections, ({ worker_host }) => worker_host?.id);
}

/** The same without the machine of the script where worker hosts were sampled, as calls ran there. */
export function ofWorkers(collections: readonly Collection[]): Collection[][] {
  const machines = byMachine(collections);
  if (machines.size > 1) machines.delete(undefined);
  return [...machines.values()];
}

/** What is behind the name of something of a machine; nothing for the machine of the script. */
export function ofHost({ worker_host }: Collection): string {
  return worker_host === undefined ? "" : ` of ${worker_host.name}`;
}

/** Cores of all machines that ran calls; undefined where those of one are not known. */
export function coresOfAll({ header, calls }: RunData): number | undefined {
  const cores = new Map<string | null, number>();
  for (const { host_name, worker_id, worker_func_cpu_usage } of calls) {
    if (worker_id === null) continue;
    const name = host_name ?? header.host_name;
    const known = name === header.host_name && header.backend !== "redis"
      ? header.cores
      : worker_func_cpu_usage?.length ?? 0;
    cores.set(name, Math.max(cores.get(name) ?? 0, known));
  }
  if (cores.size === 0) return header.cores;
  const all = [...cores.values()];
  return all.includes(0) ? undefined : all.reduce((sum, one) => sum + one, 0);
}

/** Memory of all machines that ran calls, in bytes; `null` where that of one is not known. */
export function memoryOfAll(
  collections: readonly Collection[],
  script: number | null,
): number | null {
  let sum = 0;
  for (const machine of ofWorkers(collections)) {
    const [first] = machine;
    const known = machine.findLast(({ host }) => host?.memory_total);
    const total = known?.host?.memory_total ??
      (first?.worker_host === undefined ? script : null);
    if (total === null) return null;
    sum += total;
  }
  return sum > 0 ? sum : script;
}
