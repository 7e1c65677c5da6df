/**
 * Target 4: large items there and back.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import {
  type Contestant,
  contestInARow,
  type Deed,
  median,
  ratio,
  type Times,
} from "./_contest.ts";
import { deno, python } from "./_peers.ts";
import { figure, say } from "./_table.ts";

const THREAD = "lithoscope thread", PROCESS = "lithoscope process";
const MOVED = "lithoscope thread, transfer",
  BARE = "bare postMessage, transfer",
  COPIES = "two copies, no workers";
const WORKERPOOL = "workerpool processes";
const MEGABYTE = 1_000_000;

/** Runs it and writes its tables. */
export async function payload({ peers, rounds, quick }: Bench): Promise<void> {
  const count = quick ? 10 : 200;
  // On Deno those of threads take minutes.
  const pools = await peers.pools("2");
  const threads = pools.filter(({ name }) => !/cluster|processes/.test(name));
  const contestants: Contestant[] = [
    deno(THREAD, "lithoscope.ts", "2", "thread"),
    deno(PROCESS, "lithoscope.ts", "2", "process"),
    deno(MOVED, "lithoscope.ts", "2", "thread", "full", "transfer"),
    deno(BARE, "bare_worker.ts", "1", "transfer"),
    deno(COPIES, "bare_copies.ts", "1"),
    ...pools,
    python("multiprocessing.Pool.map", "drive.py", "2", "pool"),
    python(
      "ProcessPoolExecutor.map, chunksize 1",
      "drive.py",
      "2",
      "futures",
      "1",
    ),
  ];
  const large = (quick ? 10 : 200) * MEGABYTE;
  const small: Deed = { deed: "echo", count, bytes: MEGABYTE };
  const whole: Deed = { deed: "echo", count: 1, bytes: large };
  // The large buffer has processes of its own, so that no job with small items waits until the system has what is left of
  // one.
  const ofSmall = await contestInARow(contestants, small, rounds);
  const ofWhole = await contestInARow(contestants, whole, rounds);
  const ours = [THREAD, PROCESS];
  const both = ["after a rest", "at work"] as const;
  both.forEach((when, i) => {
    say(`### Payloads: ${count} items of 1 MB, sent and sent back, ${when}\n`);
    const toUnit = (seconds: number) => count / seconds;
    const times = ofSmall[i]!;
    sayComparison({ contestants, times, unit: "echoes/s", toUnit, ours });
    say("");
  });
  both.forEach((when, i) => {
    say(`### One buffer of ${large / MEGABYTE} MB, there and back, ${when}\n`);
    const toUnit = (seconds: number) => 2 * large / seconds / 1e9;
    const times = ofWhole[i]!, unit = "GB/s, both ways together";
    sayComparison({ contestants, times, unit, toUnit, ours });
    say("");
  });
  both.forEach((when, i) => {
    sayTargets(when, ofSmall[i]!, ofWhole[i]!, large, threads);
  });
}

/** Writes how far the targets are met; `large` is the size of the large buffer in bytes. */
function sayTargets(
  when: string,
  small: ReadonlyMap<string, Times>,
  whole: ReadonlyMap<string, Times>,
  large: number,
  threads: readonly Contestant[],
): void {
  const of = (name: string) => small.get(name)!;
  const middle = (name: string) => {
    const own = of(name);
    return typeof own === "string" ? Infinity : median(own);
  };
  const best = threads.map(({ name }) => name)
    .reduce((best, name) => middle(name) < middle(best) ? name : best);
  sayTarget(
    `${when}, thread with transfer : bare transfer`,
    ratio(of(MOVED), of(BARE)),
    "<=",
    1.2,
  );
  sayTarget(
    `${when}, ${best}, the best thread pool : thread`,
    ratio(of(best), of(THREAD)),
    ">=",
    1,
  );
  sayTarget(
    `${when}, ${WORKERPOOL} : process`,
    ratio(of(WORKERPOOL), of(PROCESS)),
    ">=",
    1.5,
  );
  const own = whole.get(PROCESS)!;
  if (typeof own === "string") return say(`- process: ${own}`);
  const speeds = own.map((seconds) => 2 * large / seconds / 1e9);
  const speed = median(speeds);
  sayTarget(`${when}, process, one large buffer, GB/s`, speed, ">=", 1);
  say(`  (${figure(speed / 2)} GB/s if an echo counts once)`);
  const copies = figure(ratio(own, whole.get(COPIES)!));
  say(`- ${when}, process, one large buffer : two copies: ${copies}`);
}
