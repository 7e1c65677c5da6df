/** A progress bar for as long as somebody waits for futures. */
import { createProgress, type ProgressState } from "./progress.ts";
import { endedOf, follow, type Growing } from "./wait.ts";

/** What there is to know of an executor beside its futures. */
export interface Activity {
  /** Calls that run at this moment. */
  running: () => number;
  /** What its workers use, as last sampled; undefined if nothing is. */
  use: () => Pick<ProgressState, "cpuPercent" | "memoryBytes"> | undefined;
}

/** Waits for `waiting`, with a progress bar that counts `source` if one is wanted and can be seen. */
export async function showProgress<R>(
  source: Growing,
  wanted: boolean | "detailed",
  { running, use }: Activity,
  waiting: Promise<R>,
): Promise<R> {
  const progress = createProgress({ progress: wanted });
  if (!progress.isShown) return await waiting;
  const startedAt = Date.now();
  // What a list has let go of was given to somebody, so it has ended.
  const before = endedOf(source);
  let done = source.made - source.futures.length + before.length;
  let failed = before.filter(({ error }) => error !== null).length;
  const state = (): ProgressState => {
    const { made } = source;
    const isRunning = Math.min(running(), made - done);
    return {
      done,
      failed,
      running: isRunning,
      queued: made - done - isRunning,
      total: source.end === undefined ? null : made,
      startedAt,
      ...use(),
    };
  };
  const update = () => progress.update(state);
  update();
  const unfollow = follow(source, (call) => {
    done++;
    if (call.error !== null) failed++;
    update();
  }, update);
  try {
    return await waiting;
  } finally {
    unfollow();
    progress.stop();
  }
}
