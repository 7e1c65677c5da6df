/** What commands write: results to stdout, everything else to stderr. */
import { terminal } from "../executor/terminal.ts";

const encoder = new TextEncoder();

/** Writes text to stdout. Rejects with `Deno.errors.BrokenPipe` when nobody reads it any more. */
export async function print(text: string): Promise<void> {
  if (text === "") return;
  // On a terminal a progress bar may be in the way.
  if (Deno.stdout.isTerminal()) return terminal.print(text, "stdout");
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    bytes = bytes.subarray(await Deno.stdout.write(bytes));
  }
}

/** Writes a line to stderr. */
export function say(line: string): void {
  terminal.print(`${line}\n`);
}

/** An error in one line, with its causes. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, name, cause } = error;
  const own = message || name;
  if (cause === undefined) return own;
  const below = describe(cause);
  return own.includes(below) ? own : `${own}: ${below}`;
}
