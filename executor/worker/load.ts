/**
 * Turns what was sent of a function back into one: evaluates its source, or imports its module.
 *
 * @module
 */
import type { FunctionSpec } from "../function.ts";
import { LOADING } from "./protocol.ts";

/** A function that calls run. */
// deno-lint-ignore no-explicit-any
export type Loaded = (...args: any[]) => unknown;

/**
 * Loads the function of `spec`. Throws what evaluating it throws, and a `TypeError` that names both module and export
 * if there is no such function.
 */
export async function loadFunction(spec: FunctionSpec): Promise<Loaded> {
  if (spec.kind === "module") {
    const module = await importModule(spec.url);
    const loaded = module[spec.name];
    if (typeof loaded !== "function") {
      const names = Object.keys(module).filter((name) =>
        typeof module[name] === "function"
      );
      throw new TypeError(
        `Cannot run "${spec.name}" of "${spec.url}" as it is no exported function: ${
          names.length === 0
            ? "the module exports none"
            : `the module exports ${names.map((n) => `"${n}"`).join(", ")}`
        }`,
      );
    }
    return loaded as Loaded;
  }
  // node:vm alone resolves a relative import() inside the function against the user's file.
  const vm = await import("node:vm");
  return vm.runInThisContext(spec.source, {
    filename: spec.base,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as Loaded;
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
