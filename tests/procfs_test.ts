/** Parsers of /proc: on texts as kernels write them, and beside what this kernel tells of this process. */
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "./assert.ts";
import {
  parseAuxv,
  parseChildren,
  parseCores,
  parseIo,
  parseNetDev,
  parsePressure,
  parseSchedstat,
  parseSmapsRollup,
  parseStat,
  parseStatm,
  parseStatus,
  ProcFile,
  readProcBytes,
  readProcText,
  systemConstants,
} from "../profiler/procfs.ts";

const isLinux = Deno.build.os === "linux";
const ignore = !isLinux;
const bytes = (text: string) => new TextEncoder().encode(text);

const STAT =
  "812 (a (b) c)) S 7 812 800 34816 -1 4194560 100 200 3 4 50 60 70 80 20 0 9 0 4321 1048576 256 18446744073709551615 1 2 3 4 5 6 7 8 9 0 0 0 17 1 0 0 33 0 0 0 0 0 0 0 0 0 0\n";

Deno.test("parseStat() counts fields from the last parenthesis when the command holds some", () => {
  assertEquals(parseStat(bytes(STAT)), {
    pid: 812,
    comm: "a (b) c)",
    state: "S",
    ppid: 7,
    pgrp: 812,
    session: 800,
    minflt: 100,
    cminflt: 200,
    majflt: 3,
    cmajflt: 4,
    utime: 50,
    stime: 60,
    cutime: 70,
    cstime: 80,
    num_threads: 9,
    starttime: 4321,
    vsize: 1048576,
    rss: 256,
    exit_signal: 17,
    processor: 1,
    delayacct_blkio_ticks: 33,
  });
});

Deno.test("parseStat() reads a command that is not ASCII", () => {
  assertEquals(parseStat(bytes(STAT.replace("a (b) c)", "é🦕"))).comm, "é🦕");
});

Deno.test("parseStat() throws when the line is cut short", () => {
  assertThrows(() => parseStat(bytes(STAT.slice(0, 60))), SyntaxError);
  assertThrows(() => parseStat(bytes("")), SyntaxError);
});

Deno.test("parseStatus() gives null when a process has no memory of its own", () => {
  const status = parseStatus(
    bytes(
      "Name:\tVmHWM:\nPPid:\t2\nUid:\t33\t0\t0\t0\nThreads:\t1\nNSpid:\t812\t41\t7\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t0\n",
    ),
  );
  assertEquals(status, {
    ppid: 2,
    ns_pid: 7,
    uid: 33,
    threads: 1,
    vm_hwm: null,
    vm_rss: null,
    vm_size: null,
    vm_peak: null,
    vm_swap: null,
    voluntary_switches: 12,
    nonvoluntary_switches: 0,
  });
});

Deno.test("parseStatus() gives bytes when the kernel writes kilobytes", () => {
  const status = parseStatus(
    bytes(
      "VmPeak:\t     900 kB\nVmSize:\t  800 kB\nVmHWM:\t 1600 kB\nVmRSS:\t     512 kB\nVmSwap:\t       4 kB\n",
    ),
  );
  assertEquals(
    [
      status.vm_peak,
      status.vm_size,
      status.vm_hwm,
      status.vm_rss,
      status.vm_swap,
    ],
    [900, 800, 1600, 512, 4].map((kb) => kb * 1024),
  );
});

Deno.test("parseIo() throws when the file is cut short", () => {
  assertThrows(() => parseIo(bytes("rchar: 1\nwchar: 2\n")), SyntaxError);
});

Deno.test("parseNetDev() keeps loopback apart when there are several interfaces", () => {
  const net = parseNetDev(bytes(
    "Inter-|   Receive                                                |  Transmit\n" +
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
      "    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0\n" +
      "  eth0:1000      10    1    2    0     0          0         0   500    5    3    4    0     0       0          0\n" +
      "lo_0: 7 1 0 0 0 0 0 0 9 2 0 0 0 0 0 0\n",
  ));
  assertEquals(net.loopback.recv_bytes, 3193);
  assertEquals(net.external, {
    recv_bytes: 1007,
    recv_packets: 11,
    sent_bytes: 509,
    sent_packets: 7,
    errors: 10,
  });
});

Deno.test("parseSmapsRollup() adds up what is private", () => {
  assertEquals(
    parseSmapsRollup(bytes(
      "55e6 ---p 00000000 00:00 0 [rollup]\nRss:  1592 kB\nPss:  406 kB\nPss_Dirty: 9 kB\nPrivate_Clean: 68 kB\nPrivate_Dirty: 116 kB\nPrivate_Hugetlb: 2048 kB\nSwap: 3 kB\nSwapPss: 2 kB\n",
    )),
    {
      rss: 1592 * 1024,
      pss: 406 * 1024,
      uss: (68 + 116 + 2048) * 1024,
      swap: 3072,
    },
  );
});

Deno.test("parseChildren() reads ids when the file is empty or not", () => {
  assertEquals(parseChildren(bytes("")), []);
  assertEquals(parseChildren(bytes("12 345 6 ")), [12, 345, 6]);
});

Deno.test("parsePressure() gives null for all tasks when the kernel writes one line", () => {
  const some = "some avg10=1.52 avg60=0.40 avg300=0.09 total=5233411\n";
  assertEquals(parsePressure(bytes(some)), {
    some_time: 5.233411,
    some_percent: 1.52,
    full_time: null,
    full_percent: null,
  });
  const both = parsePressure(
    bytes(`${some}full avg10=0.00 avg60=0.00 avg300=12.00 total=1000000\n`),
  )!;
  assertEquals([both.full_time, both.full_percent], [1, 0]);
  assertEquals(parsePressure(bytes("")), null);
});

Deno.test("parseCores() counts time taken by other machines as busy", () => {
  const [all, first, ...rest] = parseCores(
    bytes(
      "cpu  10 1 5 100 20 1 2 7 0 0\ncpu0 10 1 5 100 20 1 2 7 0 0\nintr 5 4\n",
    ),
  );
  assertEquals(all, { busy: 26, iowait: 20, steal: 7, all: 146 });
  assertEquals([first, rest], [all, []]);
});

Deno.test("parseSchedstat() and parseStatm() read their three numbers", () => {
  assertEquals(parseSchedstat(bytes("121657 83636 2\n")), {
    run_ns: 121657,
    wait_ns: 83636,
    slices: 2,
  });
  assertEquals(parseStatm(bytes("100 40 30 1 0 20 0\n")), {
    size: 100,
    resident: 40,
    shared: 30,
  });
});

Deno.test("parseAuxv() falls back to the usual units when it is empty", () => {
  assertEquals(parseAuxv(new Uint8Array(0)), {
    clockTicks: 100,
    pageSize: 4096,
  });
});

Deno.test("a parser agrees with Deno when it reads this very process", {
  ignore,
}, () => {
  const read = (name: string) => readProcBytes(`/proc/self/${name}`)!;
  const stat = parseStat(read("stat"));
  assertEquals(stat.pid, Deno.pid);
  assertEquals(stat.ppid, Deno.ppid);
  assertEquals(stat.comm, "deno");
  const { clockTicks, pageSize } = systemConstants();
  const { user, system } = process.cpuUsage();
  const cpu = (stat.utime + stat.stime) / clockTicks;
  assertLess(Math.abs(cpu - (user + system) / 1e6), 0.1);
  const { rss } = Deno.memoryUsage();
  const statm = parseStatm(read("statm")).resident * pageSize;
  assertLess(Math.abs(statm - rss) / rss, 0.2);
  assertEquals(parseStatus(read("status")).ns_pid, Deno.pid);
  assertGreater(parseIo(read("io")).rchar, 0);
  assertGreater(parseNetDev(read("net/dev")).external.recv_packets, -1);
  const rollup = parseSmapsRollup(read("smaps_rollup"));
  assert(rollup.uss <= rollup.pss && rollup.pss <= rollup.rss);
});

Deno.test("ProcFile reads all of a file when it is longer than its buffer", async () => {
  const path = await Deno.makeTempFile();
  const text = "0123456789".repeat(2000);
  await Deno.writeTextFile(path, text);
  using file = new ProcFile(path, 16);
  assertEquals(file.text(), text);
  await Deno.writeTextFile(path, "short\n");
  assertEquals(file.text(), "short");
  assertEquals(file.read().length, 6);
  await Deno.remove(path);
});

Deno.test(
  "ProcFile reads all of a file of the kernel when that has many lines",
  { ignore },
  () => {
    using file = new ProcFile("/proc/self/maps", 64);
    const text = file.text();
    assertGreater(text.length, 4096); // more than the kernel gives at once
    assert(
      text.split("\n").every((line) => /^[0-9a-f]+-[0-9a-f]+ /.test(line)),
    );
  },
);

Deno.test(
  "ProcFile throws when its process has ended, and readProcText() gives null",
  { ignore },
  async () => {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    using file = new ProcFile(`/proc/${child.pid}/stat`);
    assertEquals(parseStat(file.read()).pid, child.pid);
    child.kill();
    await child.status;
    assertThrows(() => file.read(), Error, "os error 3");
    assertEquals(readProcText(`/proc/${child.pid}/stat`), null);
  },
);
