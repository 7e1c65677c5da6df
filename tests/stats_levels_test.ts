/**
 * What each level of the option `stats` measures, and that calls go as ever whichever is chosen.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { CallTimeoutError, type FunctionExecutor } from "../mod.ts";
import { onEach } from "./executors.ts";

/** The instants of the worker, and what is counted from them. */
const TIMING = [
  "worker_queue_time",
  "worker_cold_start",
  "worker_start_tstamp",
  "worker_func_start_tstamp",
  "worker_func_end_tstamp",
  "worker_func_exec_time",
  "worker_end_tstamp",
  "worker_exec_time",
  "func_result_size",
] as const;

/** What is read from the kernel, on both backends. */
const COUNTERS = [
  "worker_func_cpu_user_time",
  "worker_func_cpu_system_time",
  "worker_func_cpu_percent",
  "worker_func_voluntary_switches",
  "worker_func_recv_net_io",
] as const;

/** Statistics of a call that takes long enough to be measured in full. */
async function measured(fexec: FunctionExecutor) {
  const future = fexec.callAsync((ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return ms;
  }, 20);
  assertEquals(await future, 20);
  return future.stats;
}

onEach('stats: "timing" knows instants and durations alone', async (make) => {
  const stats = await measured(make({ stats: "timing" }));
  for (const key of TIMING) assert(stats[key] !== null, key);
  for (const key of COUNTERS) assertEquals(stats[key], null, key);
  assert(stats.worker_func_exec_time! >= 0.019);
});

onEach('stats: "off" measures nothing in the worker', async (make) => {
  const stats = await measured(make({ stats: "off" }));
  for (const key of [...TIMING, ...COUNTERS]) {
    assertEquals(stats[key], null, key);
  }
  assertEquals(stats.outcome, "success");
  assert(stats.host_status_done_tstamp! > stats.host_submit_tstamp);
  assert(stats.worker_pid !== null);
});

onEach('stats: "off" changes nothing of how calls go', async (make) => {
  const fexec = make({ stats: "off", killDelay: 0 });
  const items = Array.from({ length: 3000 }, (_, i) => i);
  const doubled = fexec.map((x: number) => x * 2, items);
  assertEquals(await doubled.getResult(), items.map((x) => x * 2));
  const stuck = fexec.callAsync(
    (_: number) => {
      while (true);
    },
    0,
    { timeout: 0.2 },
  );
  await assertRejects(() => stuck.result(), CallTimeoutError);
  const tried = fexec.callAsync(
    (_: number, { attempt }) => {
      if (attempt < 3) throw new Error("not yet");
      return attempt;
    },
    0,
    { retries: 2, retryDelay: 0 },
  );
  assertEquals(await tried, 3);
});

for (const keepStats of ["all", "summary"] as const) {
  onEach(
    `stats: "off" makes no figures of stopped calls alone, with keepStats: "${keepStats}"`,
    async (make) => {
      const fexec = make({ stats: "off", keepStats, killDelay: 0 });
      const none = {
        peak_concurrency: null,
        mean_concurrency: null,
        worker_utilisation: null,
      };
      const figures = () => {
        const { peak_concurrency, mean_concurrency, worker_utilisation } = fexec
          .summary();
        return { peak_concurrency, mean_concurrency, worker_utilisation };
      };
      await fexec.map((x: number) => x, [1, 2, 3]).getResult();
      assertEquals(figures(), none);
      const stopped = fexec.callAsync(
        () => new Promise(() => {}),
        undefined,
        { timeout: 0.3 },
      );
      await assertRejects(() => stopped.result(), CallTimeoutError);
      assert(stopped.stats.worker_start_tstamp !== null);
      assertEquals(figures(), none);
    },
  );

  onEach(
    `calls that never ran are 0 at once, with keepStats: "${keepStats}"`,
    async (make) => {
      const fexec = make({ stats: "off", keepStats });
      const future = fexec.callAsync((x: unknown) => x, Symbol("no message"));
      await assertRejects(() => future.result());
      assertEquals(fexec.summary().outcomes.error, 1);
      assertEquals(fexec.summary().peak_concurrency, 0);
    },
  );
}
