/**
 * A pool whose code is loaded late: what it is told before then, and what becomes of that if it cannot be loaded.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { LatePool } from "../executor/backends/late_pool.ts";
import type { WorkerPool } from "../executor/backends/worker_pool.ts";
import { resolveConfig } from "../executor/config.ts";
import type { ResponseFuture } from "../executor/future.ts";
import { Jobs } from "../executor/jobs.ts";
import { Ledger } from "../executor/ledger.ts";
import { createLogger } from "../executor/log.ts";
import { createLocalPool } from "../executor/_setup.ts";
import { CancelledError, WorkerExitError } from "../mod.ts";
import { within } from "./executors.ts";

const config = resolveConfig({ backend: "thread", workers: 1 });

/** Two calls in a late pool, and what loads it. */
function open() {
  const loading = Promise.withResolvers<WorkerPool>();
  const asked: string[] = [];
  const pool = new LatePool(() => {
    asked.push("load");
    return loading.promise;
  });
  const jobs = new Jobs({
    executorId: "000000-0",
    config,
    pool,
    ledger: new Ledger("all"),
    owner: { cancel: (call, reason) => pool.cancel(call, reason) },
    observer: () => undefined,
    onBusy: () => {},
  });
  const submit = () => {
    const futures: ResponseFuture<unknown>[] = [];
    const job = jobs.create("map", "M", (x: number) => x + 1, {});
    jobs.start(job, { kind: "known", items: [1, 2] }, futures);
    return futures as [ResponseFuture<unknown>, ResponseFuture<unknown>];
  };
  const load = () => {
    const log = createLogger("none");
    const watch = { up() {}, gone() {} };
    loading.resolve(createLocalPool("000000-0", config, log, watch));
  };
  return { pool, submit, load, fail: loading.reject, asked };
}

Deno.test("LatePool runs what it was given before it was there", async () => {
  const { pool, submit, load } = open();
  const futures = submit();
  assertEquals(pool.state, { queued: 2, running: 0, workers: 0 });
  load();
  assertEquals(await within(Promise.all(futures), 20), [2, 3]);
  assertEquals(pool.history.length, 1);
  assertEquals(await within(Promise.all(submit()), 20), [2, 3]);
  await pool.close();
});

Deno.test("LatePool cancels a call before it is there, and runs the others", async () => {
  const { pool, submit, load } = open();
  const [first, second] = submit();
  first.cancel("not wanted");
  await assertRejects(() => first.result(), CancelledError, "not wanted");
  load();
  assertEquals(await within(second.result(), 20), 3);
  await pool.close();
});

Deno.test("LatePool that cannot be loaded fails all calls, those that come later too", async () => {
  const { pool, submit, fail } = open();
  const early = submit();
  fail(new Error("no such module"));
  for (const futures of [early, submit()]) {
    for (const future of futures) {
      const error = await assertRejects(
        () => within(future.result(), 20),
        WorkerExitError,
      );
      assertStringIncludes(error.message, "no such module");
    }
  }
  await within(pool.close(), 20);
});

Deno.test("LatePool that was never asked for anything loads nothing when it is closed", async () => {
  const { pool, asked } = open();
  await pool.leave("SIGINT");
  await pool.kill();
  await pool.close();
  assertEquals(asked, []);
});

Deno.test("LatePool that is ended while it is loaded ends what was loaded", async () => {
  const { pool, submit, load } = open();
  const futures = submit();
  const killed = pool.kill();
  for (const future of futures) future.cancel("the end");
  load();
  await within(killed, 20);
  assert(futures.every(({ done }) => done));
  assertEquals(pool.state.workers, 0);
});
