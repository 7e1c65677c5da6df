/**
 * Many calls in a few figures: the same as counted by the simplest possible means.
 *
 * @module
 */
import {
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
} from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  type CallStats,
  type Distribution,
  type Outcome,
  summarize,
} from "../mod.ts";
import { EPOCH, fakeCallStats } from "./fixtures/call_stats.ts";

const OUTCOMES: (Outcome | null)[] = [
  ...["success", "error", "timeout", "cancelled", "crashed"] as const,
  null,
];

/** A call between two of a few instants, so that many meet; times are halves, so that sums are exact. */
const call = fc.record({
  start: fc.option(fc.nat(20)),
  length: fc.option(fc.nat(10)),
  created: fc.nat(5),
  worker: fc.option(fc.nat(3)),
  outcome: fc.constantFrom(...OUTCOMES),
  user: fc.option(fc.nat(8)),
  system: fc.option(fc.nat(8)),
  peak: fc.option(fc.nat(5)),
});

const calls = fc.array(call, { maxLength: 40 }).map((list): CallStats[] =>
  list.map((each, index) => {
    const at = (half: number | null) => half === null ? null : EPOCH + half / 2;
    const start = at(each.start);
    const end = each.start === null || each.length === null
      ? null
      : at(each.start + each.length);
    return fakeCallStats({
      call_id: String(index).padStart(5, "0"),
      outcome: each.outcome,
      worker_id: each.worker,
      host_job_create_tstamp: EPOCH - 10 + each.created,
      host_status_done_tstamp: end,
      host_result_done_tstamp: end === null ? null : end + 1,
      worker_start_tstamp: start,
      worker_end_tstamp: end,
      worker_queue_time: each.start,
      worker_func_exec_time: each.length === null ? null : each.length / 2,
      worker_func_cpu_user_time: each.user,
      worker_func_cpu_system_time: each.system,
      worker_peak_memory_end: each.peak,
    });
  })
);

/** Asserts that a distribution is that of these figures: nearest rank, and a call that has each. */
function assertDistribution(
  found: Distribution | null,
  calls: readonly CallStats[],
  figure: (call: CallStats) => number | null,
): void {
  const known = calls.map(figure).filter((value) => value !== null)
    .sort((a, b) => a - b);
  if (known.length === 0) return assertEquals(found, null);
  assertEquals(found!.count, known.length);
  assertEquals(found!.total, known.reduce((sum, value) => sum + value, 0));
  for (
    const [name, share] of [["min", 0], ["p50", 0.5], ["p95", 0.95], [
      "max",
      1,
    ]] as const
  ) {
    const { value, call } = found![name];
    // The smallest that at least this share of all are not above.
    const rank = known.find((candidate) =>
      known.filter((each) => each <= candidate).length >= share * known.length
    );
    assertEquals(value, rank, name);
    const at = calls.find((each) => `${each.job_id}/${each.call_id}` === call);
    assertEquals(figure(at!), value, name);
  }
}

Deno.test("summarize() counts outcomes and ranks figures as counting by hand does", () => {
  fc.assert(fc.property(calls, (calls) => {
    const summary = summarize(calls);
    assertEquals(summary.calls, calls.length);
    for (const outcome of OUTCOMES) {
      assertEquals(
        summary.outcomes[outcome ?? "pending"],
        calls.filter((each) => each.outcome === outcome).length,
      );
    }
    assertDistribution(summary.queue_time, calls, (c) => c.worker_queue_time);
    assertDistribution(
      summary.exec_time,
      calls,
      (c) => c.worker_func_exec_time,
    );
    assertDistribution(
      summary.peak_memory,
      calls,
      (c) => c.worker_peak_memory_end,
    );
    assertDistribution(
      summary.cpu_time,
      calls,
      ({ worker_func_cpu_user_time: user, worker_func_cpu_system_time: sys }) =>
        user === null || sys === null ? null : user + sys,
    );
  }));
});

/** A worker answered the call, and nobody knows when it had it. */
function isUntimed(call: CallStats): boolean {
  const { outcome, worker_id, worker_start_tstamp, worker_end_tstamp } = call;
  return (worker_start_tstamp === null || worker_end_tstamp === null) &&
    (outcome === "success" || outcome === "error" && worker_id !== null);
}

Deno.test("summarize() knows nothing of concurrency when it is not known when a call ran", () => {
  fc.assert(fc.property(calls, (calls) => {
    fc.pre(calls.some(isUntimed));
    const summary = summarize(calls);
    assertEquals([
      summary.peak_concurrency,
      summary.mean_concurrency,
      summary.worker_utilisation,
    ], [null, null, null]);
  }));
});

Deno.test("summarize() finds concurrency and use of the workers as looking at every instant does", () => {
  fc.assert(fc.property(calls, (all) => {
    const calls = all.filter((call) => !isUntimed(call));
    const summary = summarize(calls);
    const spans = calls.filter((c) =>
      c.worker_start_tstamp !== null && c.worker_end_tstamp !== null
    ).map((c) => ({
      from: (c.worker_start_tstamp! - EPOCH) * 2,
      to: (c.worker_end_tstamp! - EPOCH) * 2,
      worker: c.worker_id ?? -1,
    }));
    if (spans.length === 0) {
      assertEquals(summary.peak_concurrency, 0);
      assertEquals([summary.mean_concurrency, summary.worker_utilisation], [
        null,
        null,
      ]);
      return;
    }
    const first = Math.min(...spans.map(({ from }) => from));
    const last = Math.max(...spans.map(({ to }) => to));
    const active = (at: number) =>
      spans.filter(({ from, to }) => from <= at && at + 1 <= to);
    // Between one half second and the next nothing changes.
    const slots = Array.from({ length: last - first }, (_, i) => first + i);
    const counts = slots.map((at) => active(at).length);
    assertLessOrEqual(Math.max(0, ...counts), summary.peak_concurrency!);
    // Calls that take no time at all add to the peak only at their instant.
    if (spans.every(({ from, to }) => to > from)) {
      assertEquals(summary.peak_concurrency, Math.max(...counts));
    }
    if (slots.length === 0) {
      assertEquals([summary.mean_concurrency, summary.worker_utilisation], [
        null,
        null,
      ]);
      return;
    }
    const mean = counts.reduce((sum, count) => sum + count) / slots.length;
    assertAlmostEquals(summary.mean_concurrency!, mean, 1e-9);
    const workers = new Set(spans.map(({ worker }) => worker));
    const busy = slots.reduce(
      (sum, at) => sum + new Set(active(at).map(({ worker }) => worker)).size,
      0,
    );
    assertAlmostEquals(
      summary.worker_utilisation!,
      busy / (slots.length * workers.size),
      1e-9,
    );
  }));
});

Deno.test("summarize() measures the makespan from the first job to the last end", () => {
  fc.assert(fc.property(calls, (calls) => {
    const created = Math.min(...calls.map((c) => c.host_job_create_tstamp));
    const ended = calls.map((c) => c.host_result_done_tstamp)
      .filter((instant) => instant !== null);
    const { makespan } = summarize(calls);
    if (ended.length === 0) assertEquals(makespan, null);
    else assertEquals(makespan, Math.max(...ended) - created);
  }));
  assertEquals(summarize([]).makespan, null);
});

Deno.test("summarize() counts a worker for as long as it was up when others took its place", () => {
  // Four workers one after the other, in two places: each is up for 2 s, and runs one call of 1 s in the middle.
  const calls = [0, 1, 2, 3].map((id) => {
    const start = EPOCH + Math.floor(id / 2) * 2 + 0.5;
    return fakeCallStats({
      worker_id: id,
      worker_start_tstamp: start,
      worker_end_tstamp: start + 1,
    });
  });
  const workers = calls.map(({ worker_id, worker_start_tstamp }) => ({
    worker_id: worker_id!,
    worker_pid: 1,
    worker_tid: 1,
    worker_boot_time: 0.1,
    worker_start_tstamp: worker_start_tstamp! - 0.5,
    worker_end_tstamp: worker_start_tstamp! + 1.5,
    calls: 1,
    cpu_user_time: null,
    cpu_system_time: null,
  }));
  // From the first start to the last end, 3 s, each worker was up for 1.5 s.
  assertAlmostEquals(
    summarize(calls, workers).worker_utilisation!,
    4 / 6,
    1e-6,
  );
  // One that is up to the end has no end.
  const last = workers.map((each) => ({ ...each, worker_end_tstamp: null }));
  assertAlmostEquals(summarize(calls, last).worker_utilisation!, 4 / 9, 1e-6);
  // Where that is not known, as in runs of earlier versions, each counts for all of the time.
  assertAlmostEquals(summarize(calls).worker_utilisation!, 4 / 12, 1e-6);
});

Deno.test("summarize() takes 200,000 calls", () => {
  const one = fakeCallStats();
  const { calls, peak_concurrency } = summarize(new Array(200_000).fill(one));
  assertEquals([calls, peak_concurrency], [200_000, 200_000]);
});
