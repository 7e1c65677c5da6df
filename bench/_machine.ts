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

/** Clock ticks a second, of every Linux that Deno runs on. */
const TICKS = 100;

/** CPU seconds that a process and its children have used since they started; 0 for what has ended. */
export function cpuOf(pid: number): number {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const own = (Number(fields[11]) + Number(fields[12])) / TICKS;
    return childrenOf(pid).reduce((sum, child) => sum + cpuOf(child), own);
  } catch {
    return 0;
  }
}

/** Any thread of a process may have started a child. */
function childrenOf(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`)
      .split(" ").filter(Boolean).map(Number)
  );
}
