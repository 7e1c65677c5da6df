/** A worker that somebody has stopped on a worker host is named where the script logs, to each script that has calls there. */
import { assertEquals, assertMatch } from "./assert.ts";
import { until, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER } from "./redis.ts";
import { listen } from "./said.ts";

const wait = async (url: string) => await (await fetch(url)).text();

Deno.test({
  name: "scripts are told of a stopped worker on another host",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite(["alpha"]);
    await using gate = openGate();
    using log = listen();
    const first = site.make({ logLevel: "info" });
    const kept = first.callAsync(wait, `${gate.url}kept`);
    await gate.arrived("kept");
    // A little later it is known here who runs it.
    await until(() => kept.stats.worker_pid !== null, 30);
    const { worker_id: id, worker_pid: pid } = kept.stats;
    Deno.kill(pid!, "SIGSTOP");
    try {
      assertMatch(
        await log.line("waits"),
        new RegExp(
          `\\[WARNING\\] Worker ${id} on host "alpha" has been stopped \\(pid ${pid}, state T\\); "kill -CONT ${pid}" lets it go on\\. Call A000/00000 waits for it, as long as no timeout ends that$`,
        ),
      );
      const second = site.make({ logLevel: "info" });
      const other = second.callAsync(wait, `${gate.url}other`);
      const line = await log.line("It gets no calls");
      assertMatch(line, new RegExp(`on host "alpha" .*pid ${pid}, state T`));
      gate.open("other", "b");
      assertEquals(await within(other.result()), "b");
      await second.close();
    } finally {
      Deno.kill(pid!, "SIGCONT");
    }
    assertMatch(
      await log.line('"alpha" goes on'),
      new RegExp(`\\[INFO\\] Worker ${id} on host "alpha" goes on$`),
    );
    gate.open("kept", "a");
    assertEquals(await within(kept.result()), "a");
    await first.close();
  },
});

Deno.test({
  name: "a Redis that is stopped keeps no script and no host from ending",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    const host = await site.host("alpha");
    await using gate = openGate();
    const idle = site.make(), busy = site.make();
    assertEquals(await idle.callAsync((x: number) => x, 1), 1);
    const future = busy.callAsync(wait, `${gate.url}busy`);
    await gate.arrived("busy");
    Deno.kill(site.redis.pid, "SIGSTOP");
    try {
      idle.clean();
      host.kill("SIGTERM");
      await host.said(/takes no more calls/);
      gate.openAll();
      await within(Promise.all([idle.close(), busy.terminate()]));
      assertEquals(await within(host.ended), 0);
    } finally {
      Deno.kill(site.redis.pid, "SIGCONT");
    }
    assertEquals(future.stats.outcome, "cancelled");
  },
});
