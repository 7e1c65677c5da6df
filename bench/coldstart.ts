/**
 * Target 3: from the start of a script to the result of its first call.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import {
  type Contestant,
  median,
  ratio,
  startContest,
  type Times,
} from "./_contest.ts";
import { deno, python } from "./_peers.ts";
import { figure, say } from "./_table.ts";

const THREAD = "lithoscope thread", PROCESS = "lithoscope process";

/** Runs it and writes its table. */
export async function coldstart({ peers, rounds }: Bench): Promise<void> {
  const pools = await peers.poolsOnBoth("cold");
  const contestants: Contestant[] = [
    deno(THREAD, "lithoscope.ts", "cold", "thread"),
    deno(PROCESS, "lithoscope.ts", "cold", "process"),
    deno("bare web worker", "bare_worker.ts", "cold"),
    ...pools,
    python("multiprocessing.Pool", "drive.py", "cold", "pool"),
    python("ProcessPoolExecutor", "drive.py", "cold", "futures"),
  ];
  const times = await startContest(contestants, rounds);
  say("### Cold start: process start to the first result\n");
  sayComparison({
    contestants,
    times,
    unit: "ms",
    toUnit: (seconds) => seconds * 1000,
    ours: [THREAD, PROCESS],
  });
  say("");
  const middle = (name: string) => {
    const own = times.get(name)!;
    return typeof own === "string" ? Infinity : median(own);
  };
  const half = pools.length / 2;
  for (
    const [where, rivals] of [
      ["Node", pools.slice(0, half)],
      ["Deno", pools.slice(half)],
    ] as const
  ) {
    const fastest = rivals.map(({ name }) => name)
      .reduce((best, name) => middle(name) < middle(best) ? name : best);
    for (const ours of [THREAD, PROCESS]) {
      const over = ratio(times.get(fastest) as Times, times.get(ours) as Times);
      sayTarget(`${fastest}, the fastest on ${where} : ${ours}`, over, ">=", 1);
    }
  }
  for (const backend of ["thread", "process"]) {
    const { command } = deno("", "lithoscope.ts", "warm", backend);
    const [program, ...args] = command as string[];
    const firsts: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { stdout } = await new Deno.Command(program!, { args }).output();
      firsts.push(Number(new TextDecoder().decode(stdout)) * 1000);
    }
    say(
      `- ${backend}: first call after \`await fexec.ready\`: ${
        figure(median(firsts))
      } ms`,
    );
  }
}
