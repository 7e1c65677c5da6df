/** One event of a trace, as the Trace Event Format of Chrome has it, and the clock of all. */

/** An event. Instants and durations are microseconds, with quarters behind the point. */
export interface TraceEvent {
  /** `X` a slice, `s` `t` `f` a flow's start, step and end, `C` a counter, `i` an instant, `M` a name. */
  ph: "X" | "s" | "t" | "f" | "C" | "i" | "M";
  /** What it is called. */
  name: string;
  /** What it belongs to, for filters. */
  cat: string;
  /** Group of tracks. */
  pid: number;
  /** Track in the group. */
  tid: number;
  /** When, since the start of the run. */
  ts: number;
  /** How long, of a slice. */
  dur?: number;
  /** Which flow. */
  id?: number;
  /** `e`: a flow's end belongs to the slice around it. */
  bp?: "e";
  /** `t`: an instant belongs to its track. */
  s?: "t";
  /** Anything else to show. */
  args?: Record<string, unknown>;
}

/** The group of the script's tracks, a track a job. */
export const SCRIPT = 1;
/** The group of the workers' tracks. */
export const WORKERS = 2;

/** Turns epoch seconds into the time of a trace. */
export class TraceClock {
  /** Epoch seconds at which the trace begins. */
  readonly origin: number;

  /** A clock that shows 0 at `origin`. */
  constructor(origin: number) {
    this.origin = origin;
  }

  /**
   * Microseconds since the origin, in quarters: epoch seconds tell no less, and binary fractions add up exactly, so that
   * for no reader a slice reaches out of the one that it is in.
   */
  at(instant: number): number {
    return Math.round((instant - this.origin) * 4e6) / 4;
  }

  /** Start and duration of a slice. Rounded at its ends, so that slices within slices stay so. */
  span(from: number, to: number): { ts: number; dur: number } {
    const ts = this.at(from);
    return { ts, dur: Math.max(0, this.at(to) - ts) };
  }
}

/** The name of a group or a track, and its place among the others. */
export function* named(
  kind: "process" | "thread",
  pid: number,
  tid: number,
  name: string,
): Generator<TraceEvent> {
  const common = { ph: "M", cat: "__metadata", pid, tid, ts: 0 } as const;
  yield { ...common, name: `${kind}_name`, args: { name } };
  const sort_index = kind === "process" ? pid : tid;
  yield { ...common, name: `${kind}_sort_index`, args: { sort_index } };
}
