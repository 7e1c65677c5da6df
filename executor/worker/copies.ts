/**
 * Large array buffers between threads: structured clone copies each about three times, so they are copied once, here,
 * and the copy is moved.
 *
 * @module
 */

import { freshCopy } from "./_fresh.ts";
import type { Collect } from "./values.ts";

/** Objects that are rebuilt at most; in a larger value the buffers are not what counts. */
const MAX_OBJECTS = 1000;

/** A value as it is sent. */
export interface Packed {
  /** The value: it looks as it did. */
  value: unknown;
  /** Buffers in it that go past the codec. */
  buffers: ArrayBuffer[];
  /** Nobody else can change it any more. */
  isOwn: boolean;
}

/** A result as it is to be sent, where `collect` has found `buffers` in it: not even its function changes it after that. */
export function pack(
  value: unknown,
  buffers: readonly ArrayBuffer[],
  collect: Collect,
): Packed {
  if (collect === "copied") return withCopies(value, buffers);
  const [buffer] = buffers;
  if (collect === "all" && buffer !== undefined) {
    const like = value === buffer
      ? (taken: ArrayBuffer) => taken
      : ArrayBuffer.isView(value)
      ? likeView(value)
      : undefined;
    if (like !== undefined) {
      const taken = buffer.transfer();
      return { value: like(taken), buffers: [taken], isOwn: true };
    }
  }
  return { value, buffers: [...buffers], isOwn: false };
}

/**
 * `value` with copies in place of its buffers, of which those of `buffers` are to be moved. Only what is made of arrays,
 * plain objects and views is rebuilt; all else is left to structured clone: then there are no copies.
 */
export function withCopies(
  value: unknown,
  buffers: readonly ArrayBuffer[],
): Packed {
  const rebuilder = new Rebuilder(buffers);
  try {
    const rebuilt = rebuilder.rebuild(value);
    return { value: rebuilt, buffers: rebuilder.copies, isOwn: true };
  } catch (error) {
    if (error === UNFIT) return { value, buffers: [], isOwn: false };
    throw error;
  }
}

/**
 * `value` with arrays and objects of its own around the same buffers: nothing in it keeps it from being sent, as a proxy
 * would, which looks like any other object. Undefined if it is not made of arrays, plain objects and views alone.
 */
export function withSame(value: object): object | undefined {
  try {
    return new Rebuilder().rebuild(value) as object;
  } catch (error) {
    if (error === UNFIT) return undefined;
    throw error;
  }
}

/** `value` as whoever receives it would find it, with its `buffers` moved; throws if it cannot be sent. */
export function cloned(
  value: unknown,
  buffers: readonly ArrayBuffer[],
): Packed {
  const [own, moved] = structuredClone([value, buffers] as const, {
    transfer: [...buffers],
  });
  return { value: own, buffers: [...moved], isOwn: true };
}

/** Thrown where a value holds something that only structured clone can copy. */
const UNFIT = Symbol("unfit");

/** The name of a typed array's kind, whatever its class says. */
const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as (this: ArrayBufferView) => string | undefined;

/** Makes a view like `view` of another buffer; that of `view` may be gone by then. */
function likeView(view: ArrayBufferView): (buffer: ArrayBuffer) => object {
  const { byteOffset, byteLength } = view;
  const kind = kindOf.call(view);
  if (kind === undefined) {
    return (buffer) => new DataView(buffer, byteOffset, byteLength);
  }
  const { length } = view as Uint8Array;
  const kinds = globalThis as unknown as Record<string, typeof Uint8Array>;
  return (buffer) => new kinds[kind]!(buffer, byteOffset, length);
}

class Rebuilder {
  readonly copies: ArrayBuffer[] = [];
  readonly #moved: ReadonlySet<object> | undefined;
  /** What became of each object: those that were one stay one. */
  readonly #known = new Map<object, object>();

  /** Copies buffers, of which those of `moved` are noted; without it they stay as they are. */
  constructor(moved?: readonly ArrayBuffer[]) {
    this.#moved = moved && new Set(moved);
  }

  rebuild(value: unknown): unknown {
    // What a getter gives now need not be what it gave before.
    if (typeof value === "function" || typeof value === "symbol") throw UNFIT;
    if (typeof value !== "object" || value === null) return value;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (value instanceof ArrayBuffer) return this.#buffer(value);
    if (Array.isArray(value)) return this.#array(value);
    const proto = Object.getPrototypeOf(value);
    if (proto === Object.prototype || proto === null) {
      return this.#object(value as Record<string, unknown>);
    }
    throw UNFIT;
  }

  #note<T extends object>(original: object, rebuilt: T): T {
    if (this.#known.size >= MAX_OBJECTS) throw UNFIT;
    this.#known.set(original, rebuilt);
    return rebuilt;
  }

  #buffer(buffer: ArrayBuffer): ArrayBuffer {
    const known = this.#known.get(buffer) as ArrayBuffer | undefined;
    if (known !== undefined) return known;
    if (buffer.resizable || buffer.detached) throw UNFIT;
    if (this.#moved === undefined) return buffer;
    const copy = this.#note(buffer, freshCopy(new Uint8Array(buffer)).buffer);
    if (this.#moved.has(buffer)) this.copies.push(copy);
    return copy;
  }

  #view(view: ArrayBufferView): object {
    if (!(view.buffer instanceof ArrayBuffer)) throw UNFIT;
    const buffer = this.#buffer(view.buffer);
    if (buffer === view.buffer) return view;
    return this.#note(view, likeView(view)(buffer));
  }

  #array(array: unknown[]): unknown[] {
    const { length } = array;
    // Holes, and properties that are no elements.
    if (length > MAX_OBJECTS || Object.keys(array).length !== length) {
      throw UNFIT;
    }
    const rebuilt = this.#note(array, new Array<unknown>(length));
    for (let i = 0; i < length; i++) rebuilt[i] = this.rebuild(array[i]);
    return rebuilt;
  }

  #object(object: Record<string, unknown>): Record<string, unknown> {
    const rebuilt = this.#note<Record<string, unknown>>(object, {});
    for (const key of Object.keys(object)) {
      if (key === "__proto__") throw UNFIT;
      rebuilt[key] = this.rebuild(object[key]);
    }
    return rebuilt;
  }
}
