/**
 * Target 2: one small call at a time, beside what the channels under it take.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import { contest, ofDeed, ratio, type Times } from "./_contest.ts";
import { deno, python } from "./_peers.ts";
import { say } from "./_table.ts";

const THREAD = "lithoscope thread", PROCESS = "lithoscope process";
const WORKER = "bare postMessage", SOCKET = "bare socket, node:v8 codec";

/** Runs it and writes its table. */
export async function roundtrip(
  { peers, rounds, quick }: Bench,
): Promise<void> {
  const count = quick ? 300 : 3000;
  const contestants = [
    deno(THREAD, "lithoscope.ts", "2", "thread"),
    deno(WORKER, "bare_worker.ts", "1"),
    deno(PROCESS, "lithoscope.ts", "2", "process"),
    deno(SOCKET, "bare_socket.ts", "1", "codec"),
    deno(
      "bare socket, four bytes and no codec",
      "bare_socket.ts",
      "1",
      "bytes",
    ),
    ...await peers.poolsOnBoth("2"),
    python("multiprocessing.Pool.apply", "drive.py", "2", "pool"),
    python("ProcessPoolExecutor.submit", "drive.py", "2", "futures"),
  ];
  const { wall, cpu } = await contest(
    contestants,
    [{ deed: "roundtrip", count }],
    rounds,
  );
  const times = ofDeed(wall, 0);
  say(`### Round trip: median of ${count} calls, one after the other\n`);
  sayComparison({
    contestants,
    times,
    cpu: { times: ofDeed(cpu, 0), calls: count },
    unit: "us",
    toUnit: (seconds) => seconds * 1e6,
    ours: [THREAD, PROCESS],
  });
  say("");
  const over = (ours: string, floor: string) =>
    ratio(times.get(ours) as Times, times.get(floor) as Times);
  sayTarget("thread : bare postMessage", over(THREAD, WORKER), "<=", 1.5);
  sayTarget("process : bare socket", over(PROCESS, SOCKET), "<=", 2);
}
