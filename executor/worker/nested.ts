/**
 * Results that are not there yet: promises, and futures of an executor that the function made itself.
 *
 * @module
 */
import { NESTED } from "./protocol.ts";

/** True for a promise or another thenable, and for futures in a list. */
export function isPending(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  return typeof (value as PromiseLike<unknown>).then === "function" ||
    isNested(value);
}

/** The value of a promise; where that is futures of a nested executor, their results. */
export async function settle(value: unknown): Promise<unknown> {
  const result = await value;
  if (result === null || typeof result !== "object" || !isNested(result)) {
    return result;
  }
  if (NESTED in result) {
    return (result as { [NESTED]: () => Promise<unknown> })[NESTED]();
  }
  return Promise.all(result as unknown[]);
}

function isNested(value: object): boolean {
  if (NESTED in value) return true;
  return Array.isArray(value) && value.length > 0 &&
    typeof value[0] === "object" && value[0] !== null && NESTED in value[0];
}
