/**
 * The columns of the table of calls.
 *
 * @module
 */
import type { Calls } from "./_calls.ts";
import { bytes, NOTHING, seconds, statistic, whole } from "./_words.ts";

/** One column. */
export interface ColumnOf {
  key: string;
  title: string;
  /** What is written; by `text` or by figures. */
  say: (row: number) => string;
  /** What it is sorted by. */
  numbers?: Float64Array;
}

/** A column of any statistic, named by its key. */
export function columnOfKey(calls: Calls, key: string): ColumnOf {
  const numbers = calls.numbers(key);
  if (numbers.every((value) => value !== value)) {
    return { key, title: key, say: (row) => calls.text(key, row) ?? NOTHING };
  }
  const say = (row: number) => {
    const value = numbers[row]!;
    if (value !== value) return NOTHING;
    // Instants are told from the first job on, as everywhere on the page.
    return key.endsWith("_tstamp") ? seconds(value) : statistic(key, value);
  };
  return { key, title: key, say, numbers };
}

/** The columns that are there from the start. */
export function columnsOf(calls: Calls): ColumnOf[] {
  const figure = (
    key: string,
    title: string,
    say: (value: number | undefined) => string,
  ): ColumnOf => {
    const numbers = calls.numbers(key);
    return { key, title, say: (row) => say(numbers[row]), numbers };
  };
  const isNamed = calls.hasNames;
  return [
    { key: "name", title: "Call", say: (row) => calls.name(row) },
    ...isNamed
      ? [{
        key: "function",
        title: "Function",
        say: (row: number) => calls.functionName(row) ?? NOTHING,
      }]
      : [],
    { key: "outcome", title: "Outcome", say: (row) => calls.outcome(row) },
    figure("worker_id", "Worker", whole),
    figure("start", "Start", seconds),
    figure("worker_queue_time", "Waited", seconds),
    figure("worker_func_exec_time", "Ran", seconds),
    figure("cpu", "CPU", seconds),
    figure("worker_peak_memory_end", "Memory", bytes),
    figure("attempt", "Attempt", whole),
    {
      key: "error",
      title: "Error",
      say: (row) => {
        const error = calls.error(row);
        return error === null
          ? ""
          : error.message === ""
          ? error.name
          : `${error.name}: ${error.message}`;
      },
    },
  ];
}
