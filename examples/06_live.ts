// deno-lint-ignore-file no-console -- an example prints what it has found
/**
 * Looks for the longest Collatz chain below a limit while a page in the browser shows how far it is: calls running and
 * failed, CPU, memory. Some calls fail the first time, and are run again; one fails for good.
 *
 *     deno run -A examples/06_live.ts --open
 *
 * Without --open the address of the page is printed. In a script of your own, import from the URL of a release:
 * "https://<host>/lithoscope@<version>/mod.ts".
 *
 * @module
 */
import { parseArgs } from "node:util";
import { FunctionExecutor } from "../mod.ts";

/** The starts with the longest chains below some limits. */
const KNOWN: Record<number, number> = {
  1e5: 77031,
  1e6: 837799,
  1e7: 8400511,
  1e8: 63728127,
};

/** The start in a range with the longest chain, and its length. It runs in workers, and knows how often it was tried. */
function longestChain(
  { from, to }: { from: number; to: number },
  { id, attempt }: { id: number; attempt: number },
): { start: number; length: number } {
  if (to <= from) {
    throw new RangeError(`There is nothing from ${from} to ${to}`);
  }
  if (id % 9 === 4 && attempt === 1) {
    throw new Error("Made up, to be tried again");
  }
  let best = { start: from, length: 0 };
  for (let start = from; start < to; start++) {
    let length = 1;
    for (let n = start; n > 1; length++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

const { values: args } = parseArgs({
  options: {
    limit: { type: "string", default: "1e7" },
    parts: { type: "string", default: "200" },
    open: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log("Usage: 06_live.ts [--limit 1e7] [--parts 200] [--open]");
  Deno.exit();
}
const limit = Number(args.limit), parts = Number(args.parts);
const ranges = Array.from({ length: parts }, (_, i) => ({
  from: Math.max(1, Math.floor(limit * i / parts)),
  to: Math.floor(limit * (i + 1) / parts),
}));
const empty = { from: limit, to: limit };

await using fexec = new FunctionExecutor({
  live: { open: args.open === true },
  progress: "detailed",
});
const futures = fexec.map(longestChain, [...ranges, empty], { retries: 1 });
const found = await futures.getResult({ throwExcept: false });

const longest = found.filter((it) => it !== undefined)
  .reduce((a, b) => b.length > a.length ? b : a);
const known = KNOWN[limit];
if (known !== undefined && known !== longest.start) {
  throw new Error(`Found ${longest.start}, but it is ${known}`);
}
console.log(
  `Below ${limit.toLocaleString("en")}, ${
    longest.start.toLocaleString("en")
  } ` +
    `has the longest chain: ${longest.length} numbers`,
);
const { calls, outcomes, makespan } = futures.summary();
console.log(
  `${calls} calls in ${makespan!.toFixed(2)} s, ${outcomes.error} failed, ` +
    "as was meant",
);
console.log(`Shown at ${fexec.liveUrl}`);
