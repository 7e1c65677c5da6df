/**
 * What the profiler costs, beside psutil and beside a plain C program that reads the same files, in one run.
 *
 *     deno run -A bench/profiler_bench.ts [tick] [busy] [memory]
 *
 * Needs gcc and Debian's python3-psutil. Without a name, all three parts run (two minutes, more while others use the
 * machine).
 *
 * @module
 */
import { Collector } from "../profiler/collector.ts";
import { type Sampler, startSampler } from "../profiler/sampler.ts";
import { untilIdle } from "./_machine.ts";

const PYTHON = "/usr/bin/python3";
const here = (name: string) => new URL(name, import.meta.url).pathname;
const parts = Deno.args.length > 0 ? Deno.args : ["tick", "busy", "memory"];
const folder = await Deno.makeTempDir();

function print(...cells: (string | number)[]): void {
  const text = cells.map((cell, at) =>
    at === 0 ? String(cell).padEnd(58) : String(cell).padStart(12)
  ).join("");
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function run(
  program: string,
  args: (string | number)[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: args.map(String),
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

async function compile(name: string): Promise<string> {
  await run("gcc", ["-O2", "-o", `${folder}/${name}`, here(`${name}.c`)]);
  return `${folder}/${name}`;
}

/** One tick over a tree of 100 processes: ours, psutil's, C's, turn by turn. */
async function tick(): Promise<void> {
  const reader = await compile("proc_reader");
  const load = new Deno.Command(PYTHON, {
    args: [here("../tests/fixtures/processes.py"), "paused", "99"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = load.stdout.getReader();
  await output.read(); // "ready"
  // Some files are read at most twice a second: this clock lets half a second pass between two collections.
  let passed = 0;
  const collector = new Collector({
    executorId: "0a1b2c-0",
    host: false,
    clock: {
      epoch: performance.timeOrigin,
      now: () => performance.now() + passed,
    },
  });
  const collect = () => {
    passed += 500;
    return collector.collect();
  };
  collector.addTree({ pid: load.pid, kind: "command", workerId: null });
  const pids = collect().processes.map(({ pid }) => pid);
  for (let i = 0; i < 300; i++) collect(); // compiled by now
  const times: Record<"ours" | "c" | "psutil" | "finding", number[]> = {
    ours: [],
    c: [],
    psutil: [],
    finding: [],
  };
  for (let round = 0; round < 7; round++) {
    const ours: number[] = [];
    for (let i = 0; i < 100; i++) ours.push(collect().duration * 1e6);
    times.ours.push(median(ours));
    times.c.push(Number(await run(reader, [100, ...pids])));
    const psutil = [here("psutil_reader.py"), 15];
    times.psutil.push(Number(await run(PYTHON, [...psutil, 0, ...pids])));
    times.finding.push(Number(await run(PYTHON, [...psutil, 1, ...pids])));
  }
  collector.close();
  await load.stdin.close();
  while (!(await output.read()).done);
  await load.status;
  const ratio = (peer: number[]) =>
    median(peer.map((time, round) => time / times.ours[round]!)).toFixed(2);
  print(
    `One tick over a tree of ${pids.length} processes`,
    "us/process",
    "peer : ours",
  );
  const row = (name: string, values: number[]) =>
    print(name, (median(values) / pids.length).toFixed(1), ratio(values));
  row("  ours: every file read, and finding processes", times.ours);
  row("  C: stat, io, statm opened, read, closed", times.c);
  row("  psutil, same fields, processes known and reused", times.psutil);
  row("  psutil, same fields, finding processes", times.finding);
}

/** Starts two processes that each use a core for so many steps, and gives the seconds of the slower one. */
async function work(
  program: string,
  steps: number,
  onStart: (pids: number[]) => void,
): Promise<number> {
  const children = [0, 1].map(() =>
    new Deno.Command(program, { args: [`${steps}`], stdout: "piped" }).spawn()
  );
  onStart(children.map(({ pid }) => pid));
  const outputs = await Promise.all(children.map((child) => child.output()));
  const seconds = outputs.map(({ stdout }) =>
    Number(new TextDecoder().decode(stdout).split(" ")[0])
  );
  return Math.max(...seconds);
}

function follow(sampler: Sampler, pids: number[]): void {
  pids.forEach((pid, workerId) =>
    sampler.addWorker({
      workerId,
      backend: "process",
      pid,
      tid: pid,
      board: null,
      lanes: 1,
    })
  );
}

/** Pairs of runs, sampled and not. */
const PAIRS = 25;
const AT_10_HZ = { executorId: "0a1b2c-0", interval: 0.1 };

/** Two busy processes sampled at 10 Hz: the CPU it costs, and how much later the work is done, in pairs. */
async function busy(): Promise<void> {
  const spin = await compile("spin");
  await untilIdle(30);
  const sampler = await startSampler(AT_10_HZ);
  await work(spin, 8e9, (pids) => follow(sampler, pids));
  await sampler.stop();
  const samples = sampler.collections();
  const shares: number[] = [];
  for (let at = 20; at + 10 < samples.length; at += 10) {
    const [first, last] = [samples[at]!, samples[at + 10]!];
    const cpu = last.profiler_cpu_time! - first.profiler_cpu_time!;
    shares.push(cpu / (last.tstamp - first.tstamp));
  }
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const times = { plain: 0, sampled: 0 };
    await untilIdle(10);
    const order = ["plain", "sampled"] as const;
    for (const kind of pair % 2 === 0 ? order : order.toReversed()) {
      const own = kind === "sampled" ? await startSampler(AT_10_HZ) : null;
      // A run that is under way: the sampler's code has been compiled.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      times[kind] = await work(
        spin,
        4e9,
        (pids) => own && follow(own, pids),
      );
      await own?.stop();
    }
    ratios.push(times.sampled / times.plain);
  }
  const percent = (value: number) => `${(value * 100).toFixed(2)}%`;
  print("Two busy workers sampled at 10 Hz", "median", "least", "most");
  const row = (name: string, values: number[]) =>
    print(
      name,
      ...[median(values), Math.min(...values), Math.max(...values)].map(
        percent,
      ),
    );
  row("  CPU of the sampler's thread, of a core, each second", shares);
  row(
    `  time of the work, sampled against not, ${PAIRS} pairs`,
    ratios.map((r) => r - 1),
  );
}

/** Memory of the process after many collections. */
async function memory(): Promise<void> {
  const load = new Deno.Command("sleep", { args: ["600"] }).spawn();
  const collector = new Collector({ executorId: "0a1b2c-0" });
  collector.addTree({ pid: load.pid, kind: "command", workerId: null });
  const rss: number[] = [];
  for (let i = 1; i <= 100_000; i++) {
    const { processes } = collector.collect();
    if (i % 10_000 === 0) {
      rss.push(processes.find(({ pid }) => pid === Deno.pid)!.rss! / 2 ** 20);
    }
  }
  collector.close();
  load.kill();
  await load.status;
  print("Memory over 100,000 collections", "MiB");
  print("  after 10,000", rss[0]!.toFixed(1));
  print("  after 50,000", rss[4]!.toFixed(1));
  print("  after 100,000", rss[9]!.toFixed(1));
}

try {
  if (parts.includes("tick")) await tick();
  if (parts.includes("busy")) await busy();
  if (parts.includes("memory")) await memory();
} finally {
  await Deno.remove(folder, { recursive: true });
}
