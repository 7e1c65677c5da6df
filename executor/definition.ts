/**
 * A function with all that it takes along to a worker. A worker gets each definition once, however many jobs use it.
 *
 * @module
 */
import type { FunctionSpec, PreparedFunction } from "./function.ts";

/** What a worker needs to know to run calls of a function. */
export interface Definition {
  /** Number by which messages speak of it, unique in the executor. */
  readonly id: number;
  /** How to get the function. */
  readonly spec: FunctionSpec;
  /** Arguments behind the item. */
  readonly extraArgs: readonly unknown[];
  /** Environment of the calls. */
  readonly env: Readonly<Record<string, string>>;
  /** Move the array buffers of results instead of copying them. */
  readonly transfer: boolean;
}

/** The definitions of one executor. */
export class Definitions {
  readonly #copying = new WeakMap<PreparedFunction, Definition>();
  readonly #moving = new WeakMap<PreparedFunction, Definition>();
  #next = 1;

  /** A definition that was numbered by another script, as far as it is known here. */
  adopt(id: number, spec: FunctionSpec): Definition {
    this.#next = Math.max(this.#next, id + 1);
    return { id, spec, extraArgs: [], env: {}, transfer: false };
  }

  /** The definition of a function; the same one again for a function that takes nothing along. */
  of(
    prepared: PreparedFunction,
    { extraArgs, env, transfer }: Omit<Definition, "id" | "spec">,
  ): Definition {
    const isPlain = extraArgs.length === 0 && Object.keys(env).length === 0;
    const plain = transfer ? this.#moving : this.#copying;
    const known = isPlain ? plain.get(prepared) : undefined;
    if (known !== undefined) return known;
    const { spec } = prepared;
    const made = { id: this.#next++, spec, extraArgs, env, transfer };
    if (isPlain) plain.set(prepared, made);
    return made;
  }
}
