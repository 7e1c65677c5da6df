/** Samples by worker, by call, in total; and the summary of a tree. */
import { assertEquals } from "./assert.ts";
import { Profile } from "../profiler/profile.ts";
import type {
  Collection,
  RunningCall,
  Sample,
  ThreadSample,
  TreeSample,
} from "../profiler/record.ts";
import { formatSummary, TreeSummary } from "../profiler/summary.ts";

const OWNER = {
  executor_id: "0a1b2c-0",
  worker_id: 0,
  job_id: null,
  call_id: null,
};

function call(call_id: string, start_tstamp: number): RunningCall {
  return { job_id: "M001", call_id, start_tstamp };
}

/** A collection `at` seconds, one second after the one before; what a profile does not read is left out. */
function collection(
  at: number,
  trees: Partial<TreeSample>[],
  rest: Partial<Collection> = {},
): Collection {
  return {
    collection_id: at,
    tstamp: at,
    elapsed: at === 0 ? null : 1,
    missed_ticks: 0,
    processes: [],
    threads: [],
    total: { cpu_user_time: at } as Collection["total"],
    ...rest,
    trees: trees.map((tree) =>
      ({
        ...OWNER,
        kind: "worker",
        calls: [],
        processes: 1,
        threads: 1,
        ...tree,
      }) as TreeSample
    ),
  } as Collection;
}

function process(uss_tstamp: number | null, worker_id = 0): Sample {
  return { ...OWNER, worker_id, uss_tstamp } as Sample;
}

Deno.test("byCall() gives the peaks of a call while it ran", () => {
  const first = call("00000", 0.5);
  const second = call("00001", 2.2);
  const profile = new Profile([
    collection(0, [{ rss: 900, cpu_percent: null }]),
    collection(1, [{
      rss: 100,
      cpu_percent: 500,
      calls: [first],
      processes: 3,
    }]),
    collection(2, [{
      rss: 300,
      cpu_percent: 90,
      storage_write_rate: 7,
      calls: [first],
    }]),
    collection(3, [{ rss: 200, cpu_percent: 400, calls: [second] }]),
  ]);
  const [one, two] = profile.byCall();
  assertEquals([one!.call_id, one!.profile_samples, one!.profile_peak_rss], [
    "00000",
    2,
    300,
  ]);
  assertEquals(one!.profile_peak_processes, 3);
  // The 500 % were of a second of which the call had half; so are the 400 % of the other.
  assertEquals([one!.profile_peak_cpu_percent, two!.profile_peak_cpu_percent], [
    90,
    null,
  ]);
  assertEquals([
    one!.profile_peak_storage_write_rate,
    two!.profile_peak_storage_write_rate,
  ], [7, null]);
  assertEquals([two!.profile_samples, two!.profile_peak_rss], [1, 200]);
});

Deno.test("byCall() takes USS and PSS only if they were read while the call ran", () => {
  const running = call("00000", 10);
  const tree = { uss: 50, pss: 60, calls: [running] };
  const usses = (processes: Sample[]) => {
    const [found] = new Profile([collection(12, [tree], { processes })])
      .byCall();
    return [found!.profile_peak_uss, found!.profile_peak_pss];
  };
  assertEquals(usses([process(11), process(12)]), [50, 60]);
  assertEquals(usses([process(11), process(9)]), [null, null]);
  assertEquals(usses([process(11), process(null)]), [null, null]);
  assertEquals(usses([process(11), process(9, 1)]), [50, 60]); // another worker's
});

Deno.test("byCall() takes the CPU of a call from its thread when threads ran it", () => {
  const calls = [call("00000", 0), call("00001", 0)];
  const thread = (worker_id: number, call_id: string, cpu_percent: number) =>
    ({
      ...OWNER,
      worker_id,
      job_id: "M001",
      call_id,
      cpu_percent,
    }) as ThreadSample;
  const profile = new Profile([
    collection(2, [{
      kind: "host",
      worker_id: null,
      rss: 700,
      cpu_percent: 150,
      calls,
    }], {
      threads: [thread(4, "00000", 95), thread(5, "00001", 40)],
    }),
    collection(3, [{
      kind: "host",
      worker_id: null,
      rss: 600,
      cpu_percent: 150,
      calls,
    }]), // its threads have just ended
  ]);
  assertEquals(
    profile.byCall().map((
      c,
    ) => [
      c.call_id,
      c.worker_id,
      c.profile_peak_cpu_percent,
      c.profile_peak_rss,
    ]),
    [["00000", 4, 95, 700], ["00001", 5, 40, 700]],
  );
});

Deno.test("byWorker() has the script's own process first, and total() is that of the last collection", () => {
  const trees = [{ worker_id: 1 }, { kind: "host" as const, worker_id: null }, {
    worker_id: 0,
  }];
  const profile = new Profile([
    collection(0, trees),
    collection(1, trees, { processes: [process(null, 1)] }),
  ]);
  assertEquals(
    profile.byWorker().map((
      w,
    ) => [w.worker_id, w.trees.length, w.processes.length]),
    [[null, 2, 0], [0, 2, 0], [1, 2, 1]],
  );
  assertEquals(profile.total()!.cpu_user_time, 1);
  const empty = new Profile([]);
  assertEquals([empty.total(), empty.byCall(), empty.byWorker()], [
    null,
    [],
    [],
  ]);
});

Deno.test("formatSummary() takes off what was used before when a process is watched", () => {
  const summary = new TreeSummary(7);
  const usage = (n: number) => ({
    kind: "command" as const,
    worker_id: null,
    pid: 7,
    cpu_user_time: n,
    cpu_system_time: 0,
    run_queue_time: n,
    storage_read_bytes: n * 1024,
    storage_write_bytes: null,
    minor_faults: n,
    major_faults: 0,
    voluntary_switches: n,
    involuntary_switches: n,
    syscall_read_bytes: 0,
    syscall_write_bytes: 0,
    peak_rss: 2048,
    largest_peak_rss: 2048,
    processes_seen: 1,
    unreadable: 2,
    ended: false,
    uss: null,
    pss: null,
  });
  summary.add(collection(0, [usage(100)]));
  summary.add(collection(1, [usage(103)]));
  const text = formatSummary(summary, {
    title: "t",
    outcome: "o",
    wall: 2,
    interval: 1,
    sinceFirst: true,
    canSee: true,
  });
  const lines = text.split("\n").map((line) => line.trim().replace(/ +/g, " "));
  assertEquals(lines.slice(0, 3), [
    "t: o",
    "wall time 2.00 s",
    "CPU time 3.00 s (user 3.00 s, system 0.00 s)",
  ]);
  assertEquals(lines.includes("disk read 3.0 KiB, written -"), true);
  assertEquals(lines.includes("page faults 3 without disk, 0 with"), true);
  assertEquals(
    lines.includes("not readable I/O of 2 processes of other users"),
    true,
  );
});
