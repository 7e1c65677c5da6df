/**
 * Puts the calls of workers on tracks, so that what is on one track never overlaps: a worker that runs several calls at
 * once has several, and results that are still on their way when the next call starts have tracks of their own.
 */
import type { CallStats } from "../executor/stats.ts";
import { byHost, workerNames } from "./_hosts.ts";

/** A call on a track. */
export interface PlacedCall {
  /** Its statistics. */
  readonly call: CallStats;
  /** Names it in flows: one more than its place among the calls. */
  readonly flow: number;
  /** When the worker took it up, in epoch seconds. */
  readonly start: number;
  /** When the worker was done; of a call that has not ended, the end of the trace. */
  readonly end: number;
  /** What was on the track before ended then; `-Infinity` for the first. */
  free: number;
}

/** A result on its way. */
export interface Upload {
  /** The call. */
  readonly of: PlacedCall;
  /** When it was sent, in epoch seconds. */
  readonly start: number;
  /** When the host had it. */
  readonly end: number;
}

/** One track. */
export interface Lane {
  /** Number of the worker. */
  readonly worker: number;
  /** `"worker 0"`, `"worker 0, lane 2"`, `"worker 0, results"`; with several hosts `"alpha: worker 0"` and so on. */
  readonly name: string;
  /** Calls by start. */
  readonly calls: PlacedCall[];
  /** Results that fit between them, or that are alone here, by start. */
  readonly uploads: Upload[];
}

/** Tracks of all workers, by host and number. `end` is the end of the trace. */
export function lanesOf(calls: readonly CallStats[], end: number): Lane[] {
  const byWorker = new Map<number, PlacedCall[]>();
  for (const [index, call] of calls.entries()) {
    const start = call.worker_start_tstamp;
    if (start === null) continue;
    const worker = call.worker_id ?? -1;
    const placed = {
      call,
      flow: index + 1,
      start,
      end: Math.max(start, call.worker_end_tstamp ?? end),
      free: -Infinity,
    };
    const known = byWorker.get(worker);
    if (known === undefined) byWorker.set(worker, [placed]);
    else known.push(placed);
  }
  const hosts = new Map<number, string>();
  for (const [worker, placed] of byWorker) {
    const host = placed[0]!.call.host_name;
    if (host != null) hosts.set(worker, host);
  }
  const nameOf = workerNames(hosts);
  return byHost([...byWorker.keys()], hosts).flatMap((worker) =>
    lanesOfWorker(worker, nameOf(worker), byWorker.get(worker)!)
  );
}

function lanesOfWorker(
  worker: number,
  name: string,
  placed: PlacedCall[],
): Lane[] {
  placed.sort((a, b) => a.start - b.start || a.end - b.end);
  const rows = pack(placed);
  const left: Upload[] = [];
  const lanes = rows.map((calls, i): Lane => ({
    worker,
    name: i === 0 ? name : `${name}, lane ${i + 1}`,
    calls,
    uploads: calls.flatMap((of, i) => {
      const { end, call: { worker_result_upload_time: time } } = of;
      if (time === null || of.call.worker_end_tstamp === null) return [];
      const upload = { of, start: end, end: end + time };
      const next = calls[i + 1];
      if (next === undefined) return [upload];
      if (upload.end <= next.start) {
        next.free = upload.end;
        return [upload];
      }
      left.push(upload);
      return [];
    }),
  }));
  left.sort((a, b) => a.start - b.start);
  const more = pack(left).map((uploads, i): Lane => ({
    worker,
    name: `${name}, results${i === 0 ? "" : ` ${i + 1}`}`,
    calls: [],
    uploads,
  }));
  return [...lanes, ...more];
}

/** Rows in which nothing overlaps: each goes to the first row that is free. Sorted by start. */
export function pack<T extends { start: number; end: number; free?: number }>(
  spans: readonly T[],
): T[][] {
  const rows: T[][] = [];
  for (const span of spans) {
    const row = rows.find((row) => row.at(-1)!.end <= span.start);
    if (row === undefined) rows.push([span]);
    else {
      if (span.free !== undefined) span.free = row.at(-1)!.end;
      row.push(span);
    }
  }
  return rows;
}
