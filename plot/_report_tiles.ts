/** The headline of a report: its figures, and what was used against what there is. */
import type { Collection } from "../profiler/record.ts";
import type { ReportRun, ReportSummary } from "./_report_data.ts";
import { coresOfAll, memoryOfAll, ofHost, ofWorkers } from "./_machines.ts";
import { counted, duration } from "./_style.ts";
import { amount } from "./_usage_heading.ts";

/** One figure of the headline. */
export interface Tile {
  label: string;
  figure: string;
  /** What it is made of, or compares with. */
  note: string;
}

/** Something used, and how much of it there is. */
export interface Limit {
  label: string;
  /** Share of the limit: 0 to 1, more where it was exceeded. */
  share: number;
  used: string;
  limit: string;
}

const UNKNOWN = "not measured";

/** The tiles, in the order in which they are read. */
export function tilesOf(run: ReportRun, summary: ReportSummary): Tile[] {
  const { calls, workers, header } = run;
  const { outcomes, makespan, worker_utilisation: utilisation } = summary;
  const failed = calls.length - outcomes.success - outcomes.pending;
  const exec = sum(calls, (call) => call.worker_func_exec_time);
  const { peak_concurrency: peak, mean_concurrency: mean } = summary;
  const isTimed = exec.known > 0 && peak !== null;
  const speedUp = isTimed && makespan ? exec.total / makespan : null;
  return [
    {
      label: "Calls",
      figure: calls.length.toLocaleString("en-US"),
      note: [
        calls.length === 0
          ? "none was made"
          : failed === 0 && outcomes.pending === 0
          ? "all succeeded"
          : `${outcomes.success.toLocaleString("en-US")} succeeded`,
        failed > 0 ? `${failed.toLocaleString("en-US")} failed` : "",
        outcomes.pending > 0 ? `${outcomes.pending} not ended` : "",
      ].filter((it) => it !== "").join(", "),
    },
    {
      label: "Makespan",
      figure: makespan === null ? "–" : duration(makespan),
      note: "first job created to last result",
    },
    {
      label: "Speed-up",
      figure: speedUp === null ? "–" : `${digits(speedUp)}×`,
      note: isTimed ? `${duration(exec.total)} one after the other` : UNKNOWN,
    },
    {
      label: "Peak concurrency",
      figure: peak === null ? "–" : peak.toLocaleString("en-US"),
      note: peak === null
        ? UNKNOWN
        : mean === null
        ? "calls at once"
        : `calls at once; ${digits(mean)} on average`,
    },
    {
      label: "Workers busy",
      figure: utilisation === null ? "–" : percent(utilisation),
      note: `of the time they were up; ${
        counted(workers.length, `${header.backend} worker`)
      } on ${counted(coresOfAll(run) ?? header.cores, "core")}`,
    },
    cpuTile(run, makespan),
    memoryTile(run),
    dataTile(run),
  ];
}

function cpuTile(run: ReportRun, makespan: number | null): Tile {
  const { calls, workers, collections } = run;
  const cores = coresOfAll(run);
  const total = collections.at(-1)?.total;
  const ofWorkers = sum(
    workers,
    ({ cpu_user_time, cpu_system_time }) =>
      plus(cpu_user_time, cpu_system_time),
  );
  const ofCalls = sum(calls, ({
    worker_func_cpu_user_time: user,
    worker_func_cpu_system_time: system,
  }) => plus(user, system));
  const cpu = total !== undefined
    // Sampling may have begun a moment after the calls.
    ? Math.max(total.cpu_user_time + total.cpu_system_time, ofCalls.total)
    : ofWorkers.known > 0
    ? ofWorkers.total
    : null;
  const busy = cpu && makespan && cores ? cpu / makespan / cores : 0;
  const share = busy > 1 // before the first job
    ? "with the start of workers"
    : busy > 0
    ? `${percent(busy)} of ${counted(cores!, "core")}`
    : "";
  const own = ofCalls.known === calls.length
    ? `${duration(ofCalls.total)} in functions`
    : ofCalls.known > 0
    ? `${duration(ofCalls.total)} in ${counted(ofCalls.known, "measured call")}`
    : "";
  return {
    label: "CPU time",
    figure: cpu === null ? "–" : duration(cpu),
    note: [share, own].filter((it) => it !== "").join("; ") || UNKNOWN,
  };
}

function memoryTile({ calls, collections }: ReportRun): Tile {
  const together = collections.at(-1)?.total.peak_rss ?? null;
  const largest = most(calls, (call) => call.worker_peak_memory_end);
  const ofCall = largest === null ? "" : `largest call ${amount(largest)}`;
  if (together !== null) {
    return {
      label: "Peak memory",
      figure: amount(together),
      note: `resident, all workers${ofCall === "" ? "" : `; ${ofCall}`}`,
    };
  }
  return {
    label: "Peak memory",
    figure: largest === null ? "–" : amount(largest),
    note: largest === null ? UNKNOWN : "largest call",
  };
}

function dataTile({ calls, collections }: ReportRun): Tile {
  const inputs = sum(calls, (call) => call.func_data_size_bytes).total;
  const results = sum(calls, (call) => call.func_result_size).total;
  const total = collections.at(-1)?.total;
  const disk = total === undefined
    ? sum(
      calls,
      (call) => plus(call.worker_func_read_bytes, call.worker_func_write_bytes),
    )
    : sum(
      [total],
      (it) => plus(it.storage_read_bytes, it.storage_write_bytes),
    );
  return {
    label: "Data moved",
    figure: amount(inputs + results),
    note: `${amount(inputs)} in, ${amount(results)} out${
      disk.known > 0 ? `; disk ${amount(disk.total)}` : ""
    }`,
  };
}

/** Peaks against cores and memory. */
export function limitsOf(run: ReportRun): Limit[] {
  const { header, calls, collections } = run;
  const cores = coresOfAll(run);
  const limits: Limit[] = [];
  const cpu = busiestSecond(collections);
  if (cpu !== null && cores !== undefined) {
    limits.push({
      label: "CPU, busiest second",
      share: cpu / 100 / cores,
      used: `${digits(cpu / 100)} cores`,
      limit: counted(cores, "core"),
    });
  }
  const machines = ofWorkers(collections);
  const capped = machines.length > 1 ? null : least(
    machines.flat().flatMap(({ cgroups }) => cgroups),
    (group) => group.cpu_limit,
  );
  if (cpu !== null && capped !== null) {
    limits.push({
      label: "CPU against the limit of the control group",
      share: cpu / 100 / capped,
      used: `${digits(cpu / 100)} cores`,
      limit: `${digits(capped)} cores`,
    });
  }
  const shared = most(collections, ({ total }) => total.pss);
  const memory = shared ?? most(collections, ({ total }) => total.rss);
  const machine = memoryOfAll(collections, header.memory_total ?? null);
  const ofCall = most(calls, (call) => call.worker_peak_memory_end);
  const used = memory ?? ofCall;
  if (used !== null && machine !== null) {
    limits.push({
      label: memory === null
        ? "Memory of the largest call"
        : `Memory of all workers${
          shared === null ? "" : ", shared pages once (PSS)"
        }, highest sample`,
      share: used / machine,
      used: amount(used),
      limit: `${amount(machine)} of the machine${
        machines.length > 1 ? "s" : ""
      }`,
    });
  }
  const groups = new Map<string, Limit>();
  for (const collection of collections) {
    for (const { path, memory_limit, memory_current } of collection.cgroups) {
      if (memory_limit === null || memory_current === null) continue;
      const share = memory_current / memory_limit;
      const name = `${path}${ofHost(collection)}`;
      if (share <= (groups.get(name)?.share ?? -1)) continue;
      groups.set(name, {
        label: `Memory of control group ${name}`,
        share,
        used: amount(memory_current),
        limit: amount(memory_limit),
      });
    }
  }
  limits.push(...groups.values());
  if (collections.length === 0) {
    const used = sum(calls, ({
      worker_func_cpu_user_time: user,
      worker_func_cpu_system_time: system,
    }) => plus(user, system));
    const from = least(calls, (call) => call.worker_func_start_tstamp);
    const to = most(calls, (call) => call.worker_func_end_tstamp);
    if (
      used.known === calls.length && from !== null && to! > from &&
      cores !== undefined
    ) {
      limits.push({
        label: "CPU of all calls, on average",
        share: used.total / (to! - from) / cores,
        used: `${digits(used.total / (to! - from))} cores`,
        limit: counted(cores, "core"),
      });
    }
  }
  return limits;
}

/**
 * Most CPU time, in percent of a core, of any second or so that was sampled; `null` where the samples do not go that far.
 * In less, the kernel's clock ticks and the first sample of a new worker weigh too much.
 */
function busiestSecond(collections: readonly Collection[]): number | null {
  let most = -1, first = 0;
  const known = collections.filter(({ trees }) => trees.length > 0);
  const cpu = ({ total }: Collection) =>
    total.cpu_user_time + total.cpu_system_time;
  for (const collection of known) {
    const since = collection.tstamp - 1;
    if (known[0]!.tstamp > since) continue;
    while (known[first + 1]!.tstamp <= since) first++;
    const { tstamp } = known[first]!;
    const used = cpu(collection) - cpu(known[first]!);
    most = Math.max(most, used / (collection.tstamp - tstamp) * 100);
  }
  return most < 0 ? null : most;
}

function sum<T>(
  items: readonly T[],
  read: (item: T) => number | null,
): { total: number; known: number } {
  let total = 0, known = 0;
  for (const item of items) {
    const value = read(item);
    if (value === null) continue;
    total += value;
    known++;
  }
  return { total, known };
}

function most<T>(
  items: readonly T[],
  read: (item: T) => number | null,
): number | null {
  return items.reduce<number | null>((highest, item) => {
    const value = read(item);
    return value === null || highest !== null && highest >= value
      ? highest
      : value;
  }, null);
}

function least<T>(
  items: readonly T[],
  read: (item: T) => number | null,
): number | null {
  const lowest = most(items, (item) => {
    const value = read(item);
    return value === null ? null : -value;
  });
  return lowest === null ? null : -lowest;
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

/** Three digits. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
