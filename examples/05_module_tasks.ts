// deno-lint-ignore-file no-console -- an example prints what it has found
/**
 * A function of a module as a task: it may import, and use anything in its module, and TypeScript knows its types. Here
 * it draws the Mandelbrot set, one call a row, and measures its area.
 *
 *     deno run -A examples/05_module_tasks.ts --depth 5000
 *
 * In a script of your own, import from the URL of a release: "https://<host>/lithoscope@<version>/mod.ts".
 *
 * @module
 */
import { parseArgs } from "node:util";
import { FunctionExecutor, task } from "../mod.ts";

const drawRow = task<typeof import("./05_tasks.ts")>(
  import.meta.resolve("./05_tasks.ts"),
  "drawRow",
);

const { values: args } = parseArgs({
  options: {
    columns: { type: "string", default: "78" },
    rows: { type: "string", default: "30" },
    samples: { type: "string", default: "12" },
    depth: { type: "string", default: "2000" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log(
    "Usage: 05_module_tasks.ts [--columns 78] [--rows 30]\n" +
      "    [--samples 12] [--depth 2000]",
  );
  Deno.exit();
}
const columns = Number(args.columns), rows = Number(args.rows);
const samples = Number(args.samples), depth = Number(args.depth);

await using fexec = new FunctionExecutor();
const futures = fexec.map(
  drawRow,
  Array.from(
    { length: rows },
    (_, index) => ({ index, rows, columns, samples, depth }),
  ),
);

let area = 0;
for (const future of futures) { // in order, each as soon as it is there
  const row = await future;
  console.log(row.text);
  area += row.area;
}
console.log(`Area ${area.toFixed(4)}; the best estimate known is 1.5066`);

const { exec_time, makespan } = futures.summary();
const { min, max, total } = exec_time!;
const ms = (seconds: number) => (1000 * seconds).toFixed(1);
console.log(
  `${rows} calls of ${ms(min.value)} to ${ms(max.value)} ms: ` +
    `${total.toFixed(2)} s of work in ${makespan!.toFixed(2)} s`,
);
