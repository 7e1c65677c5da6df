/** Control groups: made-up hierarchies of each version, and the real ones of this machine. */
import { assert, assertEquals, assertGreater } from "./assert.ts";
import {
  CgroupTable,
  findController,
  parseCgroupMounts,
} from "../profiler/cgroup.ts";
import type { CgroupSample } from "../profiler/record.ts";
import { FakeProc } from "./fake_proc.ts";

const NOBODY = { isHost: true, workerIds: [3] };

/** Samples the group of a process whose `/proc/<pid>/cgroup` is `cgroup`, in hierarchies mounted as `mounts` says. */
function sample(
  proc: FakeProc,
  mounts: string,
  cgroup: string,
): CgroupSample[] {
  proc.write("self/mountinfo", mounts);
  proc.write("7/cgroup", cgroup);
  const files = { left: 100 };
  const table = new CgroupTable(proc.path, files, proc.path);
  const key = table.groupsOf(`${proc.path}/7`);
  const samples = key === null
    ? []
    : table.sample(new Map([[key, NOBODY]]), 1.5, "0a1b2c-0");
  table.close();
  assertEquals(files.left, 100); // all closed
  return samples;
}

const V2 = "30 23 0:26 / /cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = "31 23 0:28 / /cg rw - tmpfs tmpfs rw\n" +
  "32 31 0:29 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
  "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n";

Deno.test("a sample of version 2 has the tightest limit when groups lie in each other", () => {
  using proc = new FakeProc();
  proc.write("cg/cpu.stat", "usage_usec 9000000\n");
  proc.write("cg/app/cpu.max", "50000 100000\n");
  proc.write(
    "cg/app/cpu.stat",
    "usage_usec 5\nnr_throttled 12\nthrottled_usec 2500000\n",
  );
  proc.write("cg/app/memory.max", "1073741824\n");
  proc.write("cg/app/w0/cpu.max", "max 100000\n");
  proc.write(
    "cg/app/w0/cpu.stat",
    "usage_usec 1500000\nuser_usec 1\nnr_throttled 0\nthrottled_usec 0\n",
  );
  proc.write("cg/app/w0/memory.max", "max\n");
  proc.write("cg/app/w0/memory.current", "4096\n");
  proc.write("cg/app/w0/memory.peak", "8192\n");
  proc.write(
    "cg/app/w0/memory.events",
    "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n",
  );
  proc.write("cg/app/w0/pids.current", "5\n");
  assertEquals(sample(proc, V2, "0::/app/w0\n"), [{
    tstamp: 1.5,
    executor_id: "0a1b2c-0",
    version: 2,
    path: "/app/w0",
    cpu_path: "/app/w0",
    is_host: true,
    worker_ids: [3],
    cpu_time: 1.5,
    cpu_limit: 0.5,
    throttled_time: 2.5,
    throttled_periods: 12,
    memory_limit: 1073741824,
    memory_current: 4096,
    memory_peak: 8192,
    oom_kills: 1,
    tasks: 5,
  }]);
});

Deno.test("a sample of version 2 has null when the root has no such file", () => {
  using proc = new FakeProc();
  proc.write("cg/cpu.stat", "usage_usec 9000000\n");
  const [root] = sample(proc, V2, "0::/\n");
  assertEquals(root!.cpu_time, 9);
  assertEquals([root!.cpu_limit, root!.memory_limit, root!.memory_current], [
    null,
    null,
    null,
  ]);
  assertEquals([root!.oom_kills, root!.tasks], [null, null]);
});

Deno.test("a sample of version 1 knows that a huge memory limit is none", () => {
  using proc = new FakeProc();
  proc.write("cg/cpu,cpuacct/a/cpu.cfs_quota_us", "150000\n");
  proc.write("cg/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  proc.write(
    "cg/cpu,cpuacct/a/cpu.stat",
    "nr_periods 9\nnr_throttled 4\nthrottled_time 2000000000\n",
  );
  proc.write("cg/cpu,cpuacct/a/cpuacct.usage", "7000000000\n");
  proc.write("cg/memory/b/memory.limit_in_bytes", "9223372036854771712\n");
  proc.write("cg/memory/b/memory.usage_in_bytes", "4096\n");
  proc.write("cg/memory/b/memory.max_usage_in_bytes", "9000\n");
  proc.write(
    "cg/memory/b/memory.oom_control",
    "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
  );
  const [group] = sample(proc, V1, "4:memory:/b\n2:cpu,cpuacct:/a\n0::/\n");
  assertEquals(group, {
    tstamp: 1.5,
    executor_id: "0a1b2c-0",
    version: 1,
    path: "/b",
    cpu_path: "/a",
    is_host: true,
    worker_ids: [3],
    cpu_time: 7,
    cpu_limit: 1.5,
    throttled_time: 2,
    throttled_periods: 4,
    memory_limit: null,
    memory_current: 4096,
    memory_peak: 9000,
    oom_kills: 2,
    tasks: null,
  });
});

Deno.test("a hybrid sample takes each controller from the version that has it", () => {
  const mounts = parseCgroupMounts(
    "1 0 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
      "2 0 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
  );
  const cgroup = "4:memory:/b\n0::/u\n";
  assertEquals(findController("memory", cgroup, mounts)!.folders, [
    "/sys/fs/cgroup/memory/b",
    "/sys/fs/cgroup/memory",
  ]);
  assertEquals(findController("cpu", cgroup, mounts)!.folders, [
    "/sys/fs/cgroup/unified/u",
    "/sys/fs/cgroup/unified",
  ]);
});

Deno.test("findController() cuts off what the mount shows when a container sees a part", () => {
  const mounts = parseCgroupMounts(
    "1 0 0:1 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
  );
  assertEquals(findController("cpu", "0::/docker/abc/w", mounts)!.folders, [
    "/sys/fs/cgroup/w",
    "/sys/fs/cgroup",
  ]);
  assertEquals(findController("cpu", "no such line", mounts), null);
});

Deno.test("no sample is made up when no hierarchy is mounted", () => {
  using proc = new FakeProc();
  assertEquals(sample(proc, "", "0::/\n"), []);
});

Deno.test("a sample of this machine's own group has its CPU time", {
  ignore: Deno.build.os !== "linux",
}, () => {
  const table = new CgroupTable("/proc", { left: 100 });
  const key = table.groupsOf("/proc/self");
  if (key !== null) {
    for (const group of table.sample(new Map([[key, NOBODY]]), 1, "x")) {
      assert(group.cpu_time === null || group.cpu_time > 0);
      if (group.memory_limit !== null) assertGreater(group.memory_limit, 0);
    }
  }
  table.close();
});
