/**
 * Calls and workers that would never come to an end by themselves: nothing is tried for ever, nobody waits for ever, and
 * calls that are not to blame do not suffer.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
} from "./assert.ts";
import type { Backend, SpawnOptions } from "../executor/backends/backend.ts";
import { Starter } from "../executor/backends/starter.ts";
import { createLogger } from "../executor/log.ts";
import {
  CallTimeoutError,
  CancelledError,
  task,
  WorkerExitError,
} from "../mod.ts";
import { on, onEach, until, within } from "./executors.ts";
import {
  descendants,
  processOf,
  untilGone,
  untilThreadsGone,
  workerThreads,
} from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

const same = (x: number) => x;

onEach(
  "a module that ends its worker fails its calls, with and without retries",
  async (make) => {
    await using folder = await tempDir();
    const path = await folder.write(
      "deadly.ts",
      "Deno.exit(3); export function f(x: number): number { return x; }",
    );
    const fexec = make({ workers: 2 });
    const deadly = task<{ f: typeof same }>(`file://${path}`, "f");
    const options = { retryDelay: 0.001 };
    const once = fexec.callAsync(deadly, 1, options);
    const twice = fexec.callAsync(deadly, 1, { ...options, retries: 1 });
    const other = fexec.map(same, [1, 2, 3]);
    for (const [future, attempts] of [[once, 1], [twice, 2]] as const) {
      const error = await assertRejects(() => future.result(), WorkerExitError);
      assertEquals(error.code, 3);
      assertEquals(future.stats.attempt, attempts);
      assertEquals(future.attempts.length, attempts - 1);
    }
    assertEquals(await other.getResult(), [1, 2, 3]);
  },
);

on(
  "process",
  "a call that waits behind many deadly ones runs all the same",
  async (make) => {
    const fexec = make({ workers: 1 });
    // All travel together, so that the last one comes back each time.
    const items = Array.from({ length: 10 }, (_, i) => i);
    const futures = fexec.map(
      (x: number) => {
        if (x < 9) Deno.kill(Deno.pid, "SIGKILL");
        return x;
      },
      items,
      { chunksize: items.length },
    );
    assertEquals(await futures[9], 9);
    const failed = Array.from(futures).slice(0, 9);
    assert(failed.every(({ error }) => error instanceof WorkerExitError));
  },
);

for (const environment of ["kept", "cleared"] as const) {
  on(
    "process",
    `a program that left its group but holds the worker's streams keeps nobody waiting, its environment ${environment}`,
    async (make) => {
      await using folder = await tempDir();
      const fexec = make({ workers: 1 });
      const future = fexec.callAsync(
        (isCleared: boolean, path: string) => {
          const { pid } = new Deno.Command("setsid", {
            args: ["sleep", "100"],
            stdin: "null",
            clearEnv: isCleared,
            env: isCleared ? { PATH: Deno.env.get("PATH")! } : {},
          }).spawn();
          // It has left when it is no longer the shell's start of it.
          while (!Deno.readTextFileSync(`/proc/${pid}/comm`).includes("sleep"));
          Deno.writeTextFileSync(path, `${pid}`);
          // deno-lint-ignore no-console -- the last words of a worker are heard
          console.log(pid);
          Deno.exit(5);
        },
        environment === "cleared",
        { extraArgs: [`${folder.path}/pid`] },
      );
      const error = await assertRejects(() => future.result(), WorkerExitError);
      assertEquals(error.code, 5);
      const pid = Number(await Deno.readTextFile(`${folder.path}/pid`));
      if (environment === "kept") {
        const left = processOf(pid);
        assertEquals(left === undefined ? [] : await untilGone([left]), []);
      } else Deno.kill(pid, "SIGKILL"); // Nobody can know whose it is.
      assertEquals(future.logs, `${pid}\n`);
    },
  );
}

on(
  "process",
  "a worker that is stopped while it starts does not keep an executor from ending",
  async (make) => {
    for (const end of ["terminate", "close"] as const) {
      const before = descendants(Deno.pid).map(({ pid }) => pid);
      const starting = () =>
        descendants(Deno.pid).filter(({ pid }) =>
          !before.includes(pid) &&
          Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("_entry")
        );
      const fexec = make({ workers: 1 });
      const ready = fexec.ready;
      await until(() => starting().length === 1);
      const started = starting();
      Deno.kill(started[0]!.pid, "SIGSTOP");
      assertEquals(fexec.workerStats(), []);
      await fexec[end]();
      await ready;
      assertEquals(await untilGone(started), []);
    }
  },
);

Deno.test("Starter tries three times with pauses between, however many workers fail together", async () => {
  let spawned = 0;
  const pauses: number[] = [];
  let failedAt = performance.now();
  const failed = Promise.withResolvers<Error>();
  const backend: Backend = {
    kind: "process",
    spawn: () => Promise.reject(new Error(`no ${++spawned}`)),
    abandon: () => {},
    close: () => Promise.resolve(),
  };
  const starter = new Starter(backend, createLogger("none"), {
    started: () => {},
    failed: failed.resolve,
    changed: () => {
      if (starter.count > 0) return;
      if (starter.isWaiting) failedAt = performance.now();
      else if (spawned < 12) {
        pauses.push(performance.now() - failedAt);
        start();
      }
    },
  });
  const start = () => {
    for (let id = 0; id < 4; id++) starter.start({} as SpawnOptions);
  };
  start();
  assertEquals((await failed.promise).message, "no 9");
  await starter.settled();
  assertEquals(spawned, 12);
  assert(pauses[0]! >= 190 && pauses[1]! >= 390, `${pauses}`);
});

on(
  "process",
  "a call that is given to a stopped worker runs elsewhere when its time is over",
  async (make) => {
    const fexec = make({ workers: 1 });
    const { pid } = processOf(await fexec.callAsync(() => Deno.pid, 0))!;
    Deno.kill(pid, "SIGSTOP");
    const future = fexec.callAsync(() => Deno.pid, 0, { timeout: 0.3 });
    assertNotEquals(await future, pid);
    assertEquals([future.stats.attempt, future.attempts], [1, []]);
    assertEquals(fexec.workerStats().length, 2);
  },
);

onEach(
  "a call that is cancelled before it ran has no attempt",
  async (make) => {
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync(same, 1);
    await fexec.terminate("no more");
    await assertRejects(() => future.result(), CancelledError, "no more");
    assertEquals(future.stats.attempt, 0);
  },
);

on(
  "thread",
  "a thread that was given up runs none of the calls that go elsewhere",
  async (make) => {
    await using folder = await tempDir();
    const diary = `${folder.path}/diary`;
    const before = workerThreads();
    const fexec = make({ workers: 1 });
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const futures = fexec.map(
      (x: number, diary: string, flag: Int32Array) => {
        Deno.writeTextFileSync(diary, `${x}\n`, { append: true });
        while (x === 0 && Atomics.load(flag, 0) === 0);
        return x;
      },
      [0, 1, 2, 3],
      { extraArgs: [diary, flag], chunksize: 4, timeout: 0.7 },
    );
    await fexec.wait(futures);
    Atomics.store(flag, 0, 1);
    assertInstanceOf(futures[0]!.error, CallTimeoutError);
    assertEquals(Array.from(futures).slice(1).map((f) => f.success), [
      true,
      true,
      true,
    ]);
    await fexec.close();
    // The first one has computed to its end, and would have gone on to the next.
    const threads = workerThreads().filter((tid) => !before.includes(tid));
    assertEquals(await untilThreadsGone(threads), []);
    const lines = Deno.readTextFileSync(diary).trim().split("\n");
    assertEquals(lines.sort(), ["0", "1", "2", "3"]);
  },
);

on(
  "thread",
  "a call that posts to the script fails, whatever it posts, and no other notices",
  async (make) => {
    const fexec = make({ workers: 1 });
    for (const posted of [5, 8, -1, "hello", null, [99]]) {
      const future = fexec.callAsync((posted: unknown) => {
        (self as unknown as Worker).postMessage(posted);
      }, posted);
      await assertRejects(
        () => future.result(),
        WorkerExitError,
        "A call used postMessage()",
      );
      assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
    }
  },
);

on(
  "thread",
  "a call that listens to messages, as a web worker does, neither hears those of the executor nor keeps them from it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const listeners: ((scope: WebWorker) => void)[] = [
      (scope) => scope.onmessage = scope.hear,
      (scope) => scope.onmessage = null,
      (scope) => scope.onmessageerror = scope.hear,
      (scope) => scope.addEventListener("message", scope.hear),
      (scope) => scope.addEventListener("message", scope.hear, true),
      (scope) =>
        Object.defineProperty(scope, "onmessage", { value: scope.hear }),
    ];
    for (const listen of listeners) {
      const future = fexec.callAsync((listen: string) => {
        const scope = globalThis as unknown as WebWorker;
        scope.heard ??= [];
        scope.hear = (event) => {
          event.stopImmediatePropagation();
          scope.heard.push(event.data);
          throw new Error("heard");
        };
        (0, eval)(listen)(scope);
      }, `${listen}`);
      await within(future.result());
      // Both what is posted as it is and what goes through shared memory.
      for (const item of [1, new Map([[1, 2]])]) {
        const next = fexec.callAsync(
          (x: unknown) => [x, (globalThis as unknown as WebWorker).heard],
          item,
        );
        assertEquals(await within(next.result()), [item, []], `${listen}`);
      }
    }
    await within(fexec.close());
  },
);

/** A worker's global scope, with what a call has heard there. */
interface WebWorker extends EventTarget {
  onmessage: ((event: MessageEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  heard: unknown[];
  hear: (event: Event & { data?: unknown }) => void;
}
