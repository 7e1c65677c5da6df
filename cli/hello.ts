/** `lithoscope hello`: whether calls run here, on each backend. */
import { type CallStats, FunctionExecutor } from "../mod.ts";
import deno from "../deno.json" with { type: "json" };
import type { Command, Input } from "./_command.ts";
import { describe, print } from "./_output.ts";
import { secondsText } from "./_units.ts";

/** Longest wait for the calls of one backend, in seconds. */
const LIMIT = 30;

/** Which statistics show that a source of the kernel can be read. */
const SOURCES: Readonly<Record<string, keyof CallStats>> = {
  CPU: "worker_func_cpu_user_time",
  memory: "worker_peak_memory_end",
  disk: "worker_func_write_bytes",
  network: "worker_func_sent_net_io",
};

/** The command. */
export const hello: Command = {
  usage: "hello [options]",
  about: "Runs calls in processes and in threads, and says whether that works.",
  operands: [],
  flags: {
    config: { value: "FILE", help: "configuration file" },
    "log-level": {
      value: "LEVEL",
      help: "debug, info, warning (default), error or none",
    },
  },
  run: async (input) => {
    const { os, arch } = Deno.build;
    await print(
      `Lithoscope ${deno.version} on Deno ${Deno.version.deno}, ${os} ${arch}\n`,
    );
    let code = 0;
    for (const backend of ["process", "thread"] as const) {
      let verdict: string;
      try {
        verdict = `works: ${await greet(backend, input)}`;
      } catch (error) {
        verdict = `does not work: ${describe(error)}`;
        code = 1;
      }
      await print(`${backend.padEnd(7)}  ${verdict}\n`);
    }
    return code;
  },
};

/** Runs calls on one backend; throws what went wrong. */
async function greet(
  backend: "process" | "thread",
  input: Input,
): Promise<string> {
  const configFile = input.text("config");
  await using fexec = new FunctionExecutor({
    backend,
    progress: false,
    logLevel: (input.text("log-level") ?? "warning") as "warning",
    ...(configFile === undefined ? {} : { configFile }),
  });
  const { workers } = fexec.config;
  const items = Array.from({ length: 2 * workers }, (_, i) => i);
  const futures = fexec.map((x: number, { id }) => {
    const end = performance.now() + 20; // long enough to be measured
    while (performance.now() < end);
    return `call ${id} squares ${x}: ${x * x}`;
  }, items);
  const results = await futures.getResult({ timeout: LIMIT });
  const wrong = results.findIndex((text, i) =>
    text !== `call ${i} squares ${i}: ${i * i}`
  );
  if (wrong >= 0) throw new Error(`call ${wrong} gave "${results[wrong]}"`);
  const { makespan } = futures.summary();
  const measured = Object.keys(SOURCES).filter((name) =>
    futures.stats.some((call) => call[SOURCES[name]!] !== null)
  );
  return `${items.length} calls on ${workers} worker${
    workers === 1 ? "" : "s"
  } in ${secondsText(makespan)}; measured: ${["time", ...measured].join(", ")}`;
}
