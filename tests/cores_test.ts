import { assert, assertEquals } from "./assert.ts";
import {
  type CoreSources,
  countCores,
  usableCores,
} from "../executor/cores.ts";
import { have } from "./have.ts";

const EIGHT = "Name:\tdeno\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n";

function count(
  files: Record<string, string>,
  sources: Partial<CoreSources> = {},
): number {
  return countCores({
    online: 8,
    status: EIGHT,
    cgroup: null,
    read: (path) => files[path] ?? null,
    ...sources,
  });
}

Deno.test("countCores() counts the cores that affinity allows", () => {
  assertEquals(count({}), 8);
  assertEquals(count({}, { status: "Cpus_allowed:\t5\n" }), 2);
  assertEquals(count({}, { status: "Cpus_allowed:\tffff,ffffffff\n" }), 48);
});

Deno.test("countCores() falls back on the runtime's count when affinity cannot be read", () => {
  assertEquals(count({}, { status: null, online: 3 }), 3);
  assertEquals(count({}, { status: null, online: 0 }), 1);
});

Deno.test("countCores() keeps to the quota of a v2 group and of those around it, rounded up", () => {
  const root = "/sys/fs/cgroup";
  const cgroup = "0::/user.slice/job\n";
  const quota = (files: Record<string, string>) => count(files, { cgroup });
  assertEquals(quota({ [`${root}/user.slice/job/cpu.max`]: "max 100000" }), 8);
  assertEquals(
    quota({ [`${root}/user.slice/job/cpu.max`]: "150000 100000" }),
    2,
  );
  assertEquals(quota({ [`${root}/user.slice/cpu.max`]: "30000 100000" }), 1);
  assertEquals(quota({ [`${root}/cpu.max`]: "300000 100000" }), 3);
  assertEquals(quota({ [`${root}/unified/cpu.max`]: "400000 100000" }), 4);
  assertEquals(
    quota({
      [`${root}/cpu.max`]: "300000 100000",
      [`${root}/user.slice/cpu.max`]: "200000 100000",
      [`${root}/user.slice/job/cpu.max`]: "900000 100000",
    }),
    2,
  );
  assertEquals(
    count({ [`${root}/cpu.max`]: "300000 100000" }, { cgroup: "0::/" }),
    3,
  );
});

Deno.test("countCores() keeps to the quota of a v1 group, also where it is mounted as the root", () => {
  const root = "/sys/fs/cgroup/cpu,cpuacct";
  const cgroup = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n";
  const files = (folder: string, quota: string) => ({
    [`${folder}/cpu.cfs_quota_us`]: quota,
    [`${folder}/cpu.cfs_period_us`]: "100000",
  });
  assertEquals(count(files(`${root}/docker/abc`, "250000"), { cgroup }), 3);
  assertEquals(count(files(root, "100000"), { cgroup }), 1);
  assertEquals(count(files(root, "-1"), { cgroup }), 8);
  assertEquals(count(files("/sys/fs/cgroup/cpu", "200000"), { cgroup }), 2);
  assertEquals(count(files(root, "100000"), { cgroup: "3:cpuset:/\n" }), 8);
});

const script = `
  import { usableCores } from ${
  JSON.stringify(import.meta.resolve("../executor/cores.ts"))
};
  console.log(usableCores());
`;

async function coresOf(command: string, args: string[]): Promise<number> {
  const { stdout } = await new Deno.Command(command, {
    args,
    stderr: "inherit",
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

Deno.test(
  "usableCores() is at least 1 and at most what nproc says",
  { ignore: !have("nproc") },
  async () => {
    const cores = usableCores();
    assert(cores >= 1 && cores <= await coresOf("nproc", []), `${cores}`);
  },
);

Deno.test("usableCores() sees one core when the process is bound to one", {
  ignore: !have("taskset"),
}, async () => {
  const args = ["-c", "0", Deno.execPath(), "eval", script];
  assertEquals(await coresOf("taskset", args), 1);
});

const GROUPS = "/sys/fs/cgroup/cpu";

function canMakeGroup(): boolean {
  try {
    Deno.statSync(`${GROUPS}/cpu.cfs_quota_us`);
    Deno.mkdirSync(`${GROUPS}/lithoscope_probe_${Deno.pid}`);
    Deno.removeSync(`${GROUPS}/lithoscope_probe_${Deno.pid}`);
    return usableCores() >= 2;
  } catch {
    return false;
  }
}

Deno.test("usableCores() rounds a real quota up", {
  ignore: !canMakeGroup(), // needs root, groups of version 1 and two cores
}, async () => {
  const group = `${GROUPS}/lithoscope_test_${Deno.pid}`;
  await Deno.mkdir(group);
  try {
    const inGroup = (quota: number) => {
      Deno.writeTextFileSync(`${group}/cpu.cfs_quota_us`, `${quota}`);
      const enter = `echo $$ > ${group}/cgroup.procs && exec "$@"`;
      return coresOf("sh", [
        "-c",
        enter,
        "sh",
        Deno.execPath(),
        "eval",
        script,
      ]);
    };
    assertEquals(await inGroup(50_000), 1);
    assertEquals(await inGroup(150_000), 2);
    // the runtime alone rounds down
    assert(navigator.hardwareConcurrency >= 2);
  } finally {
    await Deno.remove(group);
  }
});
