/**
 * The namespaces and control groups that the roots of trees are in.
 *
 * @module
 */
import { CgroupTable } from "./cgroup.ts";
import { groupMembers, type Member, NetworkTable } from "./_network.ts";
import type { TrackedProcess } from "./_process.ts";
import type { CgroupSample, NetworkSample } from "./record.ts";
import type { FileBudget } from "./_source.ts";

interface Known {
  command: string;
  namespace: string | null;
  group: string | null;
}

/** Samples networks and control groups by way of the roots that are in them. */
export class MemberTable {
  readonly #executorId: string;
  readonly #networks: NetworkTable;
  readonly #cgroups: CgroupTable;
  readonly #known = new WeakMap<TrackedProcess, Known>();

  /** Makes a table; `sys` stands before the mount points of control groups. */
  constructor(
    executorId: string,
    root: string,
    files: FileBudget,
    sys?: string,
  ) {
    this.#executorId = executorId;
    this.#networks = new NetworkTable(files);
    this.#cgroups = new CgroupTable(root, files, sys);
  }

  /** Samples of all networks and control groups that `roots` are in; `now` is in milliseconds. */
  sample(
    roots: readonly (Omit<Member, "folder"> & { process: TrackedProcess })[],
    now: number,
    tstamp: number,
  ): { networks: NetworkSample[]; cgroups: CgroupSample[] } {
    const known = new Map<Member, Known>();
    for (const { process, workerId, isHost } of roots) {
      known.set(
        { folder: process.folder, workerId, isHost },
        this.#lookUp(process),
      );
    }
    const members = [...known.keys()];
    return {
      networks: this.#networks.sample(
        groupMembers(members, (member) => known.get(member)!.namespace),
        now,
        tstamp,
        this.#executorId,
      ),
      cgroups: this.#cgroups.sample(
        groupMembers(members, (member) => known.get(member)!.group),
        tstamp,
        this.#executorId,
      ),
    };
  }

  /** Looked up once, and anew when a process has become another program. */
  #lookUp(process: TrackedProcess): Known {
    let known = this.#known.get(process);
    if (known === undefined || known.command !== process.stat.comm) {
      known = {
        command: process.stat.comm,
        namespace: NetworkTable.namespaceOf(process.folder),
        group: this.#cgroups.groupsOf(process.folder),
      };
      this.#known.set(process, known);
    }
    return known;
  }

  /** Closes all files. */
  close(): void {
    this.#networks.close();
    this.#cgroups.close();
  }
}
