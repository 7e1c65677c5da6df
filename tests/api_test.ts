/**
 * The public names. To add or drop one is a decision, made here.
 *
 * @module
 */
import { assertEquals } from "./assert.ts";
import { runDeno } from "./run_deno.ts";
import { ROOT } from "./source_tree.ts";

/** What `mod.ts` exports, types included. */
const NAMES: readonly string[] = [
  "AnyFunction",
  "BackendName",
  "CallContext",
  "CallDetail",
  "CallError",
  "CallErrorOptions",
  "CallFunction",
  "CallProfile",
  "CallStats",
  "CallTimeoutError",
  "CancelledError",
  "CgroupSample",
  "Collection",
  "Distribution",
  "DrawOptions",
  "EndedFuture",
  "ErrorDetail",
  "ExecutorClosedError",
  "ExportFormat",
  "ExportOptions",
  "ExportedFunction",
  "Finding",
  "FunctionExecutor",
  "FunctionExecutorOptions",
  "FunctionName",
  "FutureState",
  "Futures",
  "FuturesArray",
  "FuturesList",
  "GetResultOptions",
  "HostSample",
  "Items",
  "KeepStats",
  "ListOwner",
  "LiveOptions",
  "LogLevel",
  "MapOptions",
  "MapReduceOptions",
  "NetworkSample",
  "Outcome",
  "Permissions",
  "PlotOptions",
  "Pressure",
  "Profile",
  "ProfileOptions",
  "PushgatewayOptions",
  "Quantile",
  "QueueFullError",
  "RedisOptions",
  "ResolvedConfig",
  "ResolvedLive",
  "ResolvedProfile",
  "ResolvedPushgateway",
  "ResolvedRedis",
  "ResponseFuture",
  "Rest",
  "ResultOf",
  "ResultOptions",
  "ReturnWhen",
  "Run",
  "RunHeader",
  "Runnable",
  "RunningCall",
  "Sample",
  "SampleOwner",
  "SampledPeaks",
  "StatsLevel",
  "Summary",
  "Task",
  "TaskRef",
  "ThreadSample",
  "TreeKind",
  "TreeSample",
  "TreeUsage",
  "ValueOf",
  "WaitOptions",
  "WorkerExit",
  "WorkerExitError",
  "WorkerProfile",
  "WorkerStats",
  "serveIfWorker",
  "summarize",
  "task",
];

interface Documentation {
  nodes: Record<string, { symbols: { name: string }[] }>;
}

/** All names a module exports, as `deno doc` sees them: types too, which are gone at run time. */
async function exportedNames(entry: string): Promise<string[]> {
  const { stdout } = await runDeno(["doc", "--json", entry], { cwd: ROOT });
  const { nodes } = JSON.parse(stdout) as Documentation;
  return Object.values(nodes)
    .flatMap(({ symbols }) => symbols.map(({ name }) => name)).sort();
}

Deno.test("mod.ts exports the names listed here and no other", async () => {
  assertEquals(await exportedNames("mod.ts"), [...NAMES]);
});
