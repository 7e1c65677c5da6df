/**
 * Findings on runs whose answers are known: each is told where it is so, with its figures, and not where it is not.
 *
 * @module
 */
import { type Finding, findings } from "../plot/findings.ts";
import type { RunData } from "../plot/run_data.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { fc } from "./fast_check.ts";
import { fakeCollection, fakeTree, fakeUsage } from "./fixtures/collections.ts";
import process from "node:process";
import { at, NO_TIMES, scheduled, syntheticRun } from "./synthetic_runs.ts";
import type { CgroupSample, HostSample } from "../profiler/record.ts";

function idsOf(run: RunData): string[] {
  return findings(run).map(({ id }) => id).sort();
}

function only(run: RunData, id: string): Finding {
  const found = findings(run);
  assertEquals(found.map((each) => each.id), [id]);
  return found[0]!;
}

function lacks(run: RunData, id: string): void {
  assertFalse(idsOf(run).includes(id), `${id} was told`);
}

const times = (count: number, value: number) =>
  new Array<number>(count).fill(value);

/** `workers` calls of one second each, submitted as a worker comes free: nothing waits and nothing stands still. */
function even(workers: number, rounds: number, length = 1, cpu = 0.5) {
  return syntheticRun(
    scheduled(
      times(workers * rounds, length),
      workers,
      (i) => Math.floor(i / workers) * length,
    ),
    { cores: workers, cpu },
  );
}

Deno.test("findings() tells nothing of an even run, whatever its size", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 16 }),
    fc.integer({ min: 1, max: 20 }),
    fc.double({ min: 0.01, max: 1000, noNaN: true }),
    fc.double({ min: 0.01, max: 0.75, noNaN: true }),
    (workers, rounds, length, cpu) => {
      assertEquals(idsOf(even(workers, rounds, length, cpu)), []);
    },
  ));
});

Deno.test("findings() tells nothing of no calls, and of none that ran", () => {
  const none = syntheticRun([]);
  assertEquals(findings({ ...none, calls: [], workers: [] }), []);
  const cancelled = even(2, 2);
  assertEquals(
    findings({
      ...cancelled,
      calls: cancelled.calls.map((call) => ({
        ...call,
        outcome: "cancelled" as const,
        worker_start_tstamp: null,
        worker_end_tstamp: null,
        worker_func_exec_time: null,
      })),
    }),
    [],
  );
});

Deno.test("findings() keeps to what it promises on any run", () => {
  const call = fc.record({
    worker: fc.integer({ min: 0, max: 5 }),
    start: fc.double({ min: 0, max: 100, noNaN: true }),
    length: fc.double({ min: 0, max: 50, noNaN: true }),
    outcome: fc.constantFrom("success", "error", "timeout", "cancelled", null),
    attempt: fc.integer({ min: 0, max: 4 }),
    isCold: fc.constantFrom(true, false, null),
  });
  fc.assert(fc.property(
    fc.array(call, { minLength: 1, maxLength: 60 }),
    fc.constantFrom(0.01, 0.5, 1, null),
    (calls, cpu) => {
      const run = syntheticRun(
        calls.map((each) => ({
          worker: each.worker,
          start: each.start,
          end: each.start + each.length,
          stats: {
            outcome: each.outcome as "success",
            attempt: each.attempt,
            worker_cold_start: each.isCold,
          },
        })),
        { cpu },
      );
      const found = findings(run);
      assertEquals(new Set(found.map(({ id }) => id)).size, found.length);
      for (const { text, figures } of found) {
        assertMatch(text, /^[^\p{Cc}]+\.$/u);
        assert(!/NaN|Infinity|undefined|null/.test(text), text);
        for (const [name, value] of Object.entries(figures)) {
          assert(Number.isFinite(value), name);
          if (name.endsWith("_share") && name !== "throttled_share") {
            assert(value >= 0 && value <= 1.0001, `${name} ${value}`);
          }
        }
      }
    },
  ));
});

Deno.test("findings() tells of stragglers, and what they cost", () => {
  // 40 calls of 1 s on 4 workers take 10 s; the last one takes 11 s, and ends at 20 s.
  const lengths = [...times(39, 1), 11];
  const run = syntheticRun(scheduled(lengths, 4), { cores: 4, cpu: 0.9 });
  const { text, figures, severity } = only(run, "stragglers");
  assertEquals(figures.stragglers, 1);
  assertAlmostEquals(figures.slowest_exec_time!, 11, 1e-5);
  assertAlmostEquals(figures.usual_exec_time!, 1, 1e-5);
  assertAlmostEquals(figures.cost_time!, 10, 1e-5);
  assertAlmostEquals(figures.cost_share!, 0.5, 1e-5);
  assertStringIncludes(text, "M000/00039 took 11.0 s, 11 times the usual");
  assertStringIncludes(text, "about 10.0 s, 50 % of the run");
  assertEquals(severity, "warning");
});

Deno.test("findings() counts what stragglers cost, not how long they are", () => {
  // It starts first, and the other three workers do the rest meanwhile: 25 s instead of the 23 s of 91 usual calls.
  const lengths = [10, ...times(90, 1)];
  const run = syntheticRun(scheduled(lengths, 4), { cpu: 0.9 });
  assertEquals(idsOf(run), ["cpu_bound", "stragglers"]);
  const { figures } = findings(run)[0]!;
  assertAlmostEquals(figures.cost_time!, 2, 1e-5);
  assertAlmostEquals(figures.cost_share!, 2 / 25, 1e-5);
  const long = scheduled([10, ...times(300, 1)], 4);
  lacks(syntheticRun(long, { cpu: 0.9 }), "stragglers");
});

Deno.test("findings() tells of no stragglers where calls are of two kinds, vary, or are few", () => {
  const mixed = Array.from({ length: 40 }, (_, i) => i % 4 === 3 ? 8 : 1);
  lacks(syntheticRun(scheduled(mixed, 4)), "stragglers");
  const varied = Array.from({ length: 40 }, (_, i) => 1 + (i * 7 % 40) / 20);
  lacks(syntheticRun(scheduled(varied, 4)), "stragglers");
  lacks(syntheticRun(scheduled([1, 1, 1, 9], 4)), "stragglers");
});

Deno.test("findings() tells of calls that wait for workers, and the gain of more", () => {
  // 80 calls that wait for most of a second: 20 s on 4 workers, 10 s on 8.
  const run = syntheticRun(scheduled(times(80, 1), 4), { cores: 4, cpu: 0.1 });
  const { figures, text, severity } = only(run, "workers_wanted");
  assertEquals([figures.workers, figures.better_workers], [4, 8]);
  assertAlmostEquals(figures.gain_time!, 10, 1e-5);
  assertAlmostEquals(figures.gain_share!, 0.5, 1e-5);
  assertAlmostEquals(figures.full_share!, 0.95, 1e-5);
  assertAlmostEquals(figures.median_queue_time!, 9.5, 1e-5);
  assertStringIncludes(text, "8 workers would save about 10.0 s of 20.0 s");
  assertEquals(severity, "warning");
});

Deno.test("findings() wants no more workers than there are cores for", () => {
  const plan = scheduled(times(80, 1), 4);
  const wanted = (cores: number, cpu: number | null) =>
    findings(syntheticRun(plan, { cores, cpu }))
      .find(({ id }) => id === "workers_wanted")?.figures.better_workers;
  assertEquals(wanted(6, 1), 6); // each call needs a core
  assertEquals(wanted(4, 1), undefined);
  assertEquals(wanted(4, null), undefined); // nobody knows what calls need
  assertEquals(wanted(16, null), 8); // there are cores for that in any case
});

Deno.test("findings() wants no more workers on a machine that others keep busy", () => {
  // Half a core is all they get: the kernel takes it away from them, they do not wait.
  const switches = (involuntary: number) =>
    syntheticRun(
      scheduled(times(80, 1), 4).map((plan) => ({
        ...plan,
        stats: {
          worker_func_voluntary_switches: 10,
          worker_func_involuntary_switches: involuntary,
        },
      })),
      { cores: 4, cpu: 0.4 },
    );
  assertEquals(idsOf(switches(1)), ["workers_wanted"]);
  assertEquals(idsOf(switches(50)), []);
});

Deno.test("findings() wants no more workers where calls did not wait", () => {
  lacks(
    syntheticRun(scheduled(times(4, 1), 4), { cpu: 0.1 }),
    "workers_wanted",
  );
  // One long call last: more workers would change nothing.
  const long = syntheticRun(scheduled([1, 1, 1, 1, 20], 4), { cpu: 0.1 });
  lacks(long, "workers_wanted");
});

Deno.test("findings() tells of workers that too few calls keep busy", () => {
  const few = only(
    syntheticRun(scheduled([1, 1], 2), { unused: 6 }),
    "too_few_calls",
  );
  assertEquals([few.figures.calls, few.figures.workers], [2, 8]);
  assertAlmostEquals(few.figures.idle_share!, 0.75, 1e-5);
  // 5 calls on 4 workers: three of them have nothing to do for the second half.
  const uneven = only(
    syntheticRun(scheduled(times(5, 1), 4), { cpu: 0.9 }),
    "too_few_calls",
  );
  assertAlmostEquals(uneven.figures.idle_share!, 3 / 8, 1e-5);
  assertStringIncludes(uneven.text, "did not share out evenly over 4 workers");
});

Deno.test("findings() tells of no idle workers where calls keep them busy", () => {
  lacks(syntheticRun(scheduled(times(41, 1), 4)), "too_few_calls");
  lacks(syntheticRun(scheduled([5], 1)), "too_few_calls");
  // The two that never had a call took the place of two that were ended.
  const cancelled = scheduled([2, 2], 2).map((plan) => ({
    ...plan,
    stats: { outcome: "cancelled" as const },
  }));
  lacks(syntheticRun(cancelled, { unused: 2 }), "too_few_calls");
});

Deno.test("findings() tells of chunks that are too large", () => {
  // Worker 0 was sent 12 calls at once, the others 2 each: 18 calls could have taken 4.5 s.
  const chunks = [12, 2, 2, 2].flatMap((count, worker) =>
    Array.from({ length: count }, (_, i) => ({ worker, start: i, end: i + 1 }))
  );
  const run = syntheticRun(chunks, { cpu: 0.9 });
  const { figures } = only(run, "large_chunks");
  assertAlmostEquals(figures.gain_time!, 7, 1e-5); // 12 s, and 5 s in rounds of 4
  assertAlmostEquals(figures.idle_share!, 27 / 48, 1e-5); // the last second nothing waits
});

Deno.test("findings() tells of no chunks where the pool gives calls one by one", () => {
  const lengths = Array.from({ length: 60 }, (_, i) => 1 + (i % 7) / 7);
  lacks(syntheticRun(scheduled(lengths, 4)), "large_chunks");
  lacks(syntheticRun(scheduled(lengths, 1)), "large_chunks");
});

Deno.test("findings() tells of calls that take less time than handing them over", () => {
  const plan = scheduled(times(400, 0.001), 4, () => 0, 0.003);
  const { figures, text } = only(
    syntheticRun(plan, { cpu: 0.9 }),
    "small_calls",
  );
  assertAlmostEquals(figures.call_time!, 0.001, 1e-5);
  assertAlmostEquals(figures.gap_time!, 0.003, 1e-5);
  assertAlmostEquals(figures.idle_share!, 0.75, 0.01);
  assertStringIncludes(text, "in larger chunks");
  lacks(
    syntheticRun(scheduled(times(400, 0.01), 4, () => 0, 0.001)),
    "small_calls",
  );
});

Deno.test("findings() tells calls that go many in a message from chunks that are too large", () => {
  // 50 calls of 10 µs come at once, and then the worker waits 10 ms for the next message.
  const plan = [0, 1].flatMap((worker) =>
    Array.from({ length: 1000 }, (_, i) => {
      const start = Math.floor(i / 50) * 0.0105 + (i % 50) * 1e-5;
      return { worker, start, end: start + 1e-5 };
    })
  );
  assertEquals(idsOf(syntheticRun(plan, { cpu: 0.9 })), ["small_calls"]);
});

Deno.test("findings() tells of workers that wait for the script", () => {
  // An item every second, and a call that takes 0.2 s.
  const lazy = syntheticRun(scheduled(times(20, 0.2), 1, (i) => i));
  const { figures, text, severity } = only(lazy, "submit_bound");
  assertAlmostEquals(figures.idle_share!, (19 * 0.8) / 19.2, 1e-5);
  assertStringIncludes(text, "had not been submitted yet");
  assertEquals(severity, "warning");
  const late = scheduled(times(8, 1), 4, () => 3).map((plan) => ({
    ...plan,
    stats: { host_job_created_time: 3 },
  }));
  const making = only(syntheticRun(late, { cpu: 0.9 }), "submit_bound");
  assertStringIncludes(making.text, "still being made: that took up to 3.00 s");
});

Deno.test("findings() does not blame the script for calls that depend on others", () => {
  // The calls of the second job are made of the results of the first, whose last call takes long.
  const first = scheduled([1, 1, 1, 9], 4);
  const second = first.map((plan) => ({
    ...plan,
    start: plan.end,
    end: plan.end + 1,
    submit: plan.end,
    stats: { job_id: "M001" },
  }));
  const run = syntheticRun([...first, ...second]);
  lacks(run, "submit_bound");
});

Deno.test("findings() does not count what a script does between jobs", () => {
  const later = scheduled(times(4, 1), 4, () => 100).map((plan) => ({
    ...plan,
    stats: { job_id: "M001", host_job_create_tstamp: at(100) },
  }));
  assertEquals(
    idsOf(syntheticRun([...scheduled(times(4, 1), 4), ...later])),
    [],
  );
});

Deno.test("findings() tells of cold starts that took a good part of the run", () => {
  const cold = (boot: number, length: number) =>
    syntheticRun(
      scheduled(times(4, length), 4).map((plan) => ({
        ...plan,
        start: boot,
        end: boot + length,
        stats: { worker_cold_start: true, worker_boot_time: boot },
      })),
    );
  const { figures, text, severity } = only(cold(1, 1), "cold_starts");
  assertEquals(figures.cold_starts, 4);
  assertAlmostEquals(figures.median_boot_time!, 1, 1e-9);
  assertAlmostEquals(figures.boot_share!, 0.5, 1e-5);
  assertStringIncludes(text, "fexec.ready");
  assertEquals(severity, "warning");
  assertEquals(idsOf(cold(0.1, 10)), []);
});

Deno.test("findings() counts workers that took turns, and not those that took the place of others", () => {
  const run = (boots: number[]) =>
    findings(syntheticRun([0, 1].map((worker) => ({
      worker,
      start: 1 + worker,
      end: 2 + worker,
      stats: { worker_cold_start: true, worker_boot_time: boots[worker]! },
    })))).find(({ id }) => id === "cold_starts")!;
  const both = run([1, 1.5]); // the second was there before the first had ended
  assertEquals([both.figures.workers, both.figures.boot_share], [2, 2.5 / 6]);
  const turns = run([1, 0]);
  assertEquals(turns.figures.workers, 1);
  assertStringIncludes(turns.text, "Workers were replaced in between");
});

Deno.test("findings() does not count workers that were started ahead", () => {
  const ahead = syntheticRun(
    scheduled(times(4, 1), 4).map((plan) => ({
      ...plan,
      stats: { worker_cold_start: true, worker_boot_time: 5 },
    })),
  );
  assertEquals(idsOf(ahead), []);
});

Deno.test("findings() tells of calls that keep all cores busy", () => {
  const { figures, text } = only(even(4, 5, 1, 0.98), "cpu_bound");
  assertAlmostEquals(figures.cores_used!, 3.92, 1e-4);
  assertEquals(figures.cores, 4);
  assertStringIncludes(text, "3.9 of 4 cores");
  lacks(even(4, 5, 1, 0.7), "cpu_bound");
  const half = syntheticRun(scheduled(times(4, 1), 4), { cores: 8, cpu: 1 });
  lacks(half, "cpu_bound"); // four cores were free
  const unknown = syntheticRun(scheduled(times(4, 1), 4), { cpu: null });
  assertEquals(idsOf(unknown), []);
});

const MIB = 2 ** 20;

Deno.test("findings() says nothing about cores of other machines", () => {
  const away = (run: RunData): RunData => ({
    ...run,
    calls: run.calls.map((call) => ({ ...call, host_name: "elsewhere" })),
  });
  const waiting = syntheticRun(scheduled(times(80, 1), 4), { cpu: 0.1 });
  assertEquals(idsOf(waiting), ["workers_wanted"]);
  assertEquals(idsOf(away(waiting)), []);
  assertEquals(idsOf(away(even(4, 5, 1, 0.98))), []);
});

Deno.test("findings() tells of calls that wait for storage or the network", () => {
  const moving = (stats: object, cpu = 0.1) =>
    syntheticRun(
      scheduled(times(4, 2), 4).map((plan) => ({ ...plan, stats })),
      { cpu },
    );
  const writes = { worker_func_write_bytes: 100 * MIB };
  const { figures, text } = only(moving(writes), "io_bound");
  assertAlmostEquals(figures.storage_rate!, 200 * MIB, MIB / 10);
  assertStringIncludes(text, "200 MiB a second to and from storage");
  const receives = { worker_func_recv_net_io: 40 * MIB };
  const network = only(moving(receives), "io_bound");
  assertAlmostEquals(network.figures.network_rate!, 20 * MIB, MIB / 10);
  lacks(moving(writes, 0.6), "io_bound"); // it computes
  const waiting = syntheticRun(
    scheduled(times(80, 1), 4).map((plan) => ({ ...plan, stats: writes })),
    { cpu: 0.1 },
  );
  lacks(waiting, "workers_wanted"); // the disk may be full with what there are
  lacks(moving({ worker_func_write_bytes: MIB }), "io_bound");
  lacks(moving({ worker_func_write_bytes: null }), "io_bound");
  lacks(even(4, 4, 1, 0.01), "io_bound"); // it sleeps
});

function host(partial: Partial<HostSample>): HostSample {
  return {
    tstamp: at(0),
    hostname: "vm",
    cores: 4,
    cpu_percent: 10,
    cpu_percent_by_core: null,
    cpu_steal_percent: 0,
    cpu_iowait_percent: 0,
    load: null,
    memory_total: 1000 * MIB,
    memory_available: 500 * MIB,
    memory_free: null,
    swap_total: 0,
    swap_free: 0,
    cpu_pressure: null,
    memory_pressure: null,
    io_pressure: null,
    ...partial,
  };
}

Deno.test("findings() tells of disks that tasks waited for", () => {
  const waited = (seconds: number) =>
    [0, 10].map((time) =>
      fakeCollection({
        tstamp: at(time),
        networks: [],
        host: host({
          tstamp: at(time),
          io_pressure: {
            some_time: 5 + seconds * time / 10,
            some_percent: 0,
            full_time: 0,
            full_percent: 0,
          },
        }),
      })
    );
  const run = even(4, 10, 1, 0.1);
  const { figures } = only({ ...run, collections: waited(4) }, "io_bound");
  assertAlmostEquals(figures.io_pressure_share!, 0.4, 1e-6);
  assertEquals(idsOf({ ...run, collections: waited(1) }), []);
});

function cgroup(partial: Partial<CgroupSample>): CgroupSample {
  return {
    tstamp: at(0),
    executor_id: "1a2b3c-0",
    version: 2,
    path: "/job",
    cpu_path: "/job",
    is_host: true,
    worker_ids: [0, 1, 2, 3],
    cpu_time: 1,
    cpu_limit: null,
    throttled_time: 0,
    throttled_periods: 0,
    memory_limit: null,
    memory_current: null,
    memory_peak: null,
    oom_kills: 0,
    tasks: 10,
    ...partial,
  };
}

/** An even run of which the profiler saw these two states of its control group. */
function limited(
  first: Partial<CgroupSample>,
  last: Partial<CgroupSample>,
  rss = 64 * MIB,
): RunData {
  const collections = [first, last].map((partial, i) =>
    fakeCollection({
      tstamp: at(10 * i),
      networks: [],
      trees: [0, 1, 2, 3].map((worker_id) =>
        fakeTree({ worker_id, rss, pss: null })
      ),
      total: fakeUsage(),
      cgroups: [cgroup({ tstamp: at(10 * i), ...partial })],
    })
  );
  return { ...even(4, 10), collections };
}

Deno.test("findings() tells of a control group that holds processes back", () => {
  const { figures, text } = only(
    limited(
      { throttled_time: 100, cpu_limit: 3 },
      { throttled_time: 102, cpu_limit: 3 },
    ),
    "throttled",
  );
  assertAlmostEquals(figures.throttled_time!, 2, 1e-9);
  assertAlmostEquals(figures.throttled_share!, 0.2, 1e-9);
  assertStringIncludes(text, '"/job" were held back for 2.00 s in 10.0 s');
  assertEquals(
    idsOf(limited({ throttled_time: 5 }, { throttled_time: 5.1 })),
    [],
  );
  assertEquals(idsOf(limited({ throttled_time: null }, {})), []);
});

Deno.test("findings() judges CPU by the limit of the control group", () => {
  const run = limited({ cpu_limit: 2 }, { cpu_limit: 2 });
  const { figures } = only(run, "cpu_bound"); // 4 workers, half a core each
  assertEquals(figures.cores, 2);
});

Deno.test("findings() tells of memory near its limit", () => {
  const memory_limit = 400 * MIB;
  const near = limited({ memory_limit }, { memory_limit }, 95 * MIB);
  const { figures, text } = only(near, "memory_limit");
  assertAlmostEquals(figures.used_share!, 0.95, 1e-9);
  assertStringIncludes(text, "380 MiB of the 400 MiB of control group");
  assertEquals(
    idsOf(limited({ memory_limit }, { memory_limit }, 60 * MIB)),
    [],
  );
  assertEquals(
    idsOf(limited({ memory_current: 10 ** 12 }, {}, 95 * MIB)),
    [], // without a limit
  );
  // Page cache may fill what there is.
  const cached = { memory_limit, memory_current: memory_limit };
  assertEquals(idsOf(limited(cached, cached, 60 * MIB)), []);
});

Deno.test("findings() tells of processes killed as memory ran out", () => {
  const { title, figures, severity } = only(
    limited({ oom_kills: 3 }, { oom_kills: 5 }),
    "memory_limit",
  );
  assertEquals([title, figures.oom_kills], ["Out of memory", 2]);
  assertEquals(severity, "warning");
  assertEquals(idsOf(limited({ oom_kills: 3 }, { oom_kills: 3 })), []);
});

Deno.test("findings() tells of a machine that is full", () => {
  const run = even(4, 10);
  const full = (memory_available: number) => ({
    ...run,
    collections: [
      fakeCollection({ networks: [], host: host({ memory_available }) }),
    ],
  });
  const { text } = only(full(40 * MIB), "memory_limit");
  assertStringIncludes(text, "960 MiB of the 1000 MiB of the machine");
  assertEquals(idsOf(full(200 * MIB)), []);
});

Deno.test("findings() tells of failures by kind, and of retries", () => {
  const run = even(4, 25);
  const calls = run.calls.map((call, i) => ({
    ...call,
    ...(i < 3
      ? { outcome: "error" as const, error_class: "TypeError" }
      : i === 3
      ? { outcome: "timeout" as const, error_class: "CallTimeoutError" }
      : i === 4
      ? { outcome: "cancelled" as const, error_class: "CancelledError" }
      : {}),
  }));
  const { text, figures } = only({ ...run, calls }, "failures");
  assertEquals(figures, {
    calls: 100,
    failed_calls: 4,
    failed_share: 0.04,
    errors: 3,
    timeouts: 1,
    crashes: 0,
  });
  assertStringIncludes(
    text,
    "3 TypeError (first M000/00000), 1 CallTimeoutError (M000/00003).",
  );
  const tried = run.calls.map((call, i) => ({
    ...call,
    attempt: i === 7 ? 3 : i === 9 ? 2 : 1,
  }));
  const retried = only({ ...run, calls: tried }, "retries");
  assertEquals(retried.figures.retried_calls, 2);
  assertEquals(retried.figures.more_attempts, 3);
  assertStringIncludes(retried.text, "M000/00007 took 3");
});

Deno.test("findings() does not take attempts that are not recorded for idle workers", () => {
  const run = (attempt: number) =>
    syntheticRun(
      scheduled(times(40, 0.01), 2, () => 0, 0.1).map((plan) => ({
        ...plan,
        stats: { attempt },
      })),
      { cpu: 0.9 },
    );
  assertEquals(idsOf(run(1)), ["small_calls"]);
  assertEquals(idsOf(run(2)), ["retries"]);
});

Deno.test("findings() writes what comes from outside on one line", () => {
  const run = even(2, 2);
  const calls = run.calls.map((call) => ({
    ...call,
    outcome: "error" as const,
    error_class: `Evil\u001b[2J\u202e\n${"x".repeat(10_000)}`,
  }));
  const { text } = findings({ ...run, calls })
    .find(({ id }) => id === "failures")!;
  assertMatch(text, /^[^\p{Cc}\p{Cf}]*$/u);
  assert(text.length < 300);
});

Deno.test("findings() of 100,000 calls take less than 2 s of CPU time", () => {
  const lengths = Array.from({ length: 100_000 }, (_, i) => 1 + i % 3 / 3);
  const run = syntheticRun(scheduled(lengths, 64), { cores: 64, cpu: 0.9 });
  const before = process.cpuUsage();
  findings(run);
  const { user, system } = process.cpuUsage(before);
  assert((user + system) / 1e6 < 2, `${(user + system) / 1e6} s`);
});

Deno.test("findings() tells nothing of time from stopped calls alone", () => {
  const stopped = { outcome: "timeout", attempt: 1 } as const;
  const few = scheduled([...times(12, 1), 30], 4)
    .map((plan) => ({ ...plan, stats: stopped }));
  assert(idsOf(syntheticRun(few)).includes("stragglers"));
  const many = times(500, 1).map(() => ({
    worker: 0,
    start: 0,
    end: 1,
    stats: NO_TIMES,
  }));
  assertEquals(idsOf(syntheticRun([...many, ...few])), ["failures"]);
});
