/** The way to the sampler, which is loaded when something is to be sampled. */
import type { BoardPlace } from "../profiler/board.ts";
import type { Sampler, SamplerOptions } from "../profiler/sampler.ts";
import type { Worker } from "./backends/worker.ts";

/** Not a literal in the `import()`, for the reason told in plotting.ts; a binary gets it by `--include`. */
export const SAMPLER: string = import.meta.resolve("../profiler/sampler.ts");

/** Starts a sampler. Rejects if it cannot be had. */
export async function loadSampler(options: SamplerOptions): Promise<Sampler> {
  const { startSampler } = await import(
    SAMPLER
  ) as typeof import("../profiler/sampler.ts");
  return await startSampler(options);
}

/** A worker as it is told to the sampler. */
export interface Target {
  workerId: number;
  backend: "process" | "thread";
  pid: number;
  tid: number;
  board: BoardPlace;
  lanes: number;
  marker: string;
}

/** What the sampler needs to know of a worker, whose environment holds `marker`. */
export function targetOf(
  { info, slot, lanes }: Worker,
  marker: string,
  backend: string,
): Target {
  return {
    workerId: info.id,
    backend: backend === "thread" ? "thread" : "process",
    pid: info.pid,
    tid: info.tid,
    board: slot.board,
    lanes: lanes.length,
    marker,
  };
}
