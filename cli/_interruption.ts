/** Ctrl-C, SIGTERM or a closed terminal while calls run: the executor cancels them, and what there is is still written. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/**
 * The first one is the user's, the second the executor's, which passes it on when the calls have ended. The executor does
 * not wait any longer when the user sends another meanwhile, so whichever comes third, the user has asked twice.
 */
const ENOUGH = 3;

/** Hears such signals from when it is made until it is disposed of. */
export class Interruption implements Disposable {
  /** Resolves with the first of them. */
  readonly heard: Promise<void>;
  readonly #handlers: [Deno.Signal, () => void][] = [];
  readonly #resolve: () => void;
  #signal: Deno.Signal | undefined;
  #times = 0;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.heard = promise;
    this.#resolve = resolve;
    // As in executor/_interrupt.ts.
    if (Deno.build.os === "windows") return;
    for (const signal of SIGNALS) {
      const handler = () => this.#hear(signal);
      Deno.addSignalListener(signal, handler);
      this.#handlers.push([signal, handler]);
    }
  }

  /** Whether there was one. */
  get isHeard(): boolean {
    return this.#signal !== undefined;
  }

  /** Lets the signal take its course, so that a shell sees what has ended this program. */
  async end(): Promise<never> {
    this[Symbol.dispose]();
    Deno.kill(Deno.pid, this.#signal!);
    return await new Promise<never>(() => {
      setTimeout(() => {}, 10_000); // It comes any moment.
    });
  }

  /** Leaves signals to do what they do. */
  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers.splice(0)) {
      Deno.removeSignalListener(signal, handler);
    }
  }

  #hear(signal: Deno.Signal): void {
    this.#signal ??= signal;
    this.#resolve();
    if (++this.#times >= ENOUGH) void this.end();
  }
}
