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
import { play, seedOf } from "./monkey.ts";
import {
  leftBy,
  untilGone,
  untilThreadsGone,
  workerThreads,
} from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

for (const backend of ["process", "thread"] as const) {
  Deno.test(`2,000 calls have the right answers whatever a monkey does to their workers [${backend}]`, async () => {
    const seed = seedOf();
    const said = `LITHOSCOPE_SEED=${seed}`;
    // deno-lint-ignore no-console -- who sees it fail needs it
    console.log(said);
    await using folder = await tempDir();
    const before = workerThreads();
    let outcome: Awaited<ReturnType<typeof play>> | undefined;
    const left = await leftBy(async () => {
      outcome = await within(
        play({
          seed,
          backend,
          calls: 2000,
          tricks: 30,
          mischief: 3,
          diary: `${folder.path}/diary`,
        }),
        100,
      );
    });
    assertEquals(left, [], said);
    const { workers, tricks, failures, killed } = outcome!;
    assertEquals(await untilGone(workers), [], said);
    const threads = workerThreads().filter((tid) => !before.includes(tid));
    assertEquals(await untilThreadsGone(threads), [], said);
    assert(tricks.cancel! > 0, said);
    assert(failures.CallError! > 0, said);
    assert(failures.CallTimeoutError! > 0, said);
    assert(failures.WorkerExitError! > 0, said);
    if (backend === "process") assert(tricks.kill! > 5 && killed > 5, said);
    if (Deno.env.has("CHAOS_SAY")) {
      console.log(outcome && { ...outcome, workers: workers.length });
    }
  });
}
