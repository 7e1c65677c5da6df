/**
 * The arguments of `lithoscope profile`.
 *
 * @module
 */
import { loadParseArgs } from "../std.ts";

/** What `--help` prints. */
export const HELP =
  `Runs a command and tells what it and all its descendants used.

Usage: lithoscope profile [options] -- command [arguments...]
       lithoscope profile [options] --pid N

  --interval SECONDS  time between samples, 0.01 or more (default 0.2)
  --record FILE       write every sample to FILE, as JSON lines
  --plot FILE         draw CPU, memory, disk and network over time (.png, .svg or .pdf)
  --pid N             watch a process that runs already; Ctrl-C ends the watch
  --quiet             no status line and no summary
  --help              this text

The command's exit code is passed on; 128 and the signal's number if a signal ended it.
`;

/** What `lithoscope profile` was asked for. */
export interface Settings {
  /** Seconds between samples. */
  interval: number;
  /** File to record in. */
  record: string | undefined;
  /** File to plot into. */
  plot: string | undefined;
  /** Process to watch. */
  pid: number | undefined;
  /** Print nothing. */
  quiet: boolean;
  /** Command to run; empty with `pid`. */
  command: string[];
}

/** A mistake in the command line. */
export class UsageError extends Error {}

/** Reads the arguments; `null` if help is asked for. Throws a {@linkcode UsageError} for a mistake. */
export async function parseSettings(args: string[]): Promise<Settings | null> {
  const parseArgs = await loadParseArgs();
  const flags = parseArgs(args, {
    boolean: ["help", "quiet"],
    string: ["interval", "record", "plot", "pid"],
    alias: { help: "h" },
    stopEarly: true,
    "--": true,
    unknown: (arg, key) => {
      if (key === undefined) return true;
      throw new UsageError(
        `Cannot profile as there is no option "${arg}": see lithoscope profile --help`,
      );
    },
  });
  if (flags.help === true) return null;
  const text = (name: string): string | undefined => {
    const value = flags[name];
    if (value === "") {
      throw new UsageError(`Cannot profile as --${name} needs a value: none`);
    }
    return typeof value === "string" ? value : undefined;
  };
  const interval = Number(text("interval") ?? 0.2);
  if (!(interval >= 0.01 && interval <= 86_400)) {
    throw new UsageError(
      `Cannot profile as --interval must be from 0.01 to 86400 seconds: ${flags.interval}`,
    );
  }
  const pid = text("pid") === undefined ? undefined : Number(text("pid"));
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0)) {
    throw new UsageError(
      `Cannot profile as --pid must be a process id: ${flags.pid}`,
    );
  }
  const command = [...flags._.map(String), ...flags["--"] ?? []];
  if ((pid === undefined) === (command.length === 0)) {
    throw new UsageError(
      `Cannot profile as either a command or --pid is needed: ${
        pid === undefined ? "neither" : "both"
      } given, see lithoscope profile --help`,
    );
  }
  return {
    interval,
    record: text("record"),
    plot: text("plot"),
    pid,
    quiet: flags.quiet === true,
    command,
  };
}

/** A mistake in a file's name should show before a command of hours has run. */
export function checkFiles(settings: Settings): void {
  const { record, plot } = settings;
  if (plot !== undefined && !/\.(png|svg|pdf)$/.test(plot)) {
    throw new UsageError(
      `Cannot profile as --plot must end in .png, .svg or .pdf: "${plot}"`,
    );
  }
  for (const path of [record, plot]) {
    if (path === undefined) continue;
    try {
      Deno.openSync(path, { create: true, write: true }).close();
    } catch (error) {
      throw new UsageError(
        `Cannot profile as "${path}" cannot be written: ${
          (error as Error).message
        }`,
      );
    }
  }
}
