import type { CallStats } from "../executor/stats.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "./assert.ts";
import type { FunctionExecutor } from "../mod.ts";
import { fillIn, labelQuery, panelsOf, readDashboards } from "./dashboards.ts";
import { groupsOf, labelsOfGroups } from "./gateways.ts";
import { have } from "./have.ts";
import { startPushgateway } from "./services.ts";
import { tempDir } from "./temp_dir.ts";
import {
  ask,
  askOne,
  labelValues,
  pushing,
  startOwnPrometheus,
  until,
  untilScraped,
  work,
} from "./telemetry.ts";

function cpuOf(calls: readonly CallStats[]): number {
  return calls.reduce(
    (sum, it) =>
      sum + it.worker_func_cpu_user_time! + it.worker_func_cpu_system_time!,
    0,
  );
}

/** CPU seconds of the workers so far by the kernel's clocks, in ticks of 10 ms. */
function cpuSeenFromOutside(run: FunctionExecutor): number {
  const ticks = run.workerStats().flatMap(({ worker_pid }) => {
    const text = Deno.readTextFileSync(`/proc/${worker_pid}/stat`);
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return [Number(fields[11]), Number(fields[12])];
  });
  return ticks.reduce((sum, it) => sum + it, 0) / 100;
}

/** Queries of dashboards made for Lithops, as they stand in them. */
function lithopsQueries(executor: string, call: string): string[] {
  const one = `{call_id="${call}",executor_id="${executor}"}`;
  const all = `{executor_id=~"${executor}"}`;
  return [
    `cpu_usage${one}`,
    `avg by(pid) (disk_read_mb${one})`,
    `avg by(pid) (disk_write_rate${one})`,
    `sum(memory_usage${all})`,
    `sum(user_time${all}) + sum(system_time${all})`,
    `sum by(call_id) (children_user_time${all} + children_system_time${all})`,
    `sum by(executor_id) (iowait_time${all})`,
    `count by(executor_id) (count by(executor_id, pid) (cpu_usage${all}))`,
    `count by(parent_pid) (cpu_usage${all})`,
    `max by(call_id) (net_read_mb${all})`,
    `net_write_rate${one}`,
    `worker_func_exec_time${all}`,
    `max(worker_func_end_tstamp${all}) - min(worker_func_start_tstamp${all})`,
    `max(host_status_done_tstamp${all}) - min(host_job_create_tstamp${all})`,
    `count(count by(exported_instance) (cpu_usage${all}))`,
    `count(count by(worker_name) (cpu_usage${all}))`,
  ];
}

Deno.test("a run reaches every panel of every dashboard", {
  ignore: !have("prometheus") || !have("prometheus-pushgateway"),
}, async (t) => {
  await using gateway = await startPushgateway();
  await using prometheus = await startOwnPrometheus(gateway);
  await using run = pushing({ url: gateway.url });
  const { executorId } = run;
  const one = `{executor_id="${executorId}"}`;
  const cpu = `sum(lithoscope_executor_cpu_seconds_total${one})`;

  // A few short calls, one of which fails; then all is quiet.
  const quick = run.map(
    (i: number) => {
      if (i === 3) throw new RangeError("not three");
      return i;
    },
    [0, 1, 2, 3, 4, 5],
  );
  await quick.wait();
  const kernel = [cpuSeenFromOutside(run)];
  const before = await askOne(
    prometheus,
    cpu,
    await untilScraped(prometheus, executorId),
  );
  kernel.push(cpuSeenFromOutside(run));
  await using folder = await tempDir();
  const flag = await folder.write("flag", "");
  const long = run.map(work, [flag, flag]);
  const called = await until("calls in Prometheus", async () => {
    const now = Date.now() / 1000;
    const rates = await ask(
      prometheus,
      `rate(lithoscope_process_cpu_seconds_total{call_id="00001",job_id="${
        long[0]!.jobId
      }",executor_id="${executorId}"}[30s])`,
      now,
    );
    // Read now and then only.
    const shared = await ask(
      prometheus,
      `lithoscope_executor_proportional_memory_bytes${one}`,
      now,
    );
    return rates.length > 0 && shared.length > 0 && now;
  });
  await Deno.remove(flag);
  await long.getResult();
  kernel.push(cpuSeenFromOutside(run));
  const ended = await untilScraped(prometheus, executorId);
  kernel.push(cpuSeenFromOutside(run));
  const values = {
    executor_id: executorId,
    job_id: long[0]!.jobId,
    call_id: "00001",
  };

  for (const [name, dashboard] of readDashboards()) {
    await t.step(`${name}: all panels have data`, async () => {
      const empty: string[] = [];
      for (const panel of panelsOf(dashboard)) {
        for (const { expr } of panel.targets!) {
          const query = fillIn(expr, values);
          // A graph shows both instants: the calls at work, and their statistics when they have ended.
          const found = [
            ...await ask(prometheus, query, called),
            ...await ask(prometheus, query, ended),
          ];
          if (found.length === 0) empty.push(`${panel.title}: ${query}`);
        }
      }
      assertEquals(empty, []);
    });
    await t.step(`${name}: all variables have values`, async () => {
      for (const variable of dashboard.templating.list) {
        const query = labelQuery(variable);
        if (query === undefined) continue;
        const { label, match } = query;
        const offered = await labelValues(
          prometheus,
          label,
          match && fillIn(match, values),
        );
        const wanted = values[variable.name as keyof typeof values];
        assert(offered.includes(wanted), `${variable.name}: ${offered}`);
      }
    });
  }

  await t.step("dashboards made for Lithops have data", async () => {
    const empty: string[] = [];
    for (const query of lithopsQueries(executorId, "00001")) {
      const found = [
        ...await ask(prometheus, query, called),
        ...await ask(prometheus, query, ended),
      ];
      if (found.length === 0) empty.push(query);
    }
    assertEquals(empty, []);
    assert((await labelValues(prometheus, "executor_id")).includes(executorId));
    const calls = await labelValues(prometheus, "call_id", one);
    assert(calls.includes("00001"));
  });

  await t.step(
    "CPU seconds are those of the calls' own statistics",
    async () => {
      const after = await askOne(prometheus, cpu, ended);
      const counted = after! - before!;
      // Two modes of two workers, each counted in ticks of 10 ms.
      const ticks = 0.04;
      // Not fewer than the calls', and what the workers use between calls is no more than the kernel says.
      assertGreaterOrEqual(counted, cpuOf(long.stats) - ticks);
      assertGreaterOrEqual(counted, kernel[2]! - kernel[1]! - 2 * ticks);
      assertLessOrEqual(counted, kernel[3]! - kernel[0]! + 2 * ticks);
      const told = await askOne(
        prometheus,
        `sum(lithoscope_calls_cpu_seconds_total${one})`,
        ended,
      );
      assertAlmostEquals(told!, cpuOf([...quick.stats, ...long.stats]), 1e-6);
      const byCall = await askOne(
        prometheus,
        `sum(lithoscope_call_cpu_time_seconds{call_id="00001",job_id="${values.job_id}"})`,
        ended,
      );
      assertAlmostEquals(byCall!, cpuOf([long.stats[1]!]), 1e-6);
    },
  );

  await t.step("outcomes and exec times are those of the calls", async () => {
    const outcomes = await ask(
      prometheus,
      `lithoscope_calls_total${one} > 0`,
      ended,
    );
    assertEquals(
      Object.fromEntries(
        outcomes.map(({ metric, value }) => [metric["outcome"], value]),
      ),
      { success: 7, error: 1 },
    );
    const slowest = await askOne(
      prometheus,
      `max(worker_func_exec_time${one})`,
      ended,
    );
    const execs = long.stats.map((it) => it.worker_func_exec_time!);
    assertAlmostEquals(slowest!, Math.max(...execs), 1e-6);
  });

  await t.step("recording rules have results", async () => {
    for (
      const rule of [
        `executor:lithoscope_calls:rate1m${one}`,
        `executor:lithoscope_cpu_cores:rate1m${one}`,
        `executor:lithoscope_worker_utilisation:ratio${one}`,
        "site:lithoscope_executors:count",
        "site:lithoscope_resident_memory_bytes:sum",
      ]
    ) assert((await ask(prometheus, rule, ended)).length > 0, rule);
  });

  await t.step(
    "a worker that is killed has no series at the next tick",
    async () => {
      const sleeping = run.map(
        (seconds: number) =>
          new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000)),
        [60],
      );
      const [pid, seen] = await until("the call's worker", async () => {
        const now = Date.now() / 1000;
        const found = await ask(
          prometheus,
          `memory_usage{executor_id="${executorId}", job_id="${
            sleeping[0]!.jobId
          }"}`,
          now,
        );
        const pid = found[0]?.metric["pid"];
        return pid !== undefined && [pid, now] as const;
      });
      Deno.kill(Number(pid), "SIGKILL");
      await sleeping.wait();
      assertEquals(sleeping[0]!.stats.outcome, "crashed");
      const later = await untilScraped(prometheus, executorId);
      const query = `{pid="${pid}", executor_id="${executorId}"}`;
      assert((await ask(prometheus, query, seen)).length > 10);
      assertEquals(await ask(prometheus, query, later), []);
    },
  );

  await t.step(
    "after close the group is gone, and its history is not",
    async () => {
      assertEquals((await groupsOf(gateway.url)).length, 1);
      await run.close();
      assertEquals(await labelsOfGroups(gateway.url), []);
      await until(
        "the end of the series",
        async () =>
          (await ask(prometheus, `lithoscope_workers${one}`)).length === 0,
      );
      const memory = await ask(prometheus, `memory_usage${one}`, called);
      assert(memory.length >= 2);
    },
  );
});
