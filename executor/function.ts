/**
 * What a user passes as a function becomes something that can be sent: its source, after a check that it stands on its
 * own, or a module's URL and a name.
 *
 * @module
 */
import { Parser } from "npm:acorn@8.19.0";
import { list, show } from "./_check.ts";
import { SOURCE_RULE } from "./_explain.ts";
import { freeNames } from "./_scope.ts";
import { type AnyFunction, isTaskRef, type TaskRef } from "./task.ts";

export { explainError } from "./_explain.ts";
export {
  type AnyFunction,
  type ExportedFunction,
  type FunctionName,
  isTaskRef,
  type Task,
  task,
  type TaskRef,
} from "./task.ts";

/** A function as it is sent to workers. */
export type FunctionSpec = SourceSpec | ModuleSpec;

/** A function sent as source. */
export interface SourceSpec {
  /** Tells the two kinds apart. */
  kind: "source";
  /** Its name, `""` without one. */
  name: string;
  /** An expression in parentheses that gives the function, strict if the function was. */
  source: string;
  /** The URL that relative `import()` in it resolves against. */
  base: string;
}

/** A function sent as where to find it. */
export interface ModuleSpec {
  /** Tells the two kinds apart. */
  kind: "module";
  /** Name of the export. */
  name: string;
  /** Absolute URL of the module. */
  url: string;
}

/** A function ready to be sent. */
export interface PreparedFunction {
  /** What is sent. */
  spec: FunctionSpec;
  /** Size in bytes of the source, or of the URL and the name. */
  sizeBytes: number;
  /** Number of parameters up to the first with a default value, -1 if that is not known here. */
  arity: number;
}

/** Options of {@linkcode prepareFunction}. */
export interface PrepareOptions {
  /** The URL that relative `import()` and relative task URLs resolve against. */
  base: string;
  /** What the function is called in messages, such as `"map function"`. @default {"function"} */
  role?: string;
}

/** What is known of a function once it was looked at. */
interface Analysis {
  source: string;
  sizeBytes: number;
  /** Names from outside, globals included; not known if the source was not understood. */
  free: string[];
  /** By base, so that a function keeps one identity through many jobs. */
  prepared: Map<string, PreparedFunction>;
}

const analyses = new WeakMap<AnyFunction, Analysis>();
/** Analyses by source: a function written in a loop is another object each time round. */
const bySource = new Map<string, Analysis>();
const tasks = new Map<string, PreparedFunction>();
/** Sources and tasks that are remembered; the oldest are forgotten. */
const REMEMBERED = 500;
const encoder = new TextEncoder();

/** What functions that have no source of their own break. */
const PLAIN = "only plain functions can be sent";

/** Also takes `super`, `new.target` and `#x` of something around the function, so that the check can name them. */
class FunctionParser extends Parser {
  get allowNewDotTarget(): boolean {
    return true;
  }
}

/**
 * Makes a function or a task ready to be sent. The work is done once per function object.
 *
 * Throws `TypeError` for what cannot be sent: no function at all; native and bound functions, methods, accessors,
 * classes and generators; and functions that use variables from around them (all of which are named), `this` of the
 * place where an arrow was written, `super`, or `import.meta`.
 */
export function prepareFunction(
  fn: AnyFunction | TaskRef,
  options: PrepareOptions,
): PreparedFunction {
  const { base, role = "function" } = options;
  if (isTaskRef(fn)) return prepareTask(fn, base, role);
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot send ${role} as it must be a function or made by task(): got ${
        show(fn)
      }; pass the function itself, without calling it`,
    );
  }
  const analysis = analyses.get(fn) ?? analyse(fn, role);
  const free = analysis.free.filter((name) => !(name in globalThis));
  if (free.length > 0) {
    refuse(fn, role, SOURCE_RULE, explainFree(fn, role, free));
  }
  analyses.set(fn, analysis);

  const { source, sizeBytes } = analysis;
  let prepared = analysis.prepared.get(base);
  if (prepared === undefined) {
    const spec = { kind: "source", name: fn.name, source, base } as const;
    prepared = { spec, sizeBytes, arity: fn.length };
    analysis.prepared.set(base, prepared);
  }
  return prepared;
}

function prepareTask(
  { url, name }: TaskRef,
  base: string,
  role: string,
): PreparedFunction {
  const absolute = URL.parse(url, base);
  if (absolute === null) {
    throw new TypeError(
      `Cannot send ${role} ${show(name)} as the URL of its module is ` +
        `relative to ${show(base)}, which no URL can be relative to: got ${
          show(url)
        }`,
    );
  }
  const spec = { kind: "module", name, url: absolute.href } as const;
  const key = `${spec.url} ${name}`;
  const known = tasks.get(key);
  if (known !== undefined) return known;
  const sizeBytes = encoder.encode(spec.url + name).byteLength;
  return remember(tasks, key, { spec, sizeBytes, arity: -1 });
}

function analyse(fn: AnyFunction, role: string): Analysis {
  const text = Function.prototype.toString.call(fn);
  const kind = unsendableKind(fn, text);
  if (kind !== undefined) refuse(fn, role, PLAIN, kind);
  const sloppy = isSloppy(fn);
  const key = `${sloppy ? "sloppy" : "strict"} ${fn.name} ${text}`;
  const known = bySource.get(key);
  if (known !== undefined) return known;
  const source = sloppy
    ? `(${text})`
    : `(()=>{"use strict";return(${text})})()`;
  return remember(bySource, key, {
    source,
    sizeBytes: encoder.encode(source).byteLength,
    free: freeOf(fn, role, text, sloppy),
    prepared: new Map(),
  });
}

/** Puts `value` into a map that does not grow for ever. */
function remember<V>(map: Map<string, V>, key: string, value: V): V {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value!);
  return value;
}

/** All code in modules is strict; only a function that is not tells who called it. */
function isSloppy(fn: AnyFunction): boolean {
  try {
    Reflect.get(Function.prototype, "caller", fn);
    return true;
  } catch {
    return false;
  }
}

function unsendableKind(fn: AnyFunction, text: string): string | undefined {
  if (/\{\s*\[native code\]\s*\}$/.test(text)) {
    return fn.name.startsWith("bound ")
      ? "it is bound, and has no source"
      : "it is native or a proxy, and has no source";
  }
  const { writable } = Object.getOwnPropertyDescriptor(fn, "prototype") ?? {};
  if (writable === false) return "it is a class";
  const tag = Object.prototype.toString.call(fn);
  if (tag.endsWith("GeneratorFunction]")) {
    return "it is a generator, and what it returns cannot be sent back";
  }
}

/** The names that a function takes from outside of itself; none if acorn does not understand what V8 does. */
function freeOf(
  fn: AnyFunction,
  role: string,
  text: string,
  sloppy: boolean,
): string[] {
  let tree: object;
  try {
    tree = parse(`(${text})`, sloppy);
  } catch {
    if (isMember(text)) {
      refuse(
        fn,
        role,
        PLAIN,
        "it is a method or accessor; pass a function that calls it",
      );
    }
    try {
      // compiles it, never runs it
      new Function(`${sloppy ? "" : '"use strict";'}return(${text})`);
    } catch (error) {
      refuse(
        fn,
        role,
        PLAIN,
        "its source does not stand on its own",
        error,
      );
    }
    return [];
  }
  try {
    return freeNames(tree, sloppy) ?? [];
  } catch (error) {
    if (error instanceof RangeError) return []; // nested too deep for the stack
    throw error;
  }
}

function parse(text: string, sloppy: boolean): object {
  return FunctionParser.parse(text, {
    ecmaVersion: "latest",
    sourceType: sloppy ? "script" : "module",
    allowSuperOutsideMethod: true,
    checkPrivateFields: false,
  });
}

function isMember(text: string): boolean {
  for (const wrapped of [`({${text}})`, `(class{${text}})`]) {
    try {
      parse(wrapped, false);
      return true;
    } catch {
      // not that one
    }
  }
  return false;
}

function explainFree(fn: AnyFunction, role: string, free: string[]): string {
  const others = free.filter((name) => name !== fn.name);
  const extra = role === "reduce function" ? "extraArgsReduce" : "extraArgs";
  if (others.length === 0) {
    return `it calls itself by the variable that holds it; write it as "function ${fn.name}(…) { … }"`;
  }
  return `it uses ${
    list(free)
  }; pass what it needs in ${extra}, import it inside the function, or use task(url, name)`;
}

function refuse(
  fn: AnyFunction,
  role: string,
  rule: string,
  state: string,
  cause?: unknown,
): never {
  const thing = fn.name === "" ? role : `${role} ${show(fn.name)}`;
  throw new TypeError(
    `Cannot send ${thing} as ${rule}: ${state}`,
    cause === undefined ? undefined : { cause },
  );
}
