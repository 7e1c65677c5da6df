/** A progress bar for as long as somebody waits for futures. */
import { createProgress } from "./progress.ts";
import { follow, type Growing } from "./wait.ts";

/** Waits for `waiting`, with a progress bar that counts `source` if one is wanted and can be seen. */
export async function showProgress<R>(
  source: Growing,
  wanted: boolean | "detailed",
  running: () => number,
  waiting: Promise<R>,
): Promise<R> {
  const progress = createProgress({ progress: wanted });
  if (!progress.isShown) return await waiting;
  const startedAt = Date.now();
  let done = 0, failed = 0;
  const update = () => {
    const { length } = source.futures;
    const isRunning = running();
    progress.update({
      done,
      failed,
      running: isRunning,
      queued: Math.max(0, length - done - isRunning),
      total: source.end === undefined ? null : length,
      startedAt,
    });
  };
  follow(source, (call) => {
    done++;
    if (call.error !== null) failed++;
    update();
  }, update);
  try {
    return await waiting;
  } finally {
    progress.stop();
  }
}
