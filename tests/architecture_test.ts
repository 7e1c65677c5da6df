/**
 * The house rules that a machine can check: what may import what, where third-party packages are named, how long a file
 * may be. Each test lists the offenders, so an empty list is the good outcome.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import {
  findIn,
  type Finding,
  type Import,
  type ImportKind,
  PUBLISHED,
  readImports,
  ROOT,
  sourceFiles,
} from "./source_tree.ts";

/** What is published, and what is generated from code. */
const SOURCES = [...PUBLISHED, ...sourceFiles(["grafana"])];
const ALL = [...SOURCES, ...sourceFiles(["tests", "bench", "tools"])];
const IMPORTS = await readImports(SOURCES);

/** Files that may be longer than {@linkcode MAX_LINES}, each with its reason. */
const LONG_FILES: Record<string, string> = {
  "executor/executor.ts": "every public method in each of its forms",
};
/** Files that a script loads before it starts. */
const MAX_FILES = 105;
/** Lines of code: what documents a name should not be kept short. */
const MAX_LINES = 300;
/** A file of tests is a list; one may go on a little longer. */
const MAX_TEST_LINES = 600;

/** What files of a folder may import besides files of that folder and built-in `node:` modules; first match counts. */
interface Rule {
  folder: RegExp;
  /** Named in the failure. */
  name: string;
  static: RegExp;
  type: RegExp;
  dynamic: RegExp;
}

const NOTHING = /^$/;
const RULES: readonly Rule[] = [
  {
    folder: /^executor\/worker\//,
    name: "what runs inside a worker",
    static:
      /^(executor\/worker\/|executor\/errors\.ts$|profiler\/(procfs|board|granted|mapped_file|outliving)\.ts$)/,
    type:
      /^(executor\/|profiler\/(procfs|board|granted|mapped_file|outliving)\.ts$)/,
    dynamic: /^executor\/worker\/clone\.ts$/,
  },
  {
    folder: /^executor\//,
    name: "the executor",
    static:
      /^(executor\/|std\.ts$|profiler\/(procfs|board|granted|mapped_file|outliving)\.ts$|npm:)/,
    type: /^(executor|profiler|plot)\/|^npm:/,
    dynamic: /^(executor|profiler|plot)\/|^npm:/,
  },
  {
    folder: /^profiler\//,
    name: "the profiler",
    static: /^(profiler\/|std\.ts$|npm:)/,
    type: /^(profiler\/|executor\/stats\.ts$|npm:)/,
    dynamic: /^(profiler\/|npm:)/,
  },
  {
    folder: /^plot\//,
    name: "the plots",
    static: /^(plot\/|std\.ts$|npm:)/,
    type: /^(plot\/|executor\/stats\.ts$|profiler\/record\.ts$|npm:)/,
    dynamic: /^(plot\/|npm:)/,
  },
  {
    folder: /^std\.ts$/,
    name: "the standard library",
    static: /^npm:deno-std@[^/]+\/yaml\/parse\.js$/,
    type: NOTHING,
    dynamic: /^npm:deno-std@/,
  },
];

/** npm packages that a script which only maps may load. */
const LIGHT_PACKAGES = ["acorn", "deno-std"];

/** Packages that may be named in these files and in no other, more than one file included. */
const HOMES: Record<string, readonly string[]> = {
  "chart.js": ["plot/chart.ts", "plot/page/_chart.ts"],
  "skia-canvas": ["plot/canvas.ts"],
  "@napi-rs/canvas": ["plot/canvas.ts"],
  "deno-std": ["std.ts"],
};

function lines(imports: readonly Import[]): string[] {
  return imports.map(({ from, specifier, kind }) =>
    `${from}: ${kind} import of "${specifier}"`
  );
}

function isAllowed({ from, to, kind }: Import): boolean {
  if (to.startsWith("node:")) return true;
  const rule = RULES.find(({ folder }) => folder.test(from));
  return rule === undefined || rule[kind].test(to);
}

/** `npm:@scope/name@1.2.3/file` in its parts. */
function splitNpm(specifier: string): { name: string; version: string } {
  const [, name, version] = specifier
    .match(/^npm:\/?((?:@[^/]+\/)?[^@/]+)(?:@([^/]+))?/)!;
  return { name: name!, version: version ?? "" };
}

function isNpm({ specifier }: Import): boolean {
  return specifier.startsWith("npm:");
}

/** All files that run as soon as `entry` is imported, and what they import from outside. */
function staticReach(entry: string): Set<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { from, to, kind } of IMPORTS) {
      if (from === file && kind === "static") reached.add(to);
    }
  }
  return reached;
}

/** Cycles of imports of these kinds, each as the files one goes through. */
function cycles(kinds: readonly ImportKind[]): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(" > "));
    if (done.has(file) || start >= 0) return;
    for (const { from, to, kind } of IMPORTS) {
      if (from === file && kinds.includes(kind)) visit(to, [...path, file]);
    }
    done.add(file);
  };
  SOURCES.forEach((file) => visit(file, []));
  return found;
}

/** Text in the code of these files, comments left out. */
function findText(files: readonly string[], pattern: RegExp): Finding[] {
  return findIn(files, (report) => ({
    Literal(node) {
      if (typeof node.value === "string" && pattern.test(node.value)) {
        report(node, node.value);
      }
    },
    TemplateElement(node) {
      if (pattern.test(node.cooked)) report(node, node.cooked);
    },
  }));
}

Deno.test("each folder imports what the design lets it", () => {
  assertEquals(lines(IMPORTS.filter((it) => !isAllowed(it))), []);
});

Deno.test("imports are relative, or name npm or node", () => {
  const isGood = ({ specifier }: Import) =>
    /^(\.{1,2}\/|npm:|node:)/.test(specifier);
  assertEquals(lines(IMPORTS.filter((it) => !isGood(it))), []);
});

Deno.test("imports lead to files of this project", () => {
  const wrong = IMPORTS.filter(({ to }) =>
    !/^(npm|node):/.test(to) && !SOURCES.includes(to) && to !== "deno.json"
  );
  assertEquals(lines(wrong), []);
});

Deno.test("files whose name starts with _ are imported in their folder alone, and below", () => {
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  const wrong = IMPORTS.filter(({ from, to }) =>
    /(^|\/)_[^/]*$/.test(to) && !from.startsWith(folderOf(to)) &&
    from.replace(/\.ts$/, "/") !== folderOf(to) // cli.ts is the face of cli/
  );
  assertEquals(lines(wrong), []);
});

Deno.test("files do not import each other in a circle", () => {
  assertEquals(cycles(["static", "dynamic"]), []);
});

Deno.test("npm packages are pinned to one version", async () => {
  const imports = await readImports(ALL);
  const wrong = imports.filter((it) =>
    isNpm(it) &&
    !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(splitNpm(it.specifier).version)
  );
  assertEquals(lines(wrong), []);
  const versions = new Map<string, Set<string>>();
  for (const { specifier } of imports.filter(isNpm)) {
    const { name, version } = splitNpm(specifier);
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  assertEquals([...versions].filter(([, all]) => all.size > 1), []);
});

Deno.test("each npm package is named in one file", () => {
  const files = new Map<string, Set<string>>();
  for (const { from, specifier } of IMPORTS.filter(isNpm)) {
    const { name } = splitNpm(specifier);
    files.set(name, (files.get(name) ?? new Set()).add(from));
  }
  const wrong = [...files].filter(([name, from]) => {
    const home = HOMES[name];
    return home ? [...from].some((it) => !home.includes(it)) : from.size > 1;
  });
  assertEquals(wrong, []);
});

Deno.test("mod.ts loads no heavy package until it is needed", () => {
  const packages = [...staticReach("mod.ts")]
    .filter((it) => it.startsWith("npm:"))
    .map((it) => splitNpm(it).name);
  assertEquals(packages.filter((it) => !LIGHT_PACKAGES.includes(it)), []);
});

Deno.test("mod.ts starts nothing of Node, which a cold start would wait for", () => {
  const node = [...staticReach("mod.ts")].filter((it) => /^node:/.test(it));
  assertEquals(node, []);
});

Deno.test("mod.ts loads no more files than a first call on this machine needs", () => {
  const files = [...staticReach("mod.ts")].filter((it) => it.endsWith(".ts"));
  assertEquals(
    files.filter((it) =>
      /^(plot|cli)\/|\/redis\/(?!tags\.ts)|_bullmq/.test(it)
    ),
    [],
  );
  // Each costs a quarter of a millisecond before anything of a script runs.
  assert(files.length <= MAX_FILES, `${files.length} files`);
});

Deno.test("a worker process loads nothing of Node or npm before its first call", () => {
  const others = [...staticReach("executor/worker/process_entry.ts")]
    .filter((it) => !it.endsWith(".ts"));
  assertEquals(others, []);
});

Deno.test("procfs.ts alone names files of /proc", () => {
  const others = SOURCES.filter((file) => file !== "profiler/procfs.ts");
  assertEquals(findText(others, /^\/proc(\/|$)/), []);
  assert(findText(["profiler/procfs.ts"], /^\/proc(\/|$)/).length > 0);
});

Deno.test("no file uses what is not there when run from a URL", () => {
  const findings = findIn(SOURCES, (report) => ({
    MetaProperty(node) {
      const { parent } = node;
      const name = parent?.type === "MemberExpression" &&
          parent.property.type === "Identifier"
        ? parent.property.name
        : parent?.type; // import.meta as a whole: nobody can tell what for
      if (!["url", "main", "resolve"].includes(`${name}`)) {
        report(node, `import.meta: ${name}`);
      }
    },
  }));
  assertEquals(findings, []);
});

Deno.test("mod.ts files hold named exports of other files alone", () => {
  const files = SOURCES.filter((file) => /(^|\/)mod\.ts$/.test(file));
  const findings = findIn(files, (report) => ({
    "Program > *"(node: Deno.lint.Node) {
      if (node.type !== "ExportNamedDeclaration" || node.source === null) {
        report(node, node.type);
      }
    },
  }));
  assertEquals(findings, []);
});

Deno.test("files are short, named in snake_case, and say first what they are for", () => {
  const wrong: string[] = [];
  for (const file of ALL) {
    const text = Deno.readTextFileSync(new URL(file, ROOT));
    const length = linesOfCode(text);
    const most = SOURCES.includes(file) ? MAX_LINES : MAX_TEST_LINES;
    if (length > most && !(file in LONG_FILES)) {
      wrong.push(`${file}: ${length} lines`);
    }
    const name = file.slice(file.lastIndexOf("/") + 1);
    if (!/^_?[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/.test(name)) {
      wrong.push(`${file}: not in snake_case`);
    }
    if (SOURCES.includes(file) && !/^(#!.*\n)?(\/\/.*\n)*\/\*\*/.test(text)) {
      wrong.push(`${file}: no comment at its head`);
    }
  }
  assertEquals(wrong, []);
});

/** Lines that are neither empty nor of a comment alone. */
function linesOfCode(text: string): number {
  return text.replace(/\/\*[^]*?\*\//g, "").split("\n").filter((line) =>
    /\S/.test(line) && !/^\s*\/\//.test(line)
  ).length;
}
