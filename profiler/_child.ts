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

/** Passes signals on to `child` until the function it returns is called. */
export function forwardSignals(child: Deno.ChildProcess): () => void {
  const listeners = PASSED.map((signal) => {
    const listener = () => {
      // Ctrl-C and Ctrl-\ go from the terminal to all processes in the foreground: the command has it already.
      const typed = signal === "SIGINT" || signal === "SIGQUIT";
      if (typed && isInForeground()) return;
      try {
        child.kill(signal);
      } catch { /* it has just ended */ }
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
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
