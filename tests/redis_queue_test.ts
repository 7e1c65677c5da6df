/** What a script puts on the queue in Redis, and what becomes of it where Redis loses it. */
import { assert, assertEquals } from "./assert.ts";
import { Redis } from "../executor/backends/_bullmq.ts";
import { turn, until, within } from "./executors.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER } from "./redis.ts";

const queue = "lithoscope:queue:calls";

/** A Redis without hosts, and a client of it. */
async function openWithClient() {
  const stack = new AsyncDisposableStack();
  const site = stack.use(await openSite());
  const redis = stack.adopt(
    new Redis(site.redis.url),
    async (redis) => void await redis.quit(),
  );
  return { site, redis, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Waits until so many entries are queued. */
async function queued(redis: Redis, entries: number): Promise<void> {
  await within((async () => {
    while (await redis.llen(`${queue}:wait`) !== entries) await turn();
  })());
}

Deno.test({
  name: "a lazy input goes on behind calls that are lost again and again",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using open = await openWithClient();
    const { site, redis } = open;
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
      await queued(redis, most);
      await redis.del(await redis.keys(`${queue}:*`));
      // The script looks for what it lost with a connection.
      await redis.client("KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    await until(() => pulled === 20, 30);
    await queued(redis, 4);
    assertEquals(
      futures.stats.map(({ outcome }) => outcome),
      [...Array(most).fill("crashed"), ...Array(4).fill(null)],
    );
    await fexec.terminate();
  },
});

Deno.test({
  name: "items of an async input that are there at once share queue entries",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using open = await openWithClient();
    const { site, redis } = open;
    const fexec = site.make();
    const more = Promise.withResolvers<void>();
    const futures = fexec.map(
      (x: number) => x,
      (async function* () {
        yield 0;
        await more.promise;
        for (let i = 1; i < 500; i++) yield i;
      })(),
    );
    await queued(redis, 1); // It waits for no other.
    more.resolve();
    await until(() => futures.length === 500);
    await turn();
    const entries = await redis.llen(`${queue}:wait`);
    assert(entries < 100, `${entries} entries`);
    await site.host("alpha");
    assertEquals(
      await within(futures.getResult()),
      Array.from({ length: 500 }, (_, i) => i),
    );
    await fexec.close();
  },
});
