/**
 * Stand-alone binaries. Deno makes them from a runtime called denort, which it downloads once; where it cannot be had,
 * what can be checked without it still is.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "./assert.ts";
import { runDeno } from "./run_deno.ts";
import { findIn, readImports, ROOT, sourceFiles } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

const SOURCES = sourceFiles([
  ...["mod.ts", "cli.ts", "std.ts", "executor", "profiler", "plot", "examples"],
]);
const PROGRAMS = ["cli.ts", "examples/01_quickstart.ts"];
const ignore = !PROGRAMS.every((program) => SOURCES.includes(program));

/** Why no binary can be made here, or undefined if one can. */
async function whyNot(): Promise<string | undefined> {
  await using folder = await tempDir();
  const script = await folder.write("empty.js", "");
  const { code, stderr } = await runDeno(
    ["compile", "--quiet", "--output", `${folder.path}/empty`, script],
    { cwd: folder.path, timeout: 60_000 },
  );
  if (code === 0) return undefined;
  if (!stderr.includes("denort")) return stderr.trim();
  return [...stderr.matchAll(/^\s*\d+: ((?!<).*)$/gm)].at(-1)?.[1] ??
    "it cannot be fetched within a minute";
}

const reason = ignore ? "nothing to compile yet" : await whyNot();
const note = reason === undefined ? "" : ` (no denort here: ${reason})`;

/** Modules that the task adds to each binary, as no import that can be seen leads to them. */
async function included(): Promise<string[]> {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  return [...tasks.compile.command.matchAll(/--include (\S+)/g)]
    .map(([, path]) => path);
}

/** What `deno compile` puts into the binary: all that can be reached by imports, of any kind. */
async function embedded(entry: string): Promise<Set<string>> {
  const imports = await readImports(SOURCES);
  const reached = new Set([entry, ...await included()]);
  for (const file of reached) {
    for (const { from, to, kind } of imports) {
      if (from === file && kind !== "type") reached.add(to);
    }
  }
  return reached;
}

/** Files that code starts by their URL: workers and children. */
function startedByUrl(): string[] {
  const literals = findIn(SOURCES, (report) => {
    const reportFirst = (
      node: Deno.lint.CallExpression | Deno.lint.NewExpression,
    ) => {
      const [argument] = node.arguments;
      if (argument?.type === "Literal") report(node, `${argument.value}`);
    };
    return {
      "CallExpression:has(> MemberExpression > MetaProperty)": reportFirst,
      "NewExpression[callee.name='URL']": reportFirst,
    };
  });
  return literals.filter(({ what }) => /^\.{1,2}\/.*\.ts$/.test(what))
    .map(({ at, what }) => {
      const { href } = new URL(what, new URL(at.split(":")[0]!, ROOT));
      return href.slice(ROOT.href.length);
    });
}

Deno.test({
  name: "a binary holds every entry that is started by its URL",
  ignore,
  fn: async () => {
    const entries = startedByUrl()
      .filter((file) => !file.startsWith("examples/"));
    assertStringIncludes(entries.join(), "executor/worker/thread_entry.ts");
    const held = await embedded("cli.ts");
    assertEquals(entries.filter((entry) => !held.has(entry)), []);
  },
});

Deno.test({
  name: `deno task compile makes binaries that run${note}`,
  ignore: reason !== undefined,
  fn: async () => {
    await using folder = await tempDir();
    const compiled = await runDeno(["task", "compile"], {
      cwd: ROOT,
      timeout: 300_000,
    });
    assertEquals(compiled.code, 0, compiled.stderr);
    for (
      const [binary, ...args] of [
        ["dist/lithoscope", "hello"],
        ["dist/quickstart"],
      ]
    ) {
      const { code, stdout, stderr } = await new Deno.Command(
        new URL(binary!, ROOT),
        { args, cwd: folder.path, stdin: "null" },
      ).output();
      const decoder = new TextDecoder();
      assertEquals(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
    }
  },
});
