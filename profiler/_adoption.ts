/**
 * Takes new processes into the trees that they belong to.
 *
 * @module
 */
import { Discovery } from "./_discovery.ts";
import type { ProcContext } from "./_context.ts";
import { TrackedProcess } from "./_process.ts";
import { type ProcStat, readProcBytes } from "./procfs.ts";
import type { Reaper } from "./_reaper.ts";
import type { ProcessTree } from "./tree.ts";

/** With more threads than this, asking each for its children costs more than a look at all processes. */
const MOST_ASKED = 48;

/** What a table of trees lets adoption see of it. */
export interface Family {
  /** Followed processes by id. */
  processes: ReadonlyMap<number, TrackedProcess>;
  /** The processes that reap roots. */
  reapers: ReadonlyMap<number, Reaper>;
  /** The tree of a followed process. */
  treeOf: ReadonlyMap<TrackedProcess, ProcessTree>;
  /** Starts to follow a process. */
  enter(process: TrackedProcess, tree: ProcessTree): void;
}

/** Finds new processes and tells whose they are. */
export class Adoption {
  readonly #context: ProcContext;
  readonly #discovery: Discovery;
  readonly #trees: ReadonlySet<ProcessTree>;
  readonly #family: Family;
  /** False once the kernel has shown that it does not list children. */
  #canAsk = true;

  /** Adopts into `trees`. */
  constructor(
    context: ProcContext,
    trees: ReadonlySet<ProcessTree>,
    family: Family,
  ) {
    this.#context = context;
    this.#discovery = new Discovery(context.root, context.files);
    this.#trees = trees;
    this.#family = family;
  }

  /** Makes the next look a full one. */
  reset(): void {
    this.#discovery.reset();
  }

  /** Says that a process of some tree has ended, and may have left orphans. */
  hurry(): void {
    this.#discovery.hurry();
  }

  /** Adopts what has started since the last time. */
  adopt(): void {
    const now = this.#context.now();
    const news = this.#discovery.hasNews();
    const due = this.#discovery.isDue(now);
    if (news && !due && this.#mayAsk()) this.#adoptChildren();
    if (due || (news && !this.#mayAsk())) this.#adoptAll(now);
  }

  #adoptAll(now: number): void {
    const found = this.#discovery.look(now, this.#family.processes);
    for (const pid of found.keys()) this.#adoptOne(pid, found);
    for (const reaper of this.#family.reapers.values()) {
      reaper.noteChildren(found, this.#family.processes);
    }
  }

  #mayAsk(): boolean {
    if (!this.#canAsk) return false;
    let threads = 0;
    for (const process of this.#family.processes.values()) {
      threads += process.threads;
    }
    return threads <= MOST_ASKED;
  }

  /** Asks followed processes for their children, and those for theirs. Orphans are found by a look at all ids only. */
  #adoptChildren(): void {
    const found = new Map<number, ProcStat>();
    // Those that are adopted on the way are asked as well: a map goes on to what is added to it.
    for (const process of this.#family.processes.values()) {
      if (this.#family.treeOf.get(process)!.options.alone === true) continue;
      try {
        for (const pid of process.listChildren()) {
          if (this.#family.processes.has(pid)) continue;
          const stat = this.#discovery.read(pid);
          if (stat === null) continue;
          found.set(pid, stat);
          this.#adoptOne(pid, found);
        }
      } catch (error) {
        if (error instanceof Deno.errors.NotFound && process.isAlive()) {
          this.#canAsk = false;
        }
      }
    }
  }

  #adoptOne(pid: number, found: Map<number, ProcStat>): void {
    const stat = found.get(pid);
    if (stat === undefined || this.#family.processes.has(pid)) return;
    const parentStat = found.get(stat.ppid);
    if (parentStat !== undefined && parentStat.starttime <= stat.starttime) {
      if (stat.ppid !== pid) this.#adoptOne(stat.ppid, found);
    }
    let parent = this.#parentOf(stat);
    if (parent === null) {
      const tree = this.#treeByMarker(pid, stat.starttime);
      if (tree === undefined) return;
      parent = this.#missedParentOf(stat, found);
      if (parent === null) return this.#enter(pid, null, tree);
    }
    this.#enter(pid, parent, this.#family.treeOf.get(parent)!);
  }

  #enter(
    pid: number,
    parent: TrackedProcess | null,
    tree: ProcessTree,
  ): void {
    const depth = parent === null ? 1 : parent.depth + 1;
    try {
      const process = new TrackedProcess(this.#context, pid, parent, depth);
      this.#family.enter(process, tree);
    } catch {
      /* it has ended since it was found: whoever reaps it accounts for it */
    }
  }

  /** The followed parent of a process; one that is younger than its child is another process with a used id. */
  #parentOf(stat: ProcStat): TrackedProcess | null {
    const parent = this.#family.processes.get(stat.ppid);
    if (parent === undefined || parent.start > stat.starttime) return null;
    const tree = this.#family.treeOf.get(parent);
    return tree === undefined || tree.options.alone === true ? null : parent;
  }

  /**
   * A process that is known by its environment may be no orphan: its parent had an id already but could not be seen yet
   * when that was looked at. It would take the process over unseen, and that would count twice.
   */
  #missedParentOf(
    stat: ProcStat,
    found: Map<number, ProcStat>,
  ): TrackedProcess | null {
    if (found.has(stat.ppid)) return null;
    const parentStat = this.#discovery.read(stat.ppid);
    if (parentStat === null || parentStat.starttime > stat.starttime) {
      return null;
    }
    found.set(stat.ppid, parentStat);
    this.#adoptOne(stat.ppid, found);
    return this.#parentOf(stat);
  }

  #treeByMarker(pid: number, start: number): ProcessTree | undefined {
    let environ: string | null = null;
    for (const tree of this.#trees) {
      const marker = tree.options.marker;
      if (marker === undefined || tree.options.alone === true) continue;
      const oldest = tree.processes.values().next().value;
      if (oldest === undefined || oldest.start > start) continue;
      if (environ === null) {
        const bytes = readProcBytes(
          `${this.#context.root}/${pid}/environ`,
          8192,
        );
        environ = `\0${new TextDecoder().decode(bytes ?? new Uint8Array(0))}\0`;
      }
      if (environ.includes(`\0${marker}\0`)) return tree;
    }
    return undefined;
  }

  /** Closes its file. */
  close(): void {
    this.#discovery.close();
  }
}
