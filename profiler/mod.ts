/**
 * Resource samples of processes, threads and machines: CPU, memory, disk, network, by call, on an interval.
 *
 * @example Sample a child and all its children
 * ```ts
 * import { startSampler } from "./mod.ts";
 *
 * const child = new Deno.Command("sleep", { args: ["0.3"] }).spawn();
 * const sampler = await startSampler({ executorId: "0a1b2c-0", interval: 0.1 });
 * sampler.addTree({ pid: child.pid, kind: "command", workerId: null });
 * await child.status;
 * await sampler.stop();
 * console.log(sampler.profile().total()?.cpu_user_time);
 * ```
 *
 * @module
 */
export type {
  CgroupSample,
  Collection,
  HostSample,
  NetworkSample,
  Pressure,
  RecordHeader,
  RunningCall,
  Sample,
  SampleOwner,
  ThreadSample,
  TreeKind,
  TreeSample,
  TreeUsage,
  WorkerHost,
} from "./record.ts";
export { Profile } from "./profile.ts";
export type { CallProfile, WorkerProfile } from "./profile.ts";
export { readRecord } from "./record_file.ts";
export type { ProfileRecord } from "./record_file.ts";
export { Sampler, startSampler } from "./sampler.ts";
export type { SamplerOptions } from "./sampler.ts";
export type { TreeOptions, WorkerTarget } from "./targets.ts";
export type { BoardPlace } from "./board.ts";
