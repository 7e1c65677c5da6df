import { assert, assertAlmostEquals, assertEquals } from "./assert.ts";
import { EPOCH, fakeCallStats } from "./fixtures/call_stats.ts";
import { fakeCollection } from "./fixtures/collections.ts";
import { metricsOf, seriesOf, valueOf } from "./metrics.ts";
import { select } from "./prometheus_text.ts";

Deno.test("text() counts calls by outcome, and shows the last ones", async () => {
  const metrics = metricsOf();
  metrics.jobStarted({ job_id: "M000", calls: 40, function_name: "double" });
  for (let i = 0; i < 40; i++) {
    metrics.callEnded(fakeCallStats({
      call_id: String(i).padStart(5, "0"),
      outcome: i === 0 ? "error" : "success",
      error_class: i === 0 ? "TypeError" : null,
      attempt: i === 1 ? 3 : 1,
    }));
  }
  const series = await seriesOf(metrics);
  const count = (outcome: string) =>
    valueOf(series, "lithoscope_calls_total", { outcome });
  assertEquals(count("success"), 39);
  assertEquals(count("error"), 1);
  assertEquals(count("crashed"), 0);
  assertEquals(valueOf(series, "lithoscope_call_retries_total"), 2);
  assertEquals(valueOf(series, "lithoscope_call_input_bytes_total"), 40 * 16);
  assertAlmostEquals(
    valueOf(series, "lithoscope_calls_cpu_seconds_total", { mode: "user" })!,
    16,
  );
  assertEquals(valueOf(series, "lithoscope_calls_exec_seconds_count"), 40);
  assertEquals(
    valueOf(series, "lithoscope_calls_exec_seconds_bucket", { le: "0.5" }),
    0,
  );
  const labels = {
    executor_id: "1a2b3c-0",
    job_id: "M000",
    call_id: "00039",
  };
  for (
    const [name, value] of Object.entries({
      worker_func_exec_time: 1,
      worker_func_start_tstamp: EPOCH + 0.03,
      worker_func_end_tstamp: EPOCH + 1.03,
      host_job_create_tstamp: EPOCH,
      host_status_done_tstamp: EPOCH + 1.05,
    })
  ) {
    const found = select(series, name);
    assertEquals(found[0]!.labels, labels);
    assertEquals(found[0]!.value, value);
    assertEquals(found.length, 30);
  }
  assertEquals(
    select(series, "lithoscope_job_calls_ended_total")
      .map((it) => [it.labels["outcome"], it.value]),
    [["error", 1], ["success", 39]],
  );
});

Deno.test("text() shows few jobs of many, those that wait longest first", async () => {
  const metrics = metricsOf();
  for (let i = 0; i < 500; i++) {
    const job_id = `A${i}`;
    metrics.jobStarted({ job_id, calls: i < 10 ? 2 : 1, function_name: "f" });
    metrics.callEnded(fakeCallStats({ job_id }));
  }
  const series = await seriesOf(metrics);
  const jobs = select(series, "lithoscope_job_info")
    .map((it) => it.labels["job_id"]);
  assertEquals(jobs.length, 20);
  assertEquals(
    jobs.slice(0, 10),
    Array.from({ length: 10 }, (_, i) => `A${i}`),
  );
  assert(jobs.includes("A499"));
  assertEquals(valueOf(series, "lithoscope_jobs_total"), 500);
});

Deno.test("text() has the size of a job once it is known", async () => {
  const metrics = metricsOf();
  metrics.jobStarted({ job_id: "M000", calls: null, function_name: "f" });
  assertEquals(select(await seriesOf(metrics), "lithoscope_job_calls"), []);
  metrics.jobCalls("M000", 7);
  assertEquals(valueOf(await seriesOf(metrics), "lithoscope_job_calls"), 7);
});

Deno.test("text() tells the queue, and what the profiler itself costs", async () => {
  const metrics = metricsOf({ interval: 5 });
  metrics.queue({ queued: 3, running: 2, workers: 1 });
  metrics.pushed({
    pushed: 4,
    failed: 3,
    dropped: 2,
    retried: 1,
    duration: 0.01,
    bytes: null,
  });
  const series = await seriesOf(
    metrics,
    fakeCollection({ collection_id: 8, missed_ticks: 2 }),
  );
  const expected: Record<string, number | undefined> = {
    calls_queued: 3,
    calls_running: 2,
    workers: 1,
    workers_max: 2,
    profiler_pushes_total: 4,
    profiler_push_failures_total: 3,
    profiler_pushes_dropped_total: 2,
    profiler_push_retries_total: 1,
    profiler_push_duration_seconds: 0.01,
    profiler_push_size_bytes: undefined,
    profiler_sample_duration_seconds: 0.002,
    profiler_cpu_seconds_total: 0.1,
    profiler_missed_ticks_total: 2,
    profiler_collection_id: 8,
    profiler_interval_seconds: 5,
  };
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(valueOf(series, `lithoscope_${name}`), value, name);
  }
});
