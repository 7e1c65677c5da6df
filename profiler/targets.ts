/**
 * What the profiler is told to sample, and what it takes samples with.
 *
 * @module
 */
import type { BoardPlace } from "./board.ts";
import type { Collection, TreeKind } from "./record.ts";

/** A worker as the profiler needs to know it. */
export interface WorkerTarget {
  /** Number of the worker within its executor. */
  workerId: number;
  /** Whether it is a process of its own, or a thread of the host. */
  backend: "process" | "thread";
  /** Process id (that of the host on the thread backend). */
  pid: number;
  /** Thread id; that of the main thread on the process backend. */
  tid: number;
  /** Where its notice board is; `null` if it has none. */
  board: BoardPlace | null;
  /** Calls it runs at once at most. */
  lanes: number;
  /** `NAME=value` in the environment of a worker process, by which its orphans are known. */
  marker?: string;
  /** Count what its process uses from now on, and not what it had used before. @default {false} */
  sinceNow?: boolean;
}

/** What a tree is made from. */
export interface TreeOptions {
  /** Process id of its root. */
  pid: number;
  /** What it is the tree of. */
  kind: TreeKind;
  /** Number of the worker; `null` for the host and for a command. */
  workerId: number | null;
  /** Leave the descendants of the root out. @default {false} */
  alone?: boolean;
  /** Count what is used from now on, and not what the root and its reaped children had used before. @default {false} */
  sinceNow?: boolean;
  /** `NAME=value` that the root has in its environment: descendants that lost their parent are known by it. */
  marker?: string;
  /**
   * The process that reaps the root does no disk I/O of its own, so its counters tell what it took over from the root.
   * @default {false}
   */
  reaperIsIdle?: boolean;
}

/** A clock, to be replaced in tests. */
export interface Clock {
  /** Milliseconds of a clock that never steps. */
  now(): number;
  /** Epoch milliseconds at which `now()` was 0. */
  epoch: number;
}

/** Options of a collector. */
export interface CollectorOptions {
  /** Executor whose workers are sampled. */
  executorId: string;
  /** Process id of the script that started the executor. @default {Deno.pid} */
  hostPid?: number;
  /** Sample the machine, and the process of the script. @default {true} */
  host?: boolean;
  /** Where /proc is. @default {"/proc"} */
  root?: string;
  /** Stands before the mount points of control groups. @default {""} */
  sys?: string;
  /** @default {performance} */
  clock?: Clock;
}

/** What takes collections. */
export interface CollectionTaker {
  /** Makes a job known, so that boards can be read. */
  addJob(number: number, jobId: string): void;
  /** Starts to sample a worker. */
  addWorker(worker: WorkerTarget): void;
  /** Stops sampling a worker; what it used stays in the totals, and descendants that outlive it are still sampled. */
  removeWorker(workerId: number): void;
  /** Starts to sample a process tree that is no worker's. */
  addTree(options: TreeOptions): void;
  /** Takes a collection; `missed` are the ticks that were missed so far, `final` marks the last one. */
  collect(missed?: number, final?: boolean): Collection;
  /** Closes all files. */
  close(): void;
}
