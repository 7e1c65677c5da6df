/** The sampler's thread: with a busy script, a script that forgets it, workers that come and go. */
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { BareCollector } from "../profiler/_bare.ts";
import { BoardWriter, createSharedBoard } from "../profiler/board.ts";
import { readRecord } from "../profiler/record_file.ts";
import { type Sampler, startSampler } from "../profiler/sampler.ts";
import type { Collection } from "../profiler/record.ts";
import { runDeno } from "./run_deno.ts";
import { serveTree } from "./serve_tree.ts";
import { tempDir } from "./temp_dir.ts";

const ignore = Deno.build.os !== "linux";
const SAMPLER = import.meta.resolve("../profiler/sampler.ts");

/** Resolves when a collection is received for which `is` says yes. */
function collectionWatch() {
  const waiting: {
    is: (c: Collection) => boolean;
    resolve: (c: Collection) => void;
  }[] = [];
  const seen: Collection[] = [];
  return {
    onCollection(collection: Collection) {
      seen.push(collection);
      for (const entry of waiting.filter(({ is }) => is(collection))) {
        waiting.splice(waiting.indexOf(entry), 1);
        entry.resolve(collection);
      }
    },
    async until(is: (c: Collection) => boolean): Promise<Collection> {
      const found = seen.find(is);
      if (found !== undefined) return found;
      const { promise, resolve, reject } = Promise.withResolvers<Collection>();
      waiting.push({ is, resolve });
      // A sampler does not keep its script alive; this does, and it gives up in the end.
      const timer = setTimeout(
        () => reject(new Error("no such collection in a minute")),
        60_000,
      );
      return await promise.finally(() => clearTimeout(timer));
    },
  };
}

function sleeper(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["600"] }).spawn();
}

function addProcess(
  sampler: Sampler,
  child: Deno.ChildProcess,
  board: string | null = null,
  workerId = 0,
) {
  sampler.addWorker({
    workerId,
    backend: "process",
    pid: child.pid,
    tid: child.pid,
    board,
    lanes: 1,
  });
}

Deno.test("a sampler takes its samples when the script is busy", {
  ignore,
}, async () => {
  await using dir = await tempDir();
  const record = `${dir.path}/record.jsonl`;
  await using sampler = await startSampler({
    executorId: "0a1b2c-0",
    interval: 0.02,
    record,
  });
  // The script lets nothing else happen until there are ten of them.
  while (Deno.readTextFileSync(record).split("\n").length < 12);
  await sampler.stop();
  const ids = sampler.collections().map(({ collection_id }) => collection_id);
  assertEquals(ids, ids.map((_, at) => at));
  assertEquals(
    sampler.collections().map(({ final }) => final).indexOf(true),
    ids.length - 1,
  );
  assertEquals(sampler.dropped, 0);
});

Deno.test("samples of a process name the call that its board tells of", {
  ignore,
  sanitizeResources: false, // a board maps its file by a library that stays loaded
}, async () => {
  await using dir = await tempDir();
  const watch = collectionWatch();
  await using sampler = await startSampler({
    executorId: "0a1b2c-0",
    interval: 0.02,
    onCollection: watch.onCollection,
  });
  const board = new BoardWriter(`${dir.path}/board`, 2);
  const child = sleeper();
  sampler.addJob(3, "M003");
  addProcess(sampler, child, `${dir.path}/board`);
  const ofWorker = ({ trees }: Collection) =>
    trees.find(({ kind }) => kind === "worker");
  const idle = await watch.until((c) => ofWorker(c)?.calls.length === 0);
  assertEquals([ofWorker(idle)!.job_id, ofWorker(idle)!.call_id], [null, null]);
  board.start(0, 3, 41, 1.7e12);
  board.start(1, 3, 42, 1.7e12 + 5);
  const busy = await watch.until((c) => ofWorker(c)?.calls.length === 2);
  assertEquals(ofWorker(busy)!.calls, [
    { job_id: "M003", call_id: "00041", start_tstamp: 1.7e9 },
    { job_id: "M003", call_id: "00042", start_tstamp: 1.7e9 + 0.005 },
  ]);
  const sample = busy.processes.find(({ pid }) => pid === child.pid)!;
  assertEquals([sample.worker_id, sample.job_id, sample.call_id], [
    0,
    "M003",
    "00042",
  ]);
  board.close();
  child.kill("SIGKILL");
  await child.status;
  sampler.removeWorker(0);
  await sampler.stop();
  assert(sampler.collections().some((c) => ofWorker(c)?.ended));
  assertEquals(
    sampler.profile().byCall().map((
      { call_id, worker_id },
    ) => [call_id, worker_id]),
    [
      ["00041", 0],
      ["00042", 0],
    ],
  );
});

Deno.test(
  "samples of a thread have its own CPU time, and the process counts once",
  { ignore },
  async () => {
    const watch = collectionWatch();
    await using sampler = await startSampler({
      executorId: "0a1b2c-0",
      interval: 0.05,
      onCollection: watch.onCollection,
    });
    const source = `
    const tid = Number(Deno.readLinkSync("/proc/thread-self").split("/").pop());
    postMessage(tid);
    onmessage = () => { for (;;); };`;
    const worker = new Worker(
      `data:text/javascript,${encodeURIComponent(source)}`,
      { type: "module" },
    );
    const tid = await new Promise<number>((resolve) =>
      worker.onmessage = ({ data }) => resolve(data)
    );
    const board = createSharedBoard(1);
    const writer = new BoardWriter(board, 1);
    sampler.addJob(1, "A001");
    sampler.addWorker({
      workerId: 5,
      backend: "thread",
      pid: Deno.pid,
      tid,
      board,
      lanes: 1,
    });
    writer.start(0, 1, 7, Date.now());
    // The thread is busy with its own start only; that is enough CPU time to be seen in nanoseconds.
    const { threads, trees, total } = await watch.until((c) =>
      c.threads.some((t) => t.call_id !== null)
    );
    const thread = threads[0]!;
    assertEquals([thread.worker_id, thread.tid, thread.pid], [
      5,
      tid,
      Deno.pid,
    ]);
    assertEquals([thread.job_id, thread.call_id], ["A001", "00007"]);
    assertGreater(thread.cpu_time!, 0);
    assertEquals(trees.map(({ kind, calls }) => [kind, calls.length]), [[
      "host",
      1,
    ]]);
    assertEquals(total.processes, trees[0]!.processes); // the host runs the calls: it is the executor's use
    worker.terminate();
    await sampler.stop();
    const [call] = sampler.profile().byCall();
    assertEquals([call!.call_id, call!.worker_id], ["00007", 5]);
    assertGreater(call!.profile_peak_rss!, 0);
  },
);

Deno.test(
  "totals stay when workers end one after the other",
  { ignore },
  async () => {
    const watch = collectionWatch();
    await using sampler = await startSampler({
      executorId: "0a1b2c-0",
      interval: 0.02,
      host: false,
      onCollection: watch.onCollection,
    });
    for (let workerId = 0; workerId < 3; workerId++) {
      const child = sleeper();
      addProcess(sampler, child, null, workerId);
      await watch.until(({ processes }) =>
        processes.some(({ pid }) => pid === child.pid)
      );
      child.kill("SIGKILL");
      await child.status;
      await watch.until(({ trees }) =>
        trees.some(({ worker_id, ended }) => worker_id === workerId && ended)
      );
      sampler.removeWorker(workerId);
    }
    await sampler.stop();
    let faults = 0;
    for (const { total } of sampler.collections()) {
      assert(total.minor_faults! >= faults);
      faults = total.minor_faults!;
    }
    assertEquals(sampler.profile().total()!.processes_seen, 3);
    assertGreater(faults, 100);
  },
);

Deno.test(
  "stop() gives the last collection and the whole record when it is called at once, and twice",
  { ignore },
  async () => {
    await using dir = await tempDir();
    const record = `${dir.path}/r.jsonl`;
    const sampler = await startSampler({ executorId: "0a1b2c-0", record });
    await Promise.all([sampler.stop(), sampler.stop()]);
    await sampler.stop();
    await sampler.flush();
    sampler.addJob(1, "M001"); // too late, and no harm
    const { header, collections } = await readRecord(record);
    assertEquals(header!.executor_id, "0a1b2c-0");
    assertEquals(collections, sampler.collections());
    assertEquals(collections.map(({ final }) => final), [false, true]);
  },
);

Deno.test("flush() brings what was sampled until now", { ignore }, async () => {
  await using sampler = await startSampler({ executorId: "0a1b2c-0" });
  await sampler.flush();
  assertEquals(sampler.collections().length, 1);
});

Deno.test("a sampler holds the newest collections when its ring is full", {
  ignore,
}, async () => {
  const watch = collectionWatch();
  await using sampler = await startSampler({
    executorId: "0a1b2c-0",
    interval: 0.01,
    ringSize: 3,
    onCollection: watch.onCollection,
  });
  await watch.until(({ collection_id }) => collection_id >= 5);
  await sampler.stop();
  const ids = sampler.collections().map(({ collection_id }) => collection_id);
  assertEquals(ids.length, 3);
  assertEquals(sampler.dropped, ids[2]! + 1 - 3);
});

Deno.test(
  "a sink that throws is told of and does no harm",
  { ignore },
  async () => {
    const notices: string[] = [];
    await using sampler = await startSampler({
      executorId: "0a1b2c-0",
      interval: 0.01,
      onCollection: () => {
        throw new Error("sink is down");
      },
      onNotice: (text) => notices.push(text),
    });
    await sampler.flush();
    await sampler.stop();
    assertGreater(sampler.collections().length, 1);
    assertEquals(notices.length, 1);
    assertStringIncludes(notices[0]!, "sink is down");
  },
);

Deno.test(
  "a sampler says once that it cannot record when the folder is not there",
  { ignore },
  async () => {
    const notices: string[] = [];
    const sampler = await startSampler({
      executorId: "0a1b2c-0",
      record: "/no/such/folder/r.jsonl",
      onNotice: (text) => notices.push(text),
    });
    await sampler.stop();
    assertEquals(sampler.collections().length, 2);
    assertEquals(notices.length, 1);
    assertStringIncludes(
      notices[0]!,
      'Cannot record samples in "/no/such/folder/r.jsonl"',
    );
  },
);

Deno.test("startSampler() rejects when its interval is none", async () => {
  const start = (interval: number) =>
    startSampler({ executorId: "0a1b2c-0", interval });
  await assertRejects(
    () => start(0.001),
    RangeError,
    "from 0.01 to 86400 seconds: 0.001",
  );
  await assertRejects(() => start(NaN), RangeError);
  await assertRejects(
    () => start("1" as never),
    TypeError,
    "a number of seconds: string",
  );
});

const FORGOTTEN = `
  const { startSampler } = await import(${JSON.stringify(SAMPLER)});
  const sampler = await startSampler({ executorId: "0a1b2c-0", interval: 0.05 });
  await sampler.flush();
  const [{ processes, host, trees, total }] = sampler.collections();
  console.log(JSON.stringify({ processes, host, trees, total }));`;

Deno.test("a sampler does not keep the script alive when it is forgotten", {
  ignore,
}, async () => {
  const { code, stdout, stderr } = await runDeno(["eval", FORGOTTEN]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(JSON.parse(stdout).processes[0].command, "deno");
});

Deno.test(
  "a sampler says which flag is missing, and goes on with what is allowed, when /proc is refused",
  { ignore },
  async () => {
    await using dir = await tempDir();
    const script = await dir.write("s.ts", FORGOTTEN);
    for (const flags of [["--allow-read"], ["-A", "--deny-net=example.com"]]) {
      const { code, stdout, stderr } = await runDeno([
        "run",
        "--no-prompt",
        ...flags,
        script,
      ]);
      assertEquals(code, 0);
      assertEquals(stderr.match(/Cannot sample workers/g)?.length, 1, stderr);
      assertStringIncludes(stderr, "run with --allow-all and no --deny-* flag");
      const { processes: [sample], trees: [tree], total } = JSON.parse(stdout);
      assertGreater(sample.rss, 0);
      assertGreater(sample.cpu_user_time, 0);
      const unknown = [
        "threads",
        "vms",
        "uss",
        "storage_read_bytes",
        "minor_faults",
        "state",
        "run_queue_time",
      ];
      assertEquals(unknown.map((key) => sample[key]), unknown.map(() => null));
      assertEquals([tree.kind, tree.threads, tree.pss], ["host", null, null]);
      assertEquals(total.processes, 0); // no thread runs calls in this process
    }
  },
);

Deno.test("without /proc the total of threads has no counter that nobody has read", () => {
  const collector = new BareCollector({ executorId: "e" });
  const unknown = ["storage_read_bytes", "minor_faults"] as const;
  const { pid } = Deno;
  const totals = [collector.collect().total]; // nobody is up
  collector.addWorker({
    workerId: 0,
    backend: "thread",
    pid,
    tid: pid,
    board: null,
    lanes: 1,
  });
  for (let i = 0; i < 2; i++) totals.push(collector.collect().total);
  collector.removeWorker(0);
  totals.push(collector.collect(0, true).total);
  assertEquals(totals.map(({ processes }) => processes), [0, 1, 1, 0]);
  for (const key of unknown) {
    assertEquals(totals.map((total) => total[key]), [0, null, null, null]);
  }
  const cpu = totals.map(({ cpu_user_time }) => cpu_user_time);
  assertEquals(cpu, cpu.toSorted((a, b) => a - b));
});

Deno.test("a sampler starts its thread when it was loaded from a URL", {
  ignore,
}, async () => {
  await using server = serveTree(new URL("../", import.meta.url));
  const script = FORGOTTEN.replace(
    SAMPLER,
    `${server.url}/profiler/sampler.ts`,
  );
  const { code, stdout, stderr } = await runDeno([
    "eval",
    "--no-lock",
    "--no-config",
    script,
  ]);
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout).processes[0].command, "deno");
  assert(server.requests.includes("/profiler/sampler_entry.ts"));
  assertEquals(server.missing, []);
});
