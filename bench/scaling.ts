/**
 * Target 5: twice the workers, half the time; and calls that wait take no worker's time but their own.
 *
 * @module
 */
import { type BackendName, FunctionExecutor } from "../mod.ts";
import { type Bench, sayTarget } from "./_bench.ts";
import { contest, type Contestant, median, ratio } from "./_contest.ts";
import { deno, python } from "./_peers.ts";
import { figure, say, sayTable } from "./_table.ts";

const BACKENDS: BackendName[] = ["thread", "process"];

/** Runs it and writes its tables. */
export async function scaling({ peers, rounds, quick }: Bench): Promise<void> {
  const count = quick ? 4 : 40;
  const pairs: [Contestant, Contestant][] = [];
  const both = async (
    make: (workers: string) => Contestant | Promise<Contestant>,
  ) => {
    const [one, two] = [await make("1"), await make("2")];
    pairs.push([{ ...one, name: `${one.name}, 1 worker` }, two]);
  };
  for (const backend of BACKENDS) {
    await both((n) =>
      deno(`lithoscope ${backend}`, "lithoscope.ts", n, backend)
    );
  }
  await both((n) => peers.node("piscina", "piscina.mjs", n));
  await both((n) =>
    peers.node("workerpool processes", "workerpool.mjs", n, "process")
  );
  await both((n) => python("multiprocessing.Pool", "drive.py", n, "pool", "1"));
  const { wall } = await contest(
    pairs.flat(),
    [{ deed: "spin", count }],
    rounds,
  );
  say(`### Scaling: ${count} busy calls of about 50 ms\n`);
  const of = ({ name }: Contestant) => wall.get(name)![0]!;
  sayTable(
    ["", "1 worker, s", "2 workers, s", "speedup"],
    pairs.map(([one, two]) => [
      two.name,
      ...[one, two].map((each) => {
        const own = of(each);
        return typeof own === "string" ? own : figure(median(own));
      }),
      figure(ratio(of(one), of(two))),
    ]),
  );
  say("");
  for (const [one, two] of pairs.slice(0, 2)) {
    sayTarget(`${two.name}, speedup`, ratio(of(one), of(two)), ">=", 1.9);
  }
  for (const backend of BACKENDS) await sleepers(backend, quick);
}

/** 100 calls that sleep, on four workers. */
async function sleepers(backend: BackendName, quick: boolean): Promise<void> {
  const [count, seconds] = quick ? [20, 0.05] : [100, 0.5];
  const ideal = count * seconds / 4;
  await using fexec = new FunctionExecutor({
    backend,
    workers: 4,
    progress: false,
  });
  await fexec.ready;
  const over: number[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    await fexec.map(
      (s: number) => new Promise<void>((done) => setTimeout(done, s * 1000)),
      new Array<number>(count).fill(seconds),
    ).getResult();
    over.push((performance.now() - began) / 1000 / ideal);
  }
  sayTarget(
    `${backend}, ${count} calls of sleep(${seconds}) on 4 workers : ideal ${ideal} s`,
    median(over),
    "<=",
    1.02,
  );
}
