/** What worker hosts sample comes home: into the profile, the statistics, the plot, the report and the record. */
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { placed } from "../executor/backends/redis/placement.ts";
import {
  packSamples,
  unpackSamples,
} from "../executor/backends/redis/thinning.ts";
import { Run } from "../mod.ts";
import { reportDataOf } from "../plot/_report_data.ts";
import { usageChart } from "../plot/usage.ts";
import { Collector } from "../profiler/collector.ts";
import { Gathering } from "../profiler/gathering.ts";
import { readRecord } from "../profiler/mod.ts";
import type { Collection } from "../profiler/record.ts";
import { until } from "./executors.ts";
import { openGate } from "./gate.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER } from "./redis.ts";
import { tempDir } from "./temp_dir.ts";

Deno.test({
  name: "samples of two hosts come home",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite(["alpha", "beta"]);
    await using folder = await tempDir();
    await using gate = openGate();
    const record = `${folder.path}/record.jsonl`;
    const fexec = site.make({ profile: { interval: 0.1, record } });
    const size = 50 * 2 ** 20;
    const futures = fexec.map(
      async (call: number, url: string, size: number) => {
        const held = new Uint8Array(size).fill(1);
        await (await fetch(url + call)).text();
        return held.length;
      },
      // As many as there are workers, so that both hosts must have some.
      [0, 1, 2, 3],
      { extraArgs: [gate.url, size], chunksize: 1 },
    );
    const isSampled = () =>
      futures.stats.every(({ profile_peak_rss }) =>
        (profile_peak_rss ?? 0) > size
      );
    await until(isSampled, 60);
    const now = Date.now() / 1000;
    gate.openAll();
    await futures.getResult();

    const hosts = new Map(
      futures.stats.map(({ worker_id, host_name }) => [worker_id, host_name]),
    );
    assertEquals([...new Set(hosts.values())].sort(), ["alpha", "beta"]);
    const path = `${folder.path}/run.jsonl`;
    await fexec.save(path);
    const { collections } = fexec.profile!;
    const names = new Set(collections.map((one) => one.worker_host?.name));
    assertEquals([...names].sort(), ["alpha", "beta", undefined]);
    collections.forEach((one, i) => {
      assertEquals(one.executor_id, fexec.executorId);
      assert(Math.abs(one.tstamp - now) < 120);
      assert(i === 0 || one.tstamp >= collections[i - 1]!.tstamp);
      // The number of a worker is that of its calls.
      for (const { worker_id, calls } of one.trees) {
        if (calls.length === 0) continue;
        assertEquals(hosts.get(worker_id), one.worker_host!.name);
      }
    });
    // What four calls hold is on both hosts together.
    const most = Math.max(...collections.map(({ total }) => total.rss ?? 0));
    assert(most > 4 * size, `${most}`);
    assert(futures.stats.every((stats) => stats.profile_samples! > 0));

    const shown = reportDataOf(fexec.run());
    const tile = shown.tiles.find(({ label }) => label === "Peak memory")!;
    assertStringIncludes(tile.note, "all workers");
    assert(shown.collections.some((one) => one.worker_host?.name === "beta"));
    const loaded = (await Run.load(path)).collections;
    assert(loaded.some((one) => one.worker_host?.name === "alpha"));
    const layers = (by?: "worker") =>
      usageChart(loaded, fexec.stats, { by }).data.datasets
        .filter(({ yAxisID }) => yAxisID === "memory")
        .map(({ label }) => label);
    assertEquals(layers(), ["alpha", "beta"]);
    const byWorker = layers("worker");
    for (const [id, host] of hosts) {
      assert(byWorker.includes(`${host}: worker ${id}`), byWorker.join());
    }
    await fexec.close();
    const recorded = (await readRecord(record)).collections;
    assert(recorded.some((one) => one.worker_host?.name === "alpha"));

    // A run that does not ask is not sampled.
    const plain = site.make();
    const call = plain.callAsync((x: number) => x, 1);
    assertEquals(await call, 1);
    assertEquals(call.stats.profile_samples, null);
    assertEquals(plain.profile, undefined);
    await plain.close();
  },
});

/** A collection of one worker. */
function taken(): Collection {
  const collector = new Collector({ executorId: "0a1b2c-0", host: false });
  collector.addWorker({
    workerId: 0,
    backend: "process",
    pid: Deno.pid,
    tid: Deno.pid,
    board: null,
    lanes: 1,
  });
  const collection = collector.collect();
  collector.close();
  return collection;
}

/** The same with what a test wants to be different. */
function collection(
  tstamp: number,
  total: Partial<Collection["total"]>,
  rest: Partial<Collection> = {},
): Collection {
  sample ??= taken();
  return {
    ...sample,
    tstamp,
    elapsed: 1,
    ...rest,
    total: { ...sample.total, ...total },
  };
}
let sample: Collection | undefined;

Deno.test("Gathering adds up what machines used, between their samples too", () => {
  const gathering = new Gathering();
  gathering.add("a", collection(10, { cpu_user_time: 0, rss: 100 }));
  gathering.add("a", collection(12, { cpu_user_time: 4, rss: 300 }));
  gathering.add("b", collection(11, { cpu_user_time: 1, rss: 10 }));
  gathering.add("b", collection(13, { cpu_user_time: 2, rss: 20 }));
  const own = collection(11.5, { cpu_user_time: 99, rss: 99 });
  const seen = gathering.with([own]).map(({ tstamp, total }) => [
    tstamp,
    total.cpu_user_time,
    total.rss,
    total.peak_rss,
  ]);
  assertEquals(seen, [
    [10, 0, 100, 100],
    [11, 2 + 1, 110, 110],
    [11.5, 3 + 1.25, 110, 110],
    [12, 4 + 1.5, 310, 310],
    [13, 4 + 2, 320, 320],
  ]);
  assertEquals(gathering.now(own).total.rss, 320);
  gathering.add(
    "a",
    collection(14, { cpu_user_time: 5, rss: 0 }, { final: true }),
  );
  assertEquals(gathering.now(own).total.rss, 20);
  const small = new Gathering(1);
  for (const at of [1, 2]) small.add("a", collection(at, {}));
  small.lose(3);
  assertEquals(small.dropped, 4);
});

Deno.test("packSamples() leaves collections out rather than send too much", () => {
  const all = Array.from({ length: 64 }, (_, i) => collection(i, {}));
  const each = JSON.stringify(all[0]).length;
  const { packed, dropped } = packSamples(all, each * 20);
  const kept = unpackSamples(packed);
  assertEquals(kept.map(({ tstamp }) => tstamp), [
    ...[3, 7, 11, 15, 19, 23, 27, 31, 35, 39, 43, 47, 51, 55, 59, 63],
  ]);
  assertEquals(dropped, 48);
  // One that is too large goes without its processes, or not at all.
  const { processes: _, ...rest } = all[0]!;
  const bare = JSON.stringify(rest).length + 40;
  const single = unpackSamples(packSamples([all[0]!], bare).packed);
  assertEquals(single.map(({ processes }) => processes), [[]]);
  assertEquals(packSamples([all[0]!], 10).dropped, 1);
});

Deno.test("placed() moves a collection to the clock and the numbers of home", () => {
  const there = collection(100, {});
  const [tree] = there.trees, [process] = there.processes;
  const here = placed(there, {
    run: "5f0c2e-0",
    host: { id: "h", name: "alpha" },
    offset: -60,
    numberOf: (worker) => worker + 7,
  });
  assertEquals(here.tstamp, 40);
  assertEquals(here.executor_id, "5f0c2e-0");
  assertEquals(here.worker_host, { id: "h", name: "alpha" });
  assertEquals(here.trees[0]!.worker_id, 7);
  assertEquals(here.trees[0]!.tstamp, tree!.tstamp - 60);
  assertEquals(here.processes[0]!.start_tstamp, process!.start_tstamp! - 60);
  assertEquals(here.processes[0]!.pid, process!.pid);
});
