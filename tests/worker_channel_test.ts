/**
 * The way between host and worker: workers that cannot start, strangers at the socket, and broken frames.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { OomKills } from "../executor/backends/_oom_kills.ts";
import { chooseSite, makePlace } from "../executor/backends/_place.ts";
import {
  type Connected,
  ProcessSlot,
} from "../executor/backends/_process_slot.ts";
import { Reaper } from "../executor/backends/_reaper.ts";
import { createLogger } from "../executor/log.ts";
import { encodeFrame, readFrames } from "../executor/worker/frames.ts";
import { epochMillis, PROTOCOL_VERSION } from "../executor/worker/protocol.ts";
import { pack } from "../executor/worker/wire.ts";
import { type FunctionExecutor, task, WorkerExitError } from "../mod.ts";
import { on, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { descendants } from "./processes.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const same = (x: number) => x;

/** A module in a project whose configuration is broken. */
async function brokenProject() {
  const folder = await tempDir();
  await folder.write("deno.json", "{ this is no JSON");
  const path = await folder.write(
    "fns.ts",
    "export function double(x: number): number { return 2 * x; }",
  );
  return Object.assign(folder, { url: `file://${path}` });
}

on(
  "process",
  "workers that cannot start fail the calls that need them, with what they said",
  async (make) => {
    await using project = await brokenProject();
    const fexec = make({ workers: 2 });
    const good = fexec.map(same, [1, 2]);
    const futures = fexec.map(task(project.url, "double"), [1, 2, 3]);
    for (const future of futures) {
      const error = await assertRejects(() => future.result(), WorkerExitError);
      assertMatch(
        error.message,
        /^Call M001\/0000\d of "double" has no worker to run on: .*failed to start/,
      );
      assertStringIncludes(error.message, "deno.json");
      assertEquals(error.code, 1);
      assertEquals(future.stats.outcome, "crashed");
      assertEquals([future.stats.attempt, future.stats.worker_id], [0, null]);
    }
    assertEquals(await good.getResult(), [1, 2]);
    assertEquals(await fexec.callAsync(same, 3), 3);
    // It is tried again for a later job: what was wrong may have been mended.
    await project.write("deno.json", "{}");
    const mended = fexec.map(task(project.url, "double"), [1, 2]);
    assertEquals(await mended.getResult(), [2, 4]);
  },
);

on("process", "ready tells when workers cannot start", async (make) => {
  await using project = await brokenProject();
  const fexec = make({ base: project.url });
  await assertRejects(
    () => fexec.ready,
    Error,
    "failed to start",
  );
  await fexec.close();
});

Deno.test("workers that cannot start do not make the host pull an endless input", async () => {
  await using project = await brokenProject();
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-A",
    new URL("fixtures/hosts.ts", import.meta.url).href,
    "endless",
    "process",
    project.url,
  ]);
  assertEquals([code, stderr], [0, ""]);
  const { outcome, calls } = JSON.parse(stdout);
  assertEquals(outcome, "crashed");
  assert(calls < 10_000, `${calls}`);
});

/** The socket of an executor that has a worker. */
async function socketOf(fexec: FunctionExecutor): Promise<string> {
  const before = descendants(Deno.pid).map(({ pid }) => pid);
  await fexec.ready;
  for (const { pid } of descendants(Deno.pid)) {
    if (before.includes(pid)) continue;
    const line = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
    const path = /[^\0]*\/lithoscope-[^\0/]+\/socket/.exec(line)?.[0];
    if (path !== undefined) return path;
  }
  throw new Error("No worker names a socket");
}

/** A message as it would be in the channel; also what should not be. */
function frame(messages: unknown): Uint8Array<ArrayBuffer> {
  return encodeFrame(messages as unknown[])[0] as Uint8Array<ArrayBuffer>;
}

const HELLO = { type: "hello" as const, version: 1, pid: 1, tid: 1, sentAt: 0 };
const STRANGERS: Record<string, Uint8Array> = {
  "says nothing": new Uint8Array(),
  "sends half a length": new Uint8Array([1, 0]),
  "announces 4 GiB": new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0, 1]),
  "announces a million buffers": new Uint8Array([1, 0, 0, 0, 64, 66, 15, 0]),
  "sends garbage": crypto.getRandomValues(new Uint8Array(5000)),
  "sends what is no list": frame("hello"),
  "sends an empty list": frame([]),
  "sends null": frame([null]),
  "does not know the secret": frame([pack({ ...HELLO, secret: "a" })]),
  "has an odd secret": frame([
    pack({ ...HELLO, secret: { toString: 1 } as never }),
  ]),
  "sends results": frame([{
    type: "results",
    job: 1,
    lane: 0,
    calls: [0],
    values: ["forged"],
    failed: [false],
    numbers: new Float64Array(20),
    sentAt: 0,
  }]),
};

on(
  "process",
  "strangers at the socket get nothing and disturb nothing",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const path = await socketOf(fexec);
    const future = fexec.callAsync(
      async (url: string) => await (await fetch(`${url}a`)).text(),
      gate.url,
    );
    await gate.arrived("a");
    const strangers = await Promise.all(
      Object.values(STRANGERS).map(async (bytes) => {
        const connection = await Deno.connect({ transport: "unix", path });
        if (bytes.length > 0) await connection.write(bytes);
        return connection;
      }),
    );
    gate.open("a", "true");
    assertEquals(await future, "true");
    assertEquals(await fexec.map(same, [1, 2]).getResult(), [1, 2]);
    const words = strangers.map(async (connection) => {
      const read = await connection.read(new Uint8Array(1)).catch(() => null);
      connection.close();
      return read;
    });
    await fexec.close();
    // Nobody was told anything, and no connection is kept.
    assertEquals(await Promise.all(words), strangers.map(() => null));
  },
);

on(
  "process",
  "a stranger that says hello while a worker starts is not taken for it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const path = await socketOf(fexec);
    const hello = frame([{ ...HELLO, secret: "a guess" }]);
    const last = fexec.callAsync(() => Deno.exit(0), 0);
    const next = fexec.callAsync(() => Deno.pid, 0);
    const strangers: Deno.UnixConn[] = [];
    while (!next.done) {
      const connection = await Deno.connect({ transport: "unix", path });
      await connection.write(hello).catch(() => {});
      strangers.push(connection);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await assertRejects(() => last.result(), WorkerExitError);
    assertEquals(await next, next.stats.worker_pid);
    assert(strangers.length > 1);
    for (const connection of strangers) {
      const read = await connection.read(new Uint8Array(1)).catch(() => null);
      assertEquals(read, null);
      connection.close();
    }
  },
);

const channel = task<typeof import("./fixtures/channel.ts")>(
  import.meta.resolve("./fixtures/channel.ts"),
  "corrupt",
);
const BROKEN: Record<string, [bytes: number[], exit: boolean, says: RegExp]> = {
  "garbage": [[5, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5], false, /are no message/],
  "a frame of too many buffers": [[1, 0, 0, 0, 1, 2, 3, 4], false, /buffers/],
  "what is no list": [[...frame("text")], false, /no array of messages/],
  "half a frame": [
    [200, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3],
    true,
    /ended within it/,
  ],
};

for (const [name, [bytes, exit, says]] of Object.entries(BROKEN)) {
  on(
    "process",
    `a worker that sends ${name} is replaced, and its call fails`,
    async (make) => {
      const fexec = make({ workers: 1 });
      const broken = fexec.callAsync(channel, bytes, { extraArgs: [exit] });
      const next = fexec.callAsync(same, 1);
      const error = await assertRejects(() => broken.result(), WorkerExitError);
      assertMatch(error.message, says);
      assertEquals(await next, 1);
      assertEquals(fexec.workerStats().length, 2);
    },
  );
}

on(
  "process",
  "a worker that ends before its hello is heard leaves no connection and no timer",
  async () => {
    const site = chooseSite(true);
    const reaper = new Reaper(
      site,
      "LITHOSCOPE_CHILD=none/",
      createLogger("none"),
    );
    const { folder, listener } = makePlace(site);
    const waiting = new Map<string, (connected: Connected) => void>();
    const slot = new ProcessSlot(
      {
        id: 0,
        lanes: 1,
        stats: "off",
        configPath: null,
        marker: "LITHOSCOPE_CHILD=test",
        events: { messages() {}, stray() {}, unsendable: () => [] },
      },
      {
        folder,
        reaper,
        oomKills: new OomKills(),
        memory: () => false,
        permissions: "inherit",
        maxMemory: 2 ** 30,
      },
      waiting,
    );
    const [hear] = waiting.values();
    slot.kill();
    await assertRejects(() => slot.started, WorkerExitError);
    // What it has said is heard all the same.
    const path = `${folder}/socket`;
    const [near, far] = await Promise.all([
      listener.accept() as Promise<Deno.UnixConn>,
      Deno.connect({ transport: "unix", path }),
    ]);
    const source = { bytes: 1000 };
    hear!({
      connection: near,
      frames: readFrames(near, source),
      source,
      hello: { ...HELLO, version: PROTOCOL_VERSION, secret: "" },
      at: epochMillis(),
    });
    assertEquals(await within(far.read(new Uint8Array(1)), 10), null);
    far.close();
    listener.close();
    await reaper.close();
  },
);
