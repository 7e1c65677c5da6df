/**
 * How many cores this process may use: what the machine has, less what affinity and CPU quotas take away.
 *
 * @module
 */
import { readProcText } from "../profiler/procfs.ts";
import { cgroupFolders, readOwn } from "./_cgroups.ts";

/** What {@linkcode countCores} goes by; `null` for what cannot be read. */
export interface CoreSources {
  /** Cores by the runtime's own count. */
  online: number;
  /** `status` of this process: which cores it may run on. */
  status: string | null;
  /** `cgroup` of this process: which control groups it is in. */
  cgroup: string | null;
  /** Reads a file of the control groups. */
  read: (path: string) => string | null;
}

/**
 * Cores that this process may use, at least 1: those its affinity mask allows, but no more than the CPU quota of any
 * control group (v1 or v2) around it, rounded up. Where that cannot be read (another system than Linux, or no
 * `--allow-all`), the runtime's own count.
 */
export function usableCores(): number {
  return countCores({
    online: navigator.hardwareConcurrency,
    status: readOwn("status"),
    cgroup: readOwn("cgroup"),
    read: readProcText,
  });
}

/** {@linkcode usableCores} from given sources. */
export function countCores(sources: CoreSources): number {
  const { online, status, cgroup, read } = sources;
  const mask = /^Cpus_allowed:\s*([\da-f,]+)$/m.exec(status ?? "")?.[1];
  const allowed = mask === undefined ? 0 : countBits(mask);
  // the runtime's own count knows affinity and quota too, but rounds the quota down
  if (allowed === 0) return Math.max(1, online);
  return Math.max(1, Math.min(allowed, Math.ceil(quota(cgroup, read))));
}

/** Bits set in a mask such as `ff,ffffffff`. */
function countBits(mask: string): number {
  let count = 0;
  for (const digit of mask.replaceAll(",", "")) {
    for (let bits = parseInt(digit, 16); bits > 0; bits >>= 1) {
      count += bits & 1;
    }
  }
  return count;
}

/** The least CPU quota, in cores, of the groups in `cgroup` and of all groups around them; Infinity without one. */
function quota(cgroup: string | null, read: CoreSources["read"]): number {
  let least = Infinity;
  for (const { folder, isV2 } of cgroupFolders(cgroup, "cpu")) {
    least = Math.min(least, isV2 ? quotaV2(folder) : quotaV1(folder));
  }
  return least;

  function quotaV2(folder: string): number {
    // "max 100000" or "150000 100000"
    const [used, period] = (read(`${folder}/cpu.max`) ?? "").split(" ");
    return ratio(used, period);
  }

  function quotaV1(folder: string): number {
    // -1 for no quota
    const used = read(`${folder}/cpu.cfs_quota_us`);
    return ratio(used, read(`${folder}/cpu.cfs_period_us`));
  }
}

function ratio(used?: string | null, period?: string | null): number {
  const cores = Number(used) / Number(period);
  return cores > 0 ? cores : Infinity;
}
