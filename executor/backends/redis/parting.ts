/**
 * How long a worker host that is to end waits for a Redis that is gone.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";

/** Milliseconds for which results wait for a Redis that is gone, or says nothing. */
const PATIENCE = 10_000;
/** Milliseconds between two looks. */
const LOOK = 50;

/** Notices when there is no use in waiting: Redis is gone or stopped, nothing runs, and results have waited long enough. */
export class Parting {
  readonly #timer: ReturnType<typeof setInterval>;
  /** Resolves when it is so. */
  readonly inVain: Promise<void>;

  /** Looks after what runs on a pool, and what is held of the queue until it is told. */
  constructor(
    redis: Redis,
    pool: { readonly running: number },
    holding: { readonly calls: number },
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.inVain = promise;
    let since: number | undefined, isAsked = false;
    const ask = async () => {
      isAsked = true;
      // A connection may seem to be up for minutes when it is not.
      await redis.ping().then(() => since = undefined, () => {});
      isAsked = false;
    };
    this.#timer = setInterval(() => {
      if (pool.running > 0) {
        since = undefined;
        return;
      }
      const now = performance.now();
      since ??= now;
      const isLost = redis.status !== "ready";
      if (!isLost && !isAsked) void ask();
      if (isLost && holding.calls === 0 || now - since > PATIENCE) resolve();
    }, LOOK);
  }

  /** Looks no more. */
  end(): void {
    clearInterval(this.#timer);
  }
}
