/**
 * Target 1: no-op calls a second, results in order, two workers, full statistics.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import { contest, ofDeed, ratio, type Times } from "./_contest.ts";
import { deno, python } from "./_peers.ts";
import { say } from "./_table.ts";

const THREAD = "lithoscope thread", PROCESS = "lithoscope process";
const POOLIFIER = "poolifier threads", PISCINA = "piscina";
const CLUSTER = "poolifier cluster, structured clone";
const WORKERPOOL = "workerpool processes, structured clone";
const POOL = "multiprocessing.Pool.map, chunksize 1";

/** Runs it and writes its table. */
export async function noop({ peers, rounds, quick }: Bench): Promise<void> {
  const count = quick ? 5000 : 50_000;
  const contestants = [
    deno(THREAD, "lithoscope.ts", "2", "thread"),
    deno(PROCESS, "lithoscope.ts", "2", "process"),
    await peers.node(POOLIFIER, "poolifier.mjs", "2"),
    await peers.node(PISCINA, "piscina.mjs", "2"),
    await peers.node("tinypool", "tinypool.mjs", "2"),
    await peers.node("workerpool threads", "workerpool.mjs", "2"),
    await peers.node(CLUSTER, "poolifier.mjs", "2", "cluster"),
    await peers.node(WORKERPOOL, "workerpool.mjs", "2", "process"),
    python(POOL, "drive.py", "2", "pool", "1"),
    python(
      "multiprocessing.Pool.map, n/8 calls a chunk",
      "drive.py",
      "2",
      "pool",
    ),
    python(
      "ProcessPoolExecutor.map, chunksize 1",
      "drive.py",
      "2",
      "futures",
      "1",
    ),
  ];
  const { wall, cpu } = await contest(
    contestants,
    [{ deed: "noop", count }],
    rounds,
  );
  const times = ofDeed(wall, 0);
  say(`### No-op calls: ${count} at once\n`);
  sayComparison({
    contestants,
    times,
    cpu: { times: ofDeed(cpu, 0), calls: count },
    unit: "calls/s",
    toUnit: (seconds) => count / seconds,
    ours: [THREAD, PROCESS],
  });
  say("");
  const over = (ours: string, peer: string) =>
    ratio(times.get(peer) as Times, times.get(ours) as Times);
  sayTarget("thread : poolifier threads", over(THREAD, POOLIFIER), ">=", 2);
  sayTarget("thread : piscina", over(THREAD, PISCINA), ">=", 4);
  sayTarget("process : poolifier cluster", over(PROCESS, CLUSTER), ">=", 3);
  sayTarget(
    "process : multiprocessing.Pool, chunksize 1",
    over(PROCESS, POOL),
    ">=",
    2,
  );
  sayTarget(
    "process : workerpool processes",
    over(PROCESS, WORKERPOOL),
    ">=",
    6,
  );
}
