/**
 * Ctrl-C and SIGTERM while calls run: what is left on a Pushgateway is taken away first, then the signal takes its course,
 * and with the script its workers go. A second signal does not wait.
 */
import type { Logger } from "./log.ts";

/** What there is to do before the script ends, and where to say so. */
export interface Farewell {
  /** Does it; never rejects. */
  before: () => Promise<void> | undefined;
  /** Where it is said. */
  log: Logger;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type Signal = typeof SIGNALS[number];
/** Most time to take, in milliseconds. */
const MOST = 5000;

const farewells = new Set<Farewell>();
const handlers = new Map<Signal, () => void>();
let isEnding = false;

/** Does what `farewell` says when a signal comes, until `forget` is called. */
export function heed(farewell: Farewell): void {
  farewells.add(farewell);
  if (handlers.size > 0 || Deno.build.os === "windows") return;
  for (const signal of SIGNALS) {
    const handler = () => void end(signal);
    try {
      Deno.addSignalListener(signal, handler);
      handlers.set(signal, handler);
    } catch {
      // Not everywhere are there signals to be had.
    }
  }
}

/** Leaves signals to do what they do. */
export function forget(farewell: Farewell): void {
  farewells.delete(farewell);
  if (farewells.size === 0) stopListening();
}

function stopListening(): void {
  for (const [signal, handler] of handlers) {
    Deno.removeSignalListener(signal, handler);
  }
  handlers.clear();
}

async function end(signal: Signal): Promise<void> {
  if (!isEnding) {
    isEnding = true;
    const [first] = farewells;
    first?.log.warn(
      `${signal}: calls are cancelled and workers ended; a second one does not wait`,
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      Promise.all([...farewells].map(({ before }) => before())),
      new Promise((resolve) => timer = setTimeout(resolve, MOST)),
    ]);
    clearTimeout(timer);
  }
  stopListening();
  // Without our handler it does what it would have done without us.
  Deno.kill(Deno.pid, signal);
}
