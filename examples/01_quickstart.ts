// deno-lint-ignore-file no-console -- an example prints what it has found
/**
 * Counts the primes below a limit on all cores, checks the count, and shows where the time went.
 *
 *     deno run -A examples/01_quickstart.ts --limit 1e9
 *
 * In a script of your own, import from the URL of a release: "https://<host>/lithoscope@<version>/mod.ts".
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type BackendName, FunctionExecutor } from "../mod.ts";

/** How many primes there are below some numbers. */
const KNOWN: Record<number, number> = {
  1e5: 9592,
  1e6: 78498,
  1e7: 664579,
  1e8: 5761455,
  2e8: 11078937,
  1e9: 50847534,
};

/** Counts the primes in a range by a sieve. It runs in workers, so it uses nothing from around it. */
function countPrimes({ from, to }: { from: number; to: number }): number {
  const root = Math.floor(Math.sqrt(to));
  const small = new Uint8Array(root + 1);
  const block = new Uint8Array(1 << 19);
  let count = 0;
  for (let low = from; low < to; low += block.length) {
    const high = Math.min(low + block.length, to);
    block.fill(0);
    small.fill(0);
    for (let p = 2; p <= root; p++) {
      if (small[p] === 1) continue;
      for (let n = p * p; n <= root; n += p) small[n] = 1;
      const first = Math.max(p * p, Math.ceil(low / p) * p);
      for (let n = first; n < high; n += p) block[n - low] = 1;
    }
    for (let n = Math.max(low, 2); n < high; n++) count += 1 - block[n - low]!;
  }
  return count;
}

const { values: args } = parseArgs({
  options: {
    limit: { type: "string", default: "2e8" },
    parts: { type: "string", default: "24" },
    backend: { type: "string", default: "process" },
    dst: { type: "string", default: "plots/" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log(
    "Usage: 01_quickstart.ts [--limit 2e8] [--parts 24]\n" +
      "    [--backend process|thread] [--dst plots/]",
  );
  Deno.exit();
}
const limit = Number(args.limit), parts = Number(args.parts);
const ranges = Array.from({ length: parts }, (_, i) => ({
  from: Math.floor(limit * i / parts),
  to: Math.floor(limit * (i + 1) / parts),
}));

await using fexec = new FunctionExecutor({
  backend: args.backend as BackendName,
});
const futures = fexec.map(countPrimes, ranges);
const counts = await futures.getResult();

const total = counts.reduce((sum, count) => sum + count, 0);
const known = KNOWN[limit];
if (known !== undefined && known !== total) {
  throw new Error(`Counted ${total} primes, but there are ${known}`);
}
console.log(
  `${total.toLocaleString("en")} primes below ${limit.toLocaleString("en")}` +
    (known === undefined ? "" : ", as it should be"),
);

const rounded = (value: number | null) => value && Math.round(value);
const ms = (seconds: number | null) => seconds && rounded(1000 * seconds);
console.table(
  futures.stats.slice(0, 4).map((call) => ({
    call: call.call_id,
    worker: call.worker_id,
    "queue ms": ms(call.worker_queue_time),
    "run ms": ms(call.worker_func_exec_time),
    "CPU %": rounded(call.worker_func_cpu_percent),
  })),
);

const { makespan, exec_time, peak_concurrency } = futures.summary();
console.log(
  `${parts} calls of ${exec_time!.p50.value.toFixed(3)} s (median), ` +
    `${peak_concurrency} at once: ${exec_time!.total.toFixed(2)} s of work ` +
    `in ${makespan!.toFixed(2)} s`,
);
for (const path of await fexec.plot({ dst: args.dst })) {
  console.log(path);
}
