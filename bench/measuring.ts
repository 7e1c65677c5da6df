/**
 * Target 7: what it costs to measure a call.
 *
 * @module
 */
import { type BackendName, FunctionExecutor } from "../mod.ts";
import { type Bench, sayComparison, sayTarget } from "./_bench.ts";
import { contest, median, ofDeed } from "./_contest.ts";
import { deno } from "./_peers.ts";
import { figure, say } from "./_table.ts";

const BACKENDS: BackendName[] = ["thread", "process"];
const LEVELS = ["off", "timing", "full"];

/** Runs it and writes its tables. */
export async function measuring({ rounds, quick }: Bench): Promise<void> {
  const count = quick ? 5000 : 100_000;
  for (const backend of BACKENDS) {
    // One worker, so that whatever it does beside the calls shows in the time of all of them.
    const contestants = LEVELS.map((level) =>
      deno(`stats: "${level}"`, "lithoscope.ts", "1", backend, level)
    );
    const [off, timing, full] = contestants.map(({ name }) => name);
    const { wall, cpu } = await contest(
      contestants,
      [{ deed: "noop", count }],
      rounds,
    );
    const times = ofDeed(wall, 0);
    say(`### Measuring on the ${backend} backend: ${count} no-op calls\n`);
    sayComparison({
      contestants,
      times,
      cpu: { times: ofDeed(cpu, 0), calls: count },
      unit: "us a call",
      toUnit: (seconds) => seconds / count * 1e6,
      ours: [off!],
    });
    say("");
    const used = ofDeed(cpu, 0);
    const cost = (level: string) =>
      difference(used.get(level)!, used.get(off!)!) / count * 1e6;
    sayTarget("default level, CPU us a call over none", cost(full!), "<=", 15);
    sayTarget("timing, CPU us a call over none", cost(timing!), "<=", 2);
    say(
      `- a call every 20 ms, with every source read: the worker takes ${
        figure(await aroundFunction(backend, quick ? 20 : 200))
      } us around the function`,
      "",
    );
  }
}

/** Median over the rounds of how many CPU seconds more `used` were than `floor`: those of host and worker together. */
function difference(
  used: readonly number[],
  floor: readonly number[],
): number {
  return median(used.map((seconds, round) => seconds - floor[round]!));
}

/** Median microseconds that a worker is busy with a call outside of its function, for calls far enough apart. */
async function aroundFunction(
  backend: BackendName,
  count: number,
): Promise<number> {
  await using fexec = new FunctionExecutor({
    backend,
    workers: 1,
    progress: false,
  });
  for (let i = 0; i < count; i++) {
    await fexec.callAsync((x: number) => x, i);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return median(
    fexec.stats.map((stats) =>
      (stats.worker_exec_time! - stats.worker_func_exec_time!) * 1e6
    ),
  );
}
