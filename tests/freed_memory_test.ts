/**
 * The C library keeps what is freed while threads move large buffers, and gives it back otherwise.
 *
 * @module
 */
import { assert } from "./assert.ts";
import { runDeno } from "./run_deno.ts";

const MODULE = import.meta.resolve("../executor/backends/_freed_memory.ts");
const BYTES = 100e6;

Deno.test("keepFreedMemory() has memory kept until the last holder lets go", async () => {
  // A process of its own, as it is about all of its memory.
  const { stdout, stderr } = await runDeno([
    "eval",
    `import { keepFreedMemory } from ${JSON.stringify(MODULE)};
    const rss = () =>
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
    const before = left();
    const one = keepFreedMemory(), other = keepFreedMemory();
    const both = left();
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    const single = left();
    other[Symbol.dispose]();
    console.log(JSON.stringify([before, both, single, rss() - start]));`,
  ]);
  assert(stderr === "", stderr);
  const [before, both, single, after] = JSON.parse(stdout) as number[];
  assert(before! < BYTES / 2, `${before} bytes are kept without a holder`);
  assert(both! > BYTES / 2, `${both} bytes are kept with two holders`);
  assert(single! > BYTES / 2, `${single} bytes are kept with one holder`);
  assert(after! < BYTES / 2, `${after} bytes are kept after the last holder`);
});
