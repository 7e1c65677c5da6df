/** A promise with a time limit and a signal; both end the waiting only, never what is waited for. */
import type { ResultOptions } from "./future.ts";

const MAX_TIMER = 2 ** 31 - 1;

/** Begins to wait, and says by one of the two how that ended; gives what takes the waiting back. */
export type Begin<T> = (
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
) => () => void;

/** What `begin` waits for, unless the time is over (`TimeoutError`) or the signal aborts (its reason) before. */
export function deadline<T>(
  begin: Begin<T>,
  { timeout = Infinity, signal }: ResultOptions,
  what: string,
): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    if (timeout === Infinity && signal === undefined) {
      begin(resolve, reject);
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const giveUp = (reason: unknown) => {
      end();
      stop();
      reject(reason);
    };
    const abort = () => giveUp(signal!.reason);
    signal?.addEventListener("abort", abort);
    if (timeout < Infinity) {
      timer = setTimeout(
        () =>
          giveUp(
            new DOMException(
              `Waited ${timeout} seconds for ${what}, which goes on`,
              "TimeoutError",
            ),
          ),
        Math.min(timeout * 1000, MAX_TIMER),
      );
    }
    const stop = begin((value) => {
      end();
      resolve(value);
    }, (error) => {
      end();
      reject(error);
    });
  });
}
