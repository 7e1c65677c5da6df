/** What `lithoscope top` shows, as lines of text. */
import type { Collection, RecordHeader } from "../profiler/record.ts";
import { bytesText, NOTHING, secondsText } from "./_units.ts";
import { cut, widthOf } from "./_width.ts";

/** What is shown first. */
export type TopSort = "cpu" | "memory" | "time";

/** How to show it. */
export interface TopOptions {
  /** Columns there are. */
  columns: number;
  /** Lines there are. */
  rows: number;
  /** What is shown first. */
  sort: TopSort;
}

/** A process, or a worker's thread. */
interface Row {
  id: number;
  worker: string;
  state: string;
  cpu: number | null;
  memory: number | null;
  time: number;
  threads: number | null;
  call: string;
  command: string;
  depth: number;
}

const HEADS = [
  "PID",
  "WORKER",
  "S",
  "CPU %",
  "MEMORY",
  "THREADS",
  "TIME",
  "CALL",
  "COMMAND",
];
/** Those that stand left; the others are numbers. */
const LEFT = new Set(["S", "CALL", "COMMAND"]);
/** Which go first where there is no room. */
const OPTIONAL = ["THREADS", "TIME", "S", "CALL", "WORKER", "MEMORY"];

/** Totals in a few lines; the first tells whose they are. */
export function totalsOf(
  header: RecordHeader | null,
  collection: Collection | null,
): string[] {
  const cores = header?.cores ?? null;
  const who = header?.command
    ? header.command.join(" ")
    : `Executor ${(collection ?? header)?.executor_id ?? NOTHING}`;
  const where = [
    ...(header?.hostname ? [`on ${header.hostname}`] : []),
    ...(cores === null ? [] : [`${cores} core${cores === 1 ? "" : "s"}`]),
    ...(header === null ? [] : [`every ${secondsText(header.interval)}`]),
  ];
  const lines = [[who, ...where].join(", ")];
  if (collection === null) return [...lines, "Nothing has been sampled yet"];
  const { total, networks, host, trees } = collection;
  const running = trees.reduce((sum, { calls }) => sum + calls.length, 0);
  const workers = new Set(
    [...trees, ...collection.threads].map(({ worker_id }) => worker_id)
      .filter((id) => id !== null),
  );
  if (header?.command == null) {
    lines.push(
      `${counted(workers.size, "worker")}, ${
        counted(running, "call")
      } running, ${counted(total.processes, "process", "processes")}, ${
        counted(total.threads, "thread")
      }`,
    );
  } else {
    lines.push(
      `${counted(total.processes, "process", "processes")}, ${
        counted(total.threads, "thread")
      }, ${total.processes_seen} seen so far`,
    );
  }
  lines.push(
    `CPU ${percent(total.cpu_percent)}${
      cores === null ? "" : ` of ${cores * 100} %`
    }, ${
      secondsText(total.cpu_user_time + total.cpu_system_time)
    } in all; memory ${bytesText(total.rss)}, at most ${
      bytesText(total.peak_rss)
    }`,
  );
  const add = (key: "recv_rate" | "sent_rate") =>
    networks.reduce<number | null>(
      (sum, network) => network[key] === null ? sum : (sum ?? 0) + network[key],
      null,
    );
  lines.push(
    `Disk read ${rate(total.storage_read_rate)}, written ${
      rate(total.storage_write_rate)
    }` + (networks.length === 0
      ? ""
      : `; network in ${rate(add("recv_rate"))}, out ${
        rate(add("sent_rate"))
      }`),
  );
  if (host !== null) {
    const { memory_total: all, memory_available: free } = host;
    lines.push(
      `Machine: CPU ${percent(host.cpu_percent)}` +
        (all === null || free === null
          ? ""
          : `, memory ${bytesText(all - free)} of ${bytesText(all)} used`) +
        (host.load === null ? "" : `, load ${host.load[0].toFixed(2)}`),
    );
  }
  return lines;
}

/** Processes, the busiest first, in lines that fit; the first is the head. */
export function tableOf(
  { processes, threads, trees, tstamp }: Collection,
  { columns, rows, sort }: TopOptions,
): string[] {
  const calls = new Map<number, string>();
  for (const { worker_id, calls: running } of trees) {
    const [first, ...more] = running.toSorted((a, b) =>
      a.start_tstamp - b.start_tstamp
    );
    if (first === undefined || worker_id === null) continue;
    calls.set(
      worker_id,
      `${first.job_id}/${first.call_id} for ${
        secondsText(Math.max(0, tstamp - first.start_tstamp))
      }${more.length > 0 ? `, ${more.length} more` : ""}`,
    );
  }
  const host = trees.find(({ kind }) => kind === "host")?.pid;
  const list: Row[] = [
    ...processes.map((process) => ({
      id: process.pid,
      worker: process.pid === host ? "script" : named(process.worker_id),
      state: process.state ?? NOTHING,
      cpu: process.cpu_percent,
      memory: process.rss,
      time: process.cpu_user_time + process.cpu_system_time,
      threads: process.threads,
      call: process.depth === 0 && process.worker_id !== null
        ? calls.get(process.worker_id) ?? ""
        : "",
      command: process.command,
      depth: process.depth,
    })),
    ...threads.map((thread) => ({
      id: thread.tid,
      worker: named(thread.worker_id),
      state: thread.state,
      cpu: thread.cpu_percent,
      memory: null,
      time: thread.cpu_time ?? thread.cpu_user_time + thread.cpu_system_time,
      threads: null,
      call: thread.call_id === null ? "" : `${thread.job_id}/${thread.call_id}`,
      command: `${thread.command} (thread)`,
      depth: 0,
    })),
  ];
  const weight: Record<TopSort, (row: Row) => number> = {
    cpu: ({ cpu }) => cpu ?? -1,
    memory: ({ memory }) => memory ?? -1,
    time: ({ time }) => time,
  };
  list.sort((a, b) => weight[sort](b) - weight[sort](a) || a.id - b.id);
  const room = Math.max(1, rows - 1);
  const shown = list.length > room ? list.slice(0, room - 1) : list;
  const table = shown.map((row) => [
    `${row.id}`,
    row.worker,
    row.state,
    row.cpu === null ? NOTHING : row.cpu.toFixed(1),
    row.memory === null ? NOTHING : bytesText(row.memory),
    row.threads === null ? NOTHING : `${row.threads}`,
    clock(row.time),
    row.call,
    `${"  ".repeat(row.depth)}${plain(row.command)}`,
  ]);
  const lines = fit([HEADS, ...table], columns);
  if (shown.length < list.length) {
    lines.push(cut(`and ${list.length - shown.length} more`, columns - 1));
  }
  return lines;
}

/** Rows as lines of less than so many columns; columns that matter least are left out. */
function fit(rows: string[][], columns: number): string[] {
  const widths = HEADS.map((_, i) =>
    Math.max(...rows.map((row) => widthOf(row[i]!)))
  );
  const out = new Set<string>();
  // A column with nothing in it tells nothing.
  HEADS.forEach((head, i) => {
    if (rows.slice(1).every((row) => ["", NOTHING].includes(row[i]!))) {
      if (head !== "CPU %") out.add(head);
    }
  });
  const width = () =>
    HEADS.reduce(
      (sum, head, i) => out.has(head) ? sum : sum + widths[i]! + 2,
      -2,
    );
  for (const head of OPTIONAL) if (width() >= columns) out.add(head);
  return rows.map((row) =>
    cut(
      row.flatMap((cell, i) => {
        const head = HEADS[i]!;
        if (out.has(head)) return [];
        const space = " ".repeat(widths[i]! - widthOf(cell));
        return [LEFT.has(head) ? cell + space : space + cell];
      }).join("  ").trimEnd(),
      columns - 1,
    )
  );
}

/** Text of others, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

function named(worker: number | null): string {
  return worker === null ? NOTHING : `${worker}`;
}

function counted(
  count: number | null,
  noun: string,
  many = `${noun}s`,
): string {
  return `${count ?? NOTHING} ${count === 1 ? noun : many}`;
}

function percent(value: number | null): string {
  return value === null ? NOTHING : `${value.toFixed(0)} %`;
}

function rate(value: number | null): string {
  return value === null ? NOTHING : `${bytesText(Math.round(value))}/s`;
}

/** `0:07.25`, `12:34.50`, `1:23:45`. */
function clock(seconds: number): string {
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) {
    return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${
      two(seconds % 60)
    }`;
  }
  const rest = Math.floor(seconds % 60 * 100) / 100;
  return `${minutes}:${rest.toFixed(2).padStart(5, "0")}`;
}
