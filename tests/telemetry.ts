/**
 * What tests with a Pushgateway and a Prometheus share: an executor that pushes, and questions in PromQL.
 *
 * @module
 */
import { startTelemetry, type Telemetry } from "../profiler/telemetry.ts";
import {
  FunctionExecutor,
  type FunctionExecutorOptions,
  type FuturesList,
  type PushgatewayOptions,
} from "../mod.ts";
import { rememberingLog } from "./gateways.ts";
import { type Service, startPrometheus } from "./services.ts";

/** The folder of dashboards and rules. */
export const GRAFANA = new URL("../grafana/", import.meta.url);

/** A Prometheus set up as `grafana/prometheus.yml` says, but that it scrapes this gateway each second. */
export async function startOwnPrometheus(
  gateway: Service,
  file = "prometheus.yml",
  edit: (config: string) => string = (config) => config,
): Promise<Service> {
  const config = await Deno.readTextFile(new URL(file, GRAFANA));
  const rules = new URL("rules/", GRAFANA).pathname;
  return await startPrometheus({
    config: edit(
      config.replaceAll(/_interval: \d+s/g, "_interval: 1s")
        .replaceAll(/(\.\.\/)?rules\//g, rules)
        .replace("pushgateway:9091", `127.0.0.1:${gateway.port}`),
    ),
  });
}

/** One series of an answer. */
export interface Result {
  /** Its labels. */
  metric: Record<string, string>;
  /** Its value. */
  value: number;
}

/** Asks a Prometheus; at an instant in seconds since the epoch, or now. Throws what it says is wrong. */
export async function ask(
  prometheus: Service,
  query: string,
  time?: number,
): Promise<Result[]> {
  const url = new URL(`${prometheus.url}/api/v1/query`);
  url.searchParams.set("query", query);
  if (time !== undefined) url.searchParams.set("time", `${time}`);
  const answer = await (await fetch(url)).json();
  if (answer.status !== "success") {
    throw new Error(`${query}: ${answer.error}`);
  }
  const { resultType, result } = answer.data;
  if (resultType === "scalar") {
    return [{ metric: {}, value: Number(result[1]) }];
  }
  return result.map((
    { metric, value }: { metric: Record<string, string>; value: string[] },
  ) => ({ metric, value: Number(value[1]) }));
}

/** The one value of an answer; undefined if there is none. */
export async function askOne(
  prometheus: Service,
  query: string,
  time?: number,
): Promise<number | undefined> {
  const results = await ask(prometheus, query, time);
  if (results.length > 1) throw new Error(`${query}: ${results.length} series`);
  return results[0]?.value;
}

/** Values of a label, as a variable of a dashboard gets them. */
export async function labelValues(
  prometheus: Service,
  label: string,
  match?: string,
): Promise<string[]> {
  const url = new URL(`${prometheus.url}/api/v1/label/${label}/values`);
  if (match !== undefined) url.searchParams.set("match[]", match);
  const answer = await (await fetch(url)).json();
  if (answer.status !== "success") throw new Error(`${match}: ${answer.error}`);
  return answer.data;
}

/** Asks again and again until the answer will do; resolves to it. Throws after 20 s. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until Prometheus has samples that were taken after this moment. */
export async function untilScraped(
  prometheus: Service,
  executorId: string,
): Promise<number> {
  const now = Date.now() / 1000;
  await until("samples of later", async () => {
    const time = await askOne(
      prometheus,
      `lithoscope_profiler_collection_time_seconds{executor_id="${executorId}"}`,
    );
    return time !== undefined && time > now;
  });
  return Date.now() / 1000;
}

/** An executor that pushes. */
export interface Pushing extends AsyncDisposable {
  /** It itself. */
  readonly executor: FunctionExecutor;
  /** What it warned of. */
  readonly warnings: string[];
  /** Maps as it does. */
  map: FunctionExecutor["map"];
  /** Closes it. */
  close(): Promise<void>;
}

/** Makes an executor that pushes each second. */
export function pushing(
  pushgateway: PushgatewayOptions,
  options: FunctionExecutorOptions = {},
): Pushing {
  const interval = 1;
  const executor = new FunctionExecutor({
    workers: 2,
    progress: false,
    logLevel: "none",
    profile: { interval, host: true },
    ...options,
  });
  const { config } = executor;
  const log = rememberingLog();
  const open = new Set<unknown>();
  const telemetry: Telemetry = startTelemetry({
    executorId: executor.executorId,
    backend: config.backend,
    workers: config.workers,
    cores: navigator.hardwareConcurrency,
    hostName: Deno.hostname(),
    interval,
    pushgateway: {
      timeout: 5,
      deleteAfter: 0,
      maxSeries: 3000,
      ...pushgateway,
      url: `${pushgateway.url}`,
    },
    queue: () => ({
      queued: Math.max(0, open.size - config.workers * config.concurrency),
      running: Math.min(open.size, config.workers * config.concurrency),
      workers: executor.workerStats().length,
    }),
    log,
  });
  const look = () => {
    const newest = executor.profile?.collections.at(-1);
    if (newest !== undefined) telemetry.collection(newest);
  };
  const timer = setInterval(look, 100);
  const map = ((...args: Parameters<FunctionExecutor["map"]>) => {
    const futures = executor.map(...args) as FuturesList<unknown>;
    const job_id = futures[0]!.jobId;
    const { length } = futures;
    telemetry.jobStarted({ job_id, calls: length, function_name: "test" });
    for (const future of futures) {
      open.add(future);
      void future.then(() => {}, () => {}).then(() => {
        open.delete(future);
        telemetry.callEnded(future.stats);
      });
    }
    return futures;
  }) as FunctionExecutor["map"];
  const close = async () => {
    await executor.close();
    clearInterval(timer);
    look();
    await telemetry.close();
  };
  return {
    executor,
    warnings: log.warnings,
    map,
    close,
    [Symbol.asyncDispose]: close,
  };
}
