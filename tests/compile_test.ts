/**
 * Stand-alone binaries. Deno makes them from a runtime called denort, which it downloads once; where it cannot be had,
 * what can be checked without it still is.
 *
 * @module
 */
import { assertEquals, assertGreater, assertStringIncludes } from "./assert.ts";
import { compileFlags, INCLUDED } from "../tools/compile.ts";
import { runDeno } from "./run_deno.ts";
import { findIn, PUBLISHED, readImports, ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

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

const reason = await whyNot();
const note = reason === undefined ? "" : ` (no denort here: ${reason})`;

/** What `deno compile` puts into the binary: all that can be reached by imports, of any kind. */
async function embedded(entry: string): Promise<Set<string>> {
  const imports = await readImports(PUBLISHED);
  const reached = new Set([entry, ...INCLUDED]);
  for (const file of reached) {
    for (const { from, to, kind } of imports) {
      if (from === file && kind !== "type") reached.add(to);
    }
  }
  return reached;
}

/** Files that code starts by their URL: workers and children. */
function startedByUrl(): string[] {
  const literals = findIn(PUBLISHED, (report) => {
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
  fn: async () => {
    const entries = startedByUrl()
      .filter((file) => !file.startsWith("examples/"));
    assertStringIncludes(entries.join(), "executor/worker/thread_entry.ts");
    const held = await embedded("cli.ts");
    assertEquals(entries.filter((entry) => !held.has(entry)), []);
  },
});

Deno.test({
  name: "deno compile takes the command line and all it needs",
  fn: async () => {
    await using folder = await tempDir();
    // Deno itself stands in for denort: the binary would run as plain Deno, but it is made whole. Without the plots,
    // whose canvases take ten seconds to write, and without types, which have been checked by now.
    const slim = (await compileFlags())
      .filter((flag, index, flags) =>
        ![flag, flags[index + 1]].some((it) => it?.startsWith("plot/"))
      );
    const { code, stderr } = await runDeno(
      [
        "compile",
        "--no-check",
        ...slim,
        "-o",
        `${folder.path}/lithoscope`,
        "cli.ts",
      ],
      { cwd: ROOT, env: { DENORT_BIN: Deno.execPath() } },
    );
    assertEquals(code, 0, stderr);
    const { size } = await Deno.stat(`${folder.path}/lithoscope`);
    assertGreater(size, (await Deno.stat(Deno.execPath())).size);
  },
});

Deno.test({
  name: `deno task compile makes binaries that run${note}`,
  timeout: 340_000, // the canvases take their time
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
