/**
 * Functions named by the module they are exported from: {@linkcode task}.
 *
 * @module
 */
import { show } from "./_check.ts";

/** Any function. */
// deno-lint-ignore no-explicit-any
export type AnyFunction = (...args: any[]) => any;

/** Names of the functions that a module exports. */
export type FunctionName<M> =
  & { [K in keyof M]: M[K] extends AnyFunction ? K : never }[keyof M]
  & string;

/** The type of the function that a module exports under a name. */
export type ExportedFunction<M, K> = K extends keyof M
  ? M[K] extends AnyFunction ? M[K] : never
  : never;

/** A function by the URL of its module and its name there; made by {@linkcode task}. */
export interface TaskRef<F extends AnyFunction = AnyFunction> {
  /** Tells it from other objects. */
  readonly kind: "task";
  /** URL of the module; one that starts with `./`, `../` or `/` is relative to the script that made the call. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
  /** Never there: it carries the type of the function. */
  readonly type?: F;
}

/**
 * One of a union, always the same one: the step of {@linkcode NamesOf}.
 *
 * @internal
 */
type OneOf<U> = (U extends unknown ? (each: () => U) => void : never) extends
  (all: infer All) => void ? All extends () => infer Last ? Last : never
  : never;

/**
 * The names of a union as a tuple.
 *
 * @internal
 */
type NamesOf<U, Found extends unknown[] = []> = [U] extends [never] ? Found
  : NamesOf<Exclude<U, OneOf<U>>, [...Found, OneOf<U>]>;

/**
 * The name at place `I` among the functions that a module exports.
 *
 * @internal
 */
type NameAt<M, I extends number> = NamesOf<FunctionName<M>> extends
  infer Names extends unknown[] ? Names[I] & string : never;

/**
 * {@linkcode task} for the one function at place `I`.
 *
 * @internal
 */
type TaskAt<I extends number> = <M>(
  url: string | URL,
  name: NameAt<M, I>,
) => TaskRef<ExportedFunction<M, NameAt<M, I>>>;

/**
 * {@linkcode task} for each of the first 64 functions of a module.
 *
 * @internal
 */
type TaskAtEach<At extends unknown[] = [], Made = unknown> =
  At["length"] extends 64 ? Made
    : TaskAtEach<[...At, unknown], Made & TaskAt<At["length"]>>;

/**
 * The type of {@linkcode task}. TypeScript cannot take one type argument and infer a second, so `task<M>(url, name)` has
 * one overload for each function of `M`: the name picks the overload, and the overload knows the function. (With more
 * than 64 functions the last ones give the union of all: name those by a second type argument.)
 */
export type Task =
  & TaskAtEach
  & (<M, K extends FunctionName<M>>(
    url: string | URL,
    name: K,
  ) => TaskRef<ExportedFunction<M, K>>)
  & ((url: string | URL, name: string) => TaskRef)
  & (<M>(
    url: string | URL,
    name: FunctionName<M>,
  ) => TaskRef<ExportedFunction<M, FunctionName<M>>>);

/**
 * Names a function by the module that exports it, for `map` and the like: it may import and use anything in its module,
 * where a function given inline may not. The host never loads the module: its type is all it needs.
 *
 * The first argument is the URL of the module, best made by `import.meta.resolve`; the second is the name it exports the
 * function under (`"default"` for the default export). Without a type argument the function is not type-checked. Throws
 * `TypeError` for a URL that is bare or no URL at all, and for a name that is not a string.
 *
 * @example Run a function of a module on many items
 * ```ts
 * import { FunctionExecutor, task } from "../mod.ts";
 *
 * const toAscii = task<typeof import("node:url")>("node:url", "domainToASCII");
 * await using fexec = new FunctionExecutor({ workers: 1 });
 * console.log(await fexec.map(toAscii, ["español.com"]).getResult()); // ["xn--espaol-zwa.com"]
 * ```
 */
export const task: Task = ((url: string | URL, name: string): TaskRef => {
  const text = url instanceof URL ? url.href : url;
  if (
    typeof text !== "string" ||
    !/^\.{0,2}\//.test(text) && !URL.canParse(text)
  ) {
    throw new TypeError(
      `Cannot make a task as the first argument must be the URL of a module, such as import.meta.resolve("./fns.ts"): got ${
        show(url)
      }`,
    );
  }
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `Cannot make a task of ${show(text)} as the second argument must be ` +
        `the name of an exported function: got ${show(name)}`,
    );
  }
  return Object.freeze({ kind: "task", url: text, name });
}) as Task;

/** Whether `value` was made by {@linkcode task}. */
export function isTaskRef(value: unknown): value is TaskRef {
  const ref = value as Partial<TaskRef> | null;
  return typeof ref === "object" && ref?.kind === "task" &&
    typeof ref.url === "string" && typeof ref.name === "string";
}
