/**
 * Workers that somebody has stopped or frozen: nothing is done to them, but the user is told, and what they have not begun
 * runs elsewhere.
 *
 * @module
 */
import { assertEquals, assertMatch } from "./assert.ts";
import { progressOf } from "../profiler/procfs.ts";
import { on, until } from "./executors.ts";
import { openGate } from "./gate.ts";
import { listen } from "./said.ts";

/** A control group that freezes what is in it; `null` where none can be made. */
function freezer() {
  const name = `lithoscope-test-${crypto.randomUUID()}`;
  for (
    const [root, file, freeze, thaw] of [
      ["/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED"],
      ["/sys/fs/cgroup", "cgroup.freeze", "1", "0"],
    ] as const
  ) {
    const folder = `${root}/${name}`;
    const write = (file: string, text: string) =>
      Deno.writeTextFileSync(`${folder}/${file}`, text);
    try {
      Deno.mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      write(file, thaw);
    } catch {
      Deno.removeSync(folder);
      continue;
    }
    return {
      folder,
      freeze(pid: number) {
        write("cgroup.procs", `${pid}`);
        write(file, freeze);
      },
      thaw: () => write(file, thaw),
      [Symbol.dispose]: () => Deno.removeSync(folder),
    };
  }
  return null;
}

function canFreeze(): boolean {
  using group = freezer();
  return group !== null;
}

const wait = async (name: string, url: string) =>
  await (await fetch(url + name)).text();

on(
  "process",
  "a stopped worker is named by a warning and keeps its call; what it has not begun runs elsewhere",
  async (make) => {
    await using gate = openGate();
    using log = listen();
    const fexec = make({ workers: 3, logLevel: "warning" });
    await fexec.ready;
    const kept = fexec.callAsync(wait, "kept", { extraArgs: [gate.url] });
    await gate.arrived("kept");
    const { worker_id, worker_pid } = kept.stats;
    const pids = fexec.workerStats().map((worker) => worker.worker_pid);
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    await until(() => pids.every((pid) => progressOf(pid)?.state === "T"));
    const futures = fexec.map(() => Deno.pid, [1, 2]);
    assertMatch(
      await log.line("waits"),
      new RegExp(
        `Worker ${worker_id} has been stopped \\(pid ${worker_pid}, state T\\); "kill -CONT ${worker_pid}" lets it go on\\. Call A000/00000 waits for it, as long as no timeout ends that$`,
      ),
    );
    // The idle ones were given calls that they cannot begin: one goes on, and runs what the other one had.
    const [, still] = /pid (\d+)/.exec(await log.line("gets no calls"))!;
    const other = pids.find((pid) =>
      pid !== worker_pid && pid !== Number(still)
    )!;
    Deno.kill(other, "SIGCONT");
    assertEquals(await futures.getResult(), [other, other]);
    Deno.kill(worker_pid!, "SIGCONT");
    gate.open("kept", "kept");
    assertEquals(await kept, "kept");
    const attempts = [kept, ...Array.from(futures)].map((f) => f.stats.attempt);
    assertEquals(attempts, [1, 1, 1]);
    assertEquals(fexec.workerStats().length, 3);
  },
  { limit: 60 },
);

on(
  "process",
  "a worker that is frozen with its control group is named by a warning",
  async (make) => {
    await using gate = openGate();
    using log = listen();
    using group = freezer();
    const fexec = make({ workers: 1, logLevel: "warning" });
    const kept = fexec.callAsync(wait, "kept", { extraArgs: [gate.url] });
    await gate.arrived("kept");
    group!.freeze(kept.stats.worker_pid!);
    try {
      const line = await log.line("is frozen");
      assertMatch(line, /A000\/00000 waits for it/);
      assertEquals(line.includes(group!.folder), true, line);
    } finally {
      group!.thaw();
    }
    gate.open("kept", "kept");
    assertEquals(await kept, "kept");
    await fexec.close();
  },
  { limit: 60, ignore: !canFreeze() },
);
