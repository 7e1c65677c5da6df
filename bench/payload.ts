/**
 * Target 4: large items there and back.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import { contest, type Contestant, median, ofDeed, ratio } from "./_contest.ts";
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
  const { wall } = await contest(contestants, [
    { deed: "echo", count, bytes: MEGABYTE },
    { deed: "echo", count: 1, bytes: large },
  ], rounds);
  const [small, big] = [ofDeed(wall, 0), ofDeed(wall, 1)];
  say(`### Payloads: ${count} items of 1 MB, each sent and sent back\n`);
  sayComparison({
    contestants,
    times: small,
    unit: "echoes/s",
    toUnit: (seconds) => count / seconds,
    ours: [THREAD, PROCESS],
  });
  say("", `### One buffer of ${large / MEGABYTE} MB, sent and sent back\n`);
  sayComparison({
    contestants,
    times: big,
    unit: "GB/s, both ways together",
    toUnit: (seconds) => 2 * large / seconds / 1e9,
    ours: [THREAD, PROCESS],
  });
  say("");
  const of = (name: string) => small.get(name)!;
  const middle = (name: string) => {
    const own = of(name);
    return typeof own === "string" ? Infinity : median(own);
  };
  const best = threads.map(({ name }) => name)
    .reduce((best, name) => middle(name) < middle(best) ? name : best);
  sayTarget(
    "thread with transfer : bare transfer",
    ratio(of(MOVED), of(BARE)),
    "<=",
    1.2,
  );
  sayTarget(
    `${best}, the best thread pool : thread`,
    ratio(of(best), of(THREAD)),
    ">=",
    1,
  );
  sayTarget(
    `${WORKERPOOL} : process`,
    ratio(of(WORKERPOOL), of(PROCESS)),
    ">=",
    1.5,
  );
  const whole = big.get(PROCESS)!;
  if (typeof whole === "string") return say(`- process: ${whole}`);
  const speeds = whole.map((seconds) => 2 * large / seconds / 1e9);
  sayTarget("process, one large buffer, GB/s", median(speeds), ">=", 1);
  say(`  (${figure(median(speeds) / 2)} GB/s if an echo counts once)`);
  const copies = figure(ratio(whole, big.get(COPIES)!));
  say(`- process, one large buffer : two copies in one process: ${copies}`);
}
