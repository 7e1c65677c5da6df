/** Process trees over a made-up /proc, and over real processes that do what they should not. */
import { assert, assertEquals, assertGreater, assertLess } from "./assert.ts";
import { addUp, UsageMeter } from "../profiler/_usage.ts";
import { Collector } from "../profiler/collector.ts";
import type { Clock } from "../profiler/targets.ts";
import type { Collection } from "../profiler/record.ts";
import { FakeProc } from "./fake_proc.ts";
import { have } from "./have.ts";
import { AS_NOBODY, nobodyCanRun } from "./nobody.ts";
import { LOADS, PYTHON } from "./profiled.ts";

const isLinux = Deno.build.os === "linux";
const ignore = !isLinux || !have(PYTHON);

const COLLECTOR = new URL("../profiler/collector.ts", import.meta.url);

/** A clock that stands still until told. */
function fakeClock(): Clock & { time: number } {
  return {
    time: 1000,
    epoch: 1.7e12,
    now() {
      return this.time;
    },
  };
}

function collectorOf(proc: FakeProc, clock: Clock): Collector {
  return new Collector({
    executorId: "0a1b2c-0",
    root: proc.path,
    sys: proc.path,
    host: false,
    clock,
  });
}

function addWorker(collector: Collector, pid: number, workerId = 0): void {
  collector.addWorker({
    workerId,
    backend: "process",
    pid,
    tid: pid,
    board: null,
    lanes: 1,
  });
}

function pids({ processes }: Collection): number[] {
  return processes.map(({ pid }) => pid).sort((a, b) => a - b);
}

Deno.test("a tree does not adopt a child that is older than its parent when an id was used again", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500 });
  proc.put({ pid: 40, ppid: 50, start: 400 }); // the child of an earlier process 50
  proc.put({ pid: 60, ppid: 50, start: 600 });
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  assertEquals(pids(collector.collect()), [50, 60]);
  collector.close();
});

Deno.test("a tree tells two processes with one id apart when the id is used again", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500 });
  proc.put({ pid: 60, ppid: 50, start: 600, utime: 300, minflt: 900 });
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  assertEquals(collector.collect().total.cpu_user_time, 3);
  // 60 ends without being reaped into anybody, and a stranger gets its id.
  proc.put({ pid: 60, ppid: 1, start: 700, utime: 9000 });
  clock.time += 1000;
  const after = collector.collect();
  assertEquals(pids(after), [50]);
  assertEquals(after.total.cpu_user_time, 3); // remembered, and nothing of the stranger
  // Then a true child gets it.
  proc.put({ pid: 60, ppid: 50, start: 800, utime: 100 });
  clock.time += 5000;
  const last = collector.collect();
  assertEquals(pids(last), [50, 60]);
  assertEquals(last.total.cpu_user_time, 4);
  assertEquals(last.total.processes_seen, 3);
  collector.close();
});

Deno.test("a tree counts a child once when its parent reaps it", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500, utime: 10 });
  proc.put({ pid: 60, ppid: 50, start: 600, utime: 300, minflt: 900 });
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  assertEquals(collector.collect().total.cpu_user_time, 3.1);
  proc.remove(60);
  proc.put({
    pid: 50,
    ppid: 1,
    start: 500,
    utime: 10,
    cutime: 310,
    cminflt: 900,
  });
  clock.time += 1000;
  const { total, trees } = collector.collect();
  assertEquals(total.cpu_user_time, 3.2);
  assertEquals(trees[0]!.cpu_percent, 10);
  assertEquals(total.processes, 1);
  collector.close();
});

Deno.test("a tree keeps its totals when its root and all of it have ended", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500, utime: 10, minflt: 10 });
  proc.put({ pid: 51, ppid: 1, start: 510, utime: 20, minflt: 10 });
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50, 0);
  addWorker(collector, 51, 1);
  collector.collect();
  // Process 1 reaps worker 0, which had used 5 more ticks since it was seen last.
  proc.remove(50);
  proc.put({ pid: 1, ppid: 0, start: 0, cutime: 15, cminflt: 12 });
  clock.time += 1000;
  const ended = collector.collect();
  const tree = ended.trees.find(({ worker_id }) => worker_id === 0)!;
  assert(tree.ended);
  assertEquals(tree.cpu_user_time, 0.15);
  assertEquals([tree.processes, tree.rss, tree.uss], [0, 0, 0]);
  clock.time += 1000;
  const after = collector.collect();
  assertEquals(after.trees.map(({ worker_id }) => worker_id), [1]);
  assertEquals(after.total.cpu_user_time, 0.35);
  assertEquals(after.total.processes_seen, 2);
  collector.close();
});

Deno.test("a tree credits nothing of another child of the reaper when both have ended between two ticks", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500, utime: 10, minflt: 10 });
  proc.put({ pid: 70, ppid: 1, start: 520, utime: 10, minflt: 10 }); // no worker
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  collector.collect();
  proc.remove(50);
  proc.remove(70);
  proc.put({ pid: 1, ppid: 0, start: 0, cutime: 150, cminflt: 20 });
  clock.time += 1000;
  assertEquals(collector.collect().total.cpu_user_time, 0.1); // as last seen
  collector.close();
});

Deno.test("a sample has the command as it is when it holds spaces and parentheses", () => {
  using proc = new FakeProc();
  const command = "a) R 1 (b (c";
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, comm: command, utime: 7 });
  const collector = collectorOf(proc, fakeClock());
  addWorker(collector, 50);
  const [sample] = collector.collect().processes;
  assertEquals(sample!.command, command);
  assertEquals([sample!.state, sample!.cpu_user_time], ["S", 0.07]);
  collector.close();
});

Deno.test("a collection has no negative rate and no odd time when the clock of the day steps", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, utime: 10 });
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  const first = collector.collect();
  clock.epoch -= 3_600_000; // an hour back
  clock.time += 500;
  proc.put({ pid: 50, ppid: 1, utime: 35 });
  const second = collector.collect();
  assertEquals(second.processes[0]!.cpu_percent, 50);
  assertEquals(second.elapsed, 0.5);
  assertEquals(second.tstamp - first.tstamp, second.elapsed);
  collector.close();
});

Deno.test("iowait_time is null unless the kernel's delay accounting is on", () => {
  using proc = new FakeProc();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, iowait: 25 });
  for (const on of [false, true]) {
    if (on) proc.write("sys/kernel/task_delayacct", "1\n");
    const collector = collectorOf(proc, fakeClock());
    addWorker(collector, 50);
    const [sample] = collector.collect().processes;
    assertEquals(sample!.iowait_available, on);
    assertEquals(sample!.iowait_time, on ? 0.25 : null);
    collector.close();
  }
});

Deno.test("values are null when an old kernel has no such files", () => {
  using proc = new FakeProc();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, utime: 10 });
  for (const name of ["io", "schedstat", "status"]) {
    Deno.removeSync(`${proc.path}/50/${name}`);
  }
  const collector = collectorOf(proc, fakeClock());
  addWorker(collector, 50);
  const { processes: [sample], trees: [tree], networks, cgroups } = collector
    .collect();
  assertEquals(sample!.storage_read_bytes, null);
  assertEquals(sample!.run_queue_time, null);
  assertEquals(sample!.peak_rss, null);
  assertEquals(sample!.rss, 250 * 4096); // of stat
  assertEquals(tree!.storage_read_bytes, null);
  assertEquals(tree!.uss, null);
  assertEquals([networks, cgroups], [[], []]);
  collector.close();
});

Deno.test("a tree finds new processes when the kernel tells which id it gave out last", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.lastPid = 1;
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500 });
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  assertEquals(pids(collector.collect()), [50]);
  proc.put({ pid: 60, ppid: 50, start: 600 });
  proc.put({ pid: 61, ppid: 60, start: 601 }); // and its own child
  proc.put({ pid: 62, ppid: 1, start: 602 }); // not of the tree
  clock.time += 10;
  assertEquals(pids(collector.collect()), [50, 60, 61]);
  // Ids begin anew after the highest one.
  proc.lastPid = 0;
  proc.put({ pid: 7, ppid: 50, start: 700 });
  clock.time += 10;
  assertEquals(pids(collector.collect()), [7, 50, 60, 61]);
  collector.close();
});

Deno.test("a tree takes in a parent that it has missed when the child is known by its environment", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.lastPid = 1;
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500 });
  const collector = collectorOf(proc, clock);
  collector.addWorker({
    workerId: 0,
    backend: "process",
    pid: 50,
    tid: 50,
    board: null,
    lanes: 1,
    marker: "TREE=7",
  });
  collector.collect();
  // Ids 60 and 61 are given out, but nothing can be seen of them for two ticks.
  for (const lastPid of [60, 61]) {
    proc.lastPid = lastPid - 1;
    proc.put({ pid: 50, ppid: 1, start: 500 });
    proc.write("loadavg", `0.1 0.2 0.3 1/90 ${lastPid}\n`);
    clock.time += 10;
    assertEquals(pids(collector.collect()), [50]);
  }
  proc.write("60/environ", "A=1\0TREE=7\0");
  proc.write("62/environ", "TREE=7\0B=2\0");
  proc.put({ pid: 60, ppid: 50, start: 600 });
  proc.put({ pid: 62, ppid: 60, start: 601, utime: 10, minflt: 5 });
  proc.write("loadavg", "0.1 0.2 0.3 1/90 62\n");
  clock.time += 10;
  const { processes } = collector.collect();
  assertEquals(processes.map(({ pid, depth }) => [pid, depth]), [[50, 0], [
    60,
    1,
  ], [62, 2]]);
  // So what its parent takes over counts once.
  proc.remove(62);
  proc.put({ pid: 60, ppid: 50, start: 600, cutime: 10, cminflt: 5 });
  clock.time += 10;
  assertEquals(collector.collect().total.cpu_user_time, 0.1);
  collector.close();
});

Deno.test("a host's tree counts from the start of sampling", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.put({ pid: 1, ppid: 0, start: 0 });
  const before = { utime: 500, cutime: 9000, minflt: 70, cminflt: 800 };
  proc.put({ pid: 50, ppid: 1, start: 500, ...before });
  const collector = new Collector({
    executorId: "0a1b2c-0",
    root: proc.path,
    hostPid: 50,
    clock,
  });
  collector.addWorker({
    workerId: 0,
    backend: "thread",
    pid: 50,
    tid: 51,
    board: null,
    lanes: 1,
  });
  const first = collector.collect();
  assertEquals(first.trees.map(({ kind }) => kind), ["host"]);
  assertEquals(first.total.cpu_user_time, 0);
  assertEquals(first.processes[0]!.cpu_user_time, 5); // the process itself is as the kernel tells it
  proc.put({
    pid: 50,
    ppid: 1,
    start: 500,
    ...before,
    utime: 520,
    cutime: 9100,
  });
  clock.time += 1000;
  const { total, trees: [tree] } = collector.collect();
  assertEquals([total.cpu_user_time, total.minor_faults], [1.2, 0]);
  assertEquals([tree!.cpu_percent, tree!.storage_write_bytes], [120, 0]);
  collector.close();
});

Deno.test("rates of a process leave out what its children had told of when it reaps them", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  const io = (pid: number, written: number) =>
    proc.write(
      `${pid}/io`,
      `rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: ${written}\ncancelled_write_bytes: 0\n`,
    );
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 50, ppid: 1, start: 500 });
  proc.put({ pid: 60, ppid: 50, start: 600, minflt: 5 });
  io(50, 1000);
  io(60, 7000);
  const collector = collectorOf(proc, clock);
  addWorker(collector, 50);
  collector.collect();
  // The child writes 500 bytes more, ends, and is reaped.
  proc.remove(60);
  proc.put({ pid: 50, ppid: 1, start: 500, cminflt: 5 });
  io(50, 8500);
  clock.time += 1000;
  const { processes: [sample], trees: [tree], total } = collector.collect();
  assertEquals([sample!.storage_write_bytes, sample!.storage_write_rate], [
    8500,
    500,
  ]);
  assertEquals([tree!.storage_write_bytes, tree!.storage_write_rate], [
    8500,
    500,
  ]);
  assertEquals(total.storage_write_bytes, 8500);
  collector.close();
});

Deno.test("a collection holds all of 2,000 processes when it must open more files than it may keep", () => {
  using proc = new FakeProc();
  const clock = fakeClock();
  proc.write(
    "self/limits",
    "Max open files            300        300        files\n",
  );
  proc.put({ pid: 1, ppid: 0, start: 0 });
  proc.put({ pid: 100, ppid: 1, start: 100 });
  for (let pid = 101; pid < 2100; pid++) {
    proc.put({
      pid,
      ppid: pid % 2 === 0 ? 100 : pid - 1,
      start: pid,
      utime: 1,
    });
  }
  const collector = collectorOf(proc, clock);
  addWorker(collector, 100);
  collector.collect();
  clock.time += 1000;
  const { processes, trees: [tree] } = collector.collect();
  assertEquals(processes.length, 2000);
  assertEquals(tree!.processes, 2000);
  assertEquals(tree!.rss, 2000 * 1000 * 1024);
  assertEquals(Math.round(tree!.cpu_user_time * 100), 1999);
  assert(tree!.cpu_percent === 0);
  assertLess([...Deno.readDirSync("/proc/self/fd")].length, 250);
  collector.close();
});

Deno.test("a collection holds 2,000 real processes when they only sleep", {
  ignore,
}, async () => {
  const child = new Deno.Command(PYTHON, {
    args: [LOADS, "paused", "2000"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read(); // "ready"
  const collector = new Collector({ executorId: "0a1b2c-0", host: false });
  addWorker(collector, child.pid);
  const { trees: [tree], processes } = collector.collect();
  assertEquals(tree!.processes, 2001);
  assertEquals(processes.filter(({ depth }) => depth === 1).length, 2000);
  assertGreater(tree!.rss!, 0);
  await child.stdin.close();
  while (!(await reader.read()).done);
  await child.status;
  const after = collector.collect();
  assert(after.trees[0]!.ended);
  assertEquals(after.total.processes_seen, 2001);
  collector.close();
});

Deno.test(
  "a process that ends between discovery and read is left out and accounted for by its parent",
  {
    ignore: !isLinux,
  },
  async () => {
    // Each shell child lives for about as long as a collection takes: some are found and gone when they are read.
    const child = new Deno.Command("sh", {
      args: [
        "-c",
        "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done; read x",
      ],
      stdin: "piped",
      stdout: "null",
    }).spawn();
    const collector = new Collector({ executorId: "0a1b2c-0", host: false });
    addWorker(collector, child.pid);
    let faults = 0;
    let cpu = 0;
    for (let i = 0; i < 400; i++) {
      const { total } = collector.collect();
      assert(total.minor_faults! >= faults && total.cpu_user_time >= cpu);
      faults = total.minor_faults!;
      cpu = total.cpu_user_time;
    }
    await child.stdin.close();
    await child.status;
    assert(collector.collect().trees[0]!.ended);
    collector.close();
  },
);

Deno.test("a stopped process has state T and uses nothing until it goes on", {
  ignore: !isLinux,
}, async () => {
  const child = new Deno.Command("sh", {
    args: ["-c", "while :; do :; done"],
    stdout: "null",
  }).spawn();
  const collector = new Collector({ executorId: "0a1b2c-0", host: false });
  addWorker(collector, child.pid);
  child.kill("SIGSTOP");
  let sample = collector.collect().processes[0]!;
  while (sample.state !== "T") sample = collector.collect().processes[0]!;
  await new Promise((resolve) => setTimeout(resolve, 30));
  const stopped = collector.collect().processes[0]!;
  assertEquals([stopped.state, stopped.cpu_percent], ["T", 0]);
  child.kill("SIGCONT");
  while (sample.state !== "R") sample = collector.collect().processes[0]!;
  child.kill("SIGKILL");
  await child.status;
  collector.close();
});

Deno.test(
  "a process of another user has null for its I/O and counts as unreadable",
  {
    ignore: !isLinux || !nobodyCanRun(COLLECTOR),
  },
  async () => {
    // This Deno is root and may read all; so another one samples a process of root's as nobody.
    const cache = Deno.makeTempDirSync();
    Deno.chmodSync(cache, 0o777);
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const script = `
    import { Collector } from "${COLLECTOR}";
    const collector = new Collector({ executorId: "0a1b2c-0", host: false });
    collector.addTree({ pid: ${child.pid}, kind: "command", workerId: null });
    const { processes: [sample], trees: [tree] } = collector.collect();
    console.log(JSON.stringify({ sample, tree }));`;
    const { stdout } = await new Deno.Command("setpriv", {
      args: [
        ...AS_NOBODY,
        ...[Deno.execPath(), "eval", "--no-lock", "--no-config", script],
      ],
      env: { DENO_DIR: cache, HOME: cache },
      cwd: cache,
      stderr: "inherit",
    }).output();
    const { sample, tree } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(sample.command, "sleep");
    assertEquals([sample.storage_read_bytes, sample.syscall_write_rate], [
      null,
      null,
    ]);
    assertEquals([sample.uss, sample.pss], [null, null]);
    assertEquals([tree.unreadable, tree.storage_read_bytes], [1, null]);
    assertGreater(sample.rss, 0);
    child.kill();
    await child.status;
    Deno.removeSync(cache, { recursive: true });
  },
);

Deno.test("a usage has no peak of memory when all had ended before they were seen", () => {
  const meter = new UsageMeter();
  assertEquals(meter.next(addUp([]), 0).peak_rss, null);
});
