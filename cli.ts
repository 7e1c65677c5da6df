#!/usr/bin/env -S deno run -A
/**
 * The command line: `lithoscope run`, `report`, `top` and others. Each command is a file in `cli/`, loaded when it is
 * asked for.
 *
 * @module
 */
import deno from "./deno.json" with { type: "json" };
import {
  columns,
  type Command,
  helpOf,
  parse,
  suggest,
  UsageError,
} from "./cli/_command.ts";
import { describe, print, say } from "./cli/_output.ts";
import { serveIfWorker } from "./executor/serve.ts";

/** A command that reads its arguments by itself. */
type Raw = (args: string[]) => Promise<number>;

interface Entry {
  about: string;
  load: () => Promise<Command | Raw>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  hello: {
    about: "Check that calls run here, in processes and threads",
    load: async () => (await import("./cli/hello.ts")).hello,
  },
  run: {
    about: "Run a function of a module on many items",
    load: async () => (await import("./cli/run.ts")).run,
  },
  stats: {
    about: "Tables of a saved run",
    load: async () => (await import("./cli/stats.ts")).stats,
  },
  plot: {
    about: "Timeline and histogram of a saved run",
    load: async () => (await import("./cli/plot.ts")).plot,
  },
  report: {
    about: "A saved run as one HTML page",
    load: async () => (await import("./cli/report.ts")).report,
  },
  trace: {
    about: "Trace of a saved run, for Perfetto and chrome://tracing",
    load: async () => (await import("./cli/trace.ts")).trace,
  },
  export: {
    about: "Calls of a saved run as CSV, JSON lines or OpenMetrics",
    load: async () => (await import("./cli/export.ts")).exportCalls,
  },
  compare: {
    about: "Two saved runs beside each other: what changed",
    load: async () => (await import("./cli/compare.ts")).compare,
  },
  top: {
    about: "Which processes use how much, while a record is written",
    load: async () => (await import("./cli/top.ts")).top,
  },
  profile: {
    about: "Run any program and tell what it used",
    load: async () => (await import("./cli/profile.ts")).profile,
  },
  worker: {
    about: "Run calls of other machines here, from a queue in Redis",
    load: async () => (await import("./cli/worker.ts")).worker,
  },
  gateway: {
    about: "List, check and clean what is on a Pushgateway",
    load: async () => (await import("./cli/gateway.ts")).gateway,
  },
};

const HELP = `Runs functions in parallel and shows where their time went.

Usage: lithoscope <command> [options]

${columns(Object.entries(COMMANDS).map(([name, { about }]) => [name, about]))}
  --help     This text; after a command, what it takes
  --version  The version
`;

/**
 * Runs the command line with these arguments. Resolves to the exit code: 0 if all went well, 1 if something failed, 2 if
 * the arguments were wrong; what `profile` gives is that of the program it ran.
 *
 * @example Ask for the version
 * ```ts
 * import { main } from "./cli.ts";
 *
 * console.log(await main(["--version"])); // 0.1.0, then the exit code 0
 * ```
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    // Whoever read the output has seen enough, as in "| head".
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    say(describe(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch([name, ...args]: readonly string[]): Promise<number> {
  if (name === "--help" || name === "-h" || name === "help") {
    if (args[0] !== undefined) return await dispatch([args[0], "--help"]);
    await print(HELP);
    return 0;
  }
  if (name === "--version" || name === "-V") return await version();
  if (name === undefined) throw new UsageError(HELP.trimEnd());
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    throw new UsageError(
      `Cannot run "${name}" as there is no such command${
        suggest(name, Object.keys(COMMANDS))
      }; see lithoscope --help`,
    );
  }
  const command = await entry.load();
  if (typeof command === "function") {
    return args[0] === "--version" || args[0] === "-V"
      ? await version()
      : await command(args);
  }
  const input = await parse(name, command, args);
  if (input.has("version")) return await version();
  if (!input.has("help")) return await command.run(input);
  await print(helpOf(command));
  return 0;
}

async function version(): Promise<number> {
  await print(`${deno.version}\n`);
  return 0;
}

if (import.meta.main) {
  await serveIfWorker();
  Deno.exit(await main(Deno.args));
}
