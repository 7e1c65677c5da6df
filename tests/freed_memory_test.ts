/**
 * The C library keeps what is freed while threads move large buffers, and gives it back otherwise.
 *
 * @module
 */
import { assert } from "./assert.ts";
import { runDeno } from "./run_deno.ts";

const MODULE = import.meta.resolve("../executor/backends/_freed_memory.ts");
const LITHOSCOPE = import.meta.resolve("../mod.ts");
const BYTES = 100e6;

/** Runs code in a process of its own, as it is about all of its memory; gives what it writes as JSON. */
async function alone(code: string): Promise<number[]> {
  const { stdout, stderr } = await runDeno([
    "eval",
    `const rss = () =>
      Number(Deno.readTextFileSync("/proc/self/statm").split(" ")[1]) * 4096;
    const start = rss();
    /** Bytes that are still here when so many were there. */
    const left = () => {
      const buffers = Array.from(
        { length: ${BYTES} / 1e6 },
        () => new Uint8Array(1e6).fill(1).buffer,
      );
      for (const buffer of buffers) buffer.transfer(0);
      return rss() - start;
    };
    ${code}`,
  ]);
  assert(stderr === "", stderr);
  return JSON.parse(stdout);
}

Deno.test("keepFreedMemory() has memory kept until the last holder lets go", async () => {
  const [before, both, single, after] = await alone(
    `const { keepFreedMemory } = await import(${JSON.stringify(MODULE)});
    const before = left();
    const one = keepFreedMemory(), other = keepFreedMemory();
    const both = left();
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    const single = left();
    other[Symbol.dispose]();
    console.log(JSON.stringify([before, both, single, rss() - start]));`,
  );
  assert(before! < BYTES / 2, `${before} bytes are kept without a holder`);
  assert(both! > BYTES / 2, `${both} bytes are kept with two holders`);
  assert(single! > BYTES / 2, `${single} bytes are kept with one holder`);
  assert(after! < BYTES / 2, `${after} bytes are kept after the last holder`);
});

Deno.test("threads that large buffers have come to have memory kept until they end", async () => {
  const [open, closed] = await alone(
    `const { FunctionExecutor } = await import(${JSON.stringify(LITHOSCOPE)});
    const fexec = new FunctionExecutor({
      backend: "thread",
      workers: 1,
      progress: false,
    });
    await fexec.callAsync((x) => x.length, new Uint8Array(1e6));
    left();
    const open = left();
    const most = rss();
    await fexec.close();
    console.log(JSON.stringify([open, most - rss()]));`,
  );
  assert(open! > BYTES / 2, `${open} bytes are kept by an open executor`);
  assert(closed! > BYTES / 2, `${closed} bytes go back when it is closed`);
});
