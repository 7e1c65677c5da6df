import { gatewayCommand } from "../profiler/gateway_command.ts";
import { assertEquals } from "./assert.ts";
import { atOnce } from "./at_once.ts";
import { fillIn, panelsOf, readDashboards } from "./dashboards.ts";
import { groupsOf, labelsOfGroups } from "./gateways.ts";
import { have } from "./have.ts";
import { type Service, startPushgateway } from "./services.ts";
import { tempDir } from "./temp_dir.ts";
import { ask, pushing, startOwnPrometheus, until, work } from "./telemetry.ts";

const REAL = { ignore: !have("prometheus-pushgateway") };

/** A script with a running call, once the gateway knows of its processes. */
async function startHost(
  gateway: Service,
  options: {
    args: string[];
    env?: Record<string, string>;
    stdin?: "null" | "piped";
  } = { args: [gateway.url] },
): Promise<Deno.ChildProcess> {
  const host = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check"],
      new URL("./fixtures/telemetry_host.ts", import.meta.url).href,
      ...options.args,
    ],
    env: options.env ?? {},
    stdin: options.stdin ?? "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await until(
      "a group with a running call",
      async () =>
        (await groupsOf(gateway.url)).some(({ metrics }) =>
          metrics.has("lithoscope_call_start_time_seconds") &&
          metrics.has("memory_usage")
        ),
    );
    return host;
  } catch (error) {
    host.kill("SIGKILL");
    await host.status;
    throw error;
  }
}

Deno.test(
  "gateway clean deletes what a host left that was killed",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    const host = await startHost(gateway, { args: [gateway.url, "keep"] });
    host.kill("SIGKILL");
    await host.status;
    assertEquals((await groupsOf(gateway.url)).length, 1);
    const code = await gatewayCommand(
      ["clean", gateway.url, "--older-than", "0s"],
      { out: () => {}, err: () => {} },
    );
    assertEquals(code, 0);
    assertEquals(await labelsOfGroups(gateway.url), []);
  },
);

/** A configuration file of Lithops that names the gateway by this key is enough. */
async function configured(key: string): Promise<void> {
  await using gateway = await startPushgateway();
  await using folder = await tempDir();
  const file = await folder.write(
    "config",
    `lithops:
    backend: localhost
    telemetry: True
    log_level: DEBUG
    profiler_timeout: 1
prometheus:
    ${key}: ${gateway.url}
`,
  );
  const host = await startHost(gateway, {
    args: [],
    env: { LITHOPS_CONFIG_FILE: file },
  });
  const [group] = await groupsOf(gateway.url);
  host.kill("SIGKILL");
  await host.status;
  assertEquals(group!.labels["job"], "lithops");
  const interval = group!.metrics.get("lithoscope_profiler_interval_seconds");
  assertEquals(interval![0]!.value, "1");
}

Deno.test(
  "a configuration file of Lithops with pushgateway_url or apigateway is enough",
  REAL,
  () =>
    atOnce({
      pushgateway_url: () => configured("pushgateway_url"),
      apigateway: () => configured("apigateway"),
    }),
);

async function signalled(signal: Deno.Signal): Promise<void> {
  await using gateway = await startPushgateway();
  const host = await startHost(gateway);
  host.kill(signal);
  await host.status;
  assertEquals(await labelsOfGroups(gateway.url), []);
}

Deno.test(
  "a host that gets SIGINT, SIGTERM or SIGHUP leaves nothing on the gateway",
  REAL,
  () =>
    atOnce({
      SIGINT: () => signalled("SIGINT"),
      SIGTERM: () => signalled("SIGTERM"),
      SIGHUP: () => signalled("SIGHUP"),
    }),
);

/** A host that ends so, with this code, is gone from the gateway soon. */
async function gone(how: string, expected: number): Promise<void> {
  await using gateway = await startPushgateway();
  const host = await startHost(gateway, {
    args: [gateway.url, how],
    stdin: "piped",
  });
  if (how === "SIGKILL") host.kill("SIGKILL");
  await host.stdin.close();
  const { code } = await host.status;
  assertEquals(code, expected);
  await until(
    "the group to go",
    async () => (await groupsOf(gateway.url)).length === 0,
  );
}

Deno.test(
  "what a host has pushed is deleted when it is gone without a word",
  REAL,
  () =>
    atOnce({
      exit: () => gone("exit", 7),
      throw: () => gone("throw", 1),
      leave: () => gone("leave", 0),
      SIGKILL: () => gone("SIGKILL", 137),
    }),
);

Deno.test("a run on threads reaches the panels of its calls", {
  ignore: !have("prometheus") || !have("prometheus-pushgateway"),
}, async () => {
  await using gateway = await startPushgateway();
  await using prometheus = await startOwnPrometheus(gateway);
  await using folder = await tempDir();
  await using run = pushing({ url: gateway.url }, { backend: "thread" });
  const { executorId } = run;
  const flag = await folder.write("flag", "");
  const calls = run.map(work, [flag, flag]);
  const values = {
    executor_id: executorId,
    job_id: calls[0]!.jobId,
    call_id: "00001",
  };
  const panel = panelsOf(readDashboards().get("call_detail.json")!)
    .find(({ title }) => title === "CPU")!;
  const threads = await until("CPU of the call", async () => {
    const query = fillIn(panel.targets![0]!.expr, values);
    const found = await ask(prometheus, query);
    return found.length > 0 && found[0]!.value > 0 && found;
  });
  await Deno.remove(flag);
  await calls.getResult();
  // Its own thread, and not the other one of the same process.
  const worker = calls[1]!.stats.worker_id;
  assertEquals(threads.map(({ metric }) => metric["pid"]), [
    `of worker ${worker}`,
  ]);
});
