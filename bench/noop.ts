/**
 * Target 1: no-op calls a second, results in order, two workers, full statistics.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import { contest, ofDeed, ratio, type Times } from "./_contest.ts";
import { deno, nameOnDeno, python } from "./_peers.ts";
import { say } from "./_table.ts";

const THREAD = "lithoscope thread", PROCESS = "lithoscope process";
const POOL = "multiprocessing.Pool.map, chunksize 1";
/** Whom we are to be how many times ahead of. */
const TARGETS = [
  [THREAD, "poolifier threads", 2],
  [THREAD, "piscina", 4],
  [PROCESS, "poolifier cluster", 3],
  [PROCESS, "workerpool processes", 6],
] as const;

/** Runs it and writes its table. */
export async function noop({ peers, rounds, quick }: Bench): Promise<void> {
  const count = quick ? 5000 : 50_000;
  const contestants = [
    deno(THREAD, "lithoscope.ts", "2", "thread"),
    deno(PROCESS, "lithoscope.ts", "2", "process"),
    ...await peers.poolsOnBoth("2"),
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
  for (const [ours, peer, least] of TARGETS) {
    for (const name of [peer, nameOnDeno(peer)]) {
      sayTarget(`${ours} : ${name}`, over(ours, name), ">=", least);
    }
  }
  sayTarget(`${PROCESS} : ${POOL}`, over(PROCESS, POOL), ">=", 2);
}
