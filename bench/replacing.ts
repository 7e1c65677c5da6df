/**
 * How soon a call that ran too long, and all that it had started, is gone, and a fresh worker takes its place: beside the
 * start of a bare Deno process, which is most of what that takes.
 *
 * @module
 */
import { FunctionExecutor } from "../mod.ts";
import { isAlive, type ProcessId, processOf } from "../tests/processes.ts";
import { type Bench, sayTarget } from "./_bench.ts";
import { median } from "./_contest.ts";
import { figure, say, sayTable } from "./_table.ts";

/** Seconds that a call may run. */
const TIMEOUT = 0.3;

/** Seconds after the instant at which the call's time is over. */
interface Course {
  /** Its future has settled. */
  settled: number;
  /** Its worker and the child of that are gone; `NaN` for a thread, which cannot be ended. */
  gone: number;
  /** The next call begins, on another worker. */
  replaced: number;
}

async function replace(backend: "process" | "thread"): Promise<Course> {
  await using fexec = new FunctionExecutor({
    backend,
    workers: 1,
    progress: false,
    logLevel: "none",
  });
  await fexec.ready;
  const now = () => performance.timeOrigin / 1000 + performance.now() / 1000;
  const late = fexec.callAsync(
    async (hasChild: boolean) => {
      if (hasChild) new Deno.Command("sleep", { args: ["60"] }).spawn();
      // A thread that computes would take a core from all that follows.
      if (hasChild) { for (;;); }
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    },
    backend === "process",
    { timeout: TIMEOUT },
  );
  const next = fexec.callAsync((x: number) => x, 1);
  const group = backend === "process" ? await groupOf(fexec) : [];
  await fexec.wait(late);
  const settled = now();
  while (group.some(isAlive)) await new Promise((go) => setTimeout(go, 1));
  const gone = now();
  await next;
  const over = late.stats.worker_func_start_tstamp! + TIMEOUT;
  return {
    settled: settled - over,
    gone: backend === "process" ? gone - over : NaN,
    replaced: next.stats.worker_start_tstamp! - over,
  };
}

/** The worker and the child that its call has started. */
async function groupOf(fexec: FunctionExecutor): Promise<ProcessId[]> {
  const { worker_pid } = fexec.workerStats()[0]!;
  const list = `/proc/${worker_pid}/task/${worker_pid}/children`;
  for (;;) {
    const children = Deno.readTextFileSync(list).trim().split(" ");
    if (children[0] !== "") {
      return [worker_pid, ...children.map(Number)].map((pid) =>
        processOf(pid)!
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Seconds from the start of a Deno that does nothing to its end. */
async function bareStart(): Promise<number> {
  const began = performance.now();
  await new Deno.Command(Deno.execPath(), { args: ["eval", "1"] }).output();
  return (performance.now() - began) / 1000;
}

/** Runs it and writes its table. */
export async function replacing({ rounds }: Bench): Promise<void> {
  const courses = { process: [] as Course[], thread: [] as Course[] };
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await bareStart());
    for (const backend of ["process", "thread"] as const) {
      courses[backend].push(await replace(backend));
    }
  }
  say("### Replacing: after a call whose timeout is over\n");
  const start = median(bare);
  const rows = (["process", "thread"] as const).map((backend) => {
    const of = (key: keyof Course) =>
      median(courses[backend].map((course) => course[key]));
    const most = Math.max(...courses[backend].map((c) => c.replaced));
    return [
      backend,
      ...(["settled", "gone", "replaced"] as const).map((key) =>
        figure(of(key) * 1000)
      ),
      figure(most * 1000),
      `${figure(of("replaced") / start)}x`,
    ];
  });
  sayTable([
    "ms after that instant, median",
    "future settled",
    "its processes gone",
    "next call begins",
    "at most",
    "of a bare start",
  ], rows);
  say(
    "",
    `- a bare \`deno eval 1\` in the same rounds: ${figure(start * 1000)} ms`,
  );
  const most = Math.max(...courses.process.map((c) => c.replaced));
  sayTarget("next call begins, s, at most", most, "<=", 1);
}
