/** A worker host whose clock is minutes off: what it tells is told by the clock of the script. */
import { reportDataOf } from "../plot/_report_data.ts";
import { assert, assertAlmostEquals, assertMatch } from "./assert.ts";
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
