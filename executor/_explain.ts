/** What an error that a name is not defined means, where a function was sent as source. */
import type { FunctionSpec } from "./function.ts";

/** The rule that a function breaks which uses what is around it. */
export const SOURCE_RULE =
  "functions travel as source, without what is around them";

/**
 * Says what a "K is not defined" of a call means when its function was sent as source; undefined for any other error,
 * and for a name that the function does not have in it (some module it imported does).
 */
export function explainReferenceError(
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
