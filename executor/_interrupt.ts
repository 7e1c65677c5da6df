/**
 * Ctrl-C, SIGTERM and a closed terminal while there is something to end: calls that run are told to stop, what is left
 * on a Pushgateway is taken away, then the signal takes its course, and with the script its workers go. A second signal
 * does not wait.
 */
import type { Logger } from "./log.ts";
import { terminal } from "./terminal.ts";

/** What there is to do before the script ends, and where to say so. */
export interface Farewell {
  /** Calls that have not ended. */
  open: () => number;
  /** Does it; never rejects. */
  before: (signal: string) => Promise<unknown>;
  /** The script takes the signal itself and goes on: settles what `before` has stopped. */
  instead: (signal: string) => void;
  /** Where it is said. */
  log: Logger;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = typeof SIGNALS[number];
/** Most time to take, in milliseconds. */
const MOST = 5000;
/** A script that is still there so many milliseconds after its signal goes on. */
const COURSE = 200;
/** Listeners stay for so many milliseconds after the last job, and up to twice as many: mostly the next one is near. */
const LINGER = 500;

const farewells = new Set<Farewell>();
const handlers = new Map<Signal, () => void>();
let isEnding = false;
let lingering: ReturnType<typeof setTimeout> | undefined;
/** Somebody has needed the listeners since the last look whether to let go of them. */
let isNeeded = false;

/** Does what `farewell` says when a signal comes, until `forget` is called. */
export function heed(farewell: Farewell): void {
  farewells.add(farewell);
  if (handlers.size > 0 || isEnding || Deno.build.os === "windows") return;
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
  // Once one has come, it is up to `end` when the next one takes its course.
  if (farewells.size === 0 && !isEnding) stopListening();
}

/** As `forget`, but in a little while, unless there is something to heed again by then. */
export function forgetSoon(farewell: Farewell): void {
  farewells.delete(farewell);
  isNeeded = true;
  if (farewells.size === 0) lingering ??= linger();
}

function linger(): ReturnType<typeof setTimeout> {
  isNeeded = false;
  const timer = setTimeout(() => {
    lingering = undefined;
    if (farewells.size > 0 || isEnding) return;
    if (isNeeded) lingering = linger();
    else stopListening();
  }, LINGER);
  Deno.unrefTimer(timer as unknown as number);
  return timer;
}

function stopListening(): void {
  clearTimeout(lingering);
  lingering = undefined;
  for (const [signal, handler] of handlers) {
    Deno.removeSignalListener(signal, handler);
  }
  handlers.clear();
}

async function end(signal: Signal): Promise<void> {
  if (isEnding) return takeCourse(signal);
  isEnding = true;
  const all = [...farewells];
  announce(signal, all);
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    Promise.all(all.map(({ before }) => before(signal))),
    new Promise((resolve) => timer = setTimeout(resolve, MOST)),
  ]);
  clearTimeout(timer);
  takeCourse(signal);
  // Here ends a script that does not listen to the signal itself.
  await new Promise((resolve) => setTimeout(resolve, COURSE));
  isEnding = false;
  for (const { instead } of all) instead(signal);
}

/** Without our handlers the signal does what it would have done without us. */
function takeCourse(signal: Signal): void {
  stopListening();
  Deno.kill(Deno.pid, signal);
}

/** Says once, however many executors there are, what happens now; nothing if no call is lost by it. */
function announce(signal: Signal, all: readonly Farewell[]): void {
  terminal.leaveAll();
  const open = all.reduce((sum, farewell) => sum + farewell.open(), 0);
  if (open === 0) return;
  const calls = open === 1 ? "1 call is" : `${open} calls are`;
  const again = signal === "SIGINT" ? "press Ctrl-C again" : "send it again";
  const speaker = all.find(({ log }) => log.level !== "none") ?? all[0];
  speaker?.log.warn(
    `${signal}: ${calls} cancelled, then this script ends; ${again} to end it at once`,
  );
}
