/**
 * What is known of calls that were stopped with their worker: their memory, where it could be read in time, and whether
 * memory was what they died of.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
} from "./assert.ts";
import { type CallStats, WorkerExitError } from "../mod.ts";
import { on } from "./executors.ts";
import { openGate } from "./gate.ts";
import { processesWithEnv, untilGone } from "./processes.ts";
import { runDeno } from "./run_deno.ts";

const MB = 1024 * 1024;

/** Takes so much memory for its worker to keep. */
const take = (bytes: number) => {
  (globalThis as { held?: Uint8Array }).held = new Uint8Array(bytes).fill(1);
};
const spin = () => {
  for (;;);
};
const same = (x: number) => x;

const memory = (stats: CallStats) => [
  stats.worker_func_rss,
  stats.worker_func_vms,
  stats.worker_peak_memory_end,
];
const NOTHING = [null, null, null];

on(
  "process",
  "memory of a call that timed out or was cancelled is read before its worker is killed",
  async (make) => {
    await using gate = openGate();
    gate.openAll();
    const fexec = make({ workers: 1, killDelay: 0.01 });
    const extraArgs = [gate.url] as const;
    const took = fexec.callAsync(take, 150 * MB);
    const late = fexec.callAsync(spin, 0, { timeout: 0.2 });
    await fexec.wait([took, late]);
    const cancelled = fexec.callAsync(
      async (bytes: number, url: string) => {
        const held = new Uint8Array(bytes).fill(1);
        await (await fetch(`${url}cancelled`)).text();
        await new Promise(() => setInterval(() => held, 1000));
      },
      150 * MB,
      { extraArgs },
    );
    await gate.arrived("cancelled");
    cancelled.cancel();
    await fexec.wait(cancelled);
    const outcomes = ["timeout", "cancelled"];
    for (const [i, { stats }] of [late, cancelled].entries()) {
      assertEquals(stats.outcome, outcomes[i]);
      const [rss, vms, peak] = memory(stats) as [number, number, number];
      assertGreater(rss, 150 * MB);
      assertGreaterOrEqual(peak, rss);
      assertGreater(vms, rss);
      assertEquals(stats.worker_peak_memory_start, null);
      assertEquals(stats.worker_func_cpu_user_time, null);
    }
    // The next worker has a peak of its own.
    const next = fexec.callAsync(same, 1);
    await next;
    assert(next.stats.worker_peak_memory_end! < 150 * MB);
  },
);

on(
  "process",
  "memory of a call over maxMemory is what it was ended for",
  async (make) => {
    const maxMemory = 200 * MB;
    const fexec = make({ workers: 1, maxMemory });
    const future = fexec.callAsync(async (bytes: number) => {
      const held = new Uint8Array(bytes).fill(1);
      await new Promise(() => setInterval(() => held, 1000));
    }, 300 * MB);
    await fexec.wait(future);
    assertEquals((future.error as WorkerExitError).oom, true);
    assertGreater(future.stats.worker_peak_memory_end!, maxMemory);
  },
);

on(
  "process",
  "memory of calls is null where others ran beside, or somebody else killed the worker",
  async (make) => {
    await using gate = openGate();
    const wait = async (name: string, url: string) =>
      await (await fetch(url + name)).text();
    const extraArgs = [gate.url] as const;
    const shared = make({ workers: 1, concurrency: 2 });
    const beside = [shared.callAsync(wait, "beside", { extraArgs })];
    await gate.arrived("beside");
    beside.push(shared.callAsync(wait, "late", { extraArgs, timeout: 0.2 }));
    await shared.wait(beside);
    const killed = make({ workers: 1 }).callAsync(wait, "a", { extraArgs });
    await gate.arrived("a");
    Deno.kill(killed.stats.worker_pid!, "SIGKILL");
    await killed.result().catch(() => {});
    assertEquals((killed.error as WorkerExitError).oom, false);
    for (const { stats } of [...beside, killed]) {
      assertEquals(memory(stats), NOTHING);
      assertGreater(stats.worker_func_exec_time!, 0);
    }
  },
);

on(
  "process",
  "neighbours of a call over maxMemory end as it does, or run again",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, concurrency: 3, maxMemory: 200 * MB });
    const wait = async (name: string, url: string, ctx: { attempt: number }) =>
      await (await fetch(`${url}${name}${ctx.attempt}`)).text();
    const extraArgs = [gate.url] as const;
    const beside = fexec.callAsync(wait, "beside", { extraArgs });
    const retried = fexec.callAsync(wait, "retried", { extraArgs, retries: 1 });
    await Promise.all([gate.arrived("beside1"), gate.arrived("retried1")]);
    const hungry = fexec.callAsync(async (bytes: number) => {
      const held = new Uint8Array(bytes).fill(1);
      await new Promise(() => setInterval(() => held, 1000));
    }, 300 * MB);
    gate.open("retried2", "again");
    assertEquals(await retried, "again");
    assertEquals(retried.stats.attempt, 2);
    for (const error of [retried.attempts[0], beside.error, hungry.error]) {
      assertInstanceOf(error, WorkerExitError);
      assertEquals(error.oom, true);
      assert(error.message.includes("ran out of memory"), error.message);
    }
    assertEquals(hungry.stats.outcome, "crashed");
  },
);

/** A control group with a limit of memory; `null` where none can be made. */
function limitedGroup(bytes: number) {
  const name = `lithoscope-test-${crypto.randomUUID()}`;
  for (
    const [root, limit] of [
      ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
      ["/sys/fs/cgroup", "memory.max"],
    ] as const
  ) {
    const folder = `${root}/${name}`;
    try {
      Deno.mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      Deno.writeTextFileSync(`${folder}/${limit}`, `${bytes}`);
      return { folder, [Symbol.dispose]: () => Deno.removeSync(folder) };
    } catch {
      Deno.removeSync(folder);
    }
  }
  return null;
}

function canLimit(): boolean {
  using group = limitedGroup(64 * MB);
  return group !== null;
}

Deno.test(
  "a worker that the kernel kills for memory is said to have run out of it, and only that one [process]",
  { ignore: !canLimit() },
  async () => {
    using group = limitedGroup(400 * MB);
    const value = crypto.randomUUID();
    const host = new URL("fixtures/hosts.ts", import.meta.url).href;
    const { code, stdout, stderr } = await runDeno(
      ["run", "-A", host, "starved", "process"],
      {
        env: { LITHOSCOPE_TEST_MARK: value },
        group: `${group!.folder}/cgroup.procs`,
      },
    );
    const left = processesWithEnv(`LITHOSCOPE_TEST_MARK=${value}`);
    assertEquals(await untilGone(left), []);
    assertEquals([code, stderr], [0, ""]);
    const { results, message, oom, signal, otherOom } = JSON.parse(stdout);
    // What is undefined in a list is null in JSON.
    assertEquals(results, [0, null, 2]);
    assertEquals([oom, signal, otherOom], [true, "SIGKILL", false]);
    assert(message.includes("ran out of memory"), message);
  },
);
