/**
 * Calls a second through Redis, from adding them to having all results, beside plain BullMQ with the same settings in the
 * same run; whether a call costs the same however many there are; and what it takes of Redis' memory.
 *
 *     deno run -A bench/redis_bench.ts [calls] [rounds]
 *
 * @module
 */
import {
  type JobsOptions,
  Queue,
  QueueEvents,
  Redis,
} from "../executor/backends/_bullmq.ts";
import { FunctionExecutor } from "../mod.ts";
import { SECRET, spawnHost } from "../tests/redis.ts";
import { startRedis } from "../tests/services.ts";
import type { Bench } from "./_bench.ts";
import { figure, say, sayTable } from "./_table.ts";

/** Entries that one worker process has at once: what a host takes of quick calls for each of its workers. */
const CONCURRENCY = 128;
const BULK = 256;
/** Jobs that each side runs before it is measured: their code is compiled by and by. */
const WARM = 10_000, QUICK_WARM = 500;

/** The least that jobs of BullMQ are added with: their results are gone with the event that tells of them. */
const LEAST: JobsOptions = { removeOnComplete: true };
/**
 * What our calls have too: a job whose results could not be stored runs again, and they can be read for a day, by another
 * script if need be. Each has an id of its own, so that it is not there twice if it is added again after a lost connection.
 */
const SAME: JobsOptions = {
  attempts: 20,
  backoff: { type: "fixed", delay: 500 },
  removeOnComplete: { age: 24 * 3600 },
  removeOnFail: true,
};

/** Jobs a second of BullMQ by itself, whose workers take those of `prefix`. */
async function bullmq(
  url: string,
  prefix: string,
  calls: number,
  options: JobsOptions = LEAST,
): Promise<number> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue("plain", { connection, prefix });
  // From the last one so far: told to read what is new, it would miss those before its first question.
  const [last] = await connection.xrevrange(
    ...[`${prefix}:plain:events`, "+", "-", "COUNT", 1] as const,
  );
  const events = new QueueEvents("plain", {
    connection,
    prefix,
    lastEventId: last?.[0] ?? "0-0",
  });
  await events.waitUntilReady();
  let left = calls;
  const results = new Map<string, unknown>();
  const done = Promise.withResolvers<void>();
  events.on("completed", ({ jobId, returnvalue }) => {
    results.set(jobId, returnvalue);
    if (--left === 0) done.resolve();
  });
  const run = crypto.randomUUID().slice(0, 8);
  const optionsOf = (call: number) =>
    options === LEAST ? options : { ...options, jobId: `${run}.${call}` };
  const began = performance.now();
  for (let from = 0; from < calls; from += BULK) {
    await queue.addBulk(
      Array.from({ length: Math.min(BULK, calls - from) }, (_, i) => ({
        name: "call",
        data: { item: from + i },
        opts: optionsOf(from + i),
      })),
    );
  }
  await done.promise;
  const seconds = (performance.now() - began) / 1000;
  await queue.clean(0, 0, "completed");
  await events.close();
  await queue.close();
  connection.disconnect();
  return calls / seconds;
}

function open(url: string): FunctionExecutor {
  return new FunctionExecutor({
    backend: "redis",
    redis: { url, secret: SECRET, prefix: "ours" },
    progress: false,
    logLevel: "error",
  });
}

async function ours(
  url: string,
  calls: number,
  chunksize: number | undefined,
): Promise<number> {
  const fexec = open(url);
  const items = Array.from({ length: calls }, (_, i) => i);
  const options = chunksize === undefined ? {} : { chunksize };
  const add = (x: number) => x + 1;
  await fexec.callAsync(add, 0); // the connection is up, as that of the other
  const began = performance.now();
  const results = await fexec.map(add, items, options).getResult();
  const seconds = (performance.now() - began) / 1000;
  if (results.some((result, i) => result !== i + 1)) throw new Error("wrong");
  fexec.clean();
  await fexec.close();
  return calls / seconds;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function spawnPeer(url: string, ...args: string[]) {
  const peer = new URL("peers/bullmq.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", peer, url, ...args],
    stderr: "piped",
  }).spawn();
  return {
    ready: child.stderr.getReader().read(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await child.stderr.cancel().catch(() => {});
    },
  };
}

/** Rates with so many worker processes on each side. */
async function rates(
  workers: number,
  calls: number,
  rounds: number,
  warm: number,
): Promise<string[]> {
  await using redis = await startRedis();
  const { url } = redis;
  await using stack = new AsyncDisposableStack();
  for (let n = 0; n < workers; n++) {
    await stack.use(spawnPeer(url, "plain", `${CONCURRENCY}`)).ready;
    // Each of its jobs has a child process: one at a time, as one worker of ours runs them.
    await stack.use(spawnPeer(url, "sandbox", "1", "sandboxed")).ready;
    const host = stack.use(spawnHost({
      args: [
        ...["--redis", url, "--prefix", "ours", "--name", `host-${n}`],
        ...["--workers", "1", "--backend", "process"],
      ],
    }));
    await host.said(/takes calls/);
  }
  const runs = {
    plain: () => bullmq(url, "plain", calls),
    same: () => bullmq(url, "plain", calls, SAME),
    sandboxed: () => bullmq(url, "sandbox", Math.ceil(calls / 4)),
    single: () => ours(url, calls, 1),
    short: () => ours(url, calls, undefined),
  };
  const names = Object.keys(runs) as (keyof typeof runs)[];
  // The jobs of the first two are run by the same processes.
  for (let n = 0; n < warm; n += calls) {
    for (const name of ["plain", "single", "same", "single"] as const) {
      await runs[name]();
    }
  }
  for (const name of names) await runs[name]();
  const found = {
    plain: [],
    same: [],
    sandboxed: [],
    single: [],
    short: [],
  } as Record<keyof typeof runs, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const rate = await runs[name]();
      found[name].push(rate);
      say(`${workers} workers, ${name}: ${figure(rate)} a second`);
    }
  }
  const { plain, same, sandboxed, single, short } = found;
  const rate = (rates: number[]) => figure(median([...rates]));
  // Of each round by itself: what others do to the machine is less than that to two figures of different times.
  const ratio = (rates: number[], others: number[], digits: number) =>
    `${median(rates.map((rate, i) => rate / others[i]!)).toFixed(digits)}x`;
  return [
    `${workers}`,
    rate(plain),
    rate(same),
    rate(sandboxed),
    rate(single),
    ratio(single, plain, 2),
    ratio(single, same, 2),
    ratio(single, sandboxed, 1),
    rate(short),
    ratio(short, plain, 1),
  ];
}

/** Microseconds a call with one worker process, by the number of calls: medians. */
async function growth(
  counts: readonly number[],
  rounds: number,
): Promise<string[]> {
  await using redis = await startRedis();
  const { url } = redis;
  await using host = spawnHost({
    args: ["--redis", url, "--prefix", "ours", "--workers", "1"],
  });
  await host.said(/takes calls/);
  await ours(url, 1000, undefined); // warm
  const costs = counts.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, count] of counts.entries()) {
      const cost = 1e6 / await ours(url, count, undefined);
      costs[i]!.push(cost);
      say(`${count} calls: ${figure(cost)} us each`);
    }
  }
  return costs.map((each) => figure(median(each)));
}

/** Bytes of Redis that a call takes while it waits, and when its result is there. */
async function memory(chunksize: number | undefined): Promise<string[]> {
  await using redis = await startRedis();
  const { url } = redis;
  const connection = new Redis(url);
  const used = async () =>
    Number(/used_memory:(\d+)/.exec(await connection.info("memory"))![1]);
  const fexec = open(url);
  const calls = 5000;
  const items = Array.from({ length: calls }, (_, i) => i);
  const before = await used();
  const options = chunksize === undefined ? {} : { chunksize };
  const futures = fexec.map((x: number) => x + 1, items, options);
  const key = `ours:run:${fexec.executorId}`;
  while (Number(await connection.hget(key, "calls 1") ?? 0) < calls) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const waiting = await used() - before;
  await using host = spawnHost({
    args: ["--redis", url, "--prefix", "ours", "--workers", "1"],
  });
  await host.said(/takes calls/);
  await futures.getResult();
  const ended = await used() - before;
  await fexec.close();
  connection.disconnect();
  return [
    chunksize === undefined ? "found out" : `${chunksize}`,
    figure(waiting / calls),
    figure(ended / calls),
  ];
}

/** Runs it and writes its tables. */
async function measure(
  calls: number,
  rounds: number,
  counts: readonly number[],
  warm = WARM,
): Promise<void> {
  const rows: string[][] = [];
  for (const workers of [1, 2, 4]) {
    rows.push(await rates(workers, calls, rounds, warm));
  }
  sayTable([
    "worker processes",
    "plain BullMQ, jobs/s",
    "same settings, jobs/s",
    "sandboxed, jobs/s",
    "one call an entry, calls/s",
    ": plain",
    ": same settings",
    ": sandboxed",
    "several together, calls/s",
    ": plain",
  ], rows);
  say("");
  sayTable(
    ["calls", ...counts.map((count) => count.toLocaleString("en"))],
    [["us a call, several together", ...await growth(counts, rounds)]],
  );
  say("");
  sayTable(
    ["calls an entry", "bytes a call, waiting", "bytes a call, ended"],
    [await memory(1), await memory(undefined)],
  );
}

/** As a part of `deno task bench`. */
export async function redis({ quick }: Bench): Promise<void> {
  await measure(
    quick ? 500 : 4000,
    quick ? 1 : 3,
    quick ? [1000] : [1000, 10_000, 200_000],
    quick ? QUICK_WARM : WARM,
  );
}

if (import.meta.main) {
  const [calls, rounds] = Deno.args;
  await measure(Number(calls ?? 4000), Number(rounds ?? 3), [
    1000,
    10_000,
    100_000,
    200_000,
  ]);
}
