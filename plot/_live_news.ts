/** What the stream of the live page tells. */
import type { LivePoint } from "./_live_course.ts";
import type { LiveFailure } from "./_live_failures.ts";
import type { LiveFigures, LiveJob } from "./_live_state.ts";

/** An event of the stream. */
export interface LiveNews {
  now: number;
  figures: LiveFigures;
  running: {
    job_id: string;
    call_id: string;
    worker_id: number;
    pid: number;
    start_tstamp: number;
    cpu?: number | null;
    memory?: number | null;
  }[];
  jobs?: LiveJob[];
  failures?: LiveFailure[];
  width?: number;
  points?: LivePoint[];
  from?: number;
  last?: LivePoint[];
  end?: "ended" | "stopped" | null;
}
