/**
 * This project's source as data, for tests that check how it is built: which file imports which, and what is written in
 * each, as Deno itself reads it.
 *
 * @module
 */
import { runDeno } from "./run_deno.ts";

/** The folder of the project, with a slash at the end. */
export const ROOT = new URL("../", import.meta.url);

/** How one file reaches another. */
export type ImportKind = "static" | "dynamic" | "type";

/** One import in one file. */
export interface Import {
  /** The file that imports, as a path from {@linkcode ROOT}. */
  from: string;
  /** What is written in it. */
  specifier: string;
  /** What it leads to: a path from {@linkcode ROOT}, or the specifier where it leads outside. */
  to: string;
  /** Types are gone when the program runs; a dynamic import happens when its line does. */
  kind: ImportKind;
}

interface Dependency {
  specifier: string;
  code?: { specifier?: string; error?: string };
  type?: { specifier?: string; error?: string };
  isDynamic?: boolean;
}

interface Module {
  specifier: string;
  dependencies?: Dependency[];
  error?: string;
}

/** Paths of all TypeScript files under `folders` (folders or single files), from {@linkcode ROOT}, sorted. */
export function sourceFiles(folders: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    try {
      for (const { name } of Deno.readDirSync(new URL(path, ROOT))) {
        visit(`${path}/${name}`);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotADirectory) {
        if (path.endsWith(".ts")) found.push(path);
      } else if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  folders.forEach(visit);
  return found.sort();
}

/** What is published, as `deno.json` lists it. */
export const PUBLISHED: readonly string[] = sourceFiles(
  JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))).publish.include,
);

function pathOf(specifier: string): string {
  return specifier.startsWith(ROOT.href)
    ? specifier.slice(ROOT.href.length)
    : specifier;
}

function importsOf({ specifier: from, dependencies }: Module): Import[] {
  return (dependencies ?? []).flatMap(({ specifier, code, type, isDynamic }) =>
    [
      { ends: code, kind: isDynamic ? "dynamic" : "static" } as const,
      { ends: type, kind: "type" } as const,
    ].filter(({ ends }) => ends !== undefined).map(({ ends, kind }) => ({
      from: pathOf(from),
      specifier,
      to: pathOf(ends!.specifier ?? specifier),
      kind,
    }))
  );
}

/** All imports of these files, from one run of `deno info --json`. Throws on a file that cannot be read or parsed. */
export async function readImports(files: readonly string[]): Promise<Import[]> {
  const entry = files.map((file) => `import "${new URL(file, ROOT)}";`).join(
    "",
  );
  const { code, stdout, stderr } = await runDeno(
    ["info", "--json", `data:text/javascript,${entry}`],
    { cwd: ROOT },
  );
  if (code !== 0) throw new Error(stderr);
  const { modules } = JSON.parse(stdout) as { modules: Module[] };
  const wanted = new Set(files);
  return modules.filter((module) => wanted.has(pathOf(module.specifier)))
    .flatMap((module) => {
      if (module.error !== undefined) throw new Error(module.error);
      return importsOf(module);
    });
}

/** One finding of a {@linkcode findIn} visitor. */
export interface Finding {
  /** Where, from {@linkcode ROOT}, with its line: `"plot/render.ts:12"`. */
  at: string;
  /** What was found. */
  what: string;
}

/** Reports a node of the syntax tree. */
export type Report = (node: Deno.lint.Node, what: string) => void;

/**
 * Walks the syntax tree of each file with a visitor of Deno's lint plugins, which sees code and never comments. Works
 * under `deno test` alone.
 */
export function findIn(
  files: readonly string[],
  visitor: (report: Report) => Deno.lint.LintVisitor,
): Finding[] {
  const plugin: Deno.lint.Plugin = {
    name: "find",
    rules: {
      it: {
        create: (context) =>
          visitor((node, message) => context.report({ node, message })),
      },
    },
  };
  return files.flatMap((file) => {
    const source = Deno.readTextFileSync(new URL(file, ROOT));
    return Deno.lint.runPlugin(plugin, file, source)
      .map(({ message, range }) => ({
        at: `${file}:${source.slice(0, range[0]).split("\n").length}`,
        what: message,
      }));
  });
}
