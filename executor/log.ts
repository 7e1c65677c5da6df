/**
 * Levelled logging to stderr, one line a message; nothing ever goes to stdout.
 *
 * @module
 */
import { terminal } from "./terminal.ts";
import type { LogLevel } from "./options.ts";

export type { LogLevel } from "./options.ts";

/** What is logged: text, or a function that makes it, called only if the level is on. */
export type LogMessage = string | (() => string);

/** Logs at four levels. No method ever throws because stderr is closed or full. */
export interface Logger {
  /** The least severe level that is logged. */
  readonly level: LogLevel;
  /** What only somebody who looks for a fault wants to know. */
  debug(message: LogMessage): void;
  /** What happens, as it should. */
  info(message: LogMessage): void;
  /** What is odd but goes on. */
  warn(message: LogMessage): void;
  /** What failed. */
  error(message: LogMessage): void;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warning: 2,
  error: 3,
  none: 4,
};

/**
 * Makes a logger that logs what is at least as severe as `level`: `2026-11-26 22:40:30.123 [INFO] message`, in local
 * time. A message stays on one line whatever is in it, and does not tear a progress bar.
 *
 * @param level the least severe level that is logged; `"none"` logs nothing
 * @param write takes each line, with its newline; to stderr unless given
 *
 * @example Log what is odd, and no more
 * ```ts
 * import { createLogger } from "./log.ts";
 *
 * const log = createLogger("warning");
 * log.info("not seen");
 * log.warn("seen on stderr");
 * ```
 */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => terminal.print(line),
): Logger {
  const logs = (severity: LogLevel) => {
    if (SEVERITY[severity] < SEVERITY[level]) return () => {};
    const name = severity.toUpperCase();
    return (message: LogMessage) => {
      const text = typeof message === "function" ? message() : message;
      write(`${localTime(new Date())} [${name}] ${oneLine(text)}\n`);
    };
  };
  return {
    level,
    debug: logs("debug"),
    info: logs("info"),
    warn: logs("warning"),
    error: logs("error"),
  };
}

function localTime(date: Date): string {
  const local = date.getTime() - date.getTimezoneOffset() * 60_000;
  return new Date(local).toISOString().slice(0, -1).replace("T", " ");
}

/** Line breaks, and control characters that a terminal would obey, as escapes. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => {
    const escape = JSON.stringify(char).slice(1, -1);
    return escape.length > 1
      ? escape
      : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
