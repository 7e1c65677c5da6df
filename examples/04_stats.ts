// deno-lint-ignore-file no-console -- an example prints what it has found
/**
 * What the statistics of a call tell: calls that sleep, compute, fill memory, write a file, receive data, start a program
 * and fail, side by side.
 *
 *     deno run -A examples/04_stats.ts
 *     deno run -A examples/04_stats.ts --save run.jsonl     # to look at it later
 *
 * In a script of your own, import from the URL of a release: "https://<host>/lithoscope@<version>/mod.ts".
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type BackendName,
  type CallStats,
  FunctionExecutor,
  Run,
} from "../mod.ts";

const { values: args } = parseArgs({
  options: {
    backend: { type: "string", default: "process" },
    save: { type: "string" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log("Usage: 04_stats.ts [--backend process|thread] [--save FILE]");
  Deno.exit();
}

/** Does one kind of work. It runs in workers, so it uses nothing from around it. */
async function work(kind: string): Promise<string> {
  const MB = 1e6;
  switch (kind) {
    case "sleep":
      await new Promise((resolve) => setTimeout(resolve, 300));
      break;
    case "compute": {
      const end = performance.now() + 300;
      while (performance.now() < end) Math.sqrt(Math.random());
      break;
    }
    case "fill 200 MB":
      new Uint8Array(200 * MB).fill(1);
      break;
    case "write 20 MB": {
      // Next to the script: a temporary folder may be in memory, which is no storage.
      const path = await Deno.makeTempFile({ dir: ".", prefix: "lithoscope" });
      try {
        using file = await Deno.open(path, { write: true });
        const bytes = crypto.getRandomValues(new Uint8Array(50_000));
        for (let i = 0; i < 400; i++) await file.write(bytes);
        await file.sync();
      } finally {
        await Deno.remove(path);
      }
      break;
    }
    case "receive 5 MB": {
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response(new Uint8Array(5 * MB)),
      );
      const response = await fetch(`http://127.0.0.1:${server.addr.port}`);
      await response.arrayBuffer();
      break;
    }
    case "run a program": {
      const code = "const end = Date.now() + 300; while (Date.now() < end);";
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", code],
      }).output();
      if (!success) throw new Error("The program failed");
      break;
    }
    case "fail":
      throw new RangeError("This one fails");
  }
  return kind;
}

const kinds = [
  ...["sleep", "compute", "fill 200 MB", "write 20 MB"],
  ...["receive 5 MB", "run a program", "fail"],
];
await using fexec = new FunctionExecutor({
  backend: args.backend as BackendName,
  workers: 1, // one after the other, so that nobody else uses the network
});
const futures = fexec.map(work, kinds);
await futures.wait();

/** A figure with one digit behind the point; null where nothing was measured. */
const round = (value: number | null, unit = 1) =>
  value === null ? null : Math.round(value / unit * 10) / 10;
const show = (call: CallStats) => ({
  outcome: call.outcome,
  "run ms": round(call.worker_func_exec_time, 1e-3),
  "CPU %": round(call.worker_func_cpu_percent),
  "peak MB": round(call.worker_peak_memory_end, 1e6),
  "write MB": round(call.worker_func_write_bytes, 1e6),
  "recv MB": round(call.worker_func_recv_net_io, 1e6),
});
console.table(Object.fromEntries(
  futures.stats.map((call, i) => [kinds[i], show(call)]),
));
console.log(`The last one: ${futures.at(-1)!.error?.message}`);

// A run can be saved, and looked at later: also by "lithoscope stats" and "lithoscope plot".
if (args.save !== undefined) {
  await fexec.save(args.save);
  const run = await Run.load(args.save);
  const { outcomes, exec_time } = run.summary();
  const { value, call } = exec_time!.max;
  console.log(
    `${run.calls.length} calls in ${args.save}: ${outcomes.success} went ` +
      `well; the longest was ${call} with ${value.toFixed(2)} s`,
  );
}
