/**
 * The command line as a child process, as it runs in a shell.
 *
 * @module
 */
import { type DenoResult, outcomeOf } from "./run_deno.ts";
import { ROOT } from "./source_tree.ts";

/** Options of {@linkcode lithoscope}. */
export interface LithoscopeOptions {
  /** Where it runs. */
  cwd?: string;
  /** What it reads from stdin; nothing if not given. */
  stdin?: string;
  /** Flags of Deno. @default {["-A"]} */
  flags?: readonly string[];
}

/** Starts `lithoscope` with all three streams piped. */
export function spawnLithoscope(
  args: readonly string[],
  { cwd, flags = ["-A"] }: LithoscopeOptions = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, new URL("cli.ts", ROOT).href, ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
}

/** Runs `lithoscope` to its end; never on a terminal. */
export async function lithoscope(
  args: readonly string[],
  options: LithoscopeOptions = {},
): Promise<DenoResult> {
  const child = spawnLithoscope(args, options);
  const [outcome] = await Promise.all([
    outcomeOf(child),
    feed(child, options.stdin ?? ""),
  ]);
  return outcome;
}

async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    if (text !== "") await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It ended without reading all of it.
  }
}
