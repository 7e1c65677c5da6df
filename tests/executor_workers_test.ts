// deno-lint-ignore-file no-console -- what functions print is what is looked at
/**
 * Limits on workers and on the queue: calls for each, idling, what waits, what a worker may do, and the project it runs in.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { CallError, QueueFullError, task } from "../mod.ts";
import { assertWellFormed } from "./call_stats.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { processOf, untilGone } from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

const same = (x: number) => x;
const waiter = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

onEach(
  "maxCallsPerWorker replaces a worker that has run so many",
  async (make) => {
    const fexec = make({ workers: 1, maxCallsPerWorker: 3 });
    const one = fexec.map(same, [0, 1, 2, 3, 4, 5, 6]);
    assertEquals(await one.getResult(), [0, 1, 2, 3, 4, 5, 6]);
    const together = fexec.map(same, [0, 1, 2, 3, 4, 5, 6], { chunksize: 5 });
    assertEquals(await together.getResult(), [0, 1, 2, 3, 4, 5, 6]);
    const counts = new Map<number, number>();
    for (const { worker_id } of fexec.stats) {
      counts.set(worker_id!, (counts.get(worker_id!) ?? 0) + 1);
    }
    for (const count of counts.values()) assertLessOrEqual(count, 3);
    assertEquals(counts.size, 5);
  },
);

on(
  "process",
  "idleTimeout ends a worker that has nothing to do, and the next call has a fresh one",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, idleTimeout: 0.1 });
    const first = processOf(await fexec.callAsync(() => Deno.pid, 0))!;
    assertEquals(await untilGone([first]), []);
    const busy = fexec.callAsync(waiter, "a", { extraArgs: [gate.url] });
    await gate.arrived("a");
    const second = processOf(busy.stats.worker_pid!)!;
    assertNotEquals(second.pid, first.pid);
    // Longer than it may idle: but it does not.
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.open("a", "done");
    assertEquals(await busy, "done");
    assertEquals(await untilGone([second]), []);
  },
);

onEach(
  "maxQueue refuses calls that would wait behind too many",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1, maxQueue: 2 });
    const submit = (name: string) =>
      fexec.callAsync(waiter, name, { extraArgs: [gate.url] });
    const running = submit("a");
    await gate.arrived("a");
    const waiting = [submit("b"), submit("c")];
    assertThrows(() => submit("d"), QueueFullError, '"maxQueue" is 2');
    assertThrows(() => fexec.map(same, [1]), QueueFullError);
    assertEquals(fexec.futures.length, 3);
    gate.open("a");
    await running;
    await gate.arrived("b");
    const late = submit("e");
    gate.openAll();
    assertEquals(await Promise.all([...waiting, late]), ["", "", ""]);
    assertThrows(() => fexec.map(same, [1, 2, 3]), QueueFullError);
    assertEquals(await fexec.map(same, [1, 2, 3].values()).getResult(), [
      1,
      2,
      3,
    ]);
  },
);

on(
  "process",
  "permissions none leaves a function what it can do by itself",
  async (make) => {
    const fexec = make({ workers: 1, permissions: "none" });
    const futures = fexec.map((what: string) => {
      console.log(what);
      switch (what) {
        case "compute":
          return 6 * 7;
        case "read":
          return Deno.readTextFileSync("/etc/hostname");
        case "write":
          return Deno.writeTextFileSync("/tmp/lithoscope_test_forbidden", "");
        case "net":
          return fetch("http://127.0.0.1:65000/");
        case "env":
          return Deno.env.get("HOME");
        case "run":
          return new Deno.Command("true").outputSync();
        case "sys":
          return Deno.hostname();
        default:
          return Deno.dlopen("libc.so.6", {});
      }
    }, ["compute", "read", "write", "net", "env", "run", "sys", "ffi"]);
    await fexec.wait();
    assertEquals(await futures[0], 42);
    for (const future of futures.slice(1)) {
      assertInstanceOf(future.error, CallError);
      assertEquals((future.error.cause as Error).name, "NotCapable");
    }
    for (const stats of futures.stats) assertWellFormed(stats);
    assertEquals(futures[0]!.logs, "compute\n");
  },
);

on(
  "process",
  "permissions give what they name, and nothing beside it",
  async (make) => {
    await using folder = await tempDir();
    await using gate = openGate();
    gate.openAll();
    const file = await folder.write("file", "text");
    const { host } = new URL(gate.url);
    const fexec = make({
      workers: 1,
      permissions: { read: [folder.path], net: [host], env: ["HOME"] },
    });
    const read = (path: string) => Deno.readTextFileSync(path);
    assertEquals(await fexec.callAsync(read, file), "text");
    const ask = (url: string) => fetch(url).then((r) => r.text());
    assertEquals(await fexec.callAsync(ask, gate.url), "");
    assertEquals(
      await fexec.callAsync(() => Deno.env.get("HOME"), 0),
      Deno.env.get("HOME"),
    );
    for (
      const denied of [
        fexec.callAsync(read, "/etc/hostname"),
        fexec.callAsync(ask, "http://127.0.0.1:65000/"),
        fexec.callAsync(() => Deno.env.get("PATH"), 0),
      ]
    ) {
      const error = await assertRejects(() => denied.result(), CallError);
      assertEquals((error.cause as Error).name, "NotCapable");
    }
  },
);

on(
  "process",
  "extraEnv with a variable that the worker may not use fails its calls alone",
  async (make) => {
    const fexec = make({ workers: 1, permissions: { env: ["LITHO_A"] } });
    const read = () => Deno.env.get("LITHO_A") ?? "";
    const refused = fexec.callAsync(read, 0, {
      extraEnv: { LITHO_A: "1", LITHO_B: "2" },
    });
    const error = await assertRejects(() => refused.result(), CallError);
    assertStringIncludes(error.message, 'Cannot set "LITHO_B" of extraEnv');
    assertStringIncludes(error.message, "permissions.env");
    assertEquals(await fexec.callAsync(read, 0), "");
    const allowed = fexec.callAsync(read, 0, { extraEnv: { LITHO_A: "3" } });
    assertEquals(await allowed, "3");
    assertEquals(fexec.workerStats().length, 1);
  },
);

/** A project with an import map of its own, in which "value" is this. */
async function project(value: number) {
  const folder = await tempDir();
  await folder.write(
    "deno.json",
    JSON.stringify({ imports: { "value": "./hidden_value.ts" } }),
  );
  await folder.write(
    "hidden_value.ts",
    `export const value: number = ${value};`,
  );
  const path = await folder.write(
    "fns.ts",
    `import { value } from "value";
     export const plus = (x: number): number => x + value;`,
  );
  return Object.assign(folder, { url: `file://${path}` });
}

on(
  "process",
  "functions of modules run in the project of their module, several at once",
  async (make) => {
    await using one = await project(100);
    await using two = await project(200);
    const fexec = make({ workers: 1 });
    const lists = [one, two, one].map(({ url }) =>
      fexec.map(task(url, "plus"), [1, 2])
    );
    assertEquals(
      await Promise.all(lists.map((list) => list.getResult())),
      [[101, 102], [201, 202], [101, 102]],
    );
    assertEquals(await fexec.callAsync(same, 1), 1);
  },
);

on(
  "process",
  "imports in a function are relative to base, in its project",
  async (make) => {
    await using folder = await project(5);
    const fexec = make({ workers: 1, base: folder.url });
    const future = fexec.callAsync(async (x: number) => {
      const bare = await import("value" as string);
      const relative = await import("./fns.ts" as string);
      return [bare.value, relative.plus(x)];
    }, 1);
    assertEquals(await future, [5, 6]);
  },
);

on(
  "thread",
  "imports in a function on a thread are relative to base too",
  async (make) => {
    await using folder = await tempDir();
    const path = await folder.write("fns.ts", "export const two: number = 2;");
    const fexec = make({ workers: 1, base: `file://${path}` });
    const future = fexec.callAsync(
      async (name: string) => (await import(name)).two,
      "./fns.ts",
    );
    assertEquals(await future, 2);
    assert(future.success);
  },
);
