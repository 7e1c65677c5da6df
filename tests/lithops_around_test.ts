/**
 * What Lithops' users may expect of all that is around calls (56 to 61, 63); see lithops_test.ts.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { openRusage } from "../executor/worker/rusage.ts";
import { FunctionExecutor, type FunctionExecutorOptions } from "../mod.ts";
import { assertWellFormed } from "./call_stats.ts";
import { BACKENDS, onEach, within } from "./executors.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const plus7 = (x: number) => x + 7;

const usage = openRusage();
/** CPU seconds of this thread so far: what others do on the machine does not change them. */
function cpuTime(): number {
  const { user, system } = usage("thread");
  return user + system;
}

onEach(
  "Lithops 56: a result is there when its call has ended, not a second later",
  async (make) => {
    const fexec = make({ workers: 1 });
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      const future = fexec.callAsync(plus7, i);
      await future.result();
      const { stats } = future;
      delays.push(
        stats.host_result_done_tstamp! - stats.worker_func_end_tstamp!,
      );
    }
    // The least of many: no load on the machine makes all of them late, polling would.
    assertLess(Math.min(...delays), 0.1);
  },
);

Deno.test("Lithops 57: plots of nothing, of failures, of what was stopped; twice, into a folder and under a name", async () => {
  await using folder = await tempDir();
  await using fexec = new FunctionExecutor({ workers: 2, progress: false });
  const none = fexec.map(plus7, []);
  assertEquals(await fexec.plot({ fs: none, dst: `${folder.path}/none` }), []);
  const failed = fexec.map((x: number) => {
    throw new Error(`${x}`);
  }, [1, 2]);
  const stopped = fexec.callAsync(
    () => new Promise<void>(() => setInterval(() => {}, 1000)),
    0,
    { timeout: 0.1 },
  );
  const cancelled = fexec.callAsync(plus7, 1);
  cancelled.cancel();
  await fexec.wait();
  const dst = `${folder.path}/deep/er/`;
  const small = { format: "svg", width: 400, height: 300 } as const;
  const paths = [
    await fexec.plot({ fs: failed, dst: `${folder.path}/failed`, ...small }),
    await fexec.plot({ fs: [stopped, cancelled], dst, ...small }),
    await fexec.plot({ dst, ...small }),
    await fexec.plot({ dst, ...small }),
  ].flat();
  assertEquals(new Set(paths).size, 8);
  for (const path of paths) {
    assert(path.startsWith(folder.path) && Deno.statSync(path).size > 1000);
  }
  assertEquals(paths.slice(0, 2), [
    `${folder.path}/failed_timeline.svg`,
    `${folder.path}/failed_histogram.svg`,
  ]);
});

for (const backend of BACKENDS) {
  Deno.test(`Lithops 58: at level INFO a healthy run logs no error, and nothing to stdout [${backend}]`, async () => {
    const host = new URL("fixtures/echo_host.ts", import.meta.url).href;
    const options = JSON.stringify({ backend, logLevel: "info" });
    const { code, stdout, stderr } = await runDeno([
      "run",
      "-A",
      host,
      options,
    ]);
    assertEquals([code, stdout], [0, "results 1,2\n"]);
    assert(!/error|warn/i.test(stderr), stderr);
  });
}

onEach(
  "Lithops 59: a gateway that is gone, never answers or always fails delays and fails no call",
  async (make) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const silent: Deno.TcpConn[] = [];
    const accepting = (async () => {
      for await (const connection of listener) silent.push(connection);
    })();
    const dead = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using failing = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("no", { status: 500 }),
    );
    const ports = [listener, dead, failing].map(({ addr }) => addr.port);
    dead.close();
    for (const port of ports) {
      const fexec = make({
        workers: 1,
        pushgateway: { url: `http://127.0.0.1:${port}`, timeout: 0.2 },
      });
      assertEquals(await fexec.map(plus7, [1, 2]).getResult(), [8, 9]);
      await within(fexec.close());
    }
    listener.close();
    await accepting;
    for (const connection of silent) connection.close();
  },
);

onEach(
  "Lithops 60: statistics are JSON with the same keys on success, failure and timeout",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      async (x: number) => {
        if (x === 1) throw new Error("no");
        if (x === 2) await new Promise(() => setInterval(() => {}, 1000));
        return x;
      },
      [0, 1, 2],
      { timeout: 0.7 }, // long enough for those that do nothing
    );
    await fexec.wait();
    for (const stats of futures.stats) assertWellFormed(stats);
    assertEquals(
      futures.stats.map((stats) => stats.outcome),
      ["success", "error", "timeout"],
    );
  },
);

Deno.test("Lithops 61: a configuration that is wrong says so, and one without a backend means this machine", async () => {
  await using folder = await tempDir();
  const configFile = await folder.write(
    "config",
    "lithops:\n  log_level: none",
  );
  const configOf = (config: FunctionExecutorOptions["config"] & object) =>
    new FunctionExecutor({ configFile, config }).config;
  const { backend, logLevel, profile } = configOf({
    lithops: { log_level: "DEBUG" },
  });
  assertEquals([backend, logLevel], ["process", "debug"]);
  assert(profile !== false);
  const { warnings } = configOf({ lithops: { log_levle: "none" } });
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, "log_levle");
  assertStringIncludes(warnings[0]!, '"lithops.log_level"');
  assertThrows(
    () => configOf({ lithops: { log_level: "loud" } }),
    RangeError,
    '"debug", "info", "warning", "error" and "none"',
  );
  assertThrows(
    () => new FunctionExecutor({ configFile: `${folder.path}/none` }),
    Deno.errors.NotFound,
  );
});

onEach(
  "Lithops 63: the time to submit grows with the number of calls, and not faster",
  async (make) => {
    const fexec = make({ workers: 1 });
    const submit = (count: number) => {
      const items = Array.from({ length: count }, (_, i) => i);
      const began = cpuTime();
      fexec.map(plus7, items);
      return cpuTime() - began;
    };
    const least = (count: number) =>
      Math.min(...Array.from({ length: 3 }, () => submit(count)));
    least(500); // compiles it
    const few = least(500), many = least(4000);
    // Three times over, as the least time is still noisy; growing by the square it would be 64 times.
    assertLess(many, 24 * few);
    await fexec.terminate();
    assertStrictEquals(fexec.summary().outcomes.pending, 0);
  },
);
