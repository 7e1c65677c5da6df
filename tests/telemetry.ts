/**
 * What tests with a Pushgateway and a Prometheus share: an executor that pushes, and questions in PromQL.
 *
 * @module
 */
import {
  FunctionExecutor,
  type FunctionExecutorOptions,
  type PushgatewayOptions,
} from "../mod.ts";
import { type Service, startPrometheus } from "./services.ts";

/** The folder of dashboards and rules. */
export const GRAFANA = new URL("../grafana/", import.meta.url);

/** Seconds between samples, pushes and scrapes of tests. */
export const INTERVAL = 0.5;

/** A configuration of Prometheus that scrapes and looks at its rules so often. */
export function hurried(config: string): string {
  return config.replaceAll(
    /_interval: \d+s/g,
    `_interval: ${INTERVAL * 1000}ms`,
  );
}

/** A Prometheus set up as `grafana/prometheus.yml` says, but that it scrapes this gateway, and more often. */
export async function startOwnPrometheus(
  gateway: Service,
  file = "prometheus.yml",
  edit: (config: string) => string = (config) => config,
): Promise<Service> {
  const config = await Deno.readTextFile(new URL(file, GRAFANA));
  const rules = new URL("rules/", GRAFANA).pathname;
  return await startPrometheus({
    config: edit(
      hurried(config)
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

/** Asks again and again until the answer will do; resolves to it. Throws after 100 s. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + 100_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until Prometheus has samples that were taken after this moment; resolves to an instant when it has. */
export async function untilScraped(
  prometheus: Service,
  executorId: string,
): Promise<number> {
  const start = Date.now() / 1000;
  return await until("samples of later", async () => {
    const now = Date.now() / 1000;
    const time = await askOne(
      prometheus,
      `lithoscope_profiler_collection_time_seconds{executor_id="${executorId}"}`,
      now,
    );
    return time !== undefined && time > start && now;
  });
}

/** An executor of two workers that samples and pushes often. */
export function pushing(
  pushgateway: PushgatewayOptions,
  options: FunctionExecutorOptions = {},
): FunctionExecutor {
  return new FunctionExecutor({
    workers: 2,
    progress: false,
    logLevel: "warning",
    profile: { interval: INTERVAL, host: true },
    pushgateway,
    ...options,
  });
}

/** Keeps a core busy most of the time, and uses the disk, until the file `flag` is gone. */
export async function work(flag: string): Promise<number> {
  const path = await Deno.makeTempFile();
  const file = await Deno.open(path, { write: true });
  let rounds = 0;
  const isThere = () => Deno.stat(flag).then(() => true, () => false);
  while (await isThere()) {
    const busy = performance.now() + 80;
    while (performance.now() < busy) rounds++;
    file.writeSync(new Uint8Array(100_000));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  file.close();
  await Deno.remove(path);
  return rounds;
}
