import { assert, assertEquals, assertNotEquals } from "./assert.ts";
import {
  descendants,
  isAlive,
  processesWithEnv,
  type ProcessId,
  processOf,
  untilGone,
  untilThreadsGone,
  workerThreads,
} from "./processes.ts";

/** A shell that has started a child of its own, and says so before it waits. */
async function startFamily(
  env: Record<string, string> = {},
): Promise<{ shell: Deno.ChildProcess; grandchild: ProcessId }> {
  const shell = new Deno.Command("sh", {
    args: ["-c", "sleep 60 & echo $!; wait"],
    env,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = shell.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  const grandchild = processOf(Number(new TextDecoder().decode(value)));
  assert(grandchild !== undefined);
  return { shell, grandchild };
}

/** Kills the shell, if it was not killed before, and what it has left. */
async function end(shell: Deno.ChildProcess, rest: ProcessId): Promise<void> {
  if (processOf(shell.pid) !== undefined) shell.kill("SIGKILL");
  await shell.status;
  if (isAlive(rest)) Deno.kill(rest.pid, "SIGKILL");
  assertEquals(await untilGone([rest]), []);
}

Deno.test("descendants() finds children and grandchildren", async () => {
  const { shell, grandchild } = await startFamily();
  const found = descendants(Deno.pid);
  assert(found.some(({ pid }) => pid === shell.pid));
  assert(found.some(({ pid }) => pid === grandchild.pid));
  assertEquals(descendants(shell.pid), [grandchild]);
  await end(shell, grandchild);
  assertEquals(descendants(shell.pid), []);
});

Deno.test("processesWithEnv() finds a grandchild whose parent was killed", async () => {
  const value = crypto.randomUUID();
  const marker = `LITHOSCOPE_TEST=${value}`;
  const { shell, grandchild } = await startFamily({ LITHOSCOPE_TEST: value });
  // While it turns from a shell into what it runs, a process has no environment.
  while (
    Deno.readTextFileSync(`/proc/${grandchild.pid}/comm`) !== "sleep\n" ||
    Deno.readTextFileSync(`/proc/${grandchild.pid}/environ`) === ""
  ) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(processesWithEnv(marker).length, 2);
  assertEquals(processesWithEnv(marker.slice(0, -1)), []);
  shell.kill("SIGKILL");
  await shell.status;
  assertEquals(processesWithEnv(marker), [grandchild]);
  await end(shell, grandchild);
  assertEquals(processesWithEnv(marker), []);
});

Deno.test("processesWithEnv() leaves out this process", () => {
  const [name, value] = Object.entries(Deno.env.toObject())[0]!;
  assert(
    processesWithEnv(`${name}=${value}`)
      .every(({ pid }) => pid !== Deno.pid),
  );
});

Deno.test("isAlive() tells a process from another with the same id", () => {
  const self = processOf(Deno.pid);
  assert(self !== undefined);
  assert(isAlive(self));
  assertEquals(isAlive({ pid: self.pid, start: self.start - 1 }), false);
});

Deno.test("untilGone() resolves to those that did not end in time", async () => {
  const { shell, grandchild } = await startFamily();
  const started = descendants(shell.pid);
  assertEquals(await untilGone(started, 30), [grandchild]);
  await end(shell, grandchild);
});

Deno.test("untilThreadsGone() sees a worker start and end", async () => {
  const before = workerThreads();
  const worker = new Worker(
    "data:text/javascript,self.postMessage('hello')",
    { type: "module" },
  );
  await new Promise((resolve) => worker.onmessage = resolve);
  const started = workerThreads().filter((tid) => !before.includes(tid));
  assertNotEquals(started, []);
  worker.terminate();
  assertEquals(await untilThreadsGone(started), []);
});
