/** Calls on worker hosts behind Redis behave as they do on workers of this machine. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "./assert.ts";
import { CallError, CallTimeoutError, CancelledError } from "../mod.ts";
import { KEYS } from "./call_stats.ts";
import { until, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER } from "./redis.ts";

Deno.test({
  name: "calls on two hosts behind Redis",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async (t) => {
    await using site = await openSite(["alpha", "beta"]);
    await using gate = openGate();

    await t.step("map() gives results in order, from both hosts", async () => {
      const fexec = site.make();
      const futures = fexec.map(async (x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { square: x * x, seen: new Map([[x, new Date(x)]]) };
      }, Array.from({ length: 60 }, (_, i) => i));
      const results = await futures.getResult();
      assertEquals(
        results.map(({ square }) => square),
        results.map((_, i) => i * i),
      );
      assertEquals(results[7]!.seen, new Map([[7, new Date(7)]]));
      const hosts = new Set(futures.stats.map((stats) => stats.host_name));
      assertEquals([...hosts].sort(), ["alpha", "beta"]);
      await fexec.close();
    });

    await t.step(
      "stats have every key, measured where the call ran",
      async () => {
        const fexec = site.make();
        const future = fexec.callAsync((x: number) => x + 1, 1);
        assertEquals(await future, 2);
        const { stats } = future;
        assertEquals(
          Object.keys(stats).sort(),
          Object.keys(KEYS).sort(),
        );
        for (
          const key of [
            "worker_func_rss",
            "worker_queue_time",
            "worker_result_upload_time",
            "host_name",
            "worker_boot_time",
          ] as const
        ) assert(stats[key] !== null, key);
        assert(stats.worker_queue_time! >= 0);
        await fexec.close();
      },
    );

    await t.step("mapReduce() and a module task work as anywhere", async () => {
      const fexec = site.make();
      const sum = await fexec.mapReduce(
        (x: number) => x * 2,
        [1, 2, 3],
        (all: number[]) => all.reduce((a, b) => a + b),
      ).getResult();
      assertEquals(sum, 12);
      await fexec.close();
    });

    await t.step(
      "an error comes home with its class, cause and logs",
      async () => {
        const fexec = site.make();
        const future = fexec.callAsync(
          (x: number) => {
            // deno-lint-ignore no-console
            console.log("about to fail");
            throw new RangeError(`no ${x}`, { cause: "why" });
          },
          3,
          { retries: 1, retryDelay: 0.01 },
        );
        const error = await assertRejects(() => future.result(), CallError);
        const cause = error.cause as Error;
        assertInstanceOf(cause, RangeError);
        assertEquals([cause.message, cause.cause], ["no 3", "why"]);
        assertEquals([future.stats.attempt, future.attempts.length], [2, 1]);
        assertEquals(future.logs, "about to fail\nabout to fail\n");
        await fexec.close();
      },
    );

    await t.step(
      "retryIf is asked at home, and sees each attempt",
      async () => {
        const fexec = site.make();
        const seen: number[] = [];
        const future = fexec.callAsync(
          (_: null, ctx) => {
            if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt}`);
            return ctx.attempt;
          },
          null,
          {
            retries: 5,
            retryDelay: 0.01,
            retryIf: (_, attempt) => {
              seen.push(attempt);
              return true;
            },
          },
        );
        assertEquals(await future, 3);
        assertEquals(seen, [1, 2]);
        assertEquals(future.stats.attempt, 3);
        await fexec.close();
      },
    );

    await t.step(
      "a call that is stopped tells how many attempts were begun",
      async () => {
        const fexec = site.make();
        // Long enough apart that it waits for the second one when it is stopped.
        const retry = { retries: 9, retryDelay: 50 };
        const failing = fexec.callAsync(
          () => {
            throw new Error("no");
          },
          null,
          retry,
        );
        const running = fexec.callAsync(
          () => new Promise<void>(() => setInterval(() => {}, 1000)),
          null,
        );
        const attempts = () =>
          [failing, running].map(({ stats }) => stats.attempt);
        await until(() => attempts().every((attempt) => attempt === 1));
        failing.cancel();
        await assertRejects(() => failing.result(), CancelledError);
        assertEquals(failing.attempts.length, 1);
        assert(failing.stats.worker_func_end_tstamp !== null);
        await fexec.terminate();
        assertEquals(attempts(), [1, 1]);
      },
    );

    await t.step("a call that runs too long is stopped", async () => {
      const fexec = site.make();
      const future = fexec.callAsync(
        () => {
          while (true);
        },
        null,
        { timeout: 0.2 },
      );
      await assertRejects(
        () => future.result(),
        CallTimeoutError,
        "0.2 seconds",
      );
      assertEquals(future.stats.outcome, "timeout");
      await fexec.close();
    });

    await t.step(
      "cancel() reaches a call that runs, and one that waits",
      async () => {
        const fexec = site.make();
        const future = fexec.callAsync(async (url: string, ctx) => {
          await fetch(`${url}running`, { signal: ctx.signal });
        }, gate.url);
        await gate.arrived("running");
        await until(() => future.state === "running");
        future.cancel("enough");
        const error = await assertRejects(
          () => future.result(),
          CancelledError,
        );
        assertEquals(error.cause, "enough");
        // Six calls for four workers: which four run is for the hosts to say.
        const names = ["a", "b", "c", "d", "e", "f"];
        const futures = fexec.map(
          async (name: string, url: string, ctx) => {
            await fetch(url + name, { signal: ctx.signal });
          },
          names,
          { extraArgs: [gate.url] },
        );
        const came = () => names.filter((name) => gate.seen.includes(name));
        await until(() => came().length === 4);
        const running = futures.filter((_, i) => came().includes(names[i]!));
        await until(() => running.every(({ state }) => state === "running"));
        const [never, last] = futures.filter((each) => !running.includes(each));
        never!.cancel();
        await assertRejects(() => never!.result(), CancelledError);
        // A host hears of cancellations in their order: when these have ended, it knows of that one.
        running.forEach((each) => each.cancel());
        await Promise.allSettled(running);
        gate.openAll();
        await last;
        assertEquals(
          came(),
          names.filter((_, i) => futures[i] !== never),
        );
        await fexec.close();
      },
    );

    await t.step("what cannot be sent fails its own call only", async () => {
      const fexec = site.make();
      const futures = fexec.map((x: unknown) => typeof x, [1, () => {}, "a"]);
      await assertRejects(
        () => futures[1]!.result(),
        CallError,
        "Cannot send the item",
      );
      assertEquals([await futures[0], await futures[2]], ["number", "string"]);
      await fexec.close();
    });

    await t.step("a lazy input is pulled as there is room", async () => {
      const fexec = site.make();
      let pulled = 0;
      const futures = fexec.map(
        (x: number) => x,
        function* () {
          for (; pulled < 1000; pulled++) yield pulled;
        }(),
      );
      const results = await futures.getResult();
      assertEquals(results.length, 1000);
      await fexec.close();
    });

    await t.step("terminate() ends what runs elsewhere", async () => {
      const fexec = site.make();
      const future = fexec.callAsync(async (url: string) => {
        await fetch(`${url}gone`);
        await new Promise(() => setInterval(() => {}, 1000));
      }, gate.url);
      await gate.arrived("gone");
      await fexec.terminate("over");
      await assertRejects(() => future.result(), CancelledError, "over");
      const next = site.make();
      assertEquals(await next.map((x: number) => x, [1, 2, 3, 4]).getResult(), [
        1,
        2,
        3,
        4,
      ]);
      await next.close();
    });
  },
});

Deno.test({
  name: "what threads can give, but not send, fails its own call alone",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    const host = await site.host("alpha", "--backend", "thread");
    const fexec = site.make({ redis: { blobLimit: 1000 } });
    const kinds = ["item", "memory", "view", "large", "cause", "after"];
    const futures = fexec.map(
      (kind: string) => {
        switch (kind) {
          case "memory":
            return new SharedArrayBuffer(8);
          case "view":
            return { deep: [new Uint8Array(new SharedArrayBuffer(8))] };
          case "large":
            return new Uint8Array(new SharedArrayBuffer(5000));
          case "cause":
            throw new RangeError("no", { cause: new SharedArrayBuffer(8) });
        }
        return kind;
      },
      kinds,
      { chunksize: kinds.length },
    );
    await within(futures.wait());
    assertEquals(
      futures.stats.map(({ error_class }) => error_class),
      [null, "TypeError", "TypeError", "TypeError", "RangeError", null],
    );
    for (const future of [futures[1]!, futures[2]!, futures[3]!]) {
      await assertRejects(
        () => future.result(),
        CallError,
        "Cannot send the result of the function: #<SharedArrayBuffer>",
      );
    }
    assertEquals([await futures[0], await futures[5]], ["item", "after"]);
    await fexec.close();
    host.kill("SIGTERM");
    assertEquals(await within(host.ended), 0);
  },
});
