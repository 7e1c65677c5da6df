/** A worker host that is told to end finishes what runs, leaves the rest to others, and ends, whatever is with Redis. */
import { assert, assertEquals } from "./assert.ts";
import { until, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER } from "./redis.ts";

Deno.test({
  name: "SIGTERM drains a worker host, a second one does not wait",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    await using gate = openGate();
    const alpha = await site.host("alpha");
    const fexec = site.make();
    // It learns that calls are quick, and takes many ahead.
    const quick = fexec.map(
      (x: number) => x,
      Array.from({ length: 200 }, (_, i) => i),
      {
        chunksize: 1,
      },
    );
    await within(quick.getResult(), 60);
    const slow = fexec.map(
      async (x: number, url: string) => {
        await (await fetch(url + x)).text();
        return x * 7;
      },
      [0, 1, 2, 3, 4, 5],
      { extraArgs: [gate.url], chunksize: 1 },
    );
    await until(() => gate.seen.length >= 2, 60);
    alpha.kill("SIGTERM");
    await alpha.said(/takes no more calls/);
    const beta = await site.host("beta");
    // Those that alpha has not begun run elsewhere, though alpha is not done with its own.
    await until(() => gate.seen.length >= 4, 60);
    gate.openAll();
    assertEquals(await within(slow.getResult(), 60), [0, 7, 14, 21, 28, 35]);
    assertEquals(await within(alpha.ended, 60), 0);
    const hosts = slow.stats.map(({ host_name }) => host_name);
    const own = gate.seen.slice(0, 2).map(Number);
    for (const call of own) assertEquals(hosts[call], "alpha");
    assertEquals(hosts.filter((host) => host === "beta").length, 4);

    const door = "never";
    const stuck = fexec.callAsync(async (url: string) => {
      await (await fetch(url)).text();
      for (;;) await new Promise((resolve) => setTimeout(resolve, 1000));
    }, gate.url + door);
    stuck.then(() => {}, () => {});
    await gate.arrived(door);
    beta.kill("SIGTERM");
    await beta.said(/takes no more calls/);
    beta.kill("SIGTERM");
    assertEquals(await within(beta.ended, 30), 0);
    assert(!stuck.done, "it is for another host now");
    await fexec.terminate();
    assertEquals(stuck.stats.outcome, "cancelled");
  },
});

Deno.test({
  name: "a worker host ends on SIGTERM while Redis is gone",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    await using gate = openGate();
    const [idle, working] = await Promise.all([
      site.host("idle", "--prefix", "other"),
      site.host("working"),
    ]);
    const fexec = site.make();
    const call = fexec.callAsync(
      async (url: string) => await (await fetch(url)).text(),
      `${gate.url}call`,
    );
    call.then(() => {}, () => {});
    await gate.arrived("call");
    await site.redis.stop("SIGKILL");
    idle.kill("SIGTERM");
    assertEquals(await within(idle.ended, 30), 0);
    working.kill("SIGTERM");
    await working.said(/takes no more calls/);
    assert(!/ends after/.test(working.log()));
    working.kill("SIGTERM");
    assertEquals(await within(working.ended, 30), 0);
    await fexec.terminate();
  },
});
