/**
 * One executor that lives long, in a process of its own, and this process's resident memory after each tenth: see leak.ts
 * of the folder above. `deno run -A --v8-flags=--expose-gc leak.ts <process | thread> <calls | retired | killed | bare> <count>`.
 *
 * @module
 */
import { FunctionExecutor } from "../../mod.ts";

const [backend, mode, number] = Deno.args;
const count = Number(number);
const collect = (globalThis as unknown as { gc(): void }).gc;
/** Calls that are submitted together. */
const JOB = 1000;

const fexec = new FunctionExecutor({
  backend: backend as "process" | "thread",
  workers: 2,
  progress: false,
  logLevel: "none",
  retries: 1,
  ...(mode === "retired" ? { maxCallsPerWorker: 1 } : {}),
});

const last = (item: number, { attempt }: { attempt: number }) => {
  if (attempt === 1) Deno.exit(1);
  return item;
};
const same = (item: number) => item;

async function calls(many: number): Promise<void> {
  for (let done = 0; done < many; done += JOB) {
    const items = Array.from(
      { length: Math.min(JOB, many - done) },
      (_, i) => i,
    );
    const results = await fexec.map(same, items).getResult();
    if (!results.every((result, i) => result === i)) throw new Error("Wrong");
    fexec.clean();
  }
}

/** Workers started and ended without any of our code, to know what Deno itself keeps. */
async function bare(many: number): Promise<void> {
  const url = "data:text/javascript,postMessage(0)";
  for (let i = 0; i < many; i++) {
    const worker = new Worker(url, { type: "module" });
    await new Promise((resolve) => worker.onmessage = resolve);
    worker.terminate();
  }
}

async function restarts(many: number): Promise<void> {
  const items = Array.from({ length: many }, (_, i) => i);
  const fn = mode === "killed" ? last : same;
  const results = await fexec.map(fn, items, { chunksize: 1, retryDelay: 0 })
    .getResult();
  if (!results.every((result, i) => result === i)) throw new Error("Wrong");
  fexec.clean();
}

const run = mode === "calls" ? calls : mode === "bare" ? bare : restarts;
const resident: number[] = [];
for (let tenth = 0; tenth < 10; tenth++) {
  await run(count / 10);
  // What has ended is let go of a turn later.
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collect();
  }
  resident.push(Deno.memoryUsage().rss);
}
const workers = fexec.workerStats().length;
await fexec.close();
// deno-lint-ignore no-console -- the answer
console.log(JSON.stringify({ resident, workers }));
