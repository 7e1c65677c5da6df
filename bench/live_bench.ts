/**
 * What the live page costs the run that it shows: CPU time of the script and its workers, without the page, with it, and
 * while somebody looks. They take turns in one run; what counts are the differences of CPU time, as those of wall time
 * are smaller than what other programs do to it.
 *
 *     deno run -A bench/live_bench.ts [rounds]
 *
 * Takes about 40 seconds a round.
 *
 * @module
 */
import process from "node:process";
import { FunctionExecutor } from "../mod.ts";

const KINDS = ["off", "live", "looked at"] as const;
type Kind = typeof KINDS[number];

/** Calls of about 20 ms, and calls that do nothing. */
const BUSY = 600;
const NOOP = 100_000;

/** CPU seconds of one run. */
interface Cost {
  /** From the start of the script until all is up. */
  start: number;
  /** Of the script during the busy calls, and of its workers. */
  script: number;
  workers: number;
  /** Seconds that these took. */
  wall: number;
  /** Of the script during the calls that do nothing. */
  noop: number;
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** One run: says where its page is, waits until it is looked at or not, then works. */
async function run(kind: Kind): Promise<void> {
  await using fexec = new FunctionExecutor({
    workers: 2,
    progress: false,
    ...(kind === "off" ? {} : { live: true }),
  });
  await fexec.map((x: number) => x, [1, 2]).getResult();
  await fexec.ready;
  const workersCpu = () =>
    fexec.workerStats().reduce(
      (sum, { cpu_user_time, cpu_system_time }) =>
        sum + cpu_user_time! + cpu_system_time!,
      0,
    );
  if (kind === "looked at") await Deno.stdin.read(new Uint8Array(1));
  const [start, before, began] = [ownCpu(), workersCpu(), performance.now()];
  const work = () => {
    let sum = 0;
    for (let i = 0; i < 1.2e7; i++) sum = (sum * 31 + i) | 0;
    return sum;
  };
  await fexec.map(work, new Array(BUSY).fill(0), { chunksize: 1 }).getResult();
  const [busy, after, ended] = [ownCpu(), workersCpu(), performance.now()];
  await fexec.map(() => {}, new Array(NOOP).fill(0)).getResult();
  const cost: Cost = {
    start,
    script: busy - start,
    workers: after - before,
    wall: (ended - began) / 1000,
    noop: ownCpu() - busy,
  };
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(cost)));
}

/** Runs it in a process of its own, with an eye on its page if that is wanted. */
async function measure(kind: Kind): Promise<Cost> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.url, "--run", kind],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Response(child.stdout).text();
  if (kind === "looked at") {
    let text = "", url: string | undefined;
    const lines = child.stderr.pipeThrough(new TextDecoderStream())
      .getReader();
    while ((url = /(http\S+)\n/.exec(text)?.[1]) === undefined) {
      const { value, done } = await lines.read();
      if (done) throw new Error(text);
      text += value;
    }
    await (await fetch(url)).text();
    const { body } = await fetch(`${url}events`);
    void body!.pipeTo(new WritableStream()).catch(() => {});
    const input = child.stdin.getWriter();
    await input.write(new Uint8Array(1));
    await input.close();
    await lines.cancel();
  } else {
    await child.stdin.close();
    await child.stderr.cancel();
  }
  await child.status;
  return JSON.parse(await output) as Cost;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function print(...cells: (string | number)[]): void {
  const text = cells.map((cell, at) =>
    at === 0 ? String(cell).padEnd(60) : String(cell).padStart(12)
  ).join("");
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function main(rounds: number): Promise<void> {
  const costs: Record<Kind, Cost[]> = {
    "off": [],
    "live": [],
    "looked at": [],
  };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? KINDS : KINDS.toReversed();
    for (const kind of order) costs[kind].push(await measure(kind));
  }
  const row = (name: string, of: (cost: Cost) => number, digits: number) =>
    print(
      name,
      ...KINDS.map((kind) => median(costs[kind].map(of)).toFixed(digits)),
    );
  print(`Medians of ${rounds} rounds`, ...KINDS);
  row("CPU of the script until all is up, s", ({ start }) => start, 3);
  row(
    `CPU of the script, ${BUSY} calls of 20 ms, s`,
    ({ script }) => script,
    3,
  );
  row("CPU of the workers meanwhile, s", ({ workers }) => workers, 2);
  row("time of that, s", ({ wall }) => wall, 2);
  row(
    "CPU of the script, a call that does nothing, us",
    ({ noop }) => noop / NOOP * 1e6,
    2,
  );
  const more = (kind: Kind) =>
    median(costs[kind].map((cost, round) => {
      const off = costs.off[round]!;
      return (cost.script - off.script) / (off.script + off.workers);
    }));
  print(
    "more CPU of the script, of all CPU of the run (target: < 1 %)",
    "",
    ...KINDS.slice(1).map((kind) => `${(more(kind) * 100).toFixed(2)} %`),
  );
  const share = (kind: Kind) =>
    median(costs[kind].map((cost, round) => {
      const off = costs.off[round]!;
      return cost.script / cost.wall - off.script / off.wall;
    }));
  print(
    "more CPU of the script, of a core, each second",
    "",
    ...KINDS.slice(1).map((kind) => `${(share(kind) * 100).toFixed(2)} %`),
  );
  const noop = (kind: Kind) =>
    median(
      costs[kind].map((cost, round) => cost.noop / costs.off[round]!.noop),
    );
  print(
    "CPU of the script, calls that do nothing, against off",
    "",
    ...KINDS.slice(1).map((kind) => `${noop(kind).toFixed(3)}x`),
  );
}

if (Deno.args[0] === "--run") await run(Deno.args[1] as Kind);
else await main(Number(Deno.args[0] ?? 7));
