/**
 * Both pictures of made-up calls: `deno run -A plots.ts <calls> <prefix>` says how long they took, without the making
 * of the calls, and the peak memory of the process.
 *
 * @module
 */
import { plot } from "../../plot/mod.ts";
import { callId, fakeCallAt } from "../../tests/fixtures/call_stats.ts";

const [number, dst] = Deno.args;
const count = Number(number);

/** A hundred workers; every call takes 0.5 to 1.5 s, and one in 997 fails. */
const calls = Array.from({ length: count }, (_, i) => {
  const start = Math.floor(i / 100) * 1.6 + (i * 7919 % 100) / 1000;
  return fakeCallAt(
    { start, end: start + 0.5 + (i * 104729 % 1000) / 1000 },
    {
      call_id: callId(i),
      worker_id: i % 100,
      ...(i % 997 === 0 ? { outcome: "error", error_class: "Error" } : {}),
    },
  );
});

const began = performance.now();
const paths = await plot(calls, { dst });
const seconds = (performance.now() - began) / 1000;
for (const path of paths) {
  if (Deno.statSync(path).size === 0) throw new Error(`${path} is empty`);
}
const peak = Deno.readTextFileSync("/proc/self/status")
  .match(/^VmHWM:\s*(\d+)/m)![1];
// deno-lint-ignore no-console -- the answer
console.log(JSON.stringify({ seconds, peak: Number(peak) * 1024 }));
