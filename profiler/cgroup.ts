/**
 * Limits, throttling and out-of-memory kills of control groups: version 1, version 2, and both at once (hybrid).
 *
 * @module
 */
import { readProcText } from "./procfs.ts";
import type { Users } from "./_network.ts";
import type { CgroupSample } from "./record.ts";
import { type FileBudget, Source } from "./_source.ts";

/** Where a controller of a process is, as folders from its own group up to the root of the hierarchy. */
export interface CgroupPlace {
  /** Version of the hierarchy. */
  version: 1 | 2;
  /** Path in the hierarchy. */
  path: string;
  /** Its own folder first; limits of any of them bind. */
  folders: string[];
}

/** The controllers that are read. */
export type CgroupController = "cpu" | "cpuacct" | "memory" | "pids";

/** A mounted hierarchy. */
export interface CgroupMount {
  /** Version of the hierarchy. */
  version: 1 | 2;
  /** Its controllers (version 1). */
  controllers: string[];
  /** Group that the mount point shows, `"/"` unless a container sees a part. */
  root: string;
  /** Where it is mounted. */
  point: string;
}

/** Parses `/proc/self/mountinfo`: the hierarchies of control groups that are mounted. */
export function parseCgroupMounts(mountinfo: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of mountinfo.split("\n")) {
    const [left, right] = line.split(" - ");
    if (left === undefined || right === undefined) continue;
    const [type, , options] = right.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") continue;
    const fields = left.split(" ");
    mounts.push({
      version: type === "cgroup2" ? 2 : 1,
      controllers: (options ?? "").split(","),
      root: fields[3] ?? "/",
      point: (fields[4] ?? "").replaceAll("\\040", " "),
    });
  }
  return mounts;
}

/** Finds where a controller of a process is, from its `/proc/<pid>/cgroup`; `null` if it is nowhere. */
export function findController(
  controller: CgroupController,
  cgroup: string,
  mounts: CgroupMount[],
): CgroupPlace | null {
  for (const version of [1, 2] as const) {
    for (const line of cgroup.split("\n")) {
      const match = /^(\d+):([^:]*):(.*)$/.exec(line);
      if (match === null) continue;
      const [, id, names, path] = match;
      const isTwo = id === "0" && names === "";
      if (isTwo !== (version === 2)) continue;
      if (version === 1 && !names!.split(",").includes(controller)) continue;
      const mount = mounts.find((m) =>
        m.version === version &&
        (version === 2 || m.controllers.includes(controller))
      );
      if (mount === undefined) continue;
      const below = mount.root !== "/" && path!.startsWith(mount.root)
        ? path!.slice(mount.root.length)
        : path!;
      const steps = below.split("/").filter((step) =>
        step !== "" && step !== ".."
      );
      const folders = steps.map((_, n) =>
        [mount.point, ...steps.slice(0, steps.length - n)].join("/")
      );
      folders.push(mount.point);
      return { version, path: path!, folders };
    }
  }
  return null;
}

/** All control groups that members are in. */
export class CgroupTable {
  readonly #files: FileBudget;
  readonly #mounts: CgroupMount[];
  readonly #groups = new Map<string, Cgroup>();

  /** Finds the mounted hierarchies in the /proc at `root`; `sys` stands before their mount points in tests. */
  constructor(root: string, files: FileBudget, sys = "") {
    this.#files = files;
    this.#mounts = parseCgroupMounts(
      readProcText(`${root}/self/mountinfo`) ?? "",
    ).map((mount) => ({ ...mount, point: sys + mount.point }));
  }

  /** The groups of a process, as one text; `null` if it may not be read. */
  groupsOf(folder: string): string | null {
    return this.#mounts.length === 0 ? null : readProcText(`${folder}/cgroup`);
  }

  /** Samples of the groups, given by what {@linkcode groupsOf} told. */
  sample(
    groups: ReadonlyMap<string, Users>,
    tstamp: number,
    executorId: string,
  ): CgroupSample[] {
    for (const [text, group] of this.#groups) {
      if (groups.has(text)) continue;
      group.close();
      this.#groups.delete(text);
    }
    const samples: CgroupSample[] = [];
    for (const [text, users] of groups) {
      let group = this.#groups.get(text);
      if (group === undefined) {
        group = new Cgroup(text, this.#mounts, this.#files);
        this.#groups.set(text, group);
      }
      if (!group.isEmpty) {
        samples.push(group.sample(tstamp, executorId, users));
      }
    }
    return samples;
  }

  /** Closes all files. */
  close(): void {
    for (const group of this.#groups.values()) group.close();
    this.#groups.clear();
  }
}

/** Reads one control group. */
class Cgroup {
  readonly #places: Partial<Record<CgroupController, CgroupPlace>> = {};
  readonly #sources = new Map<string, Source>();
  readonly #files: FileBudget;

  constructor(cgroup: string, mounts: CgroupMount[], files: FileBudget) {
    this.#files = files;
    for (const name of ["cpu", "cpuacct", "memory", "pids"] as const) {
      const place = findController(name, cgroup, mounts);
      if (place !== null) this.#places[name] = place;
    }
  }

  /** True if no hierarchy was found. */
  get isEmpty(): boolean {
    return Object.keys(this.#places).length === 0;
  }

  /** Its sample; what the group does not have is `null`. */
  sample(
    tstamp: number,
    executorId: string,
    users: Users,
  ): CgroupSample {
    const { cpu, cpuacct, memory, pids } = this.#places;
    const limit = this.#cpuLimit(cpu);
    const held = this.#throttling(limit.folder ?? cpu?.folders[0], cpu);
    return {
      tstamp,
      executor_id: executorId,
      version: memory?.version ?? cpu?.version ?? 2,
      path: memory?.path ?? cpu?.path ?? "/",
      cpu_path: cpu?.path ?? null,
      is_host: users.isHost,
      worker_ids: users.workerIds,
      cpu_time: cpu?.version === 2
        ? scaled(this.#keyed(`${cpu.folders[0]}/cpu.stat`, "usage_usec"), 1e6)
        : scaled(this.#number(cpuacct, "cpuacct.usage"), 1e9),
      cpu_limit: limit.cores,
      ...held,
      memory_limit: this.#memoryLimit(memory),
      memory_current: memory?.version === 2
        ? this.#number(memory, "memory.current")
        : this.#number(memory, "memory.usage_in_bytes"),
      memory_peak: memory?.version === 2
        ? this.#number(memory, "memory.peak")
        : this.#number(memory, "memory.max_usage_in_bytes"),
      oom_kills: memory === undefined ? null : this.#keyed(
        `${memory.folders[0]}/${
          memory.version === 2 ? "memory.events" : "memory.oom_control"
        }`,
        "oom_kill",
      ),
      tasks: this.#number(pids, "pids.current"),
    };
  }

  /** The tightest CPU limit on the way up, and the folder that sets it. */
  #cpuLimit(
    place: CgroupPlace | undefined,
  ): { cores: number | null; folder: string | null } {
    let cores: number | null = null;
    let at: string | null = null;
    for (const folder of place?.folders ?? []) {
      let quota: number;
      let period: number;
      if (place!.version === 2) {
        const max = (this.#text(`${folder}/cpu.max`) ?? "max").split(" ");
        quota = Number(max[0]);
        period = Number(max[1] ?? 100_000);
      } else {
        quota = Number(this.#text(`${folder}/cpu.cfs_quota_us`) ?? "-1");
        period = Number(this.#text(`${folder}/cpu.cfs_period_us`) ?? "0");
      }
      if (!(quota > 0 && period > 0)) continue;
      if (cores === null || quota / period < cores) {
        cores = quota / period;
        at = folder;
      }
    }
    return { cores, folder: at };
  }

  #throttling(
    folder: string | undefined,
    place: CgroupPlace | undefined,
  ): { throttled_time: number | null; throttled_periods: number | null } {
    if (folder === undefined || place === undefined) {
      return { throttled_time: null, throttled_periods: null };
    }
    const stat = `${folder}/cpu.stat`;
    return {
      throttled_time: place.version === 2
        ? scaled(this.#keyed(stat, "throttled_usec"), 1e6)
        : scaled(this.#keyed(stat, "throttled_time"), 1e9),
      throttled_periods: this.#keyed(stat, "nr_throttled"),
    };
  }

  #memoryLimit(place: CgroupPlace | undefined): number | null {
    let least: number | null = null;
    const name = place?.version === 2 ? "memory.max" : "memory.limit_in_bytes";
    for (const folder of place?.folders ?? []) {
      const limit = Number(this.#text(`${folder}/${name}`) ?? "max");
      // Version 1 writes "no limit" as the largest number of pages there is.
      if (!(limit < 2 ** 60)) continue;
      if (least === null || limit < least) least = limit;
    }
    return least;
  }

  #number(place: CgroupPlace | undefined, name: string): number | null {
    if (place === undefined) return null;
    const text = this.#text(`${place.folders[0]}/${name}`);
    return text === null || !/^\d+$/.test(text) ? null : Number(text);
  }

  /** The number after `name` in a file of `name number` lines. */
  #keyed(path: string, name: string): number | null {
    const text = this.#text(path);
    const match = text === null
      ? null
      : new RegExp(`^${name} (\\d+)$`, "m").exec(text);
    return match === null ? null : Number(match[1]);
  }

  #text(path: string): string | null {
    let source = this.#sources.get(path);
    if (source === undefined) {
      source = new Source(path, this.#files, 512);
      this.#sources.set(path, source);
    }
    return source.textOrNull();
  }

  /** Closes its files. */
  close(): void {
    for (const source of this.#sources.values()) source.close();
  }
}

function scaled(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}
