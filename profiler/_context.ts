/**
 * What followed processes are read with, and what they hand on.
 *
 * @module
 */
import type { FileBudget } from "./_source.ts";

/** What processes are read with. */
export interface ProcContext {
  /** Where /proc is. */
  root: string;
  /** Files that may still be kept open. */
  files: FileBudget;
  /** Clock ticks in a second. */
  clockTicks: number;
  /** Milliseconds of a clock that never steps. */
  now(): number;
}

/** CPU and I/O that the kernel hands on to the parent that reaps a process: own and already handed on, together. */
export interface Conserved {
  /** CPU in user mode, clock ticks. */
  user: number;
  /** CPU in the kernel, clock ticks. */
  system: number;
  /** Page faults that needed no disk. */
  minor: number;
  /** Page faults that needed a disk. */
  major: number;
}
