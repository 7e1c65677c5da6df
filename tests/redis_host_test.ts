/** Parts of a worker host with a real run in Redis: results that come second, and queue entries that end or wait. */
import { assert, assertEquals, assertMatch } from "./assert.ts";
import type { Redis } from "../executor/backends/_bullmq.ts";
import { connect, disconnect } from "../executor/backends/redis/connect.ts";
import {
  EntryWorker,
  type QueueEntry,
} from "../executor/backends/redis/entry_worker.ts";
import { Holding, LOOK } from "../executor/backends/redis/holding.ts";
import {
  type HostedJob,
  Inbox,
  type OpenCall,
} from "../executor/backends/redis/inbox.ts";
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

/** The runs that a worker host has heard of. */
function openInbox(redis: Redis): Inbox {
  const onJob = () => {};
  return new Inbox({ redis, keys, seal, blobFolder: undefined, onJob });
}

/** The numbers of the jobs of a run. */
async function jobsOf(redis: Redis, run: string): Promise<number[]> {
  const fields = await redis.hkeys(keys.run(run));
  return fields.filter((field) => field.startsWith("job "))
    .map((field) => Number(field.slice(4)));
}

/** What a worker host knows of the first job of a run. */
async function hostedJob(redis: Redis, run: string): Promise<HostedJob> {
  const [first] = await jobsOf(redis, run);
  const hosted = await openInbox(redis).find(run, first!);
  assert(hosted !== undefined);
  return hosted;
}

/** A Redis, and a client of it as a worker host has one. */
async function openWithClient() {
  const stack = new AsyncDisposableStack();
  const site = stack.use(await openSite());
  const redis = await connectIn(stack, site.redis.url);
  return { site, redis, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** A client that ends with a stack. */
async function connectIn(
  stack: AsyncDisposableStack,
  url: string,
): Promise<Redis> {
  const log = createLogger("none");
  return stack.adopt(
    await connect({ url, patience: 5000, log }),
    async (redis) => void await disconnect(redis),
  );
}

/** Waits until so many entries are in the queue. */
async function queued(
  redis: Redis,
  fexec: FunctionExecutor,
  entries = 1,
): Promise<void> {
  const key = `${keys.queues}:calls:wait`;
  while (await redis.llen(key) < entries) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(await redis.exists(keys.run(fexec.executorId)));
}

/** A worker of the queue that takes nothing by itself. */
async function openWorker(redis: Redis) {
  const worker = new EntryWorker("calls", null, {
    connection: redis,
    prefix: keys.queues,
    removeOnComplete: { count: 0 },
    autorun: false,
  });
  await worker.waitUntilReady();
  const take = (token: string) =>
    worker.getNextJob(token, { block: false }) as Promise<QueueEntry>;
  return { take, [Symbol.asyncDispose]: () => worker.close() };
}

/** What sends the outcomes home of so many `calls`, an entry each. */
function openOutbox(
  redis: Redis,
  { log = createLogger("none"), calls = 200 } = {},
): Outbox {
  const clock = () => ({ offset: 0, error: 0 });
  const held = () => ({ calls, entries: calls });
  return new Outbox({ redis, keys, seal, log, clock, held });
}

/** The worker host's half of outcomes, each of which came by one of `entries`. */
async function tell(
  outbox: Outbox,
  hosted: HostedJob,
  results: Record<number, unknown>,
  entries: readonly QueueEntry[],
  patience = 10,
): Promise<void> {
  await within(Promise.all(
    Object.entries(results).map(([index, value]) => {
      const call = new Call(hosted.job, Number(index), undefined);
      call.succeed(value);
      const outcome = outcomeOf(call, 0, null, null);
      const entry = entries[Number(index)]!;
      return new Promise((resolve) =>
        outbox.add(hosted, entry, 0, outcome, patience, resolve)
      );
    }),
  ));
}

Deno.test({
  name: "of two large results of a call the second is removed",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using opened = await openWithClient();
    const { site, redis } = opened;
    await using stack = new AsyncDisposableStack();
    const proxy = stack.use(openProxy(site.redis.port));
    const shaky = await connectIn(stack, `redis://127.0.0.1:${proxy.port}`);
    const fexec = site.make();
    const futures = fexec.map((x: number) => `${x}`, [0, 1, 2], {
      chunksize: 1,
    });
    await queued(redis, fexec, 3);
    const run = fexec.executorId;
    await using worker = await openWorker(redis);
    await using _ = await openWorker(shaky);
    const entries: QueueEntry[] = [];
    for (const token of ["a", "b", "c"]) {
      const entry = await worker.take(token);
      entry.unstored = 1;
      entries.push(entry);
    }
    const hosted = await hostedJob(redis, run);
    const tellBy = (by: Redis, results: Record<number, unknown>) =>
      tell(openOutbox(by), hosted, results, entries);
    const blobs = async () => (await redis.keys(`${keys.run(run)}:blob:*`));
    const large = (text: string) => text.repeat(600_000);

    // Its host never hears that it is stored, and so sends it again: it is still the first.
    proxy.swallow((sent) => sent.includes("outcomes"));
    await tellBy(shaky, { 0: large("a") });
    assertEquals(proxy.swallowed, 1);
    assertEquals(await within(futures[0]!.result()), large("a"));
    assertEquals((await blobs()).length, 1);

    // The second of call 0 travels with a first one: that alone counts.
    await tellBy(redis, { 0: large("b"), 1: large("b") });
    assertEquals(await within(futures[1]!.result()), large("b"));
    const kept = await blobs();
    assertEquals(kept.map((key) => /result-\d+-(\d)/.exec(key)![1]).sort(), [
      "0",
      "1",
    ]);

    // By itself, after a first one that was small.
    await tellBy(redis, { 2: "c" });
    await tellBy(redis, { 2: large("d"), 0: large("d") });
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
  name: "an entry ends with the last of its outcomes, if that is stored",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using opened = await openWithClient();
    const { site, redis } = opened;
    const fexec = site.make();
    const futures = fexec.map((x: number) => x, [0, 1, 2, 3, 4, 5], {
      chunksize: 2,
    });
    await queued(redis, fexec, 3);
    await using worker = await openWorker(redis);
    const hosted = await hostedJob(redis, fexec.executorId);
    const said = Promise.withResolvers<string>();
    const log = createLogger("warning", said.resolve);
    const outbox = openOutbox(redis, { log });
    const isThere = ({ id }: QueueEntry) =>
      redis.exists(`${keys.queues}:calls:${id}`);
    const [first, second] = [await worker.take("a"), await worker.take("b")];
    first.unstored = second.unstored = 2;
    const entries = [first, first, second, second];

    await tell(outbox, hosted, { 0: 10 }, entries);
    assertEquals(await isThere(first), 1);
    await tell(outbox, hosted, { 1: 11 }, entries);
    assertEquals(await isThere(first), 0);
    // The next one was taken with it, as BullMQ is told when it comes to end the first.
    const [, third] = await first.moveToCompleted(null, "a", true) as unknown[];
    assertEquals(
      await redis.lrange(`${keys.queues}:calls:active`, 0, -1),
      [third, second.id],
    );

    await redis.config("SET", "maxmemory", 1);
    const told = tell(outbox, hosted, { 2: 12, 3: 13 }, entries);
    assertMatch(await within(said.promise), /Redis is full/);
    assertEquals(await isThere(second), 1);
    await redis.config("SET", "maxmemory", 0);
    await told;
    assertEquals(await isThere(second), 0);
    const results = futures.slice(0, 4).map((future) => future.result());
    assertEquals(await within(Promise.all(results)), [10, 11, 12, 13]);
    await fexec.terminate();
  },
});

Deno.test({
  name: "outcomes wait for others only as long as there may be some",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using opened = await openWithClient();
    const { site, redis } = opened;
    const fexec = site.make();
    const items = Array.from({ length: 56 }, (_, i) => i);
    const futures = fexec.map((x: number) => x, items, { chunksize: 56 });
    await queued(redis, fexec);
    await using worker = await openWorker(redis);
    const hosted = await hostedJob(redis, fexec.executorId);
    const entry = await worker.take("a");
    const entries = items.map(() => entry);
    const forever = 2 ** 31 - 1;
    const tellAll = (outbox: Outbox, from: number, to: number) => {
      const results = items.slice(from, to).map((item) => [item, item]);
      return tell(
        outbox,
        hosted,
        Object.fromEntries(results),
        entries,
        forever,
      );
    };
    // As many as go together, though the host has many more.
    await tellAll(openOutbox(redis), 0, 16);
    // More than half of ten; the rest when they are on their way, and none are left.
    const outbox = openOutbox(redis, { calls: 10 });
    const half = tellAll(outbox, 16, 22);
    await Promise.resolve();
    await Promise.all([half, tellAll(outbox, 22, 26)]);
    // Each group is a message.
    const messages = await redis.xlen(keys.out(fexec.executorId));
    assertEquals(messages, 3);
    const told = futures.slice(0, 26).map((future) => future.result());
    assertEquals(await within(Promise.all(told)), items.slice(0, 26));
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
      const open = { hosted, call, stored, told: 0, logged: 0 };
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
    // One that is to end leaves that too, though something has just been done.
    hold(4).succeed(4);
    await turn();
    holding.end();
    holding.leave();
    await turn();
    assertEquals(left.sort(), [1, 2, 3]);
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

Deno.test({
  name: "a host forgets jobs of a run whose calls do not come any more",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using opened = await openWithClient();
    const { site, redis } = opened;
    const fexec = site.make(), run = fexec.executorId;
    for (let i = 0; i < 4; i++) fexec.callAsync((x: number) => x, i);
    await queued(redis, fexec, 4);
    const [idle, open, used, last] = await jobsOf(redis, run);
    const inbox = openInbox(redis);
    const find = async (job: number) => (await inbox.find(run, job))!;
    const first = await find(idle!);
    const { job, open: calls } = await find(open!);
    calls.set(0, { call: new Call(job, 0, 0) } as OpenCall);
    await find(used!);
    const { now } = performance;
    try {
      performance.now = () => now.call(performance) + 30_000;
      await find(used!);
      performance.now = () => now.call(performance) + 61_000;
      await find(last!);
    } finally {
      performance.now = now;
    }
    assertEquals([...inbox.runs.get(run)!.jobs.keys()], [open, used, last]);
    const again = await find(idle!);
    assert(again !== first);
    assertEquals(again.record, first.record);
    await fexec.terminate();
  },
});
