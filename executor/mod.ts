/**
 * Functions in, futures and statistics out.
 *
 * @example Run a function on many items
 * ```ts
 * import { FunctionExecutor } from "./mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * const futures = fexec.map((x: number) => x * x, [1, 2, 3]);
 * console.log(await futures.getResult()); // [1, 4, 9]
 * console.log(futures.stats[0]);
 * ```
 *
 * @module
 */
export { FunctionExecutor, type PlotOptions } from "./executor.ts";
export {
  type FutureState,
  ResponseFuture,
  type ResultOptions,
  type ValueOf,
} from "./future.ts";
export {
  type Futures,
  FuturesArray,
  FuturesList,
  type ListOwner,
  type ResultOf,
} from "./futures_list.ts";
export {
  type CallFunction,
  type Items,
  type MapOptions,
  type MapReduceOptions,
  type Rest,
  type Runnable,
} from "./job_options.ts";
export { type AnyFunction, task, type TaskRef } from "./function.ts";
export type { ExportedFunction, FunctionName, Task } from "./task.ts";
export {
  type EndedFuture,
  type GetResultOptions,
  type ReturnWhen,
  type WaitOptions,
} from "./wait.ts";
export {
  CallError,
  type CallErrorOptions,
  CallTimeoutError,
  CancelledError,
  ExecutorClosedError,
  QueueFullError,
  type WorkerExit,
  WorkerExitError,
} from "./errors.ts";
export { type CallStats, type Outcome, type SampledPeaks } from "./stats.ts";
export {
  type Distribution,
  type Quantile,
  summarize,
  type Summary,
  type WorkerStats,
} from "./summary.ts";
export type { CallDetail, ErrorDetail } from "./call_detail.ts";
export { Run, type RunHeader } from "./run.ts";
export {
  type BackendName,
  type FunctionExecutorOptions,
  type KeepStats,
  type LiveOptions,
  type LogLevel,
  type Permissions,
  type ProfileOptions,
  type PushgatewayOptions,
  type RedisOptions,
  type ResolvedConfig,
  type ResolvedLive,
  type ResolvedProfile,
  type ResolvedPushgateway,
  type ResolvedRedis,
  type StatsLevel,
} from "./config.ts";
export { type CallContext } from "./worker/context.ts";
export type {
  CallProfile,
  CgroupSample,
  Collection,
  HostSample,
  NetworkSample,
  Pressure,
  Profile,
  RunningCall,
  Sample,
  SampleOwner,
  ThreadSample,
  TreeKind,
  TreeSample,
  TreeUsage,
  WorkerProfile,
} from "../profiler/mod.ts";
export type { DrawOptions } from "./plotting.ts";
export type { ExportFormat, ExportOptions, Finding } from "./plotting.ts";
export { serveIfWorker } from "./serve.ts";
