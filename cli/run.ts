/** `lithoscope run`: an exported function on many items, results as JSON lines. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  FunctionExecutor,
  type FunctionExecutorOptions,
  task,
} from "../mod.ts";
import {
  checkOutput,
  type Command,
  type Input,
  reading,
  UsageError,
} from "./_command.ts";
import { Interruption } from "./_interruption.ts";
import { openItems } from "./_items.ts";
import { describe, say } from "./_output.ts";
import { writeResults } from "./_results.ts";
import { summaryText } from "./_summary.ts";

/** The command. */
export const run: Command = {
  usage: "run <module> <export> [options]",
  about:
    `Runs an exported function once for each item, in parallel: fn(item, context).
Items are JSON: an array in --items, or lines of a file or of stdin. Results go
to stdout as JSON lines in the order of the items, null for a call that failed;
why it did goes to stderr, and the exit code is 1 then. Ctrl-C cancels the calls;
--save, --report, --summary and --plot are of those that had ended then too. A
second one ends it at once.`,
  operands: ["<module>", "<export>"],
  flags: {
    items: { value: "JSON", help: "the items as an array, such as '[1, 2]'" },
    "items-file": { value: "FILE", help: 'one item a line ("-" for stdin)' },
    backend: { value: "NAME", help: "process (default) or thread" },
    workers: { value: "N", help: "workers (default: cores to be used)" },
    concurrency: { value: "N", help: "calls at once in a worker (default 1)" },
    timeout: { value: "SECONDS", help: "longest run of a call" },
    retries: { value: "N", help: "further runs of a failed call (default 0)" },
    chunksize: { value: "N", help: "calls sent to a worker together" },
    config: { value: "FILE", help: "configuration file" },
    "log-level": {
      value: "LEVEL",
      help: "debug, info (default), warning, error or none",
    },
    "no-progress": { help: "no progress bar" },
    detailed: { help: "progress on two lines, with CPU and memory" },
    live: { help: "serve a page that shows the run while it goes on" },
    "live-port": { value: "PORT", help: "its port (default: a free one)" },
    open: { help: "open that page in the browser" },
    summary: { help: "figures of all calls on stderr at the end" },
    save: { value: "FILE", help: "save the run, for report, plot and stats" },
    report: { value: "FILE", help: "write the run as an HTML page" },
    plot: {
      value: "PATH",
      optional: true,
      help: 'draw the run (folder or start of names; default "plots/")',
    },
  },
  run: async (input) => {
    const [module, name] = input.operands as [string, string];
    const url = await locate(module);
    const options = optionsOf(input);
    const save = input.text("save");
    const report = input.text("report");
    const read = [module, input.text("items-file") ?? ""];
    if (save !== undefined) await checkOutput(save, read);
    if (report !== undefined) await checkOutput(report, read);
    if (save !== undefined && report !== undefined) checkApart(save, report);
    await using fexec = create(options);
    const futures = fexec.map(task(url, name), await openItems(input));
    using interruption = new Interruption();
    // It shows the progress bar; what it rejects with, writeResults does too.
    const waiting = futures.wait().catch(() => {});
    let failed = 0;
    try {
      failed = await Promise.race([
        writeResults(futures),
        interruption.heard.then(() => 0),
      ]);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw error;
      say((error as Error).message);
      failed = 1;
    }
    // All calls end, by themselves or as the executor has heard the signal too.
    await waiting;
    await fexec.close();
    // From here on the first signal ends it, as there is nothing to cancel.
    if (!interruption.isHeard) interruption[Symbol.dispose]();
    const isWritten = await write(input, fexec);
    if (interruption.isHeard) return await interruption.end();
    return failed > 0 || !isWritten ? 1 : 0;
  },
};

/** Writes all that was asked for of one state of the run; false if some of it could not be, which has been said then. */
async function write(
  input: Input,
  fexec: FunctionExecutor,
): Promise<boolean> {
  const save = input.text("save"), report = input.text("report");
  const run = fexec.run();
  const works: (() => unknown)[] = [];
  if (save !== undefined) works.push(() => run.save(save));
  if (report !== undefined) works.push(() => run.report(report));
  if (input.has("summary")) {
    works.push(() => say(summaryText(run.summary()).trimEnd()));
  }
  if (input.has("plot")) {
    const dst = input.text("plot");
    works.push(async () => {
      const paths = await fexec.plot(dst === undefined ? {} : { dst });
      for (const path of paths) say(path);
    });
  }
  let isWritten = true;
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      say(describe(error));
      isWritten = false;
    }
  }
  return isWritten;
}

/** The run and its report would be one file, the second over the first. */
function checkApart(save: string, report: string): void {
  if (resolve(save) !== resolve(report)) return;
  throw new UsageError(
    `Cannot write --save and --report as they must be two files: "${report}"`,
  );
}

/** The URL of a module that was given as a path or a URL. */
async function locate(module: string): Promise<string> {
  // A single letter before the colon is a drive.
  if (/^[a-z][a-z\d+.-]+:/i.test(module)) return module;
  const path = resolve(module);
  await reading(module, Deno.stat(path));
  return pathToFileURL(path).href;
}

function optionsOf(input: Input): FunctionExecutorOptions {
  const given = {
    backend: input.text("backend") as "process",
    workers: input.number("workers"),
    concurrency: input.number("concurrency"),
    timeout: input.number("timeout"),
    retries: input.number("retries"),
    chunksize: input.number("chunksize"),
    configFile: input.text("config"),
    logLevel: input.text("log-level") as "info",
    progress: input.has("no-progress")
      ? false
      : input.has("detailed")
      ? "detailed" as const
      : undefined,
    live: liveOf(input),
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
}

/** The live page, if it is wanted: its port, or that it is to be opened, says so too. */
function liveOf(input: Input): FunctionExecutorOptions["live"] {
  if (!["live", "live-port", "open"].some((flag) => input.has(flag))) {
    return undefined;
  }
  return { port: input.number("live-port") ?? 0, open: input.has("open") };
}

/** An executor; options that it refuses were wrong on the command line. */
function create(options: FunctionExecutorOptions): FunctionExecutor {
  try {
    return new FunctionExecutor(options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new UsageError(error.message, { cause: error.cause });
    }
    throw error;
  }
}
