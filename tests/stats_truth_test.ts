/**
 * The statistics of a call are true: each is compared with what the kernel says, or with a load of known size. The machine
 * may be busy with other things, so CPU is never judged by the time on the wall.
 *
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
} from "./assert.ts";
import { CallError, type CallStats, task } from "../mod.ts";
import { on, onEach, until } from "./executors.ts";
import { tempDir } from "./temp_dir.ts";

type Loads = typeof import("./fixtures/loads.ts");
const LOADS = import.meta.resolve("./fixtures/loads.ts");
const spin = task<Loads>(LOADS, "spin");
const touch = task<Loads>(LOADS, "touch");
const MB = 1024 * 1024;

function cpuOf(stats: CallStats): number {
  return stats.worker_func_cpu_user_time! + stats.worker_func_cpu_system_time!;
}

/** Asserts that `value` is within a share of `expected`. */
function assertNear(value: number, expected: number, share = 0.1): void {
  assertAlmostEquals(value, expected, expected * share);
}

/** CPU seconds of a process or thread so far, as seen from outside: in ticks of 10 ms. */
function cpuSeenFromOutside(path: string): number {
  const text = Deno.readTextFileSync(`/proc/${path}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Keeps a core busy until it is disposed of. */
function startHog(): AsyncDisposable & { cpu(): number } {
  const child = new Deno.Command("sh", {
    args: ["-c", "while :; do :; done"],
    stdin: "null",
  }).spawn();
  return {
    cpu: () => cpuSeenFromOutside(`${child.pid}`),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

onEach(
  "a call that sleeps used no CPU, however busy the machine is",
  async (make) => {
    const fexec = make({ workers: 1 });
    await using hog = startHog();
    while (hog.cpu() < 0.05) await new Promise((r) => setTimeout(r, 10));
    const before = hog.cpu();
    await using folder = await tempDir();
    const future = fexec.callAsync(async (path: string) => {
      const isThere = () => Deno.stat(path).then(() => true, () => false);
      do await new Promise((resolve) => setTimeout(resolve, 600)); while (
        !await isThere()
      );
    }, `${folder.path}/go`);
    await until(() => hog.cpu() - before > 0.05);
    await folder.write("go", "");
    await future;
    const { stats } = future;
    assertGreaterOrEqual(stats.worker_func_exec_time!, 0.59);
    assertLess(cpuOf(stats), stats.worker_func_exec_time! * 0.05);
    assertLess(stats.worker_func_cpu_percent!, 5);
  },
);

onEach(
  "a call that spins used the CPU that the kernel says, also beside another",
  async (make, backend) => {
    const fexec = make({ workers: 2 });
    await fexec.ready;
    const paths = fexec.workerStats().map(({ worker_pid, worker_tid }) =>
      `${worker_pid}/task/${worker_tid}`
    );
    const before = paths.map(cpuSeenFromOutside);
    const futures = fexec.map(spin, [0.5, 0.5], { extraArgs: [backend] });
    const used = await futures.getResult();
    const seen = new Map(
      fexec.workerStats().map(({ worker_id }, i) => [
        worker_id,
        cpuSeenFromOutside(paths[i]!) - before[i]!,
      ]),
    );
    const [one, two] = futures.stats as [CallStats, CallStats];
    assert(one.worker_id !== two.worker_id);
    assertLess(
      Math.max(one.worker_func_start_tstamp!, two.worker_func_start_tstamp!),
      Math.min(one.worker_func_end_tstamp!, two.worker_func_end_tstamp!),
    );
    futures.stats.forEach((stats, i) => {
      assertNear(cpuOf(stats), used[i]!);
      assertNear(cpuOf(stats), 0.5);
      // The main thread of the worker, with what it did around the call.
      assertNear(cpuOf(stats), seen.get(stats.worker_id!)!, 0.2);
      const percent = cpuOf(stats) / stats.worker_func_exec_time! * 100;
      assertNear(stats.worker_func_cpu_percent!, percent, 0.05);
      const usage = stats.worker_func_cpu_usage!;
      assertEquals(usage.length, navigator.hardwareConcurrency);
      assertNear(
        usage.reduce((sum, core) => sum + core),
        stats.worker_func_cpu_percent!,
        0.01,
      );
    });
  },
);

onEach(
  "CPU of a call is its own: what ran before on the worker is not counted",
  async (make, backend) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(spin, [0.3, 0.02, 0.1], { extraArgs: [backend] });
    const used = await futures.getResult();
    futures.stats.forEach((stats, i) => {
      assertAlmostEquals(cpuOf(stats), used[i]!, used[i]! * 0.1 + 0.005);
    });
    await fexec.close();
    const [worker] = fexec.workerStats();
    const total = worker!.cpu_user_time! + worker!.cpu_system_time!;
    assertGreaterOrEqual(total, used.reduce((sum, each) => sum + each));
  },
);

on(
  "process",
  "peak memory of a call is what it touched, and the next call does not inherit it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(touch, [1 * MB, 300 * MB, 1 * MB]);
    const kernel = await futures.getResult();
    const [, big, small] = futures.stats as [CallStats, CallStats, CallStats];
    const grown = big.worker_peak_memory_end! - big.worker_peak_memory_start!;
    assertNear(grown, 300 * MB);
    assertNear(big.worker_peak_memory_end!, kernel[1]!.peak, 0.02);
    assertLess(small.worker_peak_memory_end!, 150 * MB);
    assertLess(
      small.worker_peak_memory_end! - small.worker_peak_memory_start!,
      20 * MB,
    );
    for (const [i, stats] of futures.stats.entries()) {
      assertNear(stats.worker_func_rss!, kernel[i]!.rss, 0.1);
      assertLess(stats.worker_func_rss!, stats.worker_peak_memory_end! + 1);
      assertGreater(stats.worker_func_vms!, stats.worker_func_rss!);
      assertLess(stats.worker_func_uss ?? 0, stats.worker_func_rss!);
    }
  },
);

on(
  "process",
  "memory that a call keeps shows at its end, and at the start of the next",
  async (make) => {
    const fexec = make({ workers: 1 });
    const hold = (bytes: number) => {
      const scope = globalThis as { held?: Uint8Array };
      scope.held = new Uint8Array(bytes).fill(1);
    };
    const held = fexec.callAsync(hold, 200 * MB);
    await held;
    const next = fexec.callAsync((x: number) => x, 1);
    await next;
    const { worker_func_rss, worker_func_uss } = held.stats;
    assertGreater(worker_func_rss!, 200 * MB);
    assertGreater(worker_func_uss!, 200 * MB);
    assertGreater(next.stats.worker_peak_memory_start!, 200 * MB);
  },
);

on(
  "process",
  "a child of a call counts, with its CPU and its memory",
  async (make) => {
    const fexec = make({ workers: 1 });
    const child = task<Loads>(LOADS, "startChild");
    const future = fexec.callAsync(child, 0.4, { extraArgs: [250 * MB] });
    const { cpu, peak } = await future;
    assertGreater(cpu, 0.4);
    assertGreater(peak, 250 * MB);
    // The child was asked before it ended; the worker itself only waited.
    assertGreaterOrEqual(cpuOf(future.stats), cpu * 0.98);
    assertLess(cpuOf(future.stats), cpu * 1.1 + 0.1);
    assertNear(future.stats.worker_peak_memory_end!, peak, 0.1);
    const small = fexec.callAsync((x: number) => x, 1);
    await small;
    assertLess(small.stats.worker_peak_memory_end!, 150 * MB);
    assertLess(cpuOf(small.stats), 0.1);
  },
);

on("process", "bytes on the disk are counted", async (make) => {
  await using folder = await tempDir();
  const path = `${folder.path}/written`;
  const fexec = make({ workers: 1 });
  const write = task<Loads>(LOADS, "write");
  const future = fexec.callAsync(write, 32 * MB, { extraArgs: [path] });
  const counted = await future;
  assertNear(future.stats.worker_func_write_bytes!, counted, 0.01);
  // A file system in memory writes to no disk.
  if (counted > 0) {
    assertNear(future.stats.worker_func_write_bytes!, 32 * MB, 0.05);
  }
  const next = fexec.callAsync((x: number) => x, 1);
  await next;
  assertEquals(next.stats.worker_func_write_bytes, 0);
});

onEach("bytes through the loopback are counted", async (make) => {
  const fexec = make({ workers: 1 });
  const loopback = () => {
    const line = /^ *lo:(.*)$/m.exec(Deno.readTextFileSync("/proc/net/dev"))!;
    const fields = line[1]!.trim().split(/\s+/).map(Number);
    return { received: fields[0]!, sent: fields[8]! };
  };
  const before = loopback();
  const future = fexec.callAsync(task<Loads>(LOADS, "talk"), 8 * MB);
  assertEquals(await future, 8 * MB);
  const after = loopback();
  const { worker_func_recv_net_io, worker_func_sent_net_io } = future.stats;
  for (
    const [counted, most] of [
      [worker_func_recv_net_io!, after.received - before.received],
      [worker_func_sent_net_io!, after.sent - before.sent],
    ] as const
  ) {
    assertGreaterOrEqual(counted, 8 * MB);
    assert(counted === most || counted < 1.5 * most);
  }
});

on("process", "waiting shows in the context switches", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(task<Loads>(LOADS, "nap"), 50);
  await future;
  const { stats } = future;
  assertGreaterOrEqual(stats.worker_func_voluntary_switches!, 40);
  assertGreaterOrEqual(stats.worker_func_involuntary_switches!, 0);
});

on(
  "thread",
  "what a thread has not for itself is null, never another's",
  async (make) => {
    const future = make().callAsync(spin, 0.01, {
      extraArgs: ["thread"],
    });
    await future;
    const { stats } = future;
    assertEquals(
      [
        stats.worker_func_rss,
        stats.worker_func_uss,
        stats.worker_func_vms,
        stats.worker_peak_memory_start,
        stats.worker_peak_memory_end,
        stats.worker_func_read_bytes,
        stats.worker_func_write_bytes,
      ],
      new Array(7).fill(null),
    );
    assert(stats.worker_func_cpu_user_time !== null);
  },
);

onEach("what is known of a call stays so when others follow", async (make) => {
  const fexec = make({ workers: 1 });
  const then: CallStats[] = [];
  for (let i = 0; i < 70; i++) {
    const future = fexec.callAsync((x: number) => x, i);
    await future;
    then.push(future.stats);
  }
  assertEquals(fexec.stats, then);
  for (
    const key of ["host_submit_tstamp", "host_status_done_tstamp"] as const
  ) {
    assertEquals(new Set(then.map((stats) => stats[key])).size, then.length);
  }
});

onEach(
  "a call whose last attempt gives no answer is not told by the one before",
  async (make) => {
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync(
      (_: number, { attempt }) => {
        if (attempt === 1) throw new Error("once");
        Deno.exit(3);
      },
      0,
      { retries: 1 },
    );
    await future.result().catch(() => {});
    const { stats } = future;
    assertEquals([stats.outcome, stats.attempt], ["crashed", 2]);
    assertEquals(stats.worker_result_upload_time, null);
    assertLess(stats.worker_start_tstamp!, stats.host_status_done_tstamp!);
  },
);

onEach(
  "what goes on with a call that failed leaves the statistics in its error",
  async (make) => {
    const fexec = make({ workers: 1 });
    const failed = fexec.map((x: number): number => {
      throw new Error(`no ${x}`);
    }, [1]);
    await failed.map((x) => x).wait();
    const { error } = failed[0]!;
    assert(error instanceof CallError);
    assertEquals([error.stats!.job_id, error.stats!.worker_id], ["M000", 0]);
  },
);

onEach(
  "no call used more of the CPU than there was, however short it is",
  async (make, backend) => {
    const most = 100 *
      (backend === "thread" ? 1 : navigator.hardwareConcurrency);
    const shares: number[] = [];
    // The first calls of a worker are measured, whatever they are.
    for (let i = 0; i < 8; i++) {
      const fexec = make();
      const futures = fexec.map((steps: number) => {
        let sum = 0;
        for (let i = 0; i < steps; i++) sum += Math.sqrt(i);
        return sum;
      }, Array.from({ length: 300 }, (_, i) => 2000 * (i % 20)));
      await futures.getResult();
      shares.push(
        ...futures.stats.flatMap((call) => call.worker_func_cpu_percent ?? []),
      );
      await fexec.close();
    }
    assertGreater(shares.length, 100);
    assertEquals(shares.filter((share) => share > most + 1e-6), []);
  },
);

onEach(
  "a function that puts a clock of its own in place of the real one changes nothing for other calls",
  async (make) => {
    for (const how of ["stands still", "is ahead", "is gone"]) {
      const fexec = make({ workers: 1 });
      await fexec.callAsync((how: string) => {
        const global = globalThis as Record<string, unknown>;
        const at = how === "is ahead" ? 1e12 : 0;
        if (how === "is gone") global.performance = undefined;
        else performance.now = () => at;
      }, how);
      const futures = fexec.map(
        () => new Promise((resolve) => setTimeout(resolve, 60)),
        [1, 2, 3],
        { timeout: 50 },
      );
      await futures.getResult();
      for (const call of futures.stats) {
        assertGreater(call.worker_func_exec_time!, 0.05, how);
        assertLess(call.worker_func_exec_time!, 50, how);
        assertGreaterOrEqual(call.worker_queue_time!, 0, how);
      }
      await fexec.close();
    }
  },
);
