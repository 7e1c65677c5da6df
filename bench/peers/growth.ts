/**
 * One job of many no-op calls in a process of its own, and what it took: see growth.ts of the folder above.
 * `deno run -A --v8-flags=--expose-gc growth.ts <list | stream> <calls>`.
 *
 * @module
 */
import { FunctionExecutor } from "../../mod.ts";

const [mode, number] = Deno.args;
const count = Number(number);
const collect = (globalThis as unknown as { gc(): void }).gc;

/** Resident memory of this process in bytes: now, and at its highest. */
function resident(): { now: number; peak: number } {
  const status = Deno.readTextFileSync("/proc/self/status");
  const bytes = (key: string) =>
    Number(status.match(new RegExp(`^${key}:\\s*(\\d+)`, "m"))![1]) * 1024;
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const fexec = new FunctionExecutor({
  workers: 2,
  progress: false,
  ...(mode === "stream" ? { keepStats: "summary" } : {}),
});
const same = (value: number) => value;
await fexec.map(same, [...numbers(1000)]).getResult();
fexec.clean();
collect();
const before = { resident: resident().now, heap: Deno.memoryUsage().heapUsed };

const began = performance.now();
let submitted = began, ended = began, well = 0;
let kept: unknown;
if (mode === "list") {
  const items = [...numbers(count)];
  const futures = fexec.map(same, items);
  submitted = performance.now();
  const results = await futures.getResult();
  ended = performance.now();
  well = results.filter((result, i) => result === i).length;
  kept = [futures, results];
} else {
  const futures = fexec.map(same, numbers(count));
  submitted = performance.now();
  for await (const future of futures.asCompleted()) {
    if (future.success) well++;
  }
  ended = performance.now();
}
if (well !== count) throw new Error(`${well} of ${count} calls`);
const { peak } = resident();
collect();
const heap = Deno.memoryUsage().heapUsed - before.heap;
// deno-lint-ignore no-console -- the answer
console.log(JSON.stringify({
  submit: (submitted - began) / 1000,
  all: (ended - began) / 1000,
  resident: Math.max(0, peak - before.resident),
  heap,
}));
void kept;
Deno.exit(0);
