/** What an error of a call means, where it comes from how functions and items are sent. */
import type { FunctionSpec } from "./function.ts";

/** The rule that a function breaks which uses what is around it. */
export const SOURCE_RULE =
  "functions travel as source, without what is around them";

/** Says what is behind an error of a call with this item, if it is something about workers; else undefined. */
export function explainError(
  error: unknown,
  spec: FunctionSpec,
  item: unknown,
): string | undefined {
  const { name, message } = (error ?? {}) as Partial<Error>;
  if (name === "NotCapable") {
    return 'workers have the permissions of the script, less what the option "permissions" takes away';
  }
  const of = classOf(item);
  if (
    name === "TypeError" && of !== undefined &&
    /is not a function$/.test(`${message}`)
  ) {
    return `the item arrived as plain data, without the methods of its class "${of}"`;
  }
  return explainReferenceError(error, spec);
}

/** Name of the class of the script's own that a value is an instance of. */
function classOf(value: unknown): string | undefined {
  if (value === null || typeof value !== "object") return undefined;
  const { name } = Object.getPrototypeOf(value)?.constructor ?? {};
  return typeof name === "string" && !(name in globalThis) ? name : undefined;
}

/**
 * Says what a "K is not defined" of a call means when its function was sent as source; undefined for any other error,
 * and for a name that the function does not have in it (some module it imported does).
 */
function explainReferenceError(
  error: unknown,
  spec: FunctionSpec,
): string | undefined {
  if (spec.kind !== "source") return undefined;
  const { name, message } = (error ?? {}) as Partial<Error>;
  if (name !== "ReferenceError" || typeof message !== "string") {
    return undefined;
  }
  const missing =
    /^([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*) is not defined$/u
      .exec(message)?.[1];
  if (missing === undefined || !usesWord(spec.source, missing)) {
    return undefined;
  }
  const where = missing in globalThis
    ? `"${missing}" is a global of the script that made the call, which workers do not have`
    : `"${missing}" is not there where the call ran, as ${SOURCE_RULE}`;
  return `${where}: pass it in extraArgs, import it inside the function, or use task(url, name)`;
}

function usesWord(source: string, word: string): boolean {
  const escaped = word.replaceAll("$", "\\$");
  return new RegExp(
    `(?<![\\p{ID_Continue}$])${escaped}(?![\\p{ID_Continue}$])`,
    "u",
  ).test(source);
}
