import {
  startTelemetry,
  type TelemetryOptions,
} from "../profiler/telemetry.ts";
import { serveMetrics } from "../profiler/scrape.ts";
import { Pushgateway } from "../profiler/pushgateway.ts";
import {
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { fakeCallStats } from "./fixtures/call_stats.ts";
import { fakeCollection } from "./fixtures/collections.ts";
import { groupsOf, labelsOfGroups, rememberingLog, serve } from "./gateways.ts";
import { have } from "./have.ts";
import { crowd, metricsOf } from "./metrics.ts";
import { parseText, select } from "./prometheus_text.ts";
import { startPushgateway } from "./services.ts";
import { INTERVAL, pushing, until } from "./telemetry.ts";
import { tempDir } from "./temp_dir.ts";

const REAL = { ignore: !have("prometheus-pushgateway") };

/** Options of an executor that serves and pushes nothing. */
function options(more: Partial<TelemetryOptions> = {}) {
  const log = rememberingLog();
  const all: TelemetryOptions = {
    executorId: "1a2b3c-0",
    backend: "process",
    workers: 2,
    cores: 2,
    hostName: "here",
    interval: 3600,
    log,
    ...more,
  };
  return { all, log };
}

function gatewayAt(url: string, deleteAfter: number | false = 0) {
  return { url, timeout: 60, deleteAfter, maxSeries: 3000 };
}

async function textOf(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

Deno.test(
  "startTelemetry() pushes at once, at each tick and at the end",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    const seen: number[] = [];
    await using front = serve(async ({ method, path, text }) => {
      if (method === "PUT") {
        const [running] = select(parseText(text), "lithoscope_calls_running");
        seen.push(running!.value);
      }
      const response = await fetch(gateway.url + path, {
        method,
        ...(method === "PUT" ? { body: text } : {}),
      });
      return new Response(await response.text(), { status: response.status });
    });
    let running = 0;
    const { all, log } = options({
      interval: 0.05,
      pushgateway: gatewayAt(front.url),
      queue: () => ({ queued: 0, running: running++, workers: 2 }),
    });
    const telemetry = startTelemetry(all);
    await front.until(4);
    assertEquals(
      (await groupsOf(gateway.url)).map(({ labels }) => labels),
      [{ job: "lithops", instance: "here:1a2b3c-0" }],
    );
    await telemetry.close();
    assertEquals(front.seen.at(-1)!.method, "DELETE");
    assertEquals(seen, [...seen].sort((a, b) => a - b));
    assertEquals(seen.at(-1), running - 1); // the last text is of the end
    assertEquals(log.warnings, []);
    assertEquals(await labelsOfGroups(gateway.url), []);
  },
);

Deno.test(
  "close({ now: true }) ends the wait before the deletion",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    const telemetry = startTelemetry(
      options({ pushgateway: gatewayAt(gateway.url, 3600) }).all,
    );
    const closed = telemetry.close();
    await until(
      "the last push",
      async () => (await groupsOf(gateway.url)).length === 1,
    );
    await telemetry.close({ now: true });
    await closed;
    assertEquals(await labelsOfGroups(gateway.url), []);
  },
);

Deno.test("startTelemetry() serves metrics and service discovery", async () => {
  const { all, log } = options({ metricsPort: 0 });
  const telemetry = startTelemetry(all);
  const url = telemetry.metricsUrl!;
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assertStringIncludes(log.infos[0]!, `${url}/metrics`);
  telemetry.jobStarted({ job_id: "M000", calls: 2, function_name: "f" });
  telemetry.callEnded(fakeCallStats());
  telemetry.collection(fakeCollection());
  const response = await fetch(`${url}/metrics`);
  assertMatch(response.headers.get("Content-Type")!, /version=0\.0\.4/);
  const series = parseText(await response.text());
  assertEquals(select(series, "memory_usage").length, 1);
  const job = select(series, "lithoscope_job_calls_ended_total");
  assertEquals(job[0]!.value, 1);
  const [target] = JSON.parse(await textOf(`${url}/sd`));
  assertEquals(target, {
    targets: [url.slice("http://".length)],
    labels: { job: "lithops", executor_id: "1a2b3c-0" },
  });
  await telemetry.close();
});

Deno.test("startTelemetry() does without a port that is taken", async () => {
  const other = serveMetrics({ port: 0, text: () => Promise.resolve("") });
  const { all, log } = options({ metricsPort: other.port });
  const telemetry = startTelemetry(all);
  assertEquals(telemetry.metricsUrl, null);
  assertEquals(log.warnings, [
    `Cannot serve metrics on port ${other.port} as somebody listens there already`,
  ]);
  await telemetry.close();
  await other.close();
});

Deno.test("serveMetrics() answers what it knows, and nothing else", async () => {
  const server = serveMetrics({
    port: 0,
    text: () => Promise.reject(new Error("out of order")),
  });
  const status = async (path: string, method = "GET") => {
    const response = await fetch(server.url + path, { method });
    return [response.status, await response.text()];
  };
  assertEquals(await status("/metrics"), [500, "Error: out of order\n"]);
  assertEquals(await status("/other"), [404, "Not found\n"]);
  assertEquals((await status("/"))[0], 200);
  assertEquals((await status("/metrics", "POST"))[0], 405);
  await server.close();
});

Deno.test(
  "a run with 500 calls at once makes one request a tick",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    const running: number[] = [];
    await using front = serve(async ({ method, path, text }) => {
      if (method === "PUT") {
        const series = parseText(text);
        running.push(
          select(series, "lithoscope_call_start_time_seconds").length,
        );
        assertLessOrEqual(series.length, 3000);
      }
      const response = await fetch(gateway.url + path, {
        method,
        ...(method === "PUT" ? { body: text } : {}),
      });
      return new Response(await response.text(), { status: response.status });
    });
    const began = performance.now();
    const run = pushing({ url: front.url }, { concurrency: 250 });
    await using folder = await tempDir();
    const flag = await folder.write("flag", "");
    const futures = run.map(
      async (flag: string) => {
        const isThere = () => Deno.stat(flag).then(() => true, () => false);
        while (await isThere()) await new Promise((r) => setTimeout(r, 500));
        return true;
      },
      Array.from({ length: 500 }, () => flag),
    );
    // Each has its series.
    await until("500 calls", () => Promise.resolve(running.at(-1) === 500));
    await Deno.remove(flag);
    const results = await futures.getResult();
    await run.close();
    const passed = (performance.now() - began) / 1000;
    const ticks = Math.floor(passed / INTERVAL) + 1;
    assertEquals(results.length, 500);
    // One more at the end, and the deletion.
    assertLessOrEqual(front.seen.length, ticks + 2);
  },
);

Deno.test(
  "20 hosts with 50 calls each push to one gateway with its default checks",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    const hosts = Array.from({ length: 20 }, (_, i) => {
      const executorId = `${(0xabc000 + i).toString(16)}-0`;
      const log = rememberingLog();
      return {
        log,
        metrics: metricsOf({ executorId }),
        sink: new Pushgateway({
          url: gateway.url,
          instance: `host${i}:${executorId}`,
          timeout: 60,
          log,
        }),
      };
    });
    for (let tick = 0; tick < 2; tick++) {
      for (const { metrics, sink } of hosts) {
        metrics.collect(crowd(50, { tstamp: 10 * tick }));
        sink.push(await metrics.text());
      }
      await Promise.all(hosts.map(({ sink }) => sink.idle()));
    }
    for (const { sink, log } of hosts) {
      const { pushed, failed, dropped } = sink.cost;
      assertEquals([pushed, failed, dropped, log.warnings], [2, 0, 0, []]);
    }
    const groups = await groupsOf(gateway.url);
    assertEquals(groups.length, 20);
    for (const { metrics } of groups) {
      const running = metrics.get("lithoscope_call_start_time_seconds")!;
      assertEquals(running.length, 50);
    }
    await Promise.all(hosts.map(({ sink }) => sink.close()));
    assertEquals(await labelsOfGroups(gateway.url), []);
  },
);
