/** Calls as a table, and in an order that was asked for. */
import type { CallStats } from "../mod.ts";
import { suggest, UsageError } from "./_command.ts";
import { table } from "./_table.ts";
import { bytesText, numberText, secondsText } from "./_units.ts";

type Value = number | string | null;
type Key = (call: CallStats) => Value;

/** Short names for what people sort by. */
const KEYS: Readonly<Record<string, Key>> = {
  queue: (call) => call.worker_queue_time,
  run: (call) => call.worker_func_exec_time,
  cpu: cpuTime,
  memory: (call) => call.worker_peak_memory_end,
  start: (call) => call.worker_start_tstamp,
  call: nameOf,
};

/** Calls by a short name or a key of the statistics: the largest first, but names and instants upwards. */
export function sortCalls(
  calls: readonly CallStats[],
  name: string,
): CallStats[] {
  const key = findKey(name, calls[0]);
  const upwards = /^start$|_tstamp$/.test(name);
  return calls.map((call) => ({ call, value: key(call) })).sort((a, b) => {
    if (a.value === null || b.value === null) {
      return Number(a.value === null) - Number(b.value === null);
    }
    if (typeof a.value === "string" || typeof b.value === "string") {
      return `${a.value}` < `${b.value}` ? -1 : a.value === b.value ? 0 : 1;
    }
    return upwards ? a.value - b.value : b.value - a.value;
  }).map(({ call }) => call);
}

function findKey(name: string, sample: CallStats | undefined): Key {
  if (Object.hasOwn(KEYS, name)) return KEYS[name]!;
  const keys = Object.keys(sample ?? {}).filter((key) =>
    !Array.isArray(sample![key as keyof CallStats])
  );
  if (!keys.includes(name) && sample !== undefined) {
    throw new UsageError(
      `Cannot sort calls as "${name}" is no key of theirs${
        suggest(name, [...Object.keys(KEYS), ...keys])
      }`,
    );
  }
  return (call) => {
    const value = call[name as keyof CallStats];
    return typeof value === "boolean" ? Number(value) : value as Value;
  };
}

/** One line a call. */
export function callsText(calls: readonly CallStats[]): string {
  const failed = calls.some((call) => call.error_class !== null);
  const retried = calls.some((call) => call.attempt > 1);
  const head = [
    "call",
    "outcome",
    ...(retried ? ["attempt"] : []),
    "worker",
    "queue",
    "run",
    "CPU",
    "CPU %",
    "peak memory",
    ...(failed ? ["error"] : []),
  ];
  return table([
    head,
    ...calls.map((call) => [
      nameOf(call),
      call.outcome ?? "pending",
      ...(retried ? [String(call.attempt)] : []),
      numberText(call.worker_id),
      secondsText(call.worker_queue_time),
      secondsText(call.worker_func_exec_time),
      secondsText(cpuTime(call)),
      numberText(call.worker_func_cpu_percent),
      bytesText(call.worker_peak_memory_end),
      ...(failed ? [call.error_class ?? ""] : []),
    ]),
  ]);
}

/** `"M001/00042"`. */
function nameOf(call: CallStats): string {
  return `${call.job_id}/${call.call_id}`;
}

function cpuTime(call: CallStats): number | null {
  const { worker_func_cpu_user_time: user, worker_func_cpu_system_time: sys } =
    call;
  return user === null || sys === null ? null : user + sys;
}
