// deno-lint-ignore-file no-console -- what functions print is what is looked at
/**
 * Several calls at once on one worker: they overlap, what they print is told apart, and what cannot be measured of one
 * among several is not made up.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertNotEquals,
} from "./assert.ts";
import { CancelledError, WorkerExitError } from "../mod.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";

/** Waits at the gate, and prints before, after and later. */
const chatty = async (name: string, url: string) => {
  console.log(`${name} starts`);
  const later = new Promise<void>((resolve) =>
    setTimeout(() => {
      console.log(`${name} later`);
      resolve();
    }, 1)
  );
  await (await fetch(url + name)).text();
  console.error(`${name} ends`);
  await later;
  return name;
};

onEach(
  "concurrency runs so many calls at once on one worker, and no more",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, concurrency: 3 });
    const names = ["a", "b", "c", "d", "e"];
    const futures = fexec.map(chatty, names, { extraArgs: [gate.url] });
    await Promise.all(["a", "b", "c"].map((name) => gate.arrived(name)));
    assertEquals(gate.seen.length, 3);
    gate.open("b");
    await gate.arrived("d");
    assertEquals([...gate.seen].sort(), ["a", "b", "c", "d"]);
    gate.openAll();
    assertEquals(await futures.getResult(), names);
    assertEquals(new Set(futures.stats.map((s) => s.worker_tid)).size, 1);
    const { peak_concurrency } = futures.summary();
    assertEquals(peak_concurrency, 3);
  },
);

onEach("logs of overlapping calls are told apart", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1, concurrency: 3 });
  const names = ["a", "b", "c"];
  const futures = fexec.map(chatty, names, { extraArgs: [gate.url] });
  await Promise.all(names.map((name) => gate.arrived(name)));
  for (const name of ["c", "a", "b"]) gate.open(name);
  await futures.getResult();
  futures.forEach((future, i) => {
    assertEquals(
      future.logs.trimEnd().split("\n").sort(),
      [`${names[i]} ends`, `${names[i]} later`, `${names[i]} starts`],
    );
  });
});

/** What the kernel keeps for the worker as a whole. */
const SHARED = [
  "worker_func_cpu_usage",
  "worker_func_cpu_percent",
  "worker_func_cpu_user_time",
  "worker_func_cpu_system_time",
  "worker_func_recv_net_io",
  "worker_func_sent_net_io",
  "worker_func_rss",
  "worker_func_uss",
  "worker_func_vms",
  "worker_peak_memory_start",
  "worker_peak_memory_end",
  "worker_func_read_bytes",
  "worker_func_write_bytes",
  "worker_func_voluntary_switches",
  "worker_func_involuntary_switches",
] as const;

onEach(
  "counters of calls that overlapped are null; the worker's totals are known",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, concurrency: 2 });
    const alone = fexec.callAsync(chatty, "alone", { extraArgs: [gate.url] });
    gate.open("alone");
    await alone;
    assertNotEquals(alone.stats.worker_func_cpu_user_time, null);
    // "long" is there from before "short" starts until after it has ended.
    const both = fexec.map(
      async (name: string, url: string) => {
        await (await fetch(url + name)).text();
        const end = performance.now() + 50;
        while (performance.now() < end);
      },
      ["long", "short"],
      { extraArgs: [gate.url] },
    );
    await Promise.all([gate.arrived("long"), gate.arrived("short")]);
    gate.open("short");
    await both[1];
    gate.open("long");
    await both[0];
    for (const stats of both.stats) {
      for (const key of SHARED) assertEquals(stats[key], null, key);
      assertGreater(stats.worker_func_exec_time!, 0);
      assertEquals(stats.outcome, "success");
    }
    await fexec.close();
    const [worker] = fexec.summary().workers;
    assertEquals(worker!.calls, 3);
    assertGreater(worker!.cpu_user_time! + worker!.cpu_system_time!, 0.05);
  },
);

onEach("cancel() of one call tells that one alone", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1, concurrency: 2, killDelay: 20 });
  const futures = fexec.map(
    async (name: string, url: string, { signal }) => {
      await (await fetch(url + name)).text();
      const told = new Promise<string>((resolve) => {
        const tell = () => resolve("told");
        signal.addEventListener("abort", tell);
        if (signal.aborted) tell();
      });
      const let_ = fetch(`${url}${name}2`).then((r) => r.text());
      return await Promise.race([told, let_]);
    },
    ["a", "b"],
    { extraArgs: [gate.url] },
  );
  gate.open("a");
  gate.open("b");
  await Promise.all([gate.arrived("a2"), gate.arrived("b2")]);
  futures[0]!.cancel();
  await fexec.wait(futures[0]!);
  assertInstanceOf(futures[0]!.error, CancelledError);
  assertEquals(futures[1]!.done, false);
  gate.open("b2", "let");
  assertEquals(await futures[1], "let");
});

on(
  "process",
  "a call stopped with its worker says to its neighbours why they ended",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, concurrency: 2 });
    const wait = async (name: string, url: string) =>
      await (await fetch(url + name)).text();
    const beside = fexec.callAsync(wait, "beside", { extraArgs: [gate.url] });
    await gate.arrived("beside");
    const stuck = fexec.callAsync(wait, "stuck", {
      extraArgs: [gate.url],
      timeout: 0.2,
    });
    const retried = fexec.callAsync(wait, "queued", { extraArgs: [gate.url] });
    await fexec.wait([stuck, beside]);
    assertEquals(stuck.stats.outcome, "timeout");
    assertInstanceOf(beside.error, WorkerExitError);
    assert(beside.error.message.includes("to stop call A001/00000"));
    gate.open("queued", "later");
    assertEquals(await retried, "later");
  },
);

on(
  "process",
  "a neighbour of a stopped call runs again when it has retries",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, concurrency: 2 });
    const wait = async (name: string, url: string, ctx: { attempt: number }) =>
      await (await fetch(`${url}${name}${ctx.attempt}`)).text();
    const beside = fexec.callAsync(wait, "beside", {
      extraArgs: [gate.url],
      retries: 1,
    });
    await gate.arrived("beside1");
    const stuck = fexec.callAsync(wait, "stuck", {
      extraArgs: [gate.url],
      timeout: 0.2,
    });
    gate.open("beside2", "again");
    assertEquals(await beside, "again");
    assertEquals(stuck.stats.outcome, "timeout");
    assertEquals(beside.stats.attempt, 2);
  },
);

onEach(
  "calls that are sent behind a large item share no object",
  async (make) => {
    const fexec = make({ workers: 1, concurrency: 3 });
    await fexec.callAsync((x: null) => x, null); // The worker is there.
    const large = { n: 0, bytes: new Uint8Array(20e6) }, small = { n: 0 };
    const futures = fexec.map((x: { n: number }) => {
      x.n++;
      return x.n;
    }, [large, small, small]);
    assertEquals(await futures.getResult(), [1, 1, 1]);
  },
);
