/**
 * The examples in the documentation are programs: each is type-checked and run.
 *
 * @module
 */
import { assertEquals } from "./assert.ts";
import { runDeno } from "./run_deno.ts";
import { ROOT, sourceFiles } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

const SOURCES = sourceFiles([
  ...["mod.ts", "cli.ts", "std.ts", "executor", "profiler", "plot"],
]);

/** Pages for readers, so far as they are written. */
function pages(): string[] {
  const folders = [ROOT, new URL("docs/", ROOT), new URL("bench/", ROOT)];
  return folders.flatMap((folder) =>
    [...Deno.readDirSync(folder)]
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => new URL(name, folder).href.slice(ROOT.href.length))
  );
}

Deno.test({
  name: "examples in doc comments and pages run",
  ignore: !SOURCES.includes("mod.ts"),
  fn: async () => {
    await using folder = await tempDir(); // what they write goes here
    const files = [...SOURCES, ...pages()]
      .map((path) => decodeURI(new URL(path, ROOT).pathname));
    const config = decodeURI(new URL("deno.json", ROOT).pathname);
    const { code, stdout, stderr } = await runDeno(
      ["test", "-A", "--doc", "--config", config, ...files],
      { cwd: folder.path, timeout: 300_000 },
    );
    assertEquals(code, 0, `${stdout}\n${stderr}`);
  },
});
