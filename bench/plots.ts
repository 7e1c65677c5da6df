/**
 * Target 8: from the start of a process to both pictures on disk.
 *
 * @module
 */
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import { type Contestant, median, ratio, startContest } from "./_contest.ts";
import { deno, python } from "./_peers.ts";
import { figure, say, sayTable } from "./_table.ts";

const OURS = "lithoscope", THEIRS = "pandas, seaborn, matplotlib";

/** Runs it and writes its tables. */
export async function plots({ rounds, quick }: Bench): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const contestants: Contestant[] = [
      deno(OURS, "plots.ts", "500", `${folder}/ours`),
      python(THEIRS, "plots.py", "500", `${folder}/theirs`),
    ];
    const times = await startContest(contestants, rounds);
    say("### Plots of 500 calls: process start to both PNGs on disk\n");
    sayComparison({
      contestants,
      times,
      unit: "ms",
      toUnit: (seconds) => seconds * 1000,
      ours: [OURS],
    });
    say("");
    sayTarget(
      "matplotlib : lithoscope",
      ratio(times.get(THEIRS)!, times.get(OURS)!),
      ">=",
      1,
    );
    await many(folder, quick ? [5000] : [100_000, 1_000_000], quick ? 1 : 5);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Both pictures of a great many calls, and the memory it takes. */
async function many(
  folder: string,
  counts: number[],
  rounds: number,
): Promise<void> {
  const limits = [{ seconds: 3, bytes: Infinity }, {
    seconds: 15,
    bytes: 1.5e9,
  }];
  const rows: string[][] = [];
  const targets: (() => void)[] = [];
  for (const [i, count] of counts.entries()) {
    const seconds: number[] = [], bytes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { command } = deno("", "plots.ts", `${count}`, `${folder}/many`);
      const [program, ...args] = command as string[];
      const { stdout } = await new Deno.Command(program!, { args }).output();
      const answer = JSON.parse(new TextDecoder().decode(stdout));
      seconds.push(answer.seconds);
      bytes.push(answer.peak);
    }
    const time = median(seconds), peak = median(bytes);
    rows.push([
      count.toLocaleString("en-US"),
      figure(time),
      figure(peak / 2 ** 20),
    ]);
    targets.push(() => {
      sayTarget(`${count} calls, s`, time, "<=", limits[i]!.seconds);
      if (limits[i]!.bytes < Infinity) {
        sayTarget(`${count} calls, bytes`, peak, "<=", limits[i]!.bytes);
      }
    });
  }
  say("", "### Plots of many calls, both PNGs\n");
  sayTable(["calls", "s", "peak RSS, MiB"], rows);
  say("");
  for (const target of targets) target();
}
