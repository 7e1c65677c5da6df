/**
 * What the script and the sampler's thread say to each other.
 *
 * @module
 */
import type { Collection } from "./record.ts";
import type { TreeOptions, WorkerTarget } from "./targets.ts";

/** What the thread is started with. */
export interface SamplerSettings {
  /** Executor whose workers are sampled. */
  executorId: string;
  /** Process id of the script. */
  hostPid: number;
  /** Seconds between collections. */
  interval: number;
  /** File to record in; `null` for none. */
  record: string | null;
  /** Command line for the header of the record; `null` for an executor. */
  command: string[] | null;
  /** Sample the machine, and the process of the script. */
  host: boolean;
  /** Milliseconds between two messages that carry collections. */
  batch: number;
}

/** To the thread. */
export type ToSampler =
  | { type: "job"; number: number; jobId: string }
  | { type: "worker"; worker: WorkerTarget }
  | { type: "remove"; workerId: number }
  | { type: "tree"; options: TreeOptions }
  | { type: "gathered"; collection: Collection }
  | { type: "received" }
  | { type: "flush"; id: number }
  | { type: "stop" };

/** From the thread. */
export type FromSampler =
  | { type: "ready" }
  | { type: "notice"; text: string }
  | { type: "batch"; collections: Collection[]; dropped: number }
  | { type: "flushed"; id: number }
  | { type: "done" };
