/**
 * Nobody keeps a result that the script has let go of: it may be large, and there is one for each worker.
 *
 * @module
 */
import { assertEquals } from "./assert.ts";
import { runDeno } from "./run_deno.ts";

const LITHOSCOPE = import.meta.resolve("../mod.ts");

/** Runs code in a process of its own that may collect its garbage; gives what it writes as JSON. */
async function alone(code: string): Promise<unknown> {
  const { stdout, stderr } = await runDeno([
    "eval",
    "--v8-flags=--expose-gc",
    `const { FunctionExecutor } = await import(${JSON.stringify(LITHOSCOPE)});
    ${code}`,
  ]);
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

/** How many of the memories of 20 items, and of their results, are still there some time after `clean()`. */
async function kept(backend: string, transfer: boolean): Promise<number[]> {
  const kept = await alone(
    `const fexec = new FunctionExecutor({
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
  );
  return kept as number[];
}

for (const backend of ["thread", "process"]) {
  for (const transfer of [false, true]) {
    Deno.test(`${backend}${transfer ? ", transfer" : ""}: no item and no result is kept`, async () => {
      assertEquals(await kept(backend, transfer), [0, 0]);
    });
  }
}

/** How many of 1500 streamed results are still there while more are to come, after `before` at the start of the stream. */
async function keptOfStream(before: string): Promise<number> {
  const kept = await alone(
    `const fexec = new FunctionExecutor({
      backend: "thread",
      workers: 1,
      keepStats: "summary",
      progress: false,
    });
    const futures = fexec.map((x) => ({ x }), (async function* () {
      for (let i = 0; i < 2000; i++) yield i;
      await new Promise(() => {});
    })());
    // A function of its own, as one that goes on keeps its variables.
    await (async () => { ${before} })();
    const references = [];
    for await (const future of futures.asCompleted()) {
      references.push(new WeakRef(await future.result()));
      if (references.length === 1900) break;
    }
    references.length = 1500; // the list lets go of the last ones later
    const count = () => references.filter((it) => it.deref()).length;
    for (let i = 0; i < 100 && count() > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
    console.log(count());
    await fexec.terminate();`,
  );
  return kept as number;
}

for (
  const [name, before] of [
    [
      "loops that were left",
      `for (let i = 0; i < 3; i++) {
        for await (const _ of futures.asCompleted()) break;
      }`,
    ],
    [
      "looks at all that there is",
      `for (let i = 0; i < 3; i++) {
        await fexec.wait(undefined, { returnWhen: "ALWAYS" });
      }`,
    ],
    [
      "waits that ran out of time",
      `for (let i = 0; i < 3; i++) {
        await fexec.wait(undefined, { timeout: 0.001 });
        await futures.wait({ timeout: 0.001 });
      }`,
    ],
    [
      "progress bars that have ended",
      `Deno.env.set("CI", "");
      Deno.env.set("TERM", "xterm");
      Deno.stderr.isTerminal = () => true;
      let shown = 0;
      Deno.stderr.writeSync = (bytes) => (shown++, bytes.length);
      await fexec.wait(undefined, { timeout: 0.001, progress: true });
      Deno.stderr.isTerminal = () => false;
      if (shown === 0) throw new Error("There was no bar");`,
    ],
  ] as const
) {
  Deno.test(`${name} keep nothing of a stream that goes on`, async () => {
    assertEquals(await keptOfStream(before), 0);
  });
}

Deno.test('keepStats: "summary" keeps few of the results that were handed out, one call or map after another', async () => {
  const kept = await alone(
    `const fexec = new FunctionExecutor({
      backend: "thread",
      workers: 1,
      keepStats: "summary",
      progress: false,
    });
    const references = [];
    for (let i = 0; i < 500; i++) {
      const one = await fexec.callAsync((x) => ({ x }), i);
      const [other] = await fexec.map((x) => ({ x }), [i]).getResult();
      references.push(new WeakRef(one), new WeakRef(other));
    }
    const count = () => references.filter((it) => it.deref()).length;
    for (let i = 0; i < 100 && count() > 150; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
    const wanted = fexec.callAsync((x) => x, 7);
    for (let i = 0; i < 200; i++) await fexec.callAsync((x) => x, i);
    console.log(JSON.stringify([count() <= 150, await fexec.getResult()]));
    await fexec.close();`,
  );
  assertEquals(kept, [true, 7]);
});
