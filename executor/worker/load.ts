/**
 * Turns what was sent of a function back into one: evaluates its source, or imports its module.
 *
 * @module
 */
import type { Definition } from "../definition.ts";
import type { FunctionSpec, ModuleSpec, SourceSpec } from "../function.ts";
import { LOADING } from "./protocol.ts";
import { type Collect, collectFor } from "./values.ts";

/** A function that calls run. */
// deno-lint-ignore no-explicit-any
export type Loaded = (...args: any[]) => unknown;

/** A definition and, sooner or later, its function. */
export class LoadedFunction {
  readonly definition: Definition;
  /** Array buffers of results that are not encoded. */
  readonly collect: Collect;
  /** The function, once it is there. */
  call: Loaded | undefined;
  /** Resolves when it is there; rejects with what loading it threw. */
  readonly ready: Promise<void>;

  /** Starts to load the function of `definition`, for a worker of this kind. */
  constructor(definition: Definition, backend: "process" | "thread") {
    this.definition = definition;
    this.collect = collectFor(backend, definition.transfer);
    this.ready = this.#load();
    // Whoever runs a call awaits it too; this only keeps a rejection from being unhandled before.
    this.ready.catch(() => {});
  }

  async #load(): Promise<void> {
    const { spec } = this.definition;
    if (spec.kind === "module") this.call = await importFunction(spec);
    else if (mayImport(spec)) this.call = await evaluateWithImports(spec);
    else this.call = evaluate(spec);
  }
}

/** Whether modules may be loaded for a function. */
export function mayImport(spec: FunctionSpec): boolean {
  return spec.kind === "module" || /\bimport\b/.test(spec.source);
}

/** Evaluates a source; errors in it name the user's file. */
function evaluate({ source, base }: SourceSpec): Loaded {
  return (0, eval)(`${source}\n//# sourceURL=${base}`);
}

/**
 * node:vm alone resolves a relative `import()` inside the function against the user's file. Loading it takes longer than
 * all else that a worker does at its start, so it is loaded where it is needed.
 */
async function evaluateWithImports(spec: SourceSpec): Promise<Loaded> {
  const vm = await import("node:vm");
  return vm.runInThisContext(spec.source, {
    filename: spec.base,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as Loaded;
}

/** Throws what the module throws, and a `TypeError` that names both module and export if there is no such function. */
async function importFunction(
  { url, name }: ModuleSpec,
): Promise<Loaded> {
  const module = await importModule(url);
  const loaded = module[name];
  if (typeof loaded === "function") return loaded as Loaded;
  const names = Object.keys(module).filter((key) =>
    typeof module[key] === "function"
  );
  throw new TypeError(
    `Cannot run "${name}" of "${url}" as it is no exported function: ${
      names.length === 0
        ? "the module exports none"
        : `the module exports ${names.map((n) => `"${n}"`).join(", ")}`
    }`,
  );
}

/** Imports a module with a mark that tells an executor made at its top level that this is a worker. */
async function importModule(url: string): Promise<Record<string, unknown>> {
  const scope = globalThis as { [LOADING]?: string };
  scope[LOADING] = url;
  try {
    return await import(url);
  } finally {
    delete scope[LOADING];
  }
}
