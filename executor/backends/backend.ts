/**
 * What a backend is to the pool: something that starts workers. A worker is reached through its slot, and only so.
 *
 * @module
 */
import type { BoardPlace, BoardRow } from "../../profiler/board.ts";
import type { ProcMemory } from "../../profiler/procfs.ts";
import type { WorkerExit } from "../errors.ts";
import type { StatsLevel } from "../options.ts";
import type { FromWorker, ToWorker } from "../worker/protocol.ts";

/** What a slot tells its owner. */
export interface SlotEvents {
  /** Messages of the worker; `at` is when they had arrived, in epoch milliseconds. */
  messages(messages: FromWorker[], at: number): void;
  /** Text on the worker's own stdout or stderr: not printed by a call's JavaScript, so by a child or by Deno. */
  stray(text: string): void;
  /** A message could not be sent; what is returned is tried in its place. */
  unsendable(message: ToWorker, error: unknown): ToWorker[];
}

/** How a worker ended, and what its board said then. */
export interface SlotExit extends WorkerExit {
  /** What each lane was doing. */
  board: BoardRow[];
  /** Memory of its process just before it was killed; `null` if we did not kill it. */
  memory?: ProcMemory | null;
}

/** How to start a worker. */
export interface SpawnOptions {
  /** Number of the worker within its executor. */
  id: number;
  /** Calls it may run at once. */
  lanes: number;
  /** How much is measured of each call. */
  stats: StatsLevel;
  /** Path of the configuration file of the project whose functions it will run; `null` without one. */
  configPath: string | null;
  /** `NAME=value` for the environment of a process, by which all that it starts can be found. */
  marker: string;
  /** Who listens. */
  events: SlotEvents;
}

/** The host's handle on one worker. */
export interface Slot {
  /** Number of the worker within its executor. */
  readonly id: number;
  /** Process id of the worker (the host's own for a thread). */
  readonly pid: number;
  /** Thread id of the worker. */
  readonly tid: number;
  /** Seconds from starting it to its first message. */
  readonly bootTime: number;
  /** Milliseconds to add to the worker's instants to get the host's. */
  clockOffset: number;
  /** Where it tells what it is running. */
  readonly board: BoardPlace;
  /** Resolves when it has ended and all it had sent has been delivered. */
  readonly exited: Promise<SlotExit>;
  /**
   * Queues a message. `buffers` are array buffers in it that need not be encoded: large ones for a process, those to be
   * moved for a thread.
   */
  send(message: ToWorker, buffers?: ArrayBuffer[]): void;
  /** Makes what is queued leave now. */
  flush(): void;
  /** Takes the answer to the only call that runs if it comes within a moment, without a turn of the event loop. */
  look?(): void;
  /** Lets it end by itself, then makes it. */
  close(): Promise<void>;
  /**
   * Makes a lane take no more of the calls it was given until now. Gives how many it has taken, as `BoardRow.taken`
   * counts; `null` if that cannot be done here.
   */
  recall(lane: number): number | null;
  /** Ends it now, with all that it started. */
  kill(): void;
  /** After `kill`: whether it is still running all the same, as a busy thread is. */
  lingers(): Promise<boolean>;
  /** Whether an unfinished worker keeps the program from ending by itself. */
  hold(held: boolean): void;
}

/** Starts workers of one kind. */
export interface Backend {
  /** Its name in options and statistics. */
  readonly kind: "process" | "thread";
  /** Starts a worker; rejects with what is known of it if it ends before its first message. */
  spawn(options: SpawnOptions): Promise<Slot>;
  /** Ends the workers that are still starting: their `spawn` rejects. */
  abandon(): void;
  /** Removes what all its workers shared. */
  close(): Promise<void>;
}
