/**
 * Lithoscope among its peers: see drive.mjs. `deno run -A lithoscope.ts <workers | cold | warm> <backend> [stats]`.
 *
 * @module
 */
import {
  type BackendName,
  FunctionExecutor,
  type StatsLevel,
} from "../../mod.ts";

const [mode, backend, stats, transfer] = Deno.args;

// deno-lint-ignore no-explicit-any -- what drive.mjs names is one of these
const functions: Record<string, any> = {
  same: (value: unknown) => value,
  spin: (steps: number) => {
    let x = 1;
    for (let i = 0; i < steps; i++) x = (x * 1103 + 12345) % 2147483647;
    return x;
  },
};

function open(workers: number): FunctionExecutor {
  return new FunctionExecutor({
    backend: backend as BackendName,
    workers,
    progress: false,
    ...(stats === undefined ? {} : { stats: stats as StatsLevel }),
  });
}

if (mode === "cold" || mode === "warm") {
  const fexec = open(2);
  if (mode === "warm") await fexec.ready;
  const began = performance.now();
  const result = await fexec.callAsync((x: number) => x, 1);
  // deno-lint-ignore no-console -- the answer
  console.log(mode === "cold" ? result : (performance.now() - began) / 1000);
  Deno.exit(0);
}

const { drive } = await import("./drive.mjs");
await drive(async (workers: number) => {
  const fexec = open(workers);
  await fexec.ready;
  const options = transfer === "transfer" ? { transfer: true } : undefined;
  return {
    run: (name: string, value: unknown) =>
      fexec.callAsync(functions[name], value, options),
    all: (name: string, items: unknown[]) =>
      fexec.map(functions[name], items, options).getResult(),
    // What was measured before is no longer wanted, nor its memory.
    rest: () => fexec.clean(),
  };
});
