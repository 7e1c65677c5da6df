/**
 * Items in any form as a source of calls: known at once, or pulled one by one.
 *
 * @module
 */
import { FuturesList } from "./futures_list.ts";
import type { Source } from "./job.ts";
import { show } from "./_check.ts";

/** The source that `items` make; throws a `TypeError` if they cannot be iterated. `action` is for the message: "map". */
export function sourceOf(action: string, items: unknown): Source {
  if (items instanceof FuturesList) return { kind: "pushed" };
  if (Array.isArray(items)) return { kind: "known", items };
  if (
    items instanceof Set || items instanceof Map || ArrayBuffer.isView(items)
  ) {
    return { kind: "known", items: Array.from(items as Iterable<unknown>) };
  }
  if (items !== null && typeof items === "object") {
    const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } =
      items as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
    if (typeof async === "function") {
      return { kind: "async", iterator: async.call(items) };
    }
    if (typeof sync === "function") {
      return { kind: "sync", iterator: sync.call(items) };
    }
  }
  const hint = typeof items === "string"
    ? "; wrap it in an array, or spread it to map over its characters"
    : typeof items === "function"
    ? "; the function comes first, then the items"
    : items instanceof Promise
    ? "; await it first"
    : "";
  throw new TypeError(
    `Cannot ${action} as the items cannot be iterated: got ${
      show(items)
    }${hint}`,
  );
}
