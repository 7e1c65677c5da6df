/**
 * What pushing to a Pushgateway costs: one request a tick, beside the way of the Lithops Profiler, which sends one POST
 * for each metric of each process. Both go to a real gateway with its default checks, in one run.
 *
 *     deno run -A bench/gateway_bench.ts [tick] [hosts] [run]
 *
 * Needs Debian's prometheus-pushgateway. Without a name, all three parts run (about four minutes).
 *
 * @module
 */
import { Metrics } from "../profiler/metrics.ts";
import { Pushgateway } from "../profiler/pushgateway.ts";
import type { Collection } from "../profiler/record.ts";
import { FunctionExecutor } from "../mod.ts";
import { EPOCH } from "../tests/fixtures/call_stats.ts";
import {
  fakeCollection,
  fakeRunning,
  fakeSample,
  fakeTree,
} from "../tests/fixtures/collections.ts";
import { type Service, startPushgateway } from "../tests/services.ts";
import { median } from "./_contest.ts";
import { lithopsTick, PATIENCE, PROCESSES } from "./_lithops_pushes.ts";
import { describeMachine, load, untilIdle } from "./_machine.ts";
import { figure, say, sayTable } from "./_table.ts";

const log = { info: () => {}, warn: (text: string) => say(text) };

/** A host on which each of `calls` workers runs a call. */
function hostWith(executorId: string, calls: number, tick: number): Collection {
  const numbers = Array.from({ length: calls }, (_, i) => i);
  return fakeCollection({
    executor_id: executorId,
    collection_id: tick,
    tstamp: EPOCH + 10 * tick,
    processes: numbers.flatMap((i) =>
      Array.from({ length: PROCESSES }, (_, depth) =>
        fakeSample({
          executor_id: executorId,
          worker_id: i,
          call_id: `${i}`.padStart(5, "0"),
          pid: 1000 + PROCESSES * i + depth,
          parent_pid: depth === 0 ? 1 : 1000 + PROCESSES * i,
          depth,
          cpu_percent: i / calls,
          cpu_user_time: tick,
        }))
    ),
    trees: numbers.map((i) =>
      fakeTree({
        executor_id: executorId,
        worker_id: i,
        pid: 1000 + PROCESSES * i,
        calls: [fakeRunning(i)],
      })
    ),
  });
}

/** An executor that has something to tell. */
function createHost(
  gateway: Service,
  index: number,
  calls: number,
  maxSeries = 3000,
) {
  const executorId = `${(0xabc000 + index).toString(16)}-0`;
  const metrics = new Metrics({
    executorId,
    backend: "process",
    workers: calls,
    cores: 2,
    hostName: `host${index}`,
    maxSeries,
  });
  const sink = new Pushgateway({
    url: gateway.url,
    instance: `host${index}:${executorId}`,
    timeout: 60,
    log,
  });
  return {
    sink,
    /** The text of a tick. */
    text: (tick: number) => {
      metrics.collect(hostWith(executorId, calls, tick));
      return metrics.text();
    },
  };
}

/** Ticks of one host, ours and theirs, each on a gateway of its own. */
async function tick(): Promise<void> {
  say("## One host, one tick", "");
  const rows: string[][] = [];
  const sizes = [[10], [25], [50], [500], [500, 1e6]] as const;
  for (const [calls, maxSeries] of sizes) {
    await using gateway = await startPushgateway();
    const host = createHost(gateway, 0, calls, maxSeries);
    const own: number[] = [];
    let series = 0;
    for (let i = 0; i < 6; i++) {
      const began = performance.now();
      const text = await host.text(i);
      series = text.split("\n").filter((line) => /^[^#]/.test(line)).length;
      host.sink.push(text);
      await host.sink.idle();
      // The first one finds an empty gateway, and code that has never run.
      if (i > 0) own.push((performance.now() - began) / 1000);
    }
    const { pushed, failed } = host.sink.cost;
    if (pushed !== 6 || failed !== 0) {
      throw new Error("not all pushes got through");
    }
    await host.sink.close();
    await using other = await startPushgateway();
    await lithopsTick(other, ["a"], calls); // the gateway is empty in the first
    const theirs = await lithopsTick(other, ["a"], calls);
    const isDone = theirs.sent === theirs.wanted;
    // What did not get through is counted at the pace of what did.
    const whole = theirs.seconds * theirs.wanted / theirs.sent;
    rows.push([
      `${calls} calls x ${PROCESSES} processes${
        maxSeries === undefined ? "" : ", no limit"
      }`,
      figure(series),
      "1",
      figure(median(own)),
      figure(theirs.wanted),
      isDone
        ? figure(theirs.seconds)
        : `> ${PATIENCE} (${figure(theirs.sent)} sent)`,
      `${isDone ? "" : "> "}${
        figure((isDone ? whole : PATIENCE) / median(own))
      }x`,
    ]);
  }
  sayTable(
    ["", "series", "requests", "s", "Lithops: requests", "s", "ratio"],
    rows,
  );
}

/** Many hosts at the same instant, which is the worst there is, on one gateway. */
async function hosts(): Promise<void> {
  const count = 20, calls = 50;
  say("", `## ${count} hosts x ${calls} calls, all at one instant`, "");
  await using gateway = await startPushgateway();
  const all = Array.from(
    { length: count },
    (_, i) => createHost(gateway, i, calls),
  );
  const rows: string[][] = [];
  for (let i = 0; i < 4; i++) {
    const texts: string[] = [];
    for (const host of all) texts.push(await host.text(i));
    const began = performance.now();
    all.forEach(({ sink }, at) => sink.push(texts[at]!));
    await Promise.all(all.map(({ sink }) => sink.idle()));
    const seconds = (performance.now() - began) / 1000;
    const accepted = all.filter(({ sink }) => sink.cost.pushed === i + 1);
    rows.push([
      `tick ${i}`,
      `${count}`,
      `${accepted.length}`,
      figure(seconds),
      `${seconds < 10 ? "yes" : "no"}`,
    ]);
  }
  await Promise.all(all.map(({ sink }) => sink.close()));
  await using other = await startPushgateway();
  const names = all.map((_, i) => `host${i}`);
  const theirs = await lithopsTick(other, names, calls);
  rows.push([
    "Lithops, tick 0",
    figure(theirs.wanted),
    figure(theirs.sent),
    theirs.sent === theirs.wanted ? figure(theirs.seconds) : `> ${PATIENCE}`,
    theirs.sent === theirs.wanted && theirs.seconds < 10 ? "yes" : "no",
  ]);
  sayTable(
    ["", "requests", "accepted", "seconds", "within a tick of 10 s"],
    rows,
  );
}

/** Seconds that 500 calls at once take, with and without profiler and pushes. */
async function measure(pushgateway: string | undefined): Promise<number> {
  await using fexec = new FunctionExecutor({
    workers: 2,
    concurrency: 250,
    progress: false,
    logLevel: "warning",
    ...(pushgateway === undefined
      ? {}
      : { profile: { interval: 1, host: true }, pushgateway }),
  });
  await fexec.ready;
  const began = performance.now();
  const futures = fexec.map(
    async (seconds: number) => {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    },
    Array.from({ length: 500 }, () => 5),
  );
  await futures.getResult();
  return (performance.now() - began) / 1000;
}

/** A real run of 500 calls at once, with a real gateway. */
async function run(): Promise<void> {
  const rounds = 5;
  say("", `## 500 calls of 5 s at once, 1 s interval, ${rounds} rounds`, "");
  await using gateway = await startPushgateway();
  let requests = 0;
  const durations: number[] = [];
  const front = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
  }, async (request) => {
    const body = await request.bytes();
    const began = performance.now();
    const { pathname } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete("Host");
    const response = await fetch(gateway.url + pathname, {
      method: request.method,
      headers,
      body: request.method === "PUT" ? body : null,
    });
    const text = await response.text();
    if (request.method === "PUT") {
      requests++;
      durations.push((performance.now() - began) / 1000);
      if (!response.ok) say(`Refused: ${response.status} ${text}`);
    }
    return new Response(text, { status: response.status });
  });
  const plain: number[] = [], profiled: number[] = [];
  for (let i = 0; i < rounds; i++) {
    plain.push(await measure(undefined));
    profiled.push(await measure(`http://127.0.0.1:${front.addr.port}`));
  }
  await front.shutdown();
  const ticks = profiled.reduce(
    (sum, seconds) => sum + Math.floor(seconds) + 1,
    0,
  );
  sayTable(["", "median s", "range"], [
    ["without profiler", figure(median(plain)), range(plain)],
    ["profiled and pushed", figure(median(profiled)), range(profiled)],
  ]);
  say(
    "",
    `- time of the run: ${
      ((median(profiled) / median(plain) - 1) * 100).toFixed(2)
    } % more (target: within 2 %)`,
    `- requests: ${requests} in ${ticks} ticks and ${rounds} ends: ${
      figure((requests - rounds) / ticks)
    } a tick (target: 1)`,
    `- slowest push: ${
      figure(Math.max(...durations))
    } s (target: within the interval of 1 s)`,
  );
}

function range(values: number[]): string {
  return `${figure(Math.min(...values))}..${figure(Math.max(...values))}`;
}

const PARTS: Record<string, () => Promise<void>> = { tick, hosts, run };

if (import.meta.main) {
  const names = Deno.args.length > 0 ? Deno.args : Object.keys(PARTS);
  say(describeMachine(), "");
  for (const name of names) {
    const part = PARTS[name];
    if (part === undefined) throw new TypeError(`There is no part "${name}"`);
    await untilIdle(30);
    await part();
    say("", `(load average ${figure(load())})`);
  }
}
