/**
 * The examples in the documentation are programs: each is run. Their types are checked with all others, by
 * `deno task check` and when all tests run.
 *
 * @module
 */
import { assertEquals } from "./assert.ts";
import { runDeno } from "./run_deno.ts";
import { ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

function pathOf(name: string): string {
  return decodeURI(new URL(name, ROOT).pathname);
}

Deno.test({
  name: "examples in doc comments and pages run",
  timeout: 320_000, // there are many
  fn: async () => {
    await using folder = await tempDir(); // what they write goes here
    const { code, stdout, stderr } = await runDeno([
      ...[
        "test",
        "-A",
        "--doc",
        "--no-check",
        "--parallel",
        "--config",
        pathOf("deno.json"),
      ],
      // Files named one by one would be run as well as searched for examples.
      `--ignore=${["tests", "bench", "examples"].map(pathOf).join(",")}`,
      pathOf(""),
    ], { cwd: folder.path, timeout: 300_000 });
    assertEquals(code, 0, `${stdout}\n${stderr}`);
  },
});
