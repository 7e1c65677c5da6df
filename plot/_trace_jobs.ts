/** The script's side of a trace: its jobs as slices, and flows from the submit of each call to its result. */
import type { CallStats } from "../executor/stats.ts";
import { nameOf } from "./_finding.ts";
import { counted } from "./_style.ts";
import {
  named,
  SCRIPT,
  type TraceClock,
  type TraceEvent,
} from "./_trace_event.ts";
import { pack } from "./_trace_lanes.ts";

/** Longer than what it holds, as a flow that ends where a slice ends would miss it. In seconds. */
const AFTER = 1e-6;

/** A slice of the script. */
interface Work {
  name: string;
  start: number;
  end: number;
  /** Places of its calls. */
  indices: number[];
  /** The first call, of a job that was created as a whole. */
  first: CallStats | null;
}

/** Tracks of jobs, with the script's part of each call; gives the first number that is free for another track. */
export function* jobSlices(
  calls: readonly CallStats[],
  firstTid: number,
  clock: TraceClock,
): Generator<TraceEvent, number> {
  let tid = firstTid;
  const { jobs, singles } = worksOf(calls);
  const tracks: [name: string, works: Work[]][] = [
    ...pack(jobs).map((works, i): [string, Work[]] => [
      works.length === 1 ? works[0]!.name : `jobs${i === 0 ? "" : ` ${i + 1}`}`,
      works,
    ]),
    ...(singles.length > 0
      ? [["single calls", singles] as [string, Work[]]]
      : []),
  ];
  for (const [name, works] of tracks) {
    yield* named("thread", SCRIPT, tid, name);
    for (const work of works) yield* workSlices(work, calls, tid, clock);
    tid++;
  }
  return tid;
}

/** Jobs, and spans of time with single calls: there may be thousands of those at once. */
function worksOf(
  calls: readonly CallStats[],
): { jobs: Work[]; singles: Work[] } {
  const works: Work[] = [];
  const byJob = Map.groupBy(calls.keys(), (i) => calls[i]!.job_id);
  for (const [job, indices] of byJob) {
    const first = calls[indices[0]!]!;
    let start = Infinity, last = -Infinity;
    for (const i of indices) {
      const call = calls[i]!;
      start = Math.min(start, call.host_job_create_tstamp);
      last = Math.max(last, enteredAt(call), fetchedAt(call) ?? 0);
    }
    const end = Math.max(last, start + first.host_job_created_time) + AFTER;
    works.push({ name: `job ${job}`, start, end, indices, first });
  }
  works.sort((a, b) => a.start - b.start);
  const isSingle = ({ name }: Work) => name.startsWith("job A");
  const singles: Work[] = [];
  for (const work of works.filter(isSingle)) {
    const last = singles.at(-1);
    if (last === undefined || work.start >= last.end) {
      singles.push({ ...work, name: "single calls", first: null });
    } else {
      last.end = Math.max(last.end, work.end);
      last.indices.push(...work.indices);
    }
  }
  for (const single of singles) {
    single.name = counted(single.indices.length, "single call");
  }
  return { jobs: works.filter((work) => !isSingle(work)), singles };
}

function* workSlices(
  { name, start, end, indices, first }: Work,
  calls: readonly CallStats[],
  tid: number,
  clock: TraceClock,
): Generator<TraceEvent> {
  const of = { cat: "job", pid: SCRIPT, tid } as const;
  const span = clock.span(start, end);
  const args = { calls: indices.length };
  yield { ph: "X", name, ...of, ...span, args };
  if (first !== null) {
    yield {
      ph: "X",
      name: "create",
      ...of,
      ...clock.span(start, start + first.host_job_created_time),
      args: { serialize_time: first.host_job_serialize_time },
    };
  }
  for (const i of indices) yield* hostPart(calls[i]!, i + 1, of, clock);
}

function* hostPart(
  call: CallStats,
  id: number,
  of: { cat: string; pid: number; tid: number },
  clock: TraceClock,
): Generator<TraceEvent> {
  const fetched = fetchedAt(call);
  if (call.worker_start_tstamp === null) {
    if (fetched === null) return;
    const name = `${nameOf(call)} ${call.outcome}`;
    yield { ph: "i", s: "t", name, ...of, ts: clock.at(fetched) };
    return;
  }
  const flow = { name: "call", ...of, cat: "flow", id } as const;
  yield { ph: "s", ...flow, ts: clock.at(call.host_submit_tstamp) };
  if (fetched !== null) {
    yield { ph: "f", bp: "e", ...flow, ts: clock.at(fetched) };
  }
}

/** When the script had the outcome: not before the function was entered, whatever the clock of another machine says. */
function fetchedAt(call: CallStats): number | null {
  const fetched = call.host_result_done_tstamp ?? call.host_status_done_tstamp;
  return fetched === null ? null : Math.max(fetched, enteredAt(call));
}

/** When the function was entered, no earlier than the call was submitted. */
export function enteredAt(call: CallStats): number {
  const { worker_func_start_tstamp: entered, worker_start_tstamp: start } =
    call;
  return Math.max(call.host_submit_tstamp, entered ?? start ?? 0);
}
