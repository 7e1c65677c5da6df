/**
 * `lithoscope profile`: runs any program, or watches one that runs, and tells what its whole process tree used.
 *
 * @module
 */
import {
  checkFiles,
  HELP,
  parseSettings,
  type Settings,
  UsageError,
} from "./_command_args.ts";
import { describeExit, forwardSignals } from "./_child.ts";
import { percent, seconds, size } from "./_format.ts";
import { memoryOf, PROC, readProcBytes } from "./procfs.ts";
import type { Collection } from "./record.ts";
import { Ring } from "./ring.ts";
import { type Sampler, startSampler } from "./sampler.ts";
import { formatSummary, TreeSummary } from "./summary.ts";

/** What the command line gets from outside of the profiler. */
export interface ProfileCommandOptions {
  /** Draws the usage plot of collections into a file whose extension says the format. */
  plot?: (collections: Collection[], path: string) => Promise<void>;
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/**
 * Runs `lithoscope profile` with the arguments after `profile`, and resolves to the exit code: that of the command, 2 for
 * a mistake in the arguments, 126 or 127 for a command that cannot be started. Never rejects.
 */
export async function profileCommand(
  args: string[],
  options: ProfileCommandOptions = {},
): Promise<number> {
  try {
    const settings = await parseSettings(args);
    if (settings === null) {
      Deno.stdout.writeSync(new TextEncoder().encode(HELP));
      return 0;
    }
    checkFiles(settings);
    if (settings.plot !== undefined && options.plot === undefined) {
      throw new UsageError(
        "Cannot profile as --plot cannot be drawn: no plots",
      );
    }
    return await new Run(settings, options).run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    write(`${error.message}\n`);
    return 2;
  }
}

/** One run of the command. */
class Run {
  readonly #settings: Settings;
  readonly #options: ProfileCommandOptions;
  readonly #collections = new Ring<Collection>(36_000);
  readonly #live: boolean;
  #summary: TreeSummary | null = null;
  #ended = Promise.withResolvers<void>();
  #start = 0;
  #isLineDue = false;
  /** The sampler has been told of the process that is watched, and has heard it. */
  #isFollowed = false;

  constructor(settings: Settings, options: ProfileCommandOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#live = !settings.quiet && Deno.stderr.isTerminal();
  }

  async run(): Promise<number> {
    const { interval, record, command, pid } = this.#settings;
    const sampler = await startSampler({
      executorId: `${Deno.pid.toString(16).padStart(6, "0").slice(-6)}-0`,
      interval,
      record,
      command: command.length > 0 ? command : undefined,
      ringSize: 1,
      host: false,
      onCollection: (collection) => this.#take(collection),
    });
    try {
      return pid === undefined
        ? await this.#runCommand(sampler)
        : await this.#watch(sampler, pid);
    } finally {
      await sampler.stop();
    }
  }

  async #runCommand(sampler: Sampler): Promise<number> {
    const [program, ...args] = this.#settings.command;
    const name = `LITHOSCOPE_TREE`;
    const value = crypto.randomUUID();
    let child: Deno.ChildProcess;
    const signals = forwardSignals();
    this.#start = performance.now();
    try {
      child = new Deno.Command(program!, {
        args,
        stdin: "inherit",
        stdout: "inherit",
        stderr: "inherit",
        env: { [name]: value },
      }).spawn();
    } catch (error) {
      signals.stop();
      const missing = error instanceof Deno.errors.NotFound;
      write(
        `Cannot run "${program}" as it ${
          missing ? "is not there" : "cannot be started"
        }: ${(error as Error).message}\n`,
      );
      return missing ? 127 : 126;
    }
    this.#summary = new TreeSummary(child.pid);
    sampler.addTree({
      pid: child.pid,
      kind: "command",
      workerId: null,
      marker: `${name}=${value}`,
      reaperIsIdle: this.#settings.record === undefined,
    });
    signals.to(child);
    const status = await child.status;
    const wall = (performance.now() - this.#start) / 1000;
    signals.stop();
    await sampler.stop();
    await this.#finish(this.#settings.command.join(" "), {
      outcome: describeExit(status),
      wall,
      sinceFirst: false,
    });
    return status.code;
  }

  async #watch(sampler: Sampler, pid: number): Promise<number> {
    if (readProcBytes(`${PROC}/${pid}/stat`) === null) {
      write(
        `Cannot watch process ${pid} as it is not there, or not to be seen\n`,
      );
      return 1;
    }
    this.#start = performance.now();
    this.#summary = new TreeSummary(pid);
    sampler.addTree({ pid, kind: "command", workerId: null });
    const stop = () => this.#ended.resolve();
    Deno.addSignalListener("SIGINT", stop);
    Deno.addSignalListener("SIGTERM", stop);
    await sampler.flush();
    this.#isFollowed = true;
    await this.#ended.promise;
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
    const wall = (performance.now() - this.#start) / 1000;
    await sampler.stop();
    await this.#finish(`process ${pid}`, {
      outcome: this.#summary.last?.ended === true ? "has ended" : "watched",
      wall,
      sinceFirst: true,
    });
    return 0;
  }

  #take(collection: Collection): void {
    this.#summary?.add(collection);
    if (this.#settings.plot !== undefined) this.#collections.push(collection);
    const tree = this.#summary?.last;
    if (tree?.ended === true || (tree === null && this.#isFollowed)) {
      this.#ended.resolve(); // or ended before it was seen
    }
    if (!this.#live || tree == null || this.#isLineDue) return;
    // Collections come a few at a time: the line is of the last.
    this.#isLineDue = true;
    queueMicrotask(() => this.#writeLine());
  }

  #writeLine(): void {
    this.#isLineDue = false;
    const tree = this.#summary?.last;
    if (tree == null) return;
    const rate = (value: number | null) =>
      value === null ? "-" : `${size(value)}/s`;
    const line = [
      seconds((performance.now() - this.#start) / 1000),
      `CPU ${percent(tree.cpu_percent)}`,
      `memory ${size(tree.rss)} (peak ${size(tree.peak_rss)})`,
      `${tree.processes} ${tree.processes === 1 ? "process" : "processes"}`,
      `read ${rate(tree.storage_read_rate)}, written ${
        rate(tree.storage_write_rate)
      }`,
    ].join("  ");
    write(`\r\x1b[K${line.slice(0, terminalWidth() - 1)}`);
  }

  async #finish(
    title: string,
    facts: { outcome: string; wall: number; sinceFirst: boolean },
  ): Promise<void> {
    if (this.#live) write("\r\x1b[K");
    if (!this.#settings.quiet) {
      write(
        formatSummary(this.#summary!, {
          title,
          interval: this.#settings.interval,
          canSee: memoryOf(Deno.pid) !== null,
          ...facts,
        }),
      );
    }
    const { plot } = this.#settings;
    if (plot === undefined) return;
    if (this.#collections.dropped > 0) {
      write(
        `The plot lacks the first ${this.#collections.dropped} collections; a record (--record) has all\n`,
      );
    }
    try {
      await this.#options.plot!(this.#collections.values(), plot);
    } catch (error) {
      write(`Cannot draw "${plot}" as ${(error as Error).message}\n`);
    }
  }
}
