/**
 * What is typed to find calls: words, and comparisons such as `run>2s`.
 *
 * @module
 */
import type { Calls } from "./_calls.ts";

/** Short names of what can be compared. */
const KEYS: Record<string, string> = {
  queue: "worker_queue_time",
  run: "worker_func_exec_time",
  cpu: "cpu",
  memory: "worker_peak_memory_end",
  start: "start",
  worker: "worker_id",
  attempt: "attempt",
};

const UNITS: Record<string, number> = {
  "": 1,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
};

/** Whether a call is wanted. */
export type Wanted = (row: number) => boolean;

/** Reads what was typed: all words and comparisons must hold. A word may be in the name, outcome, error or function. */
export function readQuery(text: string, calls: Calls): Wanted {
  const tests = text.trim().split(/\s+/).filter((it) => it !== "")
    .map((term) => comparison(term, calls) ?? word(term, calls));
  return (row) => tests.every((test) => test(row));
}

function comparison(term: string, calls: Calls): Wanted | undefined {
  const found = /^(\w+)(>=|<=|>|<|=)(\d*\.?\d+)(us|ms|s|min|kb|mb|gb|)$/i
    .exec(term);
  if (found === null) return undefined;
  const [, name, sign, digits, unit] = found as unknown as string[];
  const key = Object.hasOwn(KEYS, name!) ? KEYS[name!] : name;
  if (!Object.values(KEYS).includes(key!) && !calls.keys.includes(key!)) {
    return undefined;
  }
  const values = calls.numbers(key!);
  const limit = Number(digits) * UNITS[unit!.toLowerCase()]!;
  const compare: Record<string, Wanted> = {
    ">": (row) => values[row]! > limit,
    "<": (row) => values[row]! < limit,
    ">=": (row) => values[row]! >= limit,
    "<=": (row) => values[row]! <= limit,
    "=": (row) => values[row]! === limit,
  };
  return compare[sign!];
}

function word(term: string, calls: Calls): Wanted {
  const wanted = term.toLowerCase();
  const has = (text: string | null) =>
    text !== null && text.toLowerCase().includes(wanted);
  return (row) => {
    if (has(calls.name(row)) || has(calls.outcome(row))) return true;
    if (has(calls.functionName(row))) return true;
    const error = calls.error(row);
    return error !== null && (has(error.name) || has(error.message));
  };
}
