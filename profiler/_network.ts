/**
 * Samples of network namespaces: the kernel counts traffic by namespace, not by process.
 *
 * @module
 */
import { demandRead } from "./granted.ts";
import { type NetDev, parseNetDev } from "./procfs.ts";
import type { NetworkSample } from "./record.ts";
import { type FileBudget, Source } from "./_source.ts";
import { rateOf } from "./_usage.ts";

/** Who is in a namespace (or a control group). */
export interface Users {
  /** Whether the script that started the executor is. */
  isHost: boolean;
  /** Workers that are. */
  workerIds: number[];
}

/** A process whose namespace (and control group) is wanted. */
export interface Member {
  /** Its folder under /proc. */
  folder: string;
  /** Number of the worker; `null` for the host and for a command. */
  workerId: number | null;
  /** Whether it is the script that started the executor. */
  isHost: boolean;
}

/** Groups members by what `keyOf` tells of them; those of which it tells nothing are left out. */
export function groupMembers(
  members: readonly Member[],
  keyOf: (member: Member) => string | null,
): Map<string, Users & { folder: string }> {
  const groups = new Map<string, Users & { folder: string }>();
  for (const member of members) {
    const key = keyOf(member);
    if (key === null) continue;
    let group = groups.get(key);
    if (group === undefined) {
      group = { folder: member.folder, isHost: false, workerIds: [] };
      groups.set(key, group);
    }
    group.isHost ||= member.isHost;
    if (member.workerId !== null) group.workerIds.push(member.workerId);
  }
  return groups;
}

/** All network namespaces that members are in. */
export class NetworkTable {
  readonly #files: FileBudget;
  readonly #networks = new Map<string, Network>();

  /** Makes a table that keeps files open while `files` allows it. */
  constructor(files: FileBudget) {
    this.#files = files;
  }

  /** The namespace of a process; `null` if it may not be read. */
  static namespaceOf(folder: string): string | null {
    try {
      const path = `${folder}/ns/net`;
      demandRead(path);
      return Deno.readLinkSync(path);
    } catch {
      return null;
    }
  }

  /** Samples of the namespaces, given with one process in each. */
  sample(
    groups: ReadonlyMap<string, Users & { folder: string }>,
    now: number,
    tstamp: number,
    executorId: string,
  ): NetworkSample[] {
    for (const [namespace, network] of this.#networks) {
      if (groups.has(namespace)) continue;
      network.close();
      this.#networks.delete(namespace);
    }
    const samples: NetworkSample[] = [];
    for (const [namespace, users] of groups) {
      let network = this.#networks.get(namespace);
      if (network === undefined) {
        network = new Network(namespace, this.#files);
        this.#networks.set(namespace, network);
      }
      try {
        samples.push(
          network.sample(users.folder, now, tstamp, executorId, users),
        );
      } catch { /* its last process has just ended */ }
    }
    return samples;
  }

  /** Closes all files. */
  close(): void {
    for (const network of this.#networks.values()) network.close();
    this.#networks.clear();
  }
}

/** One network namespace, read by way of a process in it. */
class Network {
  /** `"net:[4026531840]"`. */
  readonly namespace: string;
  readonly #files: FileBudget;
  #file: Source | null = null;
  #folder = "";
  #before: NetDev | null = null;
  #at = 0;

  constructor(namespace: string, files: FileBudget) {
    this.namespace = namespace;
    this.#files = files;
  }

  /** Its sample, read by way of the process at `folder`; throws if that has ended. */
  sample(
    folder: string,
    now: number,
    tstamp: number,
    executorId: string,
    users: Users,
  ): NetworkSample {
    if (this.#file === null || folder !== this.#folder) {
      this.#file?.close();
      this.#file = new Source(`${folder}/net/dev`, this.#files, 4096);
      this.#folder = folder;
    }
    const net = parseNetDev(this.#file.read());
    const before = this.#before;
    const elapsed = before === null ? 0 : now - this.#at;
    this.#before = net;
    this.#at = now;
    const { external, loopback } = net;
    return {
      tstamp,
      executor_id: executorId,
      namespace: this.namespace,
      is_host: users.isHost,
      worker_ids: users.workerIds,
      recv_bytes: external.recv_bytes,
      sent_bytes: external.sent_bytes,
      recv_rate: rateOf(
        before?.external.recv_bytes,
        external.recv_bytes,
        elapsed,
      ),
      sent_rate: rateOf(
        before?.external.sent_bytes,
        external.sent_bytes,
        elapsed,
      ),
      recv_packets: external.recv_packets,
      sent_packets: external.sent_packets,
      errors: external.errors,
      loopback_bytes: loopback.recv_bytes,
      loopback_rate: rateOf(
        before?.loopback.recv_bytes,
        loopback.recv_bytes,
        elapsed,
      ),
    };
  }

  /** Closes its file. */
  close(): void {
    this.#file?.close();
  }
}
