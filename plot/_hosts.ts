/** Workers by the hosts that they are on, and what they are called where there are several hosts. */

/** Longest name of a host that is written out, in characters. */
const LONGEST = 16;

/** Numbers of workers: those of a host together, hosts by their first worker. `hosts` has the host of each, if known. */
export function byHost(
  workers: readonly number[],
  hosts: ReadonlyMap<number, string>,
): number[] {
  const groups = new Map<string | undefined, number[]>();
  for (const worker of [...workers].sort((a, b) => a - b)) {
    const host = hosts.get(worker);
    const group = groups.get(host);
    if (group === undefined) groups.set(host, [worker]);
    else group.push(worker);
  }
  return [...groups.values()].flat();
}

/** Names workers by their numbers: `"worker 0"`, and `"alpha: worker 0"` where there are several hosts. */
export function workerNames(
  hosts: ReadonlyMap<number, string>,
): (worker: number) => string {
  const areMany = new Set(hosts.values()).size > 1;
  return (worker) => {
    const host = areMany ? hosts.get(worker) : undefined;
    return host === undefined
      ? `worker ${worker}`
      : `${shortHost(host)}: worker ${worker}`;
  };
}

/** The start of a long name, such as that of a pod, and its end, which tells it from its like. */
export function shortHost(host: string): string {
  const half = (LONGEST - 2) / 2;
  return host.length <= LONGEST
    ? host
    : `${host.slice(0, half).toWellFormed()}…${
      host.slice(-half).toWellFormed()
    }`;
}
