/**
 * What is running on this machine, for tests that say "nothing is left behind". Read straight from the kernel and not
 * through the profiler, which is itself under test.
 *
 * A process is known by its id and its start time together, as ids are used again.
 *
 * @module
 */

/** One process, and no later one with the same id. */
export interface ProcessId {
  /** Process id. */
  pid: number;
  /** When it started, in clock ticks since boot. */
  start: number;
}

interface Stat extends ProcessId {
  parent: number;
  state: string;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch {
    return undefined; // it ended while we looked
  }
  // The name in brackets may hold spaces and brackets itself, so fields are counted from the last bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0]!,
    parent: Number(fields[1]),
    start: Number(fields[19]),
  };
}

/** A zombie runs nothing and holds nothing: it only waits for its parent to ask how it ended. */
function isRunning(stat: Stat | undefined): stat is Stat {
  return stat !== undefined && stat.state !== "Z" && stat.state !== "X";
}

function running(): Stat[] {
  return [...Deno.readDirSync("/proc")]
    .filter((entry) => /^\d+$/.test(entry.name))
    .map((entry) => readStat(Number(entry.name)))
    .filter(isRunning);
}

function identity({ pid, start }: Stat): ProcessId {
  return { pid, start };
}

/** The process that has this id now, or undefined if none runs. */
export function processOf(pid: number): ProcessId | undefined {
  const stat = readStat(pid);
  return isRunning(stat) ? identity(stat) : undefined;
}

/** True while this very process runs. */
export function isAlive(process: ProcessId): boolean {
  return processOf(process.pid)?.start === process.start;
}

/**
 * The processes started with `marker` (`NAME=value`) in their environment. The variable passes from parent to child, so
 * this finds grandchildren too, also when those between have gone. This process itself is left out.
 */
export function processesWithEnv(marker: string): ProcessId[] {
  return running().filter(({ pid }) => {
    if (pid === Deno.pid) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/environ`)
        .split("\0").includes(marker);
    } catch {
      return false; // ended meanwhile, or another user's
    }
  }).map(identity);
}

/** The children of `pid` and all that came from them. */
export function descendants(pid: number): ProcessId[] {
  const all = running();
  const found: Stat[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found.map(identity);
}

/** Numbers of the operating-system threads that run web workers in this process. */
export function workerThreads(): number[] {
  return [...Deno.readDirSync("/proc/self/task")]
    .map((entry) => entry.name)
    .filter((tid) => {
      try {
        return Deno.readTextFileSync(`/proc/self/task/${tid}/comm`)
          .startsWith("worker-");
      } catch {
        return false;
      }
    }).map(Number);
}

async function until(
  isDone: () => boolean,
  timeout: number,
): Promise<void> {
  const end = performance.now() + timeout;
  while (!isDone() && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Milliseconds that what is told to end may take for it on a loaded machine; less than tests let a child sleep. */
const LIMIT = 30_000;

/**
 * Waits until all of these have ended, `timeout` milliseconds at most, and resolves to those that have not:
 * `assertEquals(await untilGone(started), [])`.
 */
export async function untilGone(
  processes: readonly ProcessId[],
  timeout = LIMIT,
): Promise<ProcessId[]> {
  await until(() => !processes.some(isAlive), timeout);
  return processes.filter(isAlive);
}

/** Waits until `threads` of {@linkcode workerThreads} have ended, and resolves to those that have not. */
export async function untilThreadsGone(
  threads: readonly number[],
  timeout = LIMIT,
): Promise<number[]> {
  const left = () => {
    const now = workerThreads();
    return threads.filter((tid) => now.includes(tid));
  };
  await until(() => left().length === 0, timeout);
  return left();
}

/** Runs `body` with everything that starts in it marked, and gives what is still there then. */
export async function leftBy(body: () => Promise<void>): Promise<ProcessId[]> {
  const name = "LITHOSCOPE_TEST_MARK", value = crypto.randomUUID();
  Deno.env.set(name, value);
  try {
    await body();
  } finally {
    Deno.env.delete(name);
  }
  return await untilGone(processesWithEnv(`${name}=${value}`));
}
