/**
 * Lithoscope runs functions in parallel from a Deno script and shows where their time, CPU, memory, disk and network
 * went.
 *
 * Plots are in `plot/mod.ts`; they are loaded when first asked for, so a script that only maps never fetches a canvas.
 *
 * @example Results, statistics and two plots
 * ```ts
 * import { FunctionExecutor } from "./mod.ts";
 *
 * await using fexec = new FunctionExecutor({ workers: 2 });
 * const futures = fexec.map(async (seconds: number, { id }) => {
 *   console.log(`I'm activation number ${id}`);
 *   await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
 *   return seconds + 7;
 * }, [0.1, 0.2, 0.3]);
 * console.log(await fexec.getResult()); // [7.1, 7.2, 7.3]
 * console.table(futures.stats);
 * ```
 *
 * @module
 */
export { FunctionExecutor, type PlotOptions } from "./executor/executor.ts";
export {
  type FutureState,
  ResponseFuture,
  type ResultOptions,
  type ValueOf,
} from "./executor/future.ts";
export {
  type Futures,
  FuturesArray,
  FuturesList,
  type ListOwner,
  type ResultOf,
} from "./executor/futures_list.ts";
export {
  type CallFunction,
  type Items,
  type MapOptions,
  type MapReduceOptions,
  type Rest,
  type Runnable,
} from "./executor/job_options.ts";
export { type AnyFunction, task, type TaskRef } from "./executor/function.ts";
export type { ExportedFunction, FunctionName, Task } from "./executor/task.ts";
export {
  type EndedFuture,
  type GetResultOptions,
  type ReturnWhen,
  type WaitOptions,
} from "./executor/wait.ts";
export {
  CallError,
  type CallErrorOptions,
  CallTimeoutError,
  CancelledError,
  ExecutorClosedError,
  QueueFullError,
  type WorkerExit,
  WorkerExitError,
} from "./executor/errors.ts";
export {
  type CallStats,
  type Outcome,
  type SampledPeaks,
} from "./executor/stats.ts";
export {
  type Distribution,
  type Quantile,
  summarize,
  type Summary,
  type WorkerStats,
} from "./executor/summary.ts";
export type { CallDetail, ErrorDetail } from "./executor/call_detail.ts";
export { Run, type RunHeader } from "./executor/run.ts";
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
} from "./executor/config.ts";
export { type CallContext } from "./executor/worker/context.ts";
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
} from "./profiler/mod.ts";
export type {
  DrawOptions,
  ExportFormat,
  ExportOptions,
  Finding,
} from "./executor/plotting.ts";
export { serveIfWorker } from "./executor/serve.ts";
