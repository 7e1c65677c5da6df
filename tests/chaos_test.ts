/**
 * A monkey kills, stops, starves and slows workers while 2,000 calls with known answers run: each answer is right, each
 * future settles once, and nothing is left.
 *
 * A run is played again by its seed, which is printed: `LITHOSCOPE_SEED=123 deno test -A tests/chaos_test.ts`.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { within } from "./executors.ts";
import { type Outcome, play, seedOf } from "./monkey.ts";
import {
  leftBy,
  untilGone,
  untilThreadsGone,
  workerThreads,
} from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

for (const backend of ["process", "thread"] as const) {
  Deno.test(`2,000 calls have the right answers whatever a monkey does to their workers [${backend}]`, async (t) => {
    const seed = seedOf();
    await t.step(`LITHOSCOPE_SEED=${seed}`, () => survive(backend, seed));
  });
}

async function survive(
  backend: "process" | "thread",
  seed: number,
): Promise<void> {
  await using folder = await tempDir();
  const diary = `${folder.path}/diary`;
  const before = workerThreads();
  let outcome!: Outcome;
  const left = await leftBy(async () => {
    const round = { seed, backend, calls: 2000, tricks: 30, mischief: 2 };
    outcome = await within(play({ ...round, diary }), 90);
  });
  assertEquals(left, []);
  const { workers, tricks, failures, killed } = outcome;
  assertEquals(await untilGone(workers), []);
  const threads = workerThreads().filter((tid) => !before.includes(tid));
  assertEquals(await untilThreadsGone(threads), []);
  // It did disturb them.
  assert(tricks.cancel! > 0);
  assert(failures.CallError! > 0 && failures.WorkerExitError! > 0);
  if (backend === "process") {
    assert(workers.length > 5 && tricks.kill! > 5 && killed > 5, `${killed}`);
  }
}
