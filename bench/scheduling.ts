/**
 * Targets 9 and 1: no worker idles while calls wait, no job waits for another, and no slow call waits behind a guess
 * that calls are fast.
 *
 * @module
 */
import { type BackendName, FunctionExecutor } from "../mod.ts";
import { type Bench, sayTarget } from "./_bench.ts";
import { median } from "./_contest.ts";
import { say } from "./_table.ts";

const WORKERS = 2;
/** How quick calls and slow ones come; of the last none is quick, but all of the job before were. */
const ORDERS = [
  "mixed",
  "slow ones last",
  "slow ones behind a quick job",
] as const;

/** Runs it and writes what it finds. */
export async function scheduling({ rounds, quick }: Bench): Promise<void> {
  for (const backend of ["thread", "process"] as BackendName[]) {
    await using fexec = new FunctionExecutor({
      backend,
      workers: WORKERS,
      progress: false,
    });
    await fexec.ready;
    say(`### Scheduling on the ${backend} backend\n`);
    const used = await utilisation(fexec, quick ? 40 : 1000);
    sayTarget("calls of 5-50 ms, use of the workers, %", used * 100, ">=", 97);
    for (const order of ORDERS) {
      const ratios: number[] = [];
      for (let round = 0; round < (quick ? 1 : rounds); round++) {
        ratios.push(await guess(fexec, order, quick ? 4 : 20));
      }
      sayTarget(
        `calls of 1 us and 100 ms, ${order}, makespan : chunksize 1`,
        median(ratios),
        "<=",
        1.05,
      );
    }
    const share = await fairness(fexec, quick ? 50 : 500);
    sayTarget(
      "two jobs at once, share of the second, %",
      share * 100,
      ">=",
      45,
    );
    say("");
  }
}

/** The same numbers from 0 to 1 in every run. */
function* randoms(): Generator<number, never> {
  for (let seed = 1;;) {
    seed = Math.imul(seed, 48271) >>> 0;
    yield seed / 2 ** 32;
  }
}

/** Share of the workers' time that was spent in calls, from the first call's start to the last one's end. */
async function utilisation(
  fexec: FunctionExecutor,
  count: number,
): Promise<number> {
  const random = randoms();
  const items = Array.from(
    { length: count },
    () => 5 + 45 * random.next().value,
  );
  const futures = fexec.map(
    (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    items,
  );
  await futures.getResult();
  const stats = futures.stats;
  const starts = stats.map(({ worker_start_tstamp }) => worker_start_tstamp!);
  const ends = stats.map(({ worker_end_tstamp }) => worker_end_tstamp!);
  const busy = stats.reduce(
    (sum, { worker_exec_time }) => sum + worker_exec_time!,
    0,
  );
  // The end is left out, where there are fewer calls left than workers.
  const last = ends.toSorted((a, b) => a - b).at(-WORKERS)!;
  const tail = ends.reduce((sum, end) => sum + Math.max(0, end - last), 0);
  return (busy - tail) / (WORKERS * (last - Math.min(...starts)));
}

/** How much longer a job of quick and slow calls takes than with one call a message. */
async function guess(
  fexec: FunctionExecutor,
  order: typeof ORDERS[number],
  slow: number,
): Promise<number> {
  const fn = (ms: number) =>
    ms === 0 ? undefined : new Promise<void>((done) => setTimeout(done, ms));
  const quick = new Array<number>(slow * 100).fill(0);
  const [before, items] = order === "slow ones behind a quick job"
    ? [quick, new Array<number>(slow).fill(100)]
    : [
      [],
      Array.from(
        { length: slow * 101 },
        (_, i) =>
          (order === "mixed" ? i % 101 === 50 : i >= slow * 100) ? 100 : 0,
      ),
    ];
  const makespan = async (options: { chunksize?: number }) => {
    await fexec.map(fn, before).getResult();
    const began = performance.now();
    await fexec.map(fn, items, options).getResult();
    return performance.now() - began;
  };
  const single = await makespan({ chunksize: 1 });
  return await makespan({}) / single;
}

/** Of the calls that had ended when half of all had: the share of the job that was submitted second. */
async function fairness(
  fexec: FunctionExecutor,
  count: number,
): Promise<number> {
  const sleep = (ms: number) =>
    new Promise<void>((done) => setTimeout(done, ms));
  const jobs = [0, 1].map(() =>
    fexec.map(sleep, new Array<number>(count).fill(4))
  );
  await Promise.all(jobs.map((futures) => futures.getResult()));
  const ends = jobs.map((futures) =>
    futures.stats.map(({ worker_end_tstamp }) => worker_end_tstamp!)
  );
  const half = ends.flat().toSorted((a, b) => a - b)[count - 1]!;
  return ends[1]!.filter((end) => end <= half).length / count;
}
