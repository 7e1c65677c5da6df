/** Findings on where the time of a run went: stragglers, too few workers, workers without work, starts of workers. */
import { median, nameOf, percent, type Rule } from "./_finding.ts";
import { replay } from "./_replay.ts";
import type { RanCall, Shape } from "./_shape.ts";
import { counted, duration } from "./_style.ts";
import { coresOf, cpuOf, lackCores } from "./_cpu.ts";

/** Jobs with fewer calls have no usual run time. */
const MIN_CALLS = 8;
/** Stragglers are few: more than this share of the calls is a second kind of call. */
const MAX_STRAGGLERS = 0.1;
/** A straggler takes longer than usual by at least this share of the run: of less, a pause of the machine is the reason. */
const MIN_EXCESS = 0.02;
/** What costs less than this share of the time is not worth a word. */
const MATERIAL = 0.05;

/** Calls that took far longer than the others of their job, and what the run would have taken without. */
export const stragglers: Rule = ({ shape }) => {
  const { ran, open } = shape;
  const found: { at: number; usual: number }[] = [];
  const byJob = Map.groupBy(ran.keys(), (i) => ran[i]!.call.job_id);
  for (const indices of byJob.values()) {
    if (indices.length < MIN_CALLS) continue;
    const sorted = Float64Array.from(indices, (i) => lengthOf(ran[i]!)).sort();
    const rank = (share: number) => sorted[Math.floor(share * sorted.length)]!;
    const usual = median(sorted);
    const limit = Math.max(
      2 * usual,
      usual + MIN_EXCESS * open,
      rank(0.75) + 3 * (rank(0.75) - rank(0.25)),
    );
    const slow = indices.filter((i) => lengthOf(ran[i]!) > limit);
    if (slow.length > Math.max(1, MAX_STRAGGLERS * indices.length)) continue;
    found.push(...slow.map((at) => ({ at, usual })));
  }
  if (found.length === 0) return;
  const held = shape.queue.held.slice();
  for (const { at, usual } of found) held[at] = usual;
  const cost = replay(shape.queue, places(shape)) -
    replay({ ready: shape.queue.ready, held }, places(shape));
  if (cost < MATERIAL * open) return;
  const worst = found.reduce((a, b) =>
    lengthOf(ran[b.at]!) > lengthOf(ran[a.at]!) ? b : a
  );
  const slowest = ran[worst.at]!;
  const cpu = cpuOf([slowest.call]);
  return {
    id: "stragglers",
    title: found.length === 1 ? "A straggler" : "Stragglers",
    text: `${counted(found.length, "call")} took far longer than the others: ${
      nameOf(slowest.call)
    } took ${duration(lengthOf(slowest))}, ${
      counted(Math.round(lengthOf(slowest) / worst.usual), "time")
    } the usual ${duration(worst.usual)}${
      cpu === undefined
        ? ""
        : `, and used a core for ${percent(cpu.perCall)} of it`
    }. ${found.length === 1 ? "It" : "They"} cost about ${duration(cost)}, ${
      percent(cost / open)
    } of the run: start the longest calls first, or split them.`,
    severity: cost >= 0.2 * open ? "warning" : "notice",
    figures: {
      stragglers: found.length,
      slowest_exec_time: lengthOf(slowest),
      usual_exec_time: worst.usual,
      cost_time: cost,
      cost_share: cost / open,
    },
  };
};

/** Calls that waited while all workers were busy, where more workers would help. */
export const workersWanted: Rule = ({ data, shape, found }) => {
  const { open, full, peak, queue, ran, slots } = shape;
  if (slots > peak || full < 0.1 * open) return; // some worker was always free
  if (found.has("io_bound")) return; // nobody knows what disk and network have left
  const cores = coresOf(data);
  if (cores === undefined) return;
  const calls = ran.map(({ call }) => call);
  const cpu = cpuOf(calls);
  // A call that computes needs a core, even if others leave it a part of one; of calls that wait, many share one.
  const useful = cpu === undefined || lackCores(calls)
    ? cores
    : Math.floor(cores / Math.max(cpu.perCall, 0.01));
  const more = Math.min(2 * peak, useful);
  if (more <= peak) return;
  const now = replay(queue, peak), then = replay(queue, more);
  const gain = now - then;
  if (gain < 0.1 * open) return;
  const waits = median(
    Float64Array.from(
      ran,
      ({ call, start }) => Math.max(0, start - call.host_submit_tstamp),
    ),
  );
  return {
    id: "workers_wanted",
    title: "Calls wait for workers",
    text: `For ${percent(full / open)} of the run ${
      peak === 1 ? "the only worker" : `all ${peak} workers`
    } had a call and others waited, half of them for more than ${
      duration(waits)
    }. ${counted(more, "worker")} would save about ${duration(gain)} of ${
      duration(open)
    }${
      cpu === undefined
        ? ""
        : `: a call uses ${percent(cpu.perCall)} of a core, and there ${
          cores === 1 ? "is" : "are"
        } ${counted(cores, "core")}`
    }.`,
    severity: gain >= 0.3 * open ? "warning" : "notice",
    figures: {
      workers: peak,
      better_workers: more,
      full_share: full / open,
      median_queue_time: waits,
      gain_time: gain,
      gain_share: gain / open,
      cores,
      ...(cpu === undefined ? {} : { cores_per_call: cpu.perCall }),
    },
  };
};

/** Workers that stood still at the end, or all along, as there were not enough calls to share. */
export const tooFewCalls: Rule = ({ shape, found }) => {
  const { ran, slots, idle, open } = shape;
  const share = idle.tail / (slots * open);
  if (slots < 2 || !(share >= 0.3) || found.has("stragglers")) return;
  return {
    id: "too_few_calls",
    title: "Workers idle: too few calls",
    text: `${counted(ran.length, "call")} ${
      ran.length < slots ? "cannot keep" : "did not share out evenly over"
    } ${counted(slots, "worker")}${ran.length < slots ? " busy" : ""}: for ${
      percent(share)
    } of their time workers had nothing left to do. ${
      ran.length < slots
        ? "Split the work into more calls, or start fewer workers"
        : "More and shorter calls would"
    }${ran.length < slots ? "." : " share out better."}`,
    severity: "notice",
    figures: { calls: ran.length, workers: slots, idle_share: share },
  };
};

/** Workers that stood still while calls waited behind others of a chunk. */
export const largeChunks: Rule = ({ shape }) => {
  const { slots, idle, open, gap, held, peak, queue } = shape;
  const lost = idle.held - idle.booting;
  const share = lost / (slots * open);
  if (slots < 2 || !(share >= 0.2) || gap >= held / 2) return;
  const ready = queue.ready[0]!;
  const gain = open - (replay(queue, Math.max(peak, slots)) - ready);
  if (gain < MATERIAL * open) return;
  return {
    id: "large_chunks",
    title: "Workers idle: chunks too large",
    text: `For ${
      percent(share)
    } of their time workers had no call while calls waited behind others that had been sent to the same worker. With a smaller chunksize the run would take about ${
      duration(gain)
    } less than its ${duration(open)}.`,
    severity: share >= 0.4 ? "warning" : "notice",
    figures: { idle_share: share, gain_time: gain, workers: slots },
  };
};

/** Calls so short that handing them over takes longer than they do. */
export const smallCalls: Rule = ({ shape }) => {
  const { slots, idle, open, gap, held, ran } = shape;
  const share = Math.max(0, idle.held - idle.booting) / (slots * open);
  if (ran.length < MIN_CALLS || !(share >= 0.2) || gap < held / 2) return;
  return {
    id: "small_calls",
    title: "Calls too small",
    text: `A call takes ${duration(held)} on average, and a worker waits ${
      duration(gap)
    } for the next one: for ${
      percent(share)
    } of their time workers had no call though calls waited. Do more in each call, or send them in larger chunks.`,
    severity: "notice",
    figures: { call_time: held, gap_time: gap, idle_share: share },
  };
};

/** Workers that stood still as the script had not submitted the next calls. */
export const submitBound: Rule = ({ data, shape }) => {
  const { slots, idle, open, ran } = shape;
  const share = idle.starved / (slots * open);
  if (!(share >= 0.3)) return;
  const creating = Math.max(
    ...ran.map(({ call }) => call.host_job_created_time),
  );
  const isCreating = creating >= 0.5 * share * open;
  return {
    id: "submit_bound",
    title: "Workers wait for the script",
    text: `For ${
      percent(share)
    } of their time workers had no call, none waited, and ${
      isCreating
        ? `the job was still being made: that took up to ${duration(creating)}.`
        : "the next ones had not been submitted yet: the script makes or reads its items more slowly than workers use them."
    }`,
    severity: share >= 0.5 ? "warning" : "notice",
    figures: {
      idle_share: share,
      calls: data.calls.length,
      longest_creation_time: creating,
    },
  };
};

/** Starts of workers that took a good part of the run. */
export const coldStarts: Rule = ({ shape }) => {
  const { slots, idle, open, ran } = shape;
  const cold = ran.filter(({ call }) => call.worker_cold_start === true);
  const share = Math.min(1, idle.booting / (slots * open));
  if (cold.length === 0 || !(share >= 0.1)) return;
  const boot = median(
    Float64Array.from(cold, ({ call }) => call.worker_boot_time ?? 0),
  );
  return {
    id: "cold_starts",
    title: "Cold starts",
    text: `${counted(cold.length, "call")} waited for a worker to start, ${
      cold.length === 1 ? "" : "typically "
    }${duration(boot)}: ${percent(share)} of the workers' time. ${
      cold.length > slots
        ? "Workers were replaced in between: let them live longer."
        : "Await fexec.ready before the work, and keep the executor for the next job."
    }`,
    severity: share >= 0.3 ? "warning" : "notice",
    figures: {
      cold_starts: cold.length,
      median_boot_time: boot,
      workers: slots,
      boot_share: share,
    },
  };
};

function lengthOf({ start, end }: RanCall): number {
  return end - start;
}

function places({ peak, slots }: Shape): number {
  return Math.max(1, peak, slots);
}
