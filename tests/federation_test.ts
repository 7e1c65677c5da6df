import { assertEquals } from "./assert.ts";
import { have } from "./have.ts";
import { crowd, metricsOf } from "./metrics.ts";
import { startPushgateway } from "./services.ts";
import {
  ask,
  GRAFANA,
  hurried,
  labelValues,
  startOwnPrometheus,
  until,
} from "./telemetry.ts";
import { startPrometheus } from "./services.ts";

/** Pushes the metrics of an executor with so many workers. */
async function push(gatewayUrl: string, executorId: string, workers: number) {
  const metrics = metricsOf({ executorId });
  metrics.queue({ queued: 1, running: workers, workers });
  metrics.collect(crowd(workers));
  const response = await fetch(
    `${gatewayUrl}/metrics/job/lithops/instance/here:${executorId}`,
    { method: "PUT", body: await metrics.text() },
  );
  assertEquals(response.status, 200, await response.text());
}

Deno.test(
  "a central Prometheus gets the aggregates of all sites, and nothing else",
  {
    ignore: !have("prometheus") || !have("prometheus-pushgateway"),
  },
  async () => {
    await using gateways = new AsyncDisposableStack();
    const edges = await Promise.all(["site-1", "site-2"].map(async (site) => {
      const gateway = gateways.use(await startPushgateway());
      const edge = gateways.use(
        await startOwnPrometheus(
          gateway,
          "federation/edge.yml",
          (config) => config.replace("site: site-1", `site: ${site}`),
        ),
      );
      return { gateway, edge };
    }));
    const config = await Deno.readTextFile(
      new URL("federation/central.yml", GRAFANA),
    );
    await using central = await startPrometheus({
      config: hurried(config)
        .replace("site-1-prometheus:9090", `127.0.0.1:${edges[0]!.edge.port}`)
        .replace("site-2-prometheus:9090", `127.0.0.1:${edges[1]!.edge.port}`),
    });
    await push(edges[0]!.gateway.url, "1a2b3c-0", 2);
    await push(edges[0]!.gateway.url, "1a2b3c-1", 3);
    await push(edges[1]!.gateway.url, "4d5e6f-0", 4);

    const running = await until("both sites", async () => {
      const found = await ask(central, "site:lithoscope_calls_running:sum");
      const bySite = Object.fromEntries(
        found.map(({ metric, value }) => [metric["site"], value]),
      );
      return bySite["site-1"] === 5 && bySite["site-2"] === 4 && bySite;
    });
    assertEquals(running, { "site-1": 5, "site-2": 4 });
    const total = await ask(central, "sum(site:lithoscope_workers:sum)");
    assertEquals(total[0]!.value, 9);
    const names = await labelValues(central, "__name__");
    const others = names.filter((name) =>
      !name.startsWith("site:") && !/^(up|scrape_|ALERTS)/.test(name)
    );
    assertEquals(others, []);
    // Where the details are: in the site's own Prometheus.
    const details = await ask(edges[1]!.edge, "count(memory_usage)");
    assertEquals(details[0]!.value, 4);
  },
);
