/**
 * A monkey kills, stops, starves and slows workers while 2,000 calls with known answers run: each answer is right, each
 * future settles once, and nothing is left.
 *
 * A run is played again by its seed, which is printed: `LITHOSCOPE_SEED=123 deno test -A tests/chaos_test.ts`.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { openChaosSite } from "./chaos_site.ts";
import { within } from "./executors.ts";
import { type MonkeyBackend, type Outcome, play, seedOf } from "./monkey.ts";
import {
  leftBy,
  untilGone,
  untilThreadsGone,
  workerThreads,
} from "./processes.ts";
import { HAVE_REDIS, REDIS_DRIVER } from "./redis.ts";
import { tempDir } from "./temp_dir.ts";

for (const backend of ["process", "thread", "redis"] as const) {
  Deno.test({
    name:
      `2,000 calls have the right answers whatever a monkey does to their workers [${backend}]`,
    ignore: backend === "redis" && !HAVE_REDIS,
    ...(backend === "redis" ? REDIS_DRIVER : {}),
    fn: async (t) => {
      const seed = seedOf();
      await t.step(`LITHOSCOPE_SEED=${seed}`, () => survive(backend, seed));
    },
  });
}

async function survive(backend: MonkeyBackend, seed: number): Promise<void> {
  await using folder = await tempDir();
  const diary = `${folder.path}/diary`;
  const before = workerThreads();
  let outcome!: Outcome;
  let losses = {};
  const left = await leftBy(async () => {
    const scale = backend === "redis" ? 1 : 2;
    const round = {
      seed,
      backend,
      calls: 2000,
      tricks: 15 * scale,
      mischief: scale,
      diary,
    };
    if (backend === "redis") {
      await using site = await openChaosSite();
      losses = site.losses;
      outcome = await within(play({ ...round, site }), 180);
    } else outcome = await within(play(round), 90);
  });
  assertEquals(left, []);
  const { workers, tricks, failures, killed } = outcome;
  assertEquals(await untilGone(workers), []);
  const threads = workerThreads().filter((tid) => !before.includes(tid));
  assertEquals(await untilThreadsGone(threads), []);
  // It did disturb them.
  assert(total(tricks) > 5 && total(failures) > 0);
  if (backend === "process") assert(workers.length > 5 && killed > 0);
  for (const loss of Object.keys(losses)) assertEquals(tricks[loss], 1);
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
