/**
 * The machine that a benchmark runs on: what it is, and whether anybody else is using it.
 *
 * @module
 */

/** One line: processors, memory, system and runtime. */
export function describeMachine(): string {
  const model = Deno.readTextFileSync("/proc/cpuinfo")
    .match(/^model name\s*:\s*(.+)$/m)?.[1] ?? "unknown processor";
  const memory = Deno.systemMemoryInfo().total / 2 ** 30;
  return `${navigator.hardwareConcurrency} cores (${model.trim()}), ${
    memory.toFixed(0)
  } GiB, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}`;
}

/** Load average of the last minute. */
export function load(): number {
  return Deno.loadavg()[0]!;
}

/** CPU time of the whole machine since it started, in clock ticks: idle, and all. */
function cpuTicks(): { idle: number; all: number } {
  const [first] = Deno.readTextFileSync("/proc/stat").split("\n");
  const ticks = first!.split(/\s+/).slice(1, 9).map(Number);
  return { idle: ticks[3]! + ticks[4]!, all: ticks.reduce((a, b) => a + b) };
}

/**
 * Waits until hardly anybody uses the machine, for `limit` seconds at most; gives the share of it that was idle in the
 * last second, from 0 to 1.
 */
export async function untilIdle(limit: number): Promise<number> {
  const end = performance.now() + limit * 1000;
  while (true) {
    const before = cpuTicks();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const after = cpuTicks();
    const idle = (after.idle - before.idle) / (after.all - before.all);
    if (idle > 0.9 || performance.now() > end) return idle;
  }
}
