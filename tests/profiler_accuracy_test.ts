/** The totals of process trees, beside what the kernel itself told the same processes. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
} from "./assert.ts";
import type { Collection } from "../profiler/record.ts";
import { have } from "./have.ts";
import {
  countUsing,
  cpuOf,
  type ProfiledRun,
  PYTHON,
  runProfiled,
} from "./profiled.ts";

const ignore = Deno.build.os !== "linux" || !have(PYTHON);

/** One percent, and what a clock tick in each mode and the load's last prints may be. */
function assertCpu(run: ProfiledRun): void {
  const difference = Math.abs(cpuOf(run.last) - run.cpu);
  assert(
    difference <= run.cpu * 0.01 + 0.03,
    `profiler ${cpuOf(run.last)} s, kernel ${run.cpu} s`,
  );
}

/** No counter of the total may ever go down. */
function assertMonotone({ collections }: ProfiledRun): void {
  const keys = [
    ...["cpu_user_time", "cpu_system_time", "minor_faults"],
    ...["storage_write_bytes", "syscall_read_bytes", "voluntary_switches"],
  ] as const;
  let before = collections[0]!;
  for (const collection of collections) {
    for (const key of keys as readonly (keyof typeof before.total)[]) {
      const [then, now] = [before.total[key], collection.total[key]];
      if (then !== null) assert(now !== null && now >= then, key);
    }
    before = collection;
  }
}

for (
  const [title, args, interval] of [
    ["200 short children", ["short_children", "200"], 50],
    ["grandchildren", ["grandchildren"], 50],
    ["threads that end", ["threads"], 50],
    ["a burst of 4 children between two collections", ["burst"], 1000],
    ["a fork bomb of 300 children", ["bomb", "300"], 20],
  ] as const
) {
  Deno.test(`a tree's CPU time is that of wait4 when it was ${title}`, {
    ignore,
  }, async () => {
    const run = await runProfiled(args, { interval });
    assertCpu(run);
    assertMonotone(run);
    const tree = run.last.trees[0];
    assert(tree === undefined || tree.ended);
    assertEquals(run.last.total.processes, 0);
    assertEquals(run.last.total.rss, 0);
  });
}

Deno.test(
  "a tree conserves an orphan that nobody of it reaps when the orphan is known by its environment",
  {
    ignore,
  },
  async () => {
    const run = await runProfiled(["orphan"], {
      marked: true,
      seen: [(collection) => countUsing(collection, 0.5) === 1],
    });
    // The load knows nothing of its grandchild: what the profiler has more is the orphan's 0.5 s.
    const orphan = cpuOf(run.last) - run.cpu;
    assertGreater(orphan, 0.46);
    assertLess(orphan, 0.55);
    assertMonotone(run);
    const seen = run.collections.flatMap(({ processes }) => processes);
    const ids = new Set(seen.map(({ pid }) => pid));
    assert(
      seen.some(({ depth, parent_pid }) => depth > 0 && !ids.has(parent_pid!)),
      "the orphan was never seen without a parent of its tree",
    );
  },
);

Deno.test(
  "a tree remembers children that nobody reaps when their parent ignores SIGCHLD",
  {
    ignore,
  },
  async () => {
    const run = await runProfiled(["ignored"], {
      seen: [(collection) => countUsing(collection, 0.4) === 2],
    });
    const lost = cpuOf(run.last) - run.cpu;
    assertGreater(lost, 0.74);
    assertLess(lost, 1.1); // With what starting them takes, and not twice.
    assertMonotone(run);
  },
);

Deno.test(
  "a tree keeps what an ended child wrote to disk when its parent has taken that over",
  {
    ignore,
  },
  async () => {
    const run = await runProfiled(["write", "8"], {
      seen: [({ total }) => total.storage_write_bytes! >= 8 * 2 ** 20],
    });
    const written = run.last.total.storage_write_bytes!;
    assertGreater(written, 8 * 2 ** 20 - 1);
    assertLess(written, 9 * 2 ** 20); // not twice
    assertMonotone(run);
  },
);

Deno.test(
  "peak_rss of a process is its VmHWM when its memory has gone down again",
  {
    ignore,
  },
  async () => {
    const holding = ({ processes }: Collection) =>
      processes.find(({ peak_rss }) => peak_rss! > 64 * 2 ** 20);
    const { collections, peakRss } = await runProfiled(["memory", "64"], {
      seen: [
        (collection) => holding(collection) !== undefined,
        (collection) => holding(collection)!.rss! < 32 * 2 ** 20,
      ],
    });
    const samples = collections.flatMap(({ processes }) => processes);
    const peak = Math.max(...samples.map((sample) => sample.peak_rss ?? 0));
    assertLess(Math.abs(peak - peakRss) / peakRss, 0.01);
    assertLess(samples.at(-1)!.rss!, peak - 32 * 2 ** 20);
    const total = collections.at(-1)!.total;
    assertEquals(total.largest_peak_rss, peak);
  },
);

Deno.test(
  "cpu_percent of a process is 100 a busy core when it is sampled closely",
  {
    ignore,
  },
  async () => {
    const { collections } = await runProfiled(["threads"], { interval: 100 });
    const all = collections.flatMap(({ processes, tstamp, duration }) =>
      processes.map((sample) => ({ ...sample, tstamp, duration }))
    );
    assertEquals(all[0]!.cpu_percent, null); // nothing to compare with yet
    const cpuTime = (at: number) =>
      all[at]!.cpu_user_time + all[at]!.cpu_system_time;
    let used = cpuTime(0), unknown = 0.02;
    for (let at = 1; at < all.length; at++) {
      const [before, sample] = [all[at - 1]!, all[at]!];
      const cores = sample.cpu_percent! / 100;
      used += cores * (sample.tstamp - before.tstamp);
      // A process is read at some instant of its collection, which lasts where others take the core meanwhile.
      unknown += cores * (sample.duration + before.duration);
      assertAlmostEquals(used, cpuTime(at), 0.05 * cpuTime(at) + unknown);
    }
  },
);
