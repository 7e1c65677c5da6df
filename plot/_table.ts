/**
 * The calls of a plot as columns: what a chart draws of a call, taken out in one pass, so that a million calls need
 * tens of megabytes here and may come from an iterator.
 *
 * Rows are ordered by job (in the order in which jobs first appear) and by call within a job; the row is the call's y.
 */
import type { CallStats, Outcome } from "../executor/stats.ts";
import { counted, grouped } from "./_style.ts";

/** A job's rows. */
export interface JobRows {
  /** `M001`. */
  id: string;
  /** `M001`, or `1a2b3c-0/M001` where calls of several executors are drawn together. */
  name: string;
  /** First row. */
  first: number;
  /** How many rows. */
  count: number;
}

/** Columns of instants are seconds since `epoch`; `NaN` means that a call never got there. */
export interface CallTable {
  /** How many calls. */
  length: number;
  /** When the first job was created, in epoch seconds. */
  epoch: number;
  /** Seconds from `epoch` to the last instant known of any call. */
  makespan: number;
  /** The first instant shown: 0, or less if the clock of another machine says so. */
  earliest: number;
  /** Ids of the executors, in order of appearance. */
  executors: string[];
  /** The jobs, from the bottom to the top of the plot. */
  jobs: JobRows[];
  /** How many calls a worker had, and nobody knows when; what is known of others says little then. */
  untimed: number;
  /** How many calls had each outcome that is a failure. */
  failures: Map<Outcome, number>;
  /** 0, 1, 2, …: the y of each row. */
  position: Float64Array;
  submit: Float64Array;
  start: Float64Array;
  done: Float64Array;
  status: Float64Array;
  result: Float64Array;
  /** When the worker took the call up. */
  activeFrom: Float64Array;
  /** When the worker was done with it; for a worker that died, when the host learnt it; for a call that runs, the end. */
  activeTo: Float64Array;
  /** When a failed call failed; `NaN` for every other call. */
  failed: Float64Array;
  /** The last instant known of the call. */
  last: Float64Array;
}

const INSTANTS = [
  "submit",
  "start",
  "done",
  "status",
  "result",
  "activeFrom",
  "activeTo",
  "failed",
  "last",
] as const;

type Columns = Record<typeof INSTANTS[number], Float64Array>;

/** Whether a worker had a call, and nobody knows when: with `stats: "off"`, all but those that were stopped or lost. */
export function isUntimed(call: CallStats): boolean {
  return isAnswered(call) &&
    (call.worker_start_tstamp === null || call.worker_end_tstamp === null);
}

function isAnswered({ outcome, worker_id }: CallStats): boolean {
  return outcome === "success" || outcome === "error" && worker_id !== null;
}

/** Why a chart of what ran in workers is empty, or nearly so. */
export function emptyNote(
  { untimed, length, activeFrom }: CallTable,
): string {
  if (untimed === 0) return "No call reached a worker";
  const isAll = activeFrom.every((instant) => instant !== instant);
  return isAll
    ? "When calls ran was not measured"
    : `When ${grouped(untimed)} of ${
      counted(length, "call")
    } ran was not measured`;
}

/** Reads the calls once. Throws a `TypeError` that names the first value that is not the stats of a call. */
export function tableOf(calls: Iterable<CallStats>): CallTable {
  if (typeof calls?.[Symbol.iterator] !== "function") {
    throw new TypeError(
      `Cannot plot calls as they must be an iterable of call stats: ${
        describe(calls)
      }`,
    );
  }
  let capacity = Array.isArray(calls) ? calls.length : 1024;
  let columns = allocate(capacity);
  let jobOf = new Int32Array(capacity);
  let callId = new Float64Array(capacity);
  const jobs = new Map<string, Map<string, number>>();
  const jobCounts: number[] = [], jobNames: [string, string][] = [];
  const failures = new Map<Outcome, number>();
  let untimed = 0;
  let length = 0, created = Infinity, last = -Infinity, sorted = true;

  for (const call of calls) {
    if (!isCall(call)) {
      throw new TypeError(
        `Cannot plot calls as each must be the stats of a call: ${
          describe(call)
        } at index ${length}`,
      );
    }
    if (length === capacity) {
      capacity = 2 * capacity + 1024;
      columns = allocate(capacity, columns);
      jobOf = grown(jobOf, new Int32Array(capacity));
      callId = grown(callId, new Float64Array(capacity));
    }
    let ofExecutor = jobs.get(call.executor_id);
    if (!ofExecutor) jobs.set(call.executor_id, ofExecutor = new Map());
    let job = ofExecutor.get(call.job_id);
    if (job === undefined) {
      ofExecutor.set(call.job_id, job = jobNames.length);
      jobNames.push([call.executor_id, call.job_id]);
      jobCounts.push(0);
    }
    jobCounts[job]!++;
    jobOf[length] = job;
    const id = callId[length] = Number(call.call_id);
    if (length > 0) {
      const before = jobOf[length - 1]!;
      if (before > job || (before === job && callId[length - 1]! > id)) {
        sorted = false;
      }
    }
    if (call.host_job_create_tstamp < created) {
      created = call.host_job_create_tstamp;
    }
    last = Math.max(last, fill(columns, length, call));
    const from = columns.activeFrom[length]!;
    if (from !== from && isAnswered(call)) untimed++;
    if (columns.failed[length]! === columns.failed[length]!) {
      const outcome = call.outcome as Outcome;
      failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
    }
    length++;
  }
  for (const name of INSTANTS) {
    columns[name] = columns[name].subarray(0, length);
  }
  if (!sorted) columns = inOrder(columns, length, jobOf, callId);
  if (length === 0) created = last = 0;
  const earliest = settle(columns, created, last);

  let first = 0;
  const several = jobs.size > 1;
  return {
    ...columns,
    length,
    epoch: created,
    makespan: Math.max(0, last - created),
    earliest,
    executors: [...jobs.keys()],
    jobs: jobNames.map(([executor, name], i) => {
      const count = jobCounts[i]!;
      first += count;
      return {
        id: name,
        name: several ? `${executor}/${name}` : name,
        first: first - count,
        count,
      };
    }),
    untimed,
    failures,
    position: Float64Array.from({ length }, (_, i) => i),
  };
}

/** Fills a row with epoch seconds, and returns the last instant known of the call. */
function fill(columns: Columns, row: number, call: CallStats): number {
  const submit = columns.submit[row] = call.host_submit_tstamp ?? NaN;
  const start = columns.start[row] = call.worker_func_start_tstamp ?? NaN;
  const done = columns.done[row] = call.worker_func_end_tstamp ?? NaN;
  const status = columns.status[row] = call.host_status_done_tstamp ?? NaN;
  const result = columns.result[row] = call.host_result_done_tstamp ?? NaN;
  const from = columns.activeFrom[row] = call.worker_start_tstamp ?? start;
  const end = call.worker_end_tstamp ?? call.worker_func_end_tstamp ?? status;
  // A call that still runs gets the end of the picture, which is not known yet.
  columns.activeTo[row] = end === end || from !== from ? end : Infinity;
  let last = call.host_job_create_tstamp;
  if (submit > last) last = submit;
  if (from > last) last = from;
  if (start > last) last = start;
  if (end > last) last = end;
  if (status > last) last = status;
  if (result > last) last = result;
  const { outcome } = call;
  columns.failed[row] = outcome === null || outcome === "success"
    ? NaN
    : firstKnown(done, status, last);
  return columns.last[row] = last;
}

/** Makes instants relative to the first job, ends what has not ended, and returns the first instant or 0. */
function settle(columns: Columns, epoch: number, last: number): number {
  let earliest = 0;
  for (const name of INSTANTS) {
    const column = columns[name];
    for (let i = 0; i < column.length; i++) {
      const instant = column[i]! -= epoch;
      if (instant < earliest) earliest = instant;
    }
  }
  const { activeFrom, activeTo } = columns;
  for (let i = 0; i < activeTo.length; i++) {
    if (activeTo[i] === Infinity) activeTo[i] = last - epoch;
    if (activeTo[i]! < activeFrom[i]!) activeTo[i] = activeFrom[i]!; // clocks of two machines
  }
  return earliest;
}

function firstKnown(...instants: number[]): number {
  return instants.find((instant) => instant === instant) ?? NaN;
}

function inOrder(
  columns: Columns,
  length: number,
  jobOf: Int32Array,
  callId: Float64Array,
): Columns {
  const order = Uint32Array.from({ length }, (_, i) => i);
  order.sort((a, b) =>
    jobOf[a]! - jobOf[b]! || callId[a]! - callId[b]! || a - b
  );
  const moved = allocate(length);
  for (const name of INSTANTS) {
    const from = columns[name], to = moved[name];
    for (let i = 0; i < length; i++) to[i] = from[order[i]!]!;
  }
  return moved;
}

function allocate(capacity: number, from?: Columns): Columns {
  const columns = {} as Columns;
  for (const name of INSTANTS) {
    columns[name] = new Float64Array(capacity);
    if (from) columns[name].set(from[name]);
  }
  return columns;
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function isCall(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    typeof (value as CallStats).host_job_create_tstamp === "number" &&
    typeof (value as CallStats).job_id === "string";
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null
    ? Object.prototype.toString.call(value)
    : String(value);
}
