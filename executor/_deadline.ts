/** A promise with a time limit and a signal; both end the waiting only, never what is waited for. */
import type { ResultOptions } from "./future.ts";

const MAX_TIMER = 2 ** 31 - 1;

/** `promise`, unless the time is over (`TimeoutError`) or the signal aborts (its reason) before. */
export function deadline<T>(
  promise: Promise<T>,
  { timeout = Infinity, signal }: ResultOptions,
  what: string,
): Promise<T> {
  if (timeout === Infinity && signal === undefined) return promise;
  if (signal?.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const timer = timeout === Infinity ? undefined : setTimeout(
      () => {
        end();
        reject(
          new DOMException(
            `Waited ${timeout} seconds for ${what}, which goes on`,
            "TimeoutError",
          ),
        );
      },
      Math.min(timeout * 1000, MAX_TIMER),
    );
    const abort = () => {
      end();
      reject(signal!.reason);
    };
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(end);
  });
}
