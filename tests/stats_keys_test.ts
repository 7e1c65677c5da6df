/**
 * The statistics of a call have the same keys on every outcome, can be written as JSON, know every instant up to where the
 * call got, and put the instants in order.
 *
 * @module
 */
import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "./assert.ts";
import { assertWellFormed, INSTANTS } from "./call_stats.ts";
import v8 from "node:v8";
import {
  type CallStats,
  type Outcome,
  type ResponseFuture,
  task,
} from "../mod.ts";
import { type Make, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";

/** Asserts that instants that are known are in order and within the test, and that durations are what lies between. */
function assertOrdered(stats: CallStats, began: number): void {
  let before = began;
  for (const key of INSTANTS) {
    const instant = stats[key];
    if (instant === null) continue;
    assertGreaterOrEqual(instant, before, `${key} ${JSON.stringify(stats)}`);
    before = instant;
  }
  assertLessOrEqual(before, now());
  const between = (from: keyof CallStats, to: keyof CallStats) =>
    stats[from] === null || stats[to] === null
      ? null
      : (stats[to] as number) - (stats[from] as number);
  assertEquals(
    [
      stats.worker_exec_time,
      stats.worker_func_exec_time,
      stats.worker_queue_time,
    ],
    [
      between("worker_start_tstamp", "worker_end_tstamp"),
      between("worker_func_start_tstamp", "worker_func_end_tstamp"),
      between("host_submit_tstamp", "worker_start_tstamp"),
    ],
  );
}

function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** Which instants are there. */
function reached(stats: CallStats): string[] {
  return INSTANTS.filter((key) => stats[key] !== null)
    .map((key) => key.replace(/_tstamp$/, ""));
}

const HOST = ["host_job_create", "host_submit"];
const RUN = [
  "worker_start",
  "worker_func_start",
  "worker_func_end",
  "worker_end",
];

/** One call of each outcome: what it is called, how it is made, and the instants it gets to. */
async function oneOfEach(
  make: Make,
  url: string,
  arrived: (name: string) => Promise<void>,
): Promise<
  [string, ResponseFuture<unknown>, Outcome, string | null, string[]][]
> {
  const fexec = make({ workers: 1, killDelay: 0.02 });
  const wait = async (name: string, url: string) => {
    await (await fetch(url + name)).text();
  };
  const extraArgs = [url] as const;
  const done = [...HOST, ...RUN, "host_status_done"];
  const success = fexec.callAsync((x: number) => x, 1);
  const error = fexec.callAsync((x: number) => {
    throw new RangeError(`${x}`);
  }, 1);
  const result = fexec.callAsync(() => () => 1, 1);
  const item = fexec.callAsync((x: unknown) => x, () => 1);
  const timeout = fexec.callAsync(wait, "a", { timeout: 0.1, extraArgs });
  await timeout.result().catch(() => {});
  const exits = fexec.callAsync(() => Deno.exit(3), 1);
  await exits.result().catch(() => {});
  const last = fexec.map(wait, ["b", "c"], { extraArgs });
  const [runs, queued] = [last[0]!, last[1]!];
  await arrived("b");
  queued.cancel();
  runs.cancel();
  await fexec.wait();
  return [
    ["success", success, "success", null, [...done, "host_result_done"]],
    ["error", error, "error", "RangeError", done],
    ["a result that cannot be sent", result, "error", "TypeError", done],
    ["an item that cannot be sent", item, "error", "TypeError", [
      ...HOST,
      "host_status_done",
    ]],
    ["timeout", timeout, "timeout", "CallTimeoutError", done],
    ["crash", exits, "crashed", "WorkerExitError", done],
    ["cancelled while it ran", runs, "cancelled", "CancelledError", done],
    ["cancelled in the queue", queued, "cancelled", "CancelledError", [
      ...HOST,
      "host_status_done",
    ]],
  ];
}

onEach(
  "stats have the same keys, and all instants up to the end, on every outcome",
  async (make) => {
    const began = now();
    await using gate = openGate();
    const calls = await oneOfEach(make, gate.url, gate.arrived);
    for (const [name, { stats }, outcome, errorClass, instants] of calls) {
      assertWellFormed(stats);
      assertOrdered(stats, began);
      assertEquals(
        [name, stats.outcome, stats.error_class, reached(stats)],
        [name, outcome, errorClass, instants],
      );
      const ran = instants.length > 3;
      assertEquals(stats.attempt, ran ? 1 : 0, name);
      assertEquals(stats.worker_id !== null, ran, name);
      assertEquals(stats.worker_boot_time !== null, ran, name);
      // What only a worker that answers can tell is not guessed.
      if (outcome === "success" || outcome === "error") {
        assertEquals(stats.worker_cold_start !== null, ran, name);
      }
      assertEquals(
        [stats.host_status_query_count, stats.host_result_query_count],
        [1, outcome === "success" ? 1 : 0],
        name,
      );
    }
    const [, timeout] = calls.find(([name]) => name === "timeout")!;
    assertGreaterOrEqual(timeout.stats.worker_func_exec_time!, 0.1);
  },
);

onEach(
  "stats of a call that has not ended have the same keys",
  async (make) => {
    const began = now();
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      async (name: string, url: string) => {
        await (await fetch(url + name)).text();
      },
      ["a", "b"],
      { extraArgs: [gate.url] },
    );
    await gate.arrived("a");
    for (const stats of [...futures.stats, fexec.stats[0]!]) {
      assertWellFormed(stats);
      assertOrdered(stats, began);
      assertEquals([stats.outcome, stats.host_status_query_count], [null, 0]);
    }
    assertEquals(futures.summary().outcomes.pending, 2);
    gate.openAll();
    await futures.getResult();
  },
);

onEach("instants of 1,000 calls are in order", async (make) => {
  const fexec = make({ workers: 2 });
  const began = now();
  const quick = fexec.map(
    (x: number) => x,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  const slow = fexec.map(async (x: number) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return x;
  }, Array.from({ length: 50 }, (_, i) => i));
  const chained = quick.map((x) => x);
  await fexec.wait();
  for (const list of [quick, slow, chained]) {
    for (const stats of list.stats) {
      assertEquals(reached(stats).length, INSTANTS.length);
      assertOrdered(stats, began);
    }
  }
  // Calls on one worker run one after the other.
  for (const worker of [0, 1]) {
    const mine = fexec.stats.filter((stats) => stats.worker_id === worker)
      .sort((a, b) => a.worker_start_tstamp! - b.worker_start_tstamp!);
    for (let i = 1; i < mine.length; i++) {
      assertGreaterOrEqual(
        mine[i]!.worker_start_tstamp!,
        mine[i - 1]!.worker_func_end_tstamp!,
      );
    }
  }
});

onEach(
  "calls of one message that move buffers have numbers of their own",
  async (make) => {
    const fexec = make({ workers: 1 });
    const began = now();
    const items = Array.from({ length: 15 }, () => new Uint8Array(8));
    const options = { transfer: true, chunksize: 5 };
    const futures = fexec.map((x: Uint8Array) => x, items, options);
    await futures.getResult();
    let before = began;
    for (const stats of futures.stats) {
      assertOrdered(stats, began);
      assertGreaterOrEqual(stats.worker_start_tstamp!, before);
      before = stats.worker_end_tstamp!;
    }
  },
);

for (const by of [-900, 900]) {
  onEach(
    `instants are in order though the worker's clock is off by ${by} ms`,
    async (make) => {
      const fexec = make({ workers: 1 });
      await fexec.callAsync((by: number) => {
        const right = performance.now.bind(performance);
        performance.now = () => right() + by;
      }, by);
      const began = now();
      const futures = fexec.map(
        (x: number) => x,
        Array.from({ length: 100 }, (_, i) => i),
      );
      await futures.getResult();
      for (const stats of futures.stats) assertOrdered(stats, began);
    },
  );
}

type Loads = typeof import("./fixtures/loads.ts");

onEach(
  "stats name the process, thread, call and attempt that really were",
  async (make) => {
    const fexec = make({ workers: 2 });
    const whoAmI = task<Loads>(
      import.meta.resolve("./fixtures/loads.ts"),
      "whoAmI",
    );
    const futures = fexec.map(whoAmI, [1, 2, 3, 4]);
    for (const [i, who] of (await futures.getResult()).entries()) {
      const stats = futures[i]!.stats;
      assertEquals(who, {
        pid: stats.worker_pid,
        tid: stats.worker_tid,
        callId: stats.call_id,
        jobId: stats.job_id,
        attempt: stats.attempt,
      });
    }
    const cold = futures.stats.filter((stats) => stats.worker_cold_start);
    assertEquals(
      cold.length,
      new Set(futures.stats.map((s) => s.worker_id)).size,
    );
  },
);

onEach("sizes are those of the codec, near enough", async (make) => {
  const fexec = make({ workers: 1 });
  const items = [
    1,
    "x".repeat(1000),
    new Uint8Array(5000),
    { a: [1, 2, { b: "c".repeat(300) }], d: new Map([["e", 1.5]]) },
    Array.from({ length: 1000 }, (_, i) => i * 1000),
  ];
  const futures = fexec.map((x: unknown) => x, items);
  await futures.getResult();
  futures.stats.forEach((stats, i) => {
    const real = v8.serialize(items[i]).length;
    for (const size of [stats.func_data_size_bytes!, stats.func_result_size!]) {
      assertAlmostEquals(size, real, real * 0.25 + 24);
    }
  });
  assertLess(futures.stats[0]!.func_module_size_bytes, 60);
});

onEach(
  "queue time is the time that a call waited for a worker",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      async (name: string, url: string) => {
        await (await fetch(url + name)).text();
      },
      ["a", "b"],
      { extraArgs: [gate.url] },
    );
    await gate.arrived("a");
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.openAll();
    await futures.getResult();
    const [first, second] = futures.stats as [CallStats, CallStats];
    assertGreater(first.worker_queue_time!, 0); // its worker had to start
    assertGreaterOrEqual(second.worker_queue_time!, first.worker_exec_time!);
  },
);
