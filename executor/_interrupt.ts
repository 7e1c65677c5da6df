/**
 * Ctrl-C and SIGTERM while calls run: the executors are ended first, so that nothing stays behind on a Pushgateway, then
 * the signal takes its course. A second one ends the script at once.
 */
import type { Logger } from "./log.ts";

/** An executor that can be ended. */
export interface Interruptible {
  /** Cancels all calls and ends the workers. */
  terminate(reason: unknown): Promise<void>;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type Signal = typeof SIGNALS[number];
/** Time to end, in milliseconds. */
const MOST = 5000;

const running = new Map<Interruptible, Logger>();
const handlers = new Map<Signal, () => void>();
let isEnding = false;

/** Ends `executor` when a signal comes, until `ignore` is called. */
export function heed(executor: Interruptible, log: Logger): void {
  running.set(executor, log);
  if (handlers.size > 0 || Deno.build.os === "windows") return;
  for (const signal of SIGNALS) {
    const handler = () => void interrupted(signal);
    try {
      Deno.addSignalListener(signal, handler);
      handlers.set(signal, handler);
    } catch {
      // Not everywhere are there signals to be had.
    }
  }
}

/** Leaves signals to do what they do. */
export function ignore(executor: Interruptible): void {
  running.delete(executor);
  if (running.size === 0) stopListening();
}

function stopListening(): void {
  for (const [signal, handler] of handlers) {
    Deno.removeSignalListener(signal, handler);
  }
  handlers.clear();
}

async function interrupted(signal: Signal): Promise<void> {
  if (!isEnding) {
    isEnding = true;
    const executors = [...running];
    executors[0]?.[1].warn(
      `${signal}: all calls are cancelled; a second one ends the script at once`,
    );
    await Promise.race([
      Promise.all(executors.map(([each]) => each.terminate(signal))),
      new Promise((resolve) => setTimeout(resolve, MOST)),
    ]);
  }
  stopListening();
  // Without our handler it does what it would have done without us.
  Deno.kill(Deno.pid, signal);
}
