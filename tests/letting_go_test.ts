/**
 * Nobody keeps a result that the script has let go of: it may be large, and there is one for each worker.
 *
 * @module
 */
import { assertEquals } from "./assert.ts";
import { runDeno } from "./run_deno.ts";

const LITHOSCOPE = import.meta.resolve("../mod.ts");

/** How many of the memories of 20 items, and of their results, are still there some time after `clean()`. */
async function kept(backend: string, transfer: boolean): Promise<number[]> {
  const { stdout, stderr } = await runDeno([
    "eval",
    "--v8-flags=--expose-gc",
    `const { FunctionExecutor } = await import(${JSON.stringify(LITHOSCOPE)});
    const fexec = new FunctionExecutor({
      backend: ${JSON.stringify(backend)},
      workers: 2,
      progress: false,
    });
    const refer = (arrays) => arrays.map(({ buffer }) => new WeakRef(buffer));
    async function work() {
      const items = Array.from({ length: 20 }, () => new Uint8Array(2e5));
      const references = refer(items);
      const results = await fexec.map((x) => x, items, { transfer: ${transfer} })
        .getResult();
      return [references, refer(results)];
    }
    const all = await work();
    fexec.clean();
    const count = () =>
      all.map((each) => each.filter((it) => it.deref() !== undefined).length);
    for (let i = 0; i < 100 && count().some((n) => n > 0); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
    console.log(JSON.stringify(count()));
    await fexec.close();`,
  ]);
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

for (const backend of ["thread", "process"]) {
  for (const transfer of [false, true]) {
    Deno.test(`${backend}${transfer ? ", transfer" : ""}: no item and no result is kept`, async () => {
      assertEquals(await kept(backend, transfer), [0, 0]);
    });
  }
}
