/**
 * Target 6: what a call costs does not depend on how many there are, in time and in the host's memory.
 *
 * @module
 */
import { type Bench, sayTarget } from "./_bench.ts";
import { complaintIn, median } from "./_contest.ts";
import { untilIdle } from "./_machine.ts";
import { deno } from "./_peers.ts";
import { figure, say, sayTable } from "./_table.ts";

/** What peers/growth.ts answers. */
interface Cost {
  /** Seconds until `map` returned. */
  submit: number;
  /** Seconds until the last result was there. */
  all: number;
  /** Bytes by which the host's resident memory grew, at its peak. */
  resident: number;
  /** Bytes that were still in use afterwards, in the heap of the host. */
  heap: number;
}

/**
 * Calls of each row; the last two are compared. A stream's memory is constant from where V8 has given its young generation
 * all the room that it may have, whoever allocates: before that it tells about V8.
 */
const COUNTS: Record<string, number[]> = {
  list: [1000, 10_000, 100_000, 1_000_000],
  stream: [1000, 10_000, 100_000, 300_000, 3_000_000],
};

async function measure(mode: string, count: number): Promise<Cost | string> {
  const { command } = deno("", "growth.ts", mode, `${count}`);
  const [program, ...args] = command as string[];
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    // Lets the script collect garbage before it looks at its memory.
    args: args.toSpliced(1, 0, "--v8-flags=--expose-gc"),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr);
  return success ? JSON.parse(text) : complaintIn(text);
}

/** Runs it and writes its tables. */
export async function growth({ rounds, quick }: Bench): Promise<void> {
  for (const mode of Object.keys(COUNTS)) {
    const counts = quick ? [1000, 10_000] : COUNTS[mode]!;
    const costs = new Map<number, Cost[]>();
    let problem: string | undefined;
    for (let round = 0; round < rounds && problem === undefined; round++) {
      await untilIdle(10);
      for (const count of counts) {
        const cost = await measure(mode, count);
        if (typeof cost === "string") problem = cost;
        else costs.set(count, [...costs.get(count) ?? [], cost]);
      }
    }
    say(
      mode === "list"
        ? "### Growth: map over an array, results and statistics kept\n"
        : '### Growth: asCompleted() over a generator, keepStats: "summary"\n',
    );
    if (problem !== undefined) {
      say(`- not measured: ${problem}`, "");
      continue;
    }
    const of = (count: number, what: keyof Cost) =>
      median(costs.get(count)!.map((cost) => cost[what]));
    sayTable(
      [
        "calls",
        "submit, us a call",
        "all, us a call",
        "peak RSS, B a call",
        "peak RSS, MiB",
        "kept, B a call",
      ],
      counts.map((count) => [
        count.toLocaleString("en-US"),
        figure(of(count, "submit") / count * 1e6),
        figure(of(count, "all") / count * 1e6),
        figure(of(count, "resident") / count),
        figure(of(count, "resident") / 2 ** 20),
        figure(of(count, "heap") / count),
      ]),
    );
    say("");
    const few = counts.at(-2)!, many = counts.at(-1)!;
    const growth = (what: keyof Cost) => of(many, what) / of(few, what);
    const name = `${many} calls : ${few} calls`;
    sayTarget(`time a call, ${name}`, growth("all") * few / many, "<=", 1.25);
    if (mode === "list") {
      const bytes = of(many, "resident") / many;
      sayTarget("host memory a call, B", bytes, "<=", 1500);
    } else {
      sayTarget(`host memory, ${name}`, growth("resident"), "<=", 1.25);
    }
    say("");
  }
}
