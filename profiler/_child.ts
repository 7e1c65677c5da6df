/**
 * Standing between a command and whoever started it: signals go down, the way it ended comes up.
 *
 * @module
 */
import { parseStat, PROC, readProcBytes } from "./procfs.ts";
import { numbersOfLine } from "./_bytes.ts";

/** Signals that are passed on. */
const PASSED: Deno.Signal[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
];

/** Signals that go to a child instead of this process. */
export interface SignalForwarding {
  /** Names the child; signals that came before go to it now. */
  to(child: Deno.ChildProcess): void;
  /** Lets signals do what they do again. */
  stop(): void;
}

/**
 * Passes signals on until it is stopped. To be called before the child is started: a signal that comes while it starts
 * would end this process and leave the child.
 */
export function forwardSignals(): SignalForwarding {
  let child: Deno.ChildProcess | undefined;
  const early: Deno.Signal[] = [];
  const pass = (signal: Deno.Signal) => {
    if (child === undefined) return void early.push(signal);
    try {
      child.kill(signal);
    } catch { /* it has just ended */ }
  };
  const listeners = PASSED.map((signal) => {
    const listener = () => {
      // Ctrl-C and Ctrl-\ go from the terminal to all processes in the foreground: the command has it already.
      const typed = signal === "SIGINT" || signal === "SIGQUIT";
      if (typed && isInForeground()) return;
      pass(signal);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return {
    to(started) {
      child = started;
      early.splice(0).forEach(pass);
    },
    stop: () => listeners.forEach((remove) => remove()),
  };
}

/** True if this process is in the foreground of a terminal. */
function isInForeground(): boolean {
  const bytes = readProcBytes(`${PROC}/self/stat`);
  if (bytes === null) return Deno.stdin.isTerminal();
  const fields = new Float64Array(5); // ppid, pgrp, session, tty, tpgid
  numbersOfLine(bytes, bytes.lastIndexOf(41) + 3, fields);
  return fields[4] === parseStat(bytes).pgrp;
}

/** `"exit status 3"`, or `"ended by SIGTERM"`. */
export function describeExit(status: Deno.CommandStatus): string {
  return status.signal === null
    ? `exit status ${status.code}`
    : `ended by ${status.signal}`;
}
