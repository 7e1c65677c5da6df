/** Clocks that are minutes off, or are set while a run goes on: what worker hosts tell is told by the clock of the script. */
import { reportDataOf } from "../plot/_report_data.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
} from "./assert.ts";
import { Redis } from "../executor/backends/_bullmq.ts";
import {
  NO_READING,
  readClockAgain,
} from "../executor/backends/redis/clock.ts";
import { epochMillis } from "../executor/worker/protocol.ts";
import { until, within } from "./executors.ts";
import {
  HAVE_REDIS,
  openSite,
  REDIS_DRIVER,
  SECRET,
  spawnHost,
} from "./redis.ts";

/** What makes the clock of a program another one, from Debian's `faketime`. */
function fakeTimeLibrary(): string | undefined {
  for (const machine of ["x86_64", "aarch64"]) {
    const path = `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`;
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch { /* not this one */ }
  }
  return undefined;
}
const library = fakeTimeLibrary();

Deno.test({
  name:
    "statistics and samples of a host whose clock is five minutes off are on the script's clock",
  ignore: !HAVE_REDIS || library === undefined,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    await using host = spawnHost({
      args: ["--redis", site.redis.url, "--name", "late", "--workers", "1"],
      secret: SECRET,
      env: {
        LD_PRELOAD: library!,
        FAKETIME: "-300s",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      },
    });
    await host.said(/takes calls/);
    const fexec = site.make({ profile: { interval: 0.1 } });
    const before = Date.now() / 1000;
    const future = fexec.callAsync(async () => {
      const theirs = Date.now() / 1000;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return theirs;
    }, 0);
    const theirs = await within(future.result(), 60);
    const after = Date.now() / 1000;
    assert(theirs < before - 200, "its clock is another one");
    const { stats } = future;
    for (
      const key of [
        "worker_start_tstamp",
        "worker_func_start_tstamp",
        "worker_func_end_tstamp",
        "worker_end_tstamp",
      ] as const
    ) {
      // As good as the way to Redis is quick.
      assert(stats[key]! > before - 1 && stats[key]! < after + 1, key);
    }
    const run = fexec.run();
    assertAlmostEquals(run.workers[0]!.worker_clock_offset!, 300, 1);
    assertMatch(
      reportDataOf(run).clocks,
      /: late (5 min|4 min 59 s).* behind\.$/,
    );
    await fexec.findings(); // asks for the samples up to now
    await until(
      () => fexec.profile!.collections.some((one) => one.worker_host),
      30,
    );
    for (const { tstamp, trees } of fexec.profile!.collections) {
      assert(tstamp > before - 5 && tstamp < Date.now() / 1000 + 1);
      for (const { calls } of trees) {
        for (const { start_tstamp } of calls) {
          assert(start_tstamp > before - 1 && start_tstamp < after + 1);
        }
      }
    }
    await fexec.close();
  },
});

Deno.test({
  name: "a script compares its clock with that of Redis again and again",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const site = stack.use(await openSite(["alpha"]));
    const fexec = site.make();
    const call = async () => {
      const future = fexec.callAsync((x: number) => x, 1);
      await within(future.result());
      const { stats } = future;
      const instants = [
        stats.host_submit_tstamp,
        stats.worker_start_tstamp!,
        stats.worker_end_tstamp!,
        stats.host_status_done_tstamp!,
      ];
      assertEquals(instants, instants.toSorted((a, b) => a - b));
    };
    const offset = () => fexec.run().workers[0]!.worker_clock_offset!;
    await call();
    assertAlmostEquals(offset(), 0, 1);
    // As it looks to the script alone, Redis' clock is put a minute forward.
    const { time } = Redis.prototype;
    stack.defer(() => void (Redis.prototype.time = time));
    Redis.prototype.time = async function (this: Redis) {
      const [seconds, micros] = await time.call(this);
      return [Number(seconds) + 60, micros];
    } as typeof time;
    await within((async () => {
      while (Math.abs(offset() + 60) > 1) await call();
    })());
    await fexec.close();
  },
});

Deno.test("of readings of a clock that agree the most exact one counts", async () => {
  // Answers after so many milliseconds, with a clock that is ahead by so many.
  const redis = (delay: number, ahead: number) => ({
    time: async () => {
      await new Promise((resolve) => setTimeout(resolve, delay / 2));
      const micros = (epochMillis() + ahead) * 1000;
      await new Promise((resolve) => setTimeout(resolve, delay / 2));
      return [0, micros];
    },
  });
  const first = await readClockAgain(redis(20, 0), NO_READING);
  const exact = await readClockAgain(redis(2, 0), first);
  assert(exact.error < first.error);
  assertEquals(await readClockAgain(redis(20, 5), exact), exact);
  const { offset } = await readClockAgain(redis(20, 500), exact);
  assertAlmostEquals(offset, 500, 100);
});
