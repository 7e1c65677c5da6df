/**
 * Process trees whose totals are right to the kernel's own accounting.
 *
 * The kernel adds what a process used to the parent that reaps it. So the sum of own and taken-over use of all living
 * processes conserves what ended ones used, however short they lived. It fails for orphans and where a parent ignores
 * `SIGCHLD`: what such a process had used when last seen is remembered, if no parent can have taken it over.
 *
 * @module
 */
import { Adoption } from "./_adoption.ts";
import type { ProcContext } from "./_context.ts";
import { TrackedProcess } from "./_process.ts";
import { Reaper } from "./_reaper.ts";
import { addIo, covers, Remainder, subtract } from "./_remainder.ts";
import type { TreeOptions } from "./targets.ts";

/** A root and its descendants. */
export class ProcessTree {
  /** What it was made from. */
  readonly options: TreeOptions;
  /** Its living processes, parents before their children. */
  readonly processes = new Set<TrackedProcess>();
  /** What ended processes used and the living ones do not account for. */
  readonly remainder = new Remainder();
  /** Processes seen so far. */
  seen = 0;
  /** Highest `VmHWM` of processes that have ended. */
  largestEnded = 0;
  /** Who reaps the root. */
  readonly reaper: Reaper | null;
  #isSettled = false;

  /** Makes an empty tree. */
  constructor(options: TreeOptions, reaper: Reaper | null) {
    this.options = options;
    this.reaper = reaper;
  }

  /** Takes off what was used before, once, if only what is used from now on is to count. */
  settleStart(): void {
    const { sinceNow = false, alone = false } = this.options;
    if (!sinceNow || this.#isSettled) return;
    this.#isSettled = true;
    for (const process of this.processes) {
      if (process.depth === 0) this.remainder.takeOff(process, !alone);
    }
  }

  /** True once all its processes have ended. */
  get ended(): boolean {
    return this.processes.size === 0;
  }
}

/** All trees that the profiler follows. */
export class ProcessTable {
  readonly #context: ProcContext;
  readonly #adoption: Adoption;
  readonly #processes = new Map<number, TrackedProcess>();
  readonly #treeOf = new Map<TrackedProcess, ProcessTree>();
  readonly #trees = new Set<ProcessTree>();
  readonly #reapers = new Map<number, Reaper>();
  #gone: Set<TrackedProcess> = new Set();
  #tick = 0;
  #began = -Infinity;

  /** Makes a table with no trees. */
  constructor(context: ProcContext) {
    this.#context = context;
    this.#adoption = new Adoption(context, this.#trees, {
      processes: this.#processes,
      reapers: this.#reapers,
      treeOf: this.#treeOf,
      enter: (process, tree) => this.#enter(process, tree),
    });
  }

  /** The trees, ended ones too until they are dropped. */
  get trees(): ReadonlySet<ProcessTree> {
    return this.#trees;
  }

  /** The process with this id, if it is followed. */
  get(pid: number): TrackedProcess | undefined {
    return this.#processes.get(pid);
  }

  /** Starts to follow a tree; `null` if its root is not there. */
  add(options: TreeOptions): ProcessTree | null {
    const known = this.#processes.get(options.pid);
    if (known !== undefined) this.#forget(known); // found as a descendant before it was made known as a root
    let root: TrackedProcess;
    try {
      root = new TrackedProcess(this.#context, options.pid, null, 0);
    } catch {
      return null;
    }
    const reaper = options.alone === true
      ? null
      : this.#reaperOf(root.stat.ppid);
    if (reaper !== null && options.reaperIsIdle === true) reaper.isIdle = true;
    const tree = new ProcessTree(options, reaper);
    this.#trees.add(tree);
    this.#enter(root, tree);
    this.#adoption.reset();
    return tree;
  }

  /** Stops following an ended tree. */
  drop(tree: ProcessTree): void {
    for (const process of tree.processes) this.#forget(process);
    this.#trees.delete(tree);
  }

  #reaperOf(pid: number): Reaper | null {
    let reaper = this.#reapers.get(pid);
    if (reaper === undefined) {
      const made = Reaper.open(this.#context, pid);
      if (made === null) return null;
      this.#reapers.set(pid, reaper = made);
    }
    return reaper;
  }

  #enter(process: TrackedProcess, tree: ProcessTree): void {
    tree.processes.add(process);
    tree.seen++;
    this.#processes.set(process.pid, process);
    this.#treeOf.set(process, tree);
  }

  #forget(process: TrackedProcess): void {
    process.close();
    this.#treeOf.get(process)?.processes.delete(process);
    this.#treeOf.delete(process);
    if (this.#processes.get(process.pid) === process) {
      this.#processes.delete(process.pid);
    }
  }

  /** Finds new processes and reads all. */
  collect(): void {
    const tick = ++this.#tick;
    const before = this.#began;
    this.#began = this.#context.now();
    this.#gone = new Set();
    this.#adoption.adopt();
    // Children before their parents: one that is reaped in between is then missing in neither sum.
    const order = [...this.#processes.values()].reverse();
    for (const process of order) {
      if (!this.#gone.has(process)) this.#read(process, tick);
    }
    for (const reaper of this.#reapers.values()) this.#readReaper(reaper);
    if (this.#gone.size > 0) {
      this.#adoption.hurry();
      this.#settle(before);
    }
    for (const process of this.#processes.values()) process.readDetails();
    for (const tree of this.#trees) tree.settleStart();
  }

  #read(process: TrackedProcess, tick: number): void {
    if (!process.readConserved(tick)) {
      this.#gone.add(process);
      const parent = process.parent;
      if (parent !== null && parent.tick === tick && !this.#gone.has(parent)) {
        this.#read(parent, tick); // it was read before it took this one over
      }
      return;
    }
    this.#relink(process);
    // A child read a moment ago may have been taken over since; then it must not count as alive as well.
    const taken = process.takenOver();
    if (taken.minor === 0 && taken.user === 0 && taken.system === 0) return;
    this.#adoption.hurry();
    const reaped = [...process.children].filter((child) =>
      child.tick === tick && !this.#gone.has(child) && !child.isAlive()
    );
    for (const child of reaped) this.#gone.add(child);
    if (reaped.length > 0) this.#read(process, tick);
  }

  #readReaper(reaper: Reaper): void {
    reaper.read();
    if (!reaper.hasReaped) return;
    // A root read a moment ago may be in what the reaper has taken over just now.
    let reaped = false;
    for (const process of this.#processes.values()) {
      if (process.depth > 0 || this.#gone.has(process)) continue;
      if (this.#treeOf.get(process)!.reaper !== reaper || process.isAlive()) {
        continue;
      }
      this.#gone.add(process);
      reaped = true;
    }
    if (reaped) reaper.readAgain();
  }

  #relink(process: TrackedProcess): void {
    const { parent, stat: { ppid } } = process;
    if (process.depth === 0 || parent?.pid === ppid) return;
    parent?.children.delete(process);
    const next = this.#processes.get(ppid);
    const same = next !== undefined && !this.#gone.has(next) &&
      this.#treeOf.get(next) === this.#treeOf.get(process);
    process.parent = same ? next : null;
    if (same) next.children.add(process);
  }

  /** Works out who accounts for the processes that have ended since the last tick, which began at `before`. */
  #settle(before: number): void {
    const byParent = Map.groupBy(this.#gone, (process) => {
      let parent = process.parent;
      while (parent !== null && this.#gone.has(parent)) parent = parent.parent;
      return parent;
    });
    const unclaimed = new Set<TrackedProcess>();
    for (const [parent, ended] of byParent) {
      if (parent === null) {
        for (const process of ended) unclaimed.add(process);
        continue;
      }
      const available = parent.takenOver();
      ended.sort((a, b) => a.depth - b.depth);
      for (const process of ended) {
        const use = process.conserved();
        if (!covers(available, use)) {
          unclaimed.add(process);
          continue;
        }
        subtract(available, use);
        if (process.io === null) continue;
        parent.ioHandedOn = addIo(parent.ioHandedOn, process.io);
      }
    }
    const treeOf = (process: TrackedProcess) => this.#treeOf.get(process)!;
    for (const reaper of this.#reapers.values()) {
      const rootless = (byParent.get(null) ?? []).filter((process) =>
        treeOf(process).reaper === reaper
      );
      reaper.settle(rootless, treeOf, before);
    }
    for (const process of this.#gone) {
      const tree = this.#treeOf.get(process)!;
      tree.remainder.addForgotten(process);
      if (unclaimed.has(process)) tree.remainder.addUnclaimed(process);
      tree.largestEnded = Math.max(tree.largestEnded, process.peakRss);
      for (const child of process.children) child.parent = null;
      this.#forget(process);
    }
  }

  /** Closes all files. */
  close(): void {
    for (const process of this.#processes.values()) process.close();
    this.#processes.clear();
    for (const reaper of this.#reapers.values()) reaper.close();
    this.#adoption.close();
  }
}
