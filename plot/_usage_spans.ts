/** When calls ran, for the usage chart. */
import type { CallStats } from "../executor/stats.ts";
import type { Collection } from "../profiler/record.ts";

/** When calls ran, in epoch seconds. */
export interface Spans {
  /** When the first job was created, if calls were given. */
  epoch: number;
  /** When the last call ended, if calls were given. */
  end: number;
  /** Each call with its worker, in order of time. */
  list: { from: number; to: number; worker: number }[];
}

/** When each call ran: as its stats say, or else from the first to the last sample that saw it. */
export function spansOf(calls: CallStats[], samples: Collection[]): Spans {
  const list: Spans["list"] = [];
  if (calls.length > 0) {
    let epoch = Infinity;
    let end = -Infinity;
    for (const call of calls) {
      epoch = Math.min(epoch, call.host_job_create_tstamp);
      const from = call.worker_func_start_tstamp ?? call.worker_start_tstamp;
      const to = call.worker_func_end_tstamp ?? call.host_status_done_tstamp;
      if (from === null || to === null) continue;
      end = Math.max(end, to);
      list.push({ from, to, worker: call.worker_id ?? 0 });
    }
    list.sort((a, b) => a.from - b.from);
    return { epoch, end, list };
  }
  const seen = new Map<string, Spans["list"][number]>();
  for (const { trees, threads, tstamp } of samples) {
    for (const tree of trees) {
      for (const { job_id, call_id, start_tstamp } of tree.calls) {
        const key = `${job_id}/${call_id}/${start_tstamp}`;
        const thread = threads.find((t) =>
          t.job_id === job_id && t.call_id === call_id
        );
        const worker = tree.worker_id ?? thread?.worker_id ?? 0;
        const span = seen.get(key);
        if (span !== undefined) span.to = tstamp;
        else seen.set(key, { from: start_tstamp, to: tstamp, worker });
      }
    }
  }
  list.push(...[...seen.values()].sort((a, b) => a.from - b.from));
  return { epoch: Infinity, end: -Infinity, list };
}
