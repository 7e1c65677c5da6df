/**
 * Straight from a URL, as a user without a checkout runs it: nothing in the cache, no configuration of ours. The tests
 * share one cache folder, which the first of them finds empty.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { type DenoResult, runDeno } from "./run_deno.ts";
import { serveTree } from "./serve_tree.ts";
import { ROOT } from "./source_tree.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

let cache: TempDir;
Deno.test.beforeAll(async () => {
  cache = await tempDir();
});
Deno.test.afterAll(async () => await cache[Symbol.asyncDispose]());

/** Runs a program in `folder`; throws with all it said if it fails. */
async function run(
  folder: TempDir,
  ...args: readonly string[]
): Promise<DenoResult> {
  const result = await runDeno(["run", "-A", ...args], {
    cwd: folder.path,
    env: { DENO_DIR: cache.path },
  });
  assertEquals(result.code, 0, `${result.stdout}\n${result.stderr}`);
  return result;
}

async function isPng(path: string): Promise<boolean> {
  const bytes = await Deno.readFile(path);
  return new TextDecoder("latin1").decode(bytes.subarray(1, 4)) === "PNG";
}

Deno.test({
  name: "mod.ts runs both backends and plots from a URL with an empty cache",
  fn: async () => {
    await using tree = serveTree(ROOT);
    await using folder = await tempDir();
    const { stdout } = await run(
      folder,
      `${tree.url}/tests/fixtures/remote_run.ts`,
    );
    const { plots, ...results } = JSON.parse(stdout);
    const outcomes = [[8, 9, 10], [2, 4, 6], Array(3).fill("success")];
    assertEquals(results, { process: outcomes, thread: outcomes });
    assertEquals(plots.length, 2);
    for (const path of plots) assert(await isPng(`${folder.path}/${path}`));
    assertEquals(tree.missing, []);
    assert(tree.requests.includes("/mod.ts"));
    const again = tree.requests.length;
    await run(folder, `${tree.url}/tests/fixtures/remote_run.ts`);
    assertEquals(tree.requests.slice(again), []); // all of it was kept
  },
});

Deno.test({
  name: "the quickstart runs from a URL",
  fn: async () => {
    await using tree = serveTree(ROOT, {
      headers: { "content-type": "text/plain" }, // what a raw file host sends
    });
    await using folder = await tempDir();
    await run(folder, `${tree.url}/examples/01_quickstart.ts`);
    const names = [...Deno.readDirSync(`${folder.path}/plots`)]
      .map(({ name }) => name);
    assertEquals(names.length, 2);
    assertEquals(tree.missing, []);
  },
});

Deno.test({
  name: "cli.ts runs from a URL",
  fn: async () => {
    await using tree = serveTree(ROOT);
    await using folder = await tempDir();
    const { stdout } = await run(folder, `${tree.url}/cli.ts`, "--version");
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", ROOT)),
    );
    assertStringIncludes(stdout, version);
    await run(folder, `${tree.url}/cli.ts`, "hello");
  },
});

Deno.test({
  name: "a project's own import map holds in its tasks, on both backends",
  fn: async () => {
    await using tree = serveTree(ROOT);
    await using folder = await tempDir();
    await folder.write(
      "deno.json",
      JSON.stringify({
        imports: { "lithoscope": `${tree.url}/mod.ts`, "#words": "./words.ts" },
      }),
    );
    await folder.write("words.ts", `export const greeting = "Hello ";`);
    await folder.write(
      "fns.ts",
      `import { greeting } from "#words";
      export function greet(name: string): string { return greeting + name; }`,
    );
    const main = await folder.write(
      "main.ts",
      `import { FunctionExecutor, task } from "lithoscope";
      const ref = task<typeof import("./fns.ts")>(
        import.meta.resolve("./fns.ts"), "greet");
      for (const backend of ["process", "thread"] as const) {
        await using fexec = new FunctionExecutor({ backend, workers: 1 });
        const greetings = await fexec.map(ref, ["Ada"]).getResult();
        const inline = await fexec.map(async (name: string) => {
          const { greet } = await import("./fns.ts");
          return greet(name);
        }, ["Bob"]).getResult();
        const plots = await fexec.plot({ dst: backend });
        console.log(JSON.stringify([...greetings, ...inline, plots.length]));
      }`,
    );
    const { stdout } = await run(folder, "--check", main);
    assertEquals(stdout, `["Hello Ada","Hello Bob",2]\n`.repeat(2));
    assertEquals(tree.missing, []);
  },
});

Deno.test({
  name: "a script that only maps fetches neither plots nor metrics",
  fn: async () => {
    await using tree = serveTree(ROOT);
    await using folder = await tempDir();
    const main = await folder.write(
      "main.ts",
      `import { FunctionExecutor } from "${tree.url}/mod.ts";
      await using fexec = new FunctionExecutor({ workers: 1 });
      console.log(await fexec.map((x: number) => x + 1, [1]).getResult());`,
    );
    const { stdout } = await run(folder, main);
    assertEquals(stdout, "[ 2 ]\n");
    assertEquals(
      tree.requests.filter((path) =>
        /^\/(plot|cli|grafana|profiler\/(sampler|telemetry|_registry))/
          .test(path)
      ),
      [],
    );
  },
});
