import { assert, assertEquals } from "./assert.ts";
import { EPOCH, fakeCallStats } from "./fixtures/call_stats.ts";
import {
  fakeCollection,
  fakeRunning,
  fakeSample,
  fakeThread,
  fakeTree,
  fakeUsage,
} from "./fixtures/collections.ts";
import { have } from "./have.ts";
import { crowd, metricsOf, seriesOf, valueOf } from "./metrics.ts";
import { select } from "./prometheus_text.ts";

const LITHOPS_BY_PROCESS = [
  ...["cpu_usage", "user_time", "system_time", "children_user_time"],
  ...["children_system_time", "iowait_time", "memory_usage", "disk_read_mb"],
  ...["disk_write_mb", "disk_read_rate", "disk_write_rate"],
];
const LITHOPS_BY_CALL = [
  ...["net_read_mb", "net_write_mb", "net_read_rate", "net_write_rate"],
];

Deno.test("text() gives the fifteen Lithops metrics with its labels and units", async () => {
  const metrics = metricsOf();
  const series = await seriesOf(metrics, fakeCollection());
  const call = { executor_id: "1a2b3c-0", job_id: "M000", call_id: "00000" };
  const process = { ...call, pid: "100", parent_pid: "1" };
  for (const name of LITHOPS_BY_PROCESS) {
    assertEquals(select(series, name).map((it) => it.labels), [process], name);
  }
  for (const name of LITHOPS_BY_CALL) {
    assertEquals(select(series, name).map((it) => it.labels), [call], name);
  }
  assertEquals(valueOf(series, "cpu_usage"), 50);
  assertEquals(valueOf(series, "children_system_time"), 0.25);
  assertEquals(valueOf(series, "memory_usage"), 64);
  assertEquals(valueOf(series, "disk_write_mb"), 3);
  assertEquals(valueOf(series, "disk_read_rate"), 0.5);
  assertEquals(valueOf(series, "net_read_rate"), 1);
});

Deno.test("text() leaves the Lithops names out when told so", async () => {
  const metrics = metricsOf({ legacyNames: false });
  const series = await seriesOf(metrics, fakeCollection());
  const names = new Set(series.map(({ name }) => name));
  assertEquals([...names].filter((it) => !it.startsWith("lithoscope_")), []);
  assert(names.has("lithoscope_process_cpu_seconds_total"));
});

Deno.test("text() tells the traffic of a call from when it was first seen", async () => {
  const metrics = metricsOf();
  const first = fakeCollection();
  assertEquals(valueOf(await seriesOf(metrics, first), "net_read_mb"), 0);
  const network = first.networks[0]!;
  const second = fakeCollection({
    networks: [{ ...network, recv_bytes: network.recv_bytes + 3 * 2 ** 20 }],
  });
  assertEquals(valueOf(await seriesOf(metrics, second), "net_read_mb"), 3);
});

Deno.test("text() has canonical process metrics with the same labels", async () => {
  const series = await seriesOf(metricsOf(), fakeCollection());
  const labels = {
    executor_id: "1a2b3c-0",
    job_id: "M000",
    call_id: "00000",
    pid: "100",
    parent_pid: "1",
  };
  const cpu = select(series, "lithoscope_process_cpu_seconds_total");
  assertEquals(
    cpu.map((it) => [it.labels["mode"], it.value]),
    [["user", 4], ["system", 1], ["children_user", 0.5], [
      "children_system",
      0.25,
    ]],
  );
  assertEquals(cpu[0]!.labels, { ...labels, mode: "user" });
  const rss = "lithoscope_process_resident_memory_bytes";
  assertEquals(valueOf(series, rss, labels), 64 * 2 ** 20);
  assertEquals(
    valueOf(series, "lithoscope_process_start_time_seconds"),
    EPOCH - 10,
  );
  assertEquals(
    select(series, "lithoscope_process_info")[0]!.labels["command"],
    "deno",
  );
});

Deno.test("text() has no series of what was not measured", async () => {
  const sample = fakeSample({ uss: null, cpu_percent: null, job_id: null });
  const series = await seriesOf(
    metricsOf(),
    fakeCollection({ processes: [sample], trees: [] }),
  );
  assertEquals(select(series, "lithoscope_process_unique_memory_bytes"), []);
  assertEquals(select(series, "cpu_usage"), []);
  assertEquals(select(series, "lithoscope_process_iowait_seconds_total"), []);
  assertEquals(valueOf(series, "lithoscope_host_iowait_counted"), 0);
  assertEquals("job_id" in select(series, "memory_usage")[0]!.labels, false);
});

Deno.test("text() has live processes and trees alone", async () => {
  const metrics = metricsOf();
  await seriesOf(metrics, crowd(3));
  const later = crowd(2);
  later.processes[1]!.state = "Z";
  later.trees.push(fakeTree({ worker_id: 2, pid: 1002, ended: true }));
  const series = await seriesOf(metrics, later);
  const pids = select(series, "memory_usage").map((it) => it.labels["pid"]);
  assertEquals(pids, ["1000"]);
  const workers = select(series, "lithoscope_tree_processes")
    .map((it) => it.labels["worker_id"]);
  assertEquals(workers.sort(), ["0", "1"]);
});

Deno.test("text() tells which calls run where, and since when", async () => {
  const series = await seriesOf(metricsOf(), crowd(2));
  const running = select(series, "lithoscope_call_start_time_seconds");
  assertEquals(
    running.map(({ labels, value }) => [
      labels["call_id"],
      labels["worker_id"],
      value,
    ]).sort(),
    [["00000", "0", EPOCH], ["00001", "1", EPOCH - 1]],
  );
  const oldest = "lithoscope_oldest_running_call_start_time_seconds";
  assertEquals(valueOf(series, oldest), EPOCH - 1);
});

Deno.test("text() counts what worker threads use once, under the calls they run", async () => {
  const host = fakeSample({ worker_id: null, job_id: null, call_id: null });
  const threads = [
    fakeThread(),
    fakeThread({
      worker_id: 1,
      tid: 102,
      call_id: "00001",
    }),
  ];
  const series = await seriesOf(
    metricsOf({ backend: "thread" }),
    fakeCollection({
      processes: [host],
      threads,
      trees: [fakeTree({
        kind: "host",
        worker_id: null,
        calls: [fakeRunning(0), fakeRunning(1)],
      })],
    }),
  );
  assertEquals(
    select(series, "cpu_usage").map(({ labels: it, value }) => [
      it["call_id"],
      it["pid"],
      it["parent_pid"],
      value,
    ]),
    [["00000", "101", "100", 90], ["00001", "102", "100", 90]],
  );
  assertEquals(valueOf(series, "memory_usage"), 64);
  assertEquals(
    select(series, "lithoscope_call_start_time_seconds")
      .map(({ labels }) => labels["worker_id"]),
    ["0", "1"],
  );
  assertEquals(
    select(series, "lithoscope_thread_cpu_seconds_total", { tid: "102" })
      .map(({ value }) => value),
    [2, 0.5],
  );
});

Deno.test("text() keeps the script's own process out of the Lithops names", async () => {
  const script = fakeSample({
    worker_id: null,
    job_id: null,
    call_id: null,
    pid: 99,
  });
  const collection = fakeCollection();
  collection.processes.push(script);
  collection.trees.push(
    fakeTree({ kind: "host", worker_id: null, pid: 99, calls: [] }),
  );
  const series = await seriesOf(metricsOf(), collection);
  assertEquals(select(series, "memory_usage", { pid: "99" }), []);
  const rss = "lithoscope_process_resident_memory_bytes";
  assertEquals(select(series, rss, { pid: "99" }).length, 1);
});

Deno.test("text() passes promtool, but for names that are those of Lithops", {
  ignore: !have("promtool"),
}, async () => {
  const metrics = metricsOf({ maxSeries: 1500, interval: 10 });
  metrics.jobStarted({
    job_id: "M000",
    calls: 2,
    function_name: 'say "hi"\\\n',
  });
  metrics.callEnded(fakeCallStats());
  metrics.queue({ queued: 1, running: 1, workers: 1 });
  metrics.collect(crowd(60, {
    total: fakeUsage(),
    threads: [fakeThread()],
    host: {
      tstamp: EPOCH,
      hostname: "here",
      cores: 2,
      cpu_percent: 150,
      cpu_percent_by_core: [50, 100],
      cpu_steal_percent: 0,
      cpu_iowait_percent: 0,
      load: [1, 2, 3],
      memory_total: 1e9,
      memory_available: 1e8,
      memory_free: 1e7,
      swap_total: 0,
      swap_free: 0,
      cpu_pressure: {
        some_time: 1,
        some_percent: 1,
        full_time: 0,
        full_percent: 0,
      },
      memory_pressure: null,
      io_pressure: null,
    },
    cgroups: [{
      tstamp: EPOCH,
      executor_id: "1a2b3c-0",
      version: 2,
      path: "/a",
      cpu_path: "/a",
      is_host: true,
      worker_ids: [0],
      cpu_time: 1,
      cpu_limit: 2,
      throttled_time: 0,
      throttled_periods: 0,
      memory_limit: 1e9,
      memory_current: 1e8,
      memory_peak: 2e8,
      oom_kills: 0,
      tasks: 3,
    }],
  }));
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(await metrics.text()));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  assertEquals(
    said.split("\n").filter((line) => line !== "").sort(),
    ["disk_read_mb", "disk_write_mb", "net_read_mb", "net_write_mb"].map((it) =>
      `${it} metric names should not contain abbreviated units`
    ),
  );
});
