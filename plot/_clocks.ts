/** Worker hosts whose clocks were off, in words. */
import { shortHost } from "./_hosts.ts";
import { duration } from "./_style.ts";
import type { RunData } from "./run_data.ts";

/** Seconds; what is less is not worth a word. */
const LEAST = 1e-3;
/** More hosts than this are counted. */
const MOST = 4;

/** `"Clocks against …: alpha 5 min 0 s behind."`, the furthest off first; `""` where none was off by a millisecond. */
export function clocksText(
  { calls, workers }: Pick<RunData, "calls" | "workers">,
): string {
  const hosts = new Map<number, string>();
  for (const { worker_id, host_name } of calls) {
    if (worker_id !== null && host_name != null) {
      hosts.set(worker_id, host_name);
    }
  }
  const offsets = new Map<string, number>();
  for (const { worker_id, worker_clock_offset: offset = 0 } of workers) {
    const host = hosts.get(worker_id);
    if (host === undefined || Math.abs(offset) < LEAST) continue;
    if (Math.abs(offset) > Math.abs(offsets.get(host) ?? 0)) {
      offsets.set(host, offset);
    }
  }
  if (offsets.size === 0) return "";
  const all = [...offsets].sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const named = all.slice(0, MOST).map(([host, offset]) =>
    `${shortHost(host)} ${duration(Math.abs(offset))} ${
      offset > 0 ? "behind" : "ahead"
    }`
  );
  if (all.length > MOST) named.push(`${all.length - MOST} more`);
  return `Clocks against that of the script, corrected: ${named.join(", ")}.`;
}
