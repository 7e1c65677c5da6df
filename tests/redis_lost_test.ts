/** What becomes of calls whose queue entries Redis has lost. */
import { assertEquals } from "./assert.ts";
import { Redis } from "../executor/backends/_bullmq.ts";
import { turn, until, within } from "./executors.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER } from "./redis.ts";

Deno.test({
  name: "a lazy input goes on behind calls that are lost again and again",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const site = stack.use(await openSite());
    const redis = stack.adopt(
      new Redis(site.redis.url),
      async (redis) => void await redis.quit(),
    );
    const queue = "lithoscope:queue:calls";
    const queued = (calls: number) =>
      within((async () => {
        while (await redis.llen(`${queue}:wait`) !== calls) await turn();
      })());
    const fexec = site.make();
    let pulled = 0;
    const futures = fexec.map(
      (x: number) => x,
      (function* () {
        while (pulled < 20) yield pulled++;
      })(),
      { chunksize: 1 },
    );
    const most = 16; // calls that are queued ahead while no host is known
    for (let loss = 0; loss < 4; loss++) {
      await queued(most);
      await redis.del(await redis.keys(`${queue}:*`));
      // The script looks for what it lost with a connection.
      await redis.client("KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    await until(() => pulled === 20, 30);
    await queued(4);
    assertEquals(
      futures.stats.map(({ outcome }) => outcome),
      [...Array(most).fill("crashed"), ...Array(4).fill(null)],
    );
    await fexec.terminate();
  },
});
