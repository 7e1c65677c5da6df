/**
 * What a runner knows of each of its lanes.
 *
 * @module
 */
import type { RunningContext } from "./context.ts";
import type { CallNumber } from "./printer.ts";
import type { Work } from "./work.ts";

/** Runs one call at a time. */
export interface Lane {
  readonly index: number;
  readonly queue: Work[];
  isBusy: boolean;
  running: (CallNumber & { context: RunningContext }) | undefined;
  /** Nothing else ran on this worker since the call began. */
  isAlone: boolean;
}

/** Tells which lane a piece of code runs for, where there are several. */
export interface LaneStorage {
  run<R>(lane: Lane, code: () => R): R;
  getStore(): Lane | undefined;
}
