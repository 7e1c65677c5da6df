/** Parts of a worker host with a real run in Redis: results that come second, and queue entries that wait. */
import { assert, assertEquals } from "./assert.ts";
import { Redis } from "../executor/backends/_bullmq.ts";
import { Holding, LOOK } from "../executor/backends/redis/holding.ts";
import { type HostedJob, Inbox } from "../executor/backends/redis/inbox.ts";
import { outcomeOf } from "../executor/backends/redis/messages.ts";
import { Outbox } from "../executor/backends/redis/outbox.ts";
import { keysOf } from "../executor/backends/redis/protocol.ts";
import { Seal } from "../executor/backends/redis/seal.ts";
import { Call } from "../executor/call.ts";
import { createLogger } from "../executor/log.ts";
import type { FunctionExecutor } from "../mod.ts";
import { turn, within } from "./executors.ts";
import { openProxy } from "./proxy.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER, SECRET } from "./redis.ts";

const keys = keysOf("lithoscope"), seal = new Seal(SECRET);

/** What a worker host knows of the first job of a run. */
async function hostedJob(redis: Redis, run: string): Promise<HostedJob> {
  const inbox = new Inbox({
    redis,
    keys,
    seal,
    blobFolder: undefined,
    onJob: () => {},
  });
  const field = (await redis.hkeys(keys.run(run))).find((field) =>
    field.startsWith("job ")
  );
  const hosted = await inbox.find(run, Number(field!.slice(4)));
  assert(hosted !== undefined);
  return hosted;
}

/** A Redis, and a client of it. */
async function openWithClient() {
  const stack = new AsyncDisposableStack();
  const site = stack.use(await openSite());
  const redis = stack.adopt(
    new Redis(site.redis.url),
    (redis) => redis.disconnect(),
  );
  return { site, redis, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Waits until calls are in the queue. */
async function queued(redis: Redis, fexec: FunctionExecutor): Promise<void> {
  const key = `${keys.queues}:calls:wait`;
  while (await redis.llen(key) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(await redis.exists(keys.run(fexec.executorId)));
}

/** The worker host's half of an outcome. */
async function tell(
  redis: Redis,
  run: string,
  results: Record<number, unknown>,
): Promise<void> {
  const hosted = await hostedJob(redis, run);
  const outbox = new Outbox({
    redis,
    keys,
    seal,
    log: createLogger("none"),
    clock: () => ({ offset: 0, error: 0 }),
    enough: () => 100,
  });
  await Promise.all(
    Object.entries(results).map(([index, value]) => {
      const call = new Call(hosted.job, Number(index), undefined);
      call.succeed(value);
      const outcome = outcomeOf(call, 0, null, null);
      return new Promise((resolve) =>
        outbox.add(hosted, 0, outcome, 10, resolve)
      );
    }),
  );
}

Deno.test({
  name: "of two large results of a call the second is removed",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    await using stack = new AsyncDisposableStack();
    const connect = (url: string) =>
      stack.adopt(new Redis(url), (redis) => redis.disconnect());
    const redis = connect(site.redis.url);
    const proxy = stack.use(openProxy(site.redis.port));
    const shaky = connect(`redis://127.0.0.1:${proxy.port}`);
    const fexec = site.make();
    const futures = fexec.map((x: number) => `${x}`, [0, 1, 2], {
      chunksize: 1,
    });
    await queued(redis, fexec);
    const run = fexec.executorId;
    const blobs = async () => (await redis.keys(`${keys.run(run)}:blob:*`));
    const large = (text: string) => text.repeat(600_000);

    // Its host never hears that it is stored, and so sends it again: it is still the first.
    proxy.swallow((sent) => sent.includes("outcomes"));
    await within(tell(shaky, run, { 0: large("a") }));
    assertEquals(proxy.swallowed, 1);
    assertEquals(await within(futures[0]!.result()), large("a"));
    assertEquals((await blobs()).length, 1);

    // The second of call 0 travels with a first one: that alone counts.
    await within(tell(redis, run, { 0: large("b"), 1: large("b") }));
    assertEquals(await within(futures[1]!.result()), large("b"));
    const kept = await blobs();
    assertEquals(kept.map((key) => /result-\d+-(\d)/.exec(key)![1]).sort(), [
      "0",
      "1",
    ]);

    // By itself, after a first one that was small.
    await within(tell(redis, run, { 2: "c" }));
    await within(tell(redis, run, { 2: large("d"), 0: large("d") }));
    assertEquals(await within(futures.getResult()), [
      large("a"),
      large("b"),
      "c",
    ]);
    assertEquals((await blobs()).sort(), kept.sort());
    assertEquals(await redis.hget(keys.run(run), "duplicates"), "4");
    await fexec.terminate();
  },
});

Deno.test({
  name:
    "a host that did not run for a while leaves no entries to others for that",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using opened = await openWithClient();
    const { site, redis } = opened;
    const fexec = site.make();
    fexec.map((x: number) => x, [0, 1, 2, 3]).getResult().catch(() => {});
    await queued(redis, fexec);
    const hosted = await hostedJob(redis, fexec.executorId);
    const holding = new Holding(1, () => {});
    const left: number[] = [];
    const hold = (index: number) => {
      const call = new Call(hosted.job, index, index);
      hosted.job.queue(call);
      const stored = new Promise<void>((resolve) =>
        call.onDone(() => resolve())
      );
      const open = { hosted, call, stored, isTold: false, logged: 0 };
      void holding.hold([{ ...open, entries: 0 }], performance.now())
        .then((isLeft) => isLeft && left.push(index));
      return call;
    };
    const looks = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await new Promise((resolve) => setTimeout(resolve, LOOK));
        holding.leave();
      }
    };
    const calls = [0, 1, 2, 3].map(hold);
    holding.leave();
    const end = performance.now() + 5 * LOOK;
    while (performance.now() < end); // It does not run, as far as its own goes.
    holding.leave();
    calls[0]!.succeed(0);
    await turn();
    assertEquals(left, []);
    holding.leave(); // Something was done: it goes on.
    await turn();
    assertEquals(left, []);
    // Nothing more is: all but the one for its lane are for others.
    while (left.length === 0) await looks(1);
    assertEquals(left.sort(), [2, 3]);
    assertEquals(calls[1]!.done, false);
    await fexec.terminate();
  },
});

Deno.test({
  name: "hosts that ended without a word are forgotten",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using opened = await openWithClient();
    const { site, redis } = opened;
    await redis.sadd(keys.hosts, "gone", "there");
    const record = { id: "there", name: "there", lanes: 1, cores: 1, tags: [] };
    const text = JSON.stringify({ ...record, backend: "process" });
    await redis.set(keys.host("there"), text);
    const fexec = site.make();
    fexec.callAsync((x: number) => x, 0).result().catch(() => {});
    const known = () => redis.smembers(keys.hosts);
    await within((async () => {
      while ((await known()).length > 1) await turn();
    })());
    assertEquals(await known(), ["there"]);
    await fexec.terminate();
  },
});
