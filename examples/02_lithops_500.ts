// deno-lint-ignore-file no-console -- an example prints what it has found
/**
 * The 500 activations of the statistics page of Lithops: functions that sleep 5 to 10 seconds, all in flight at once, in
 * a few workers. Sleeping takes no core, so each worker runs many of them at the same time.
 *
 *     deno run -A examples/02_lithops_500.ts
 *     deno run -A examples/02_lithops_500.ts --scale 0.1     # for the impatient
 *
 * In a script of your own, import from the URL of a release: "https://<host>/lithoscope@<version>/mod.ts".
 *
 * @module
 */
import { parseArgs } from "node:util";
import { FunctionExecutor } from "../mod.ts";

const { values: args } = parseArgs({
  options: {
    calls: { type: "string", default: "500" },
    scale: { type: "string", default: "1" },
    workers: { type: "string", default: "4" },
    dst: { type: "string", default: "plots/" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log(
    "Usage: 02_lithops_500.ts [--calls 500] [--scale 1]\n" +
      "    [--workers 4] [--dst plots/]",
  );
  Deno.exit();
}
const calls = Number(args.calls), workers = Number(args.workers);
const scale = Number(args.scale);

// 5 to 10 seconds, by chance, but the same each time.
let seed = 1;
const seconds = Array.from({ length: calls }, () => {
  seed = seed * 48271 % 2147483647;
  return (5 + 5 * seed / 2147483647) * scale;
});

await using fexec = new FunctionExecutor({
  workers,
  concurrency: Math.ceil(calls / workers),
});
await fexec.ready; // workers are up
const futures = fexec.map(async (x: number, { id }) => {
  console.log(`I'm activation number ${id}`);
  await new Promise((resolve) => setTimeout(resolve, x * 1000));
  return x + 7;
}, seconds);
const results = await futures.getResult();

const wrong = results.findIndex((result, i) => result !== seconds[i]! + 7);
if (wrong >= 0) throw new Error(`Call ${wrong} gave ${results[wrong]}`);
const { makespan, peak_concurrency, exec_time } = futures.summary();
console.log(futures.at(-1)!.logs.trim());
console.log(
  `${calls} calls, ${peak_concurrency} at once, slept ` +
    `${exec_time!.total.toFixed(0)} s in all: done in ` +
    `${makespan!.toFixed(2)} s`,
);
for (const path of await fexec.plot({ dst: args.dst })) {
  console.log(path);
}
