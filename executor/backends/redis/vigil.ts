/**
 * Calls that wait although nobody is there to run them: said once, as a script that hangs without a word is hard to
 * understand.
 *
 * @module
 */
import type { Job } from "../../job.ts";
import type { Logger } from "../../log.ts";
import type { OpenCalls } from "./open_calls.ts";
import type { HostRecord } from "./protocol.ts";

/** Milliseconds that calls may wait so until it is said. */
const ALONE = 4000;

/** Looks after the calls under one prefix. */
export class Vigil {
  readonly #prefix: string;
  readonly #log: Logger;
  #since = -1;

  /** Says what there is to say to `log`. */
  constructor(prefix: string, log: Logger) {
    this.#prefix = prefix;
    this.#log = log;
  }

  /** Looks whether some of the open calls can be run by none of the hosts. */
  look(hosts: readonly HostRecord[], open: OpenCalls): void {
    const tags = unserved(hosts, open.jobs());
    if (tags === undefined) {
      this.#since = -1;
      return;
    }
    const now = performance.now();
    if (this.#since < 0) this.#since = now;
    if (now - this.#since < ALONE) return;
    this.#since = Infinity;
    const [having, flag] = tags.length === 0
      ? ["", ""]
      : [` and has the tags ${tags.join(", ")}`, ` --tags ${tags.join(",")}`];
    this.#log.warn(
      `Calls wait, but no worker takes those of "${this.#prefix}"${having}: start one with "lithoscope worker --redis URL${flag}"`,
    );
  }
}

/** Tags that one of the jobs requires and no host has. */
function unserved(
  hosts: readonly HostRecord[],
  jobs: Iterable<Job>,
): readonly string[] | undefined {
  for (const { options: { tags } } of jobs) {
    const serves = (host: HostRecord) =>
      tags.every((tag) => host.tags.includes(tag));
    if (!hosts.some(serves)) return tags;
  }
  return undefined;
}
