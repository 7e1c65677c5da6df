/** How busy calls keep cores. */
import type { CallStats } from "../executor/stats.ts";
import type { RunData } from "./run_data.ts";

/** CPU time of calls, of those that it was measured of. */
export interface CpuUse {
  /** Cores that a call keeps busy while it runs, on average over their time. */
  perCall: number;
  /** CPU seconds, as measured. */
  cpu: number;
  /** Seconds in the function of the calls that it was measured of. */
  exec: number;
}

/** Undefined where it was measured for less than half of the time that calls took. */
export function cpuOf(calls: readonly CallStats[]): CpuUse | undefined {
  let cpu = 0, exec = 0, all = 0;
  for (const call of calls) {
    const time = call.worker_func_exec_time;
    if (time === null) continue;
    all += time;
    const { worker_func_cpu_user_time: user } = call;
    const { worker_func_cpu_system_time: system } = call;
    if (user === null || system === null) continue;
    exec += time;
    cpu += user + system;
  }
  return exec > 0 && exec >= all / 2
    ? { perCall: cpu / exec, cpu, exec }
    : undefined;
}

/** Cores that calls could use; undefined if any ran on another machine than the script, of whose cores nothing is known. */
export function coresOf({ header, calls }: RunData): number | undefined {
  const { cores, host_name } = header;
  const isLocal = calls.every((call) =>
    (call.host_name ?? host_name) === host_name
  );
  return isLocal ? cores : undefined;
}

/** Whether the kernel took the CPU away from calls more often than they gave it up: they do not wait, they lack cores. */
export function lackCores(calls: readonly CallStats[]): boolean {
  let waits = 0, taken = 0;
  for (const call of calls) {
    waits += call.worker_func_voluntary_switches ?? 0;
    taken += call.worker_func_involuntary_switches ?? 0;
  }
  return taken > waits;
}
