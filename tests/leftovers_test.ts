/**
 * Nothing is left behind: no worker, no child of a worker, no socket and no folder, however calls, executors and hosts end.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { type BackendName, CallTimeoutError, WorkerExitError } from "../mod.ts";
import { type Make, on, onEach, until, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import {
  descendants,
  leftBy,
  processesWithEnv,
  type ProcessId,
  processOf,
  untilGone,
} from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

/** Starts a program that would outlive its call, then does what `then` says. */
const leave = async (then: string, url: string) => {
  new Deno.Command("sleep", { args: ["300"], stdin: "null" }).spawn();
  // This one leaves the process group, and lets go of all streams.
  new Deno.Command("setsid", {
    args: ["sleep", "300"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await (await fetch(url + then)).text();
  if (then === "spin") { for (;;); }
  if (then === "wait") await new Promise(() => setInterval(() => {}, 1000));
  if (then === "kill") Deno.kill(Deno.pid, "SIGKILL");
  if (then === "exit") Deno.exit(1);
  if (then === "sync") {
    new Deno.Command("sleep", { args: ["300"] }).outputSync();
  }
};

/** What does not come back. A thread that computes could not be stopped, and would go on beside all other tests. */
const forever = (backend: BackendName) =>
  backend === "process" ? "spin" : "wait";

const endings: Record<
  string,
  (
    make: Make,
    url: string,
    arrived: (name: string) => Promise<void>,
    backend: BackendName,
  ) => Promise<void>
> = {
  async "a call that ended, by close()"(make, url) {
    const fexec = make({ workers: 1 });
    await fexec.callAsync(leave, "end", { extraArgs: [url] });
    await fexec.close();
  },
  async "a call that ended its worker"(make, url, _, backend) {
    const fexec = make({ workers: 1 });
    const how = backend === "process" ? "kill" : "exit";
    const future = fexec.callAsync(leave, how, { extraArgs: [url] });
    await assertRejects(() => future.result(), WorkerExitError);
  },
  async "a call that was stopped by its timeout"(make, url, _, backend) {
    const fexec = make({ workers: 1, timeout: 0.3 });
    const future = fexec.callAsync(leave, forever(backend), {
      extraArgs: [url],
    });
    await fexec.wait(future);
  },
  async "a call that was stopped while it waited for a program"(make, url) {
    const fexec = make({ workers: 1, timeout: 0.3 });
    const future = fexec.callAsync(leave, "sync", { extraArgs: [url] });
    // It goes on when its program is ended, and is not taken for one that had run.
    await assertRejects(() => future.result(), CallTimeoutError);
    // Its worker could end, and so no call keeps a core.
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
  },
  async "a call that was cancelled"(make, url, arrived) {
    const fexec = make({ workers: 1, killDelay: 0.01 });
    const future = fexec.callAsync(leave, "wait", { extraArgs: [url] });
    await arrived("wait");
    future.cancel();
    await fexec.wait(future);
  },
  async "an executor that was terminated"(make, url, arrived, backend) {
    const fexec = make({ workers: 2 });
    fexec.map(leave, [forever(backend), "wait"], { extraArgs: [url] });
    await Promise.all([arrived(forever(backend)), arrived("wait")]);
    await fexec.terminate();
  },
};

for (const [name, body] of Object.entries(endings)) {
  onEach(`no process is left of ${name}`, async (make, backend) => {
    await using gate = openGate();
    gate.openAll();
    const before = descendants(Deno.pid).length;
    let executor: ReturnType<Make> | undefined;
    const remember: Make = (options) => executor = make(options);
    const left = await leftBy(async () => {
      await body(remember, gate.url, gate.arrived, backend);
      if (!/close|terminated/.test(name)) await executor!.close();
    });
    assertEquals(left, []);
    await until(() => descendants(Deno.pid).length <= before);
  });
}

on(
  "process",
  "a worker that has been stopped cannot keep an executor from ending",
  async (make) => {
    for (const end of ["close", "terminate"] as const) {
      const fexec = make({ workers: 1 });
      const worker = processOf(await fexec.callAsync(() => Deno.pid, 0))!;
      Deno.kill(worker.pid, "SIGSTOP");
      await fexec[end]();
      assertEquals(await untilGone([worker]), []);
    }
  },
);

const HOSTS = new URL("fixtures/hosts.ts", import.meta.url).href;

/** The folders of executors that are named on the command lines of these processes. */
function foldersOf(processes: readonly ProcessId[]): string[] {
  const named = processes.flatMap(({ pid }) => {
    const line = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
    return line.match(/\/[^\0\s]*\/lithoscope-[^\0\s/]+/g) ?? [];
  });
  return [...new Set(named)];
}

const read = (path: string) => Deno.readTextFileSync(path);

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A host that has been started, everything it started, and the folders it made. */
async function startHost(
  name: string,
  url: string,
  isUp: () => Promise<unknown>,
  backend: BackendName = "process",
) {
  const value = crypto.randomUUID();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", HOSTS, name, backend, url],
    env: { LITHOSCOPE_TEST_MARK: value },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await within(Promise.race([isUp(), output]));
  const started = processesWithEnv(`LITHOSCOPE_TEST_MARK=${value}`);
  const folders = foldersOf(started);
  assertEquals(folders.length, backend === "process" ? 1 : 0);
  return { child, output, started, folder: folders[0]! };
}

/** Ends a host as a signal does. */
async function endHost(child: Deno.ChildProcess, signal: Deno.Signal) {
  child.kill(signal);
  // A host may take a first Ctrl-C for "drain": then the second ends it.
  if (signal !== "SIGINT") return;
  await new Promise((resolve) => setTimeout(resolve, 300));
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}

for (const end of ["close", "terminate"] as const) {
  on(
    "process",
    `no process or folder is left of an executor within a call by ${end}()`,
    async (make) => {
      await using gate = openGate();
      let folders: string[] = [];
      const left = await leftBy(async () => {
        const fexec = make({ workers: 1 });
        const future = fexec.callAsync(
          async (url: string, mod: string) => {
            const { FunctionExecutor } = await import(
              mod
            ) as typeof import("../mod.ts");
            const inner = new FunctionExecutor({
              workers: 1,
              progress: false,
              logLevel: "none",
            });
            await inner.callAsync(async (url: string) => {
              await (await fetch(`${url}inner`)).text();
            }, url).result();
          },
          gate.url,
          { extraArgs: [import.meta.resolve("../mod.ts")] },
        );
        await gate.arrived("inner");
        const mark = Deno.env.get("LITHOSCOPE_TEST_MARK");
        const started = processesWithEnv(`LITHOSCOPE_TEST_MARK=${mark}`);
        folders = foldersOf(started);
        // Those who watch must not be ended with what they watch over.
        const watchers = started.map(({ pid }) => `/proc/${pid}`)
          .filter((folder) => /-reaper/.test(read(`${folder}/cmdline`)));
        assertEquals(watchers.length, 2);
        for (const folder of watchers) {
          assert(!/LITHOSCOPE_CHILD=\w/.test(read(`${folder}/environ`)));
        }
        gate.openAll();
        if (end === "close") await future.result();
        await fexec[end]();
      });
      assertEquals(left, []);
      assertEquals(folders.length, 2);
      await until(() => !folders.some(exists));
    },
  );
}

for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`no process or folder is left of a host that busy calls keep when ${signal} ends it [process]`, async () => {
    await using gate = openGate();
    gate.openAll();
    const { child, output, started, folder } = await startHost(
      "waiting",
      gate.url,
      () => Promise.all([gate.arrived("0"), gate.arrived("1")]),
    );
    // The host, its two workers, what watches over them, and a child of each worker.
    assert(started.length >= 6, `${started.length}`);
    await endHost(child, signal);
    const { code, signal: ended } = await within(output);
    assert(code !== 0 || ended !== null);
    assertEquals(await untilGone(started), []);
    await until(() => !exists(folder));
  });
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  Deno.test(`no program is left that calls of a host had started which ${signal} ends [thread]`, async () => {
    await using gate = openGate();
    gate.openAll();
    const { child, output, started } = await startHost(
      "waiting",
      gate.url,
      () => Promise.all([gate.arrived("0"), gate.arrived("1")]),
      "thread",
    );
    // The host, two programs of each of its two workers, and what watches over them.
    assert(started.length >= 7, `${started.length}`);
    await endHost(child, signal);
    await within(output);
    assertEquals(await untilGone(started), []);
  });
}

Deno.test("no process or folder is left of a host that SIGKILL ends while its workers idle [process]", async () => {
  await using gate = openGate();
  const { child, output, started, folder } = await startHost(
    "idle",
    gate.url,
    () => gate.arrived("up"),
  );
  // The host, its two workers, and what watches over them.
  assert(started.length >= 4, `${started.length}`);
  child.kill("SIGKILL");
  await output;
  assertEquals(await untilGone(started), []);
  await until(() => !exists(folder));
});

Deno.test("idle workers end by themselves when their host and what watches over it are killed [process]", async () => {
  await using gate = openGate();
  const { child, output, started, folder } = await startHost(
    "idle",
    gate.url,
    () => gate.arrived("up"),
  );
  const watchers = started.filter(({ pid }) =>
    Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("reaper")
  );
  assertEquals(watchers.length, 1);
  Deno.kill(watchers[0]!.pid, "SIGKILL");
  child.kill("SIGKILL");
  await output;
  assertEquals(await untilGone(started), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("no folder is left of a host that SIGKILL ends as soon as it has made it [process]", async () => {
  await using temporary = await tempDir();
  const { path } = temporary;
  const script = new URL("fixtures/surrounded.ts", import.meta.url).href;
  // Workers that may not do everything meet their host where temporary files go.
  const options = JSON.stringify({ permissions: "none" });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, options],
    env: { TMPDIR: path },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const entries = () => [...Deno.readDirSync(path)].length;
  const end = performance.now() + 20_000;
  while (entries() === 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(entries(), 1);
  child.kill("SIGKILL");
  await child.status;
  await until(() => entries() === 0);
});

on(
  "process",
  "the folder of an executor is private, and gone when it is ended",
  async (make) => {
    for (const end of ["close", "terminate"] as const) {
      const before = descendants(Deno.pid).map(({ pid }) => pid);
      const fexec = make({ workers: 1 });
      await fexec.ready;
      const started = descendants(Deno.pid)
        .filter(({ pid }) => !before.includes(pid));
      const [folder, ...more] = foldersOf(started);
      assert(folder !== undefined && more.length === 0);
      const { mode, uid } = Deno.statSync(folder);
      assertEquals([mode! & 0o777, uid], [0o700, Deno.uid()]);
      await fexec[end]();
      assertEquals(exists(folder), false);
    }
  },
);
