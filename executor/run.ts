/**
 * What an executor did, as a file: JSON lines, so that plots and reports can be made later. The first line is the header;
 * then come the workers, each call with what else is known of it, and what was sampled.
 *
 * @module
 */
import { whyUnwritten } from "./_unwritten.ts";
import type { ExportOptions } from "../plot/export.ts";
import type { Finding } from "../plot/findings.ts";
import { exportTo, findingsOf, reportTo, traceTo } from "./plotting.ts";
import type { Collection } from "../profiler/record.ts";
import { checkOptions, checkValue } from "./_check.ts";
import { EXPORT_RULES, isPath } from "./_rules.ts";
import { type CallDetail, NO_DETAIL } from "./call_detail.ts";
import type { CallStats } from "./stats.ts";
import { summarize, type Summary, type WorkerStats } from "./summary.ts";

/** Version of the file format. */
const FORMAT = 1;
/** Lines are written in pieces of about this many characters. */
const PIECE = 1 << 16;

/** What the first line tells. */
export interface RunHeader {
  /** `"<6 hex>-<n>"`. */
  executor_id: string;
  /** When the file was written, in epoch seconds. */
  saved_tstamp: number;
  /** `"process"` or `"thread"`. */
  backend: string;
  /** Cores that calls could use. */
  cores: number;
  /** Name of the machine, `null` if it may not be known. */
  host_name: string | null;
  /** Memory of the machine in bytes, `null` if it may not be known; files of older versions do not tell. */
  memory_total?: number | null;
}

/**
 * The calls of an executor, now or from a file.
 *
 * @example Save a run, and look at it later
 * ```ts
 * import { FunctionExecutor, Run } from "../mod.ts";
 *
 * const path = await Deno.makeTempFile({ suffix: ".jsonl" });
 * {
 *   await using fexec = new FunctionExecutor({ workers: 1 });
 *   await fexec.map((x: number) => x * x, [1, 2, 3]).getResult();
 *   await fexec.save(path);
 * }
 * const run = await Run.load(path);
 * console.log(run.calls.length, run.summary().makespan);
 * ```
 */
export class Run {
  /** Who ran it, and where. */
  readonly header: RunHeader;
  /** Statistics of each call, in the order of submission. */
  readonly calls: readonly CallStats[];
  /** What each worker did. */
  readonly workers: readonly WorkerStats[];
  /** Function, error and output of each call, in the order of `calls`; empty if nothing is known of any. */
  readonly details: readonly CallDetail[];
  /** What was sampled meanwhile, oldest first; empty without the option `profile`. */
  readonly collections: readonly Collection[];

  /** A run from its parts. */
  constructor(
    header: RunHeader,
    calls: readonly CallStats[],
    workers: readonly WorkerStats[],
    details: readonly CallDetail[] = [],
    collections: readonly Collection[] = [],
  ) {
    this.header = header;
    this.calls = calls;
    this.workers = workers;
    this.details = details;
    this.collections = collections;
  }

  /** The calls in figures. */
  summary(): Summary {
    return summarize(this.calls, this.workers);
  }

  /** What slowed it down, what went wrong, and what to change, in words; the gravest first. */
  findings(): Promise<Finding[]> {
    return findingsOf(this);
  }

  /**
   * Writes a report to `path`, over a file that is there: one HTML page that holds all of the run, for any browser.
   *
   * Rejects with an `Error` if it cannot be written.
   */
  async report(path: string | URL): Promise<void> {
    checkValue("write the report", "path", path, isPath);
    await reportTo(path, this);
  }

  /**
   * Writes a trace to `path`, over a file that is there: JSON that Perfetto (ui.perfetto.dev) and chrome://tracing open.
   *
   * Rejects with an `Error` if it cannot be written.
   */
  async trace(path: string | URL): Promise<void> {
    checkValue("write the trace", "path", path, isPath);
    await traceTo(path, this);
  }

  /**
   * Writes the calls to `path` for other tools, over a file that is there: as CSV, JSON lines or OpenMetrics.
   *
   * Rejects with a `RangeError` for a format that there is not, and an `Error` if the file cannot be written.
   */
  async export(
    path: string | URL,
    options: ExportOptions = {},
  ): Promise<void> {
    checkValue("export calls", "path", path, isPath);
    checkOptions("export calls", options, EXPORT_RULES);
    await exportTo(path, this, options);
  }

  /** Writes the run to `path`, over a file that is there. The file appears whole or not at all. */
  async save(path: string | URL): Promise<void> {
    checkValue("save the run", "path", path, isPath);
    const part = path instanceof URL
      ? new URL(`${path.href}.part`)
      : `${path}.part`;
    const encoder = new TextEncoder();
    try {
      {
        using file = await Deno.open(part, {
          write: true,
          create: true,
          truncate: true,
        });
        const writer = file.writable.getWriter();
        let piece = "";
        for (const line of this.#lines()) {
          piece += `${JSON.stringify(line)}\n`;
          if (piece.length < PIECE) continue;
          await writer.write(encoder.encode(piece));
          piece = "";
        }
        await writer.write(encoder.encode(piece));
        await writer.close(); // until then nothing is on disk
      }
      await Deno.rename(part, path);
    } catch (cause) {
      await Deno.remove(part).catch(() => {});
      throw new Error(
        `Cannot save the run to "${path}" ${await whyUnwritten(path, cause)}`,
        { cause },
      );
    }
  }

  *#lines(): Generator<Record<string, unknown>> {
    yield { type: "run", format: FORMAT, ...this.header };
    for (const worker of this.workers) yield { type: "worker", ...worker };
    for (const [i, call] of this.calls.entries()) {
      yield { type: "call", ...call };
      const detail = this.details[i];
      if (detail === undefined) continue;
      const { executor_id, job_id, call_id } = call;
      yield { type: "detail", executor_id, job_id, call_id, ...detail };
    }
    for (const collection of this.collections) {
      yield { type: "collection", ...collection };
    }
  }

  /**
   * Reads a run from `path`. Lines of unknown types are passed over, and a last line that was cut short too.
   *
   * Throws `Deno.errors.NotFound` if there is no such file, and a `SyntaxError` that names the line if it is no run.
   */
  static async load(path: string | URL): Promise<Run> {
    checkValue("load a run", "path", path, isPath);
    const lines = (await textOf(path)).split("\n");
    const whole = lines.at(-1) === "";
    if (whole) lines.pop();
    let header: RunHeader | undefined;
    const calls: CallStats[] = [];
    const workers: WorkerStats[] = [];
    const details = new Map<string, CallDetail>();
    const collections: Collection[] = [];
    lines.forEach((line, i) => {
      const fail = (why: string, cause?: unknown): never => {
        throw new SyntaxError(
          `Cannot load "${path}" as line ${i + 1} ${why}`,
          { cause },
        );
      };
      let value: Record<string, unknown>;
      try {
        value = JSON.parse(line);
      } catch (cause) {
        if (i > 0 && i === lines.length - 1 && !whole) return;
        return fail("is no JSON", cause);
      }
      const { type, ...rest } = value ?? {};
      if (i === 0) {
        if (type !== "run") return fail('does not say { "type": "run", … }');
        if (rest.format !== FORMAT) {
          return fail(
            `is of format ${rest.format}: this version reads ${FORMAT}`,
          );
        }
        const { format: _, ...known } = rest;
        header = known as unknown as RunHeader;
      } else if (type === "call") calls.push(rest as unknown as CallStats);
      else if (type === "worker") workers.push(rest as unknown as WorkerStats);
      else if (type === "detail") details.set(keyOf(rest), readDetail(rest));
      else if (type === "collection") {
        collections.push(rest as unknown as Collection);
      }
    });
    if (header === undefined) {
      throw new SyntaxError(`Cannot load "${path}" as it is empty`);
    }
    return new Run(
      header,
      calls,
      workers,
      details.size === 0
        ? []
        : calls.map((call) => details.get(keyOf(call)) ?? NO_DETAIL),
      collections,
    );
  }
}

/** Which call a line is about. */
function keyOf(line: object): string {
  const { executor_id, job_id, call_id } = line as Record<string, unknown>;
  return `${executor_id}/${job_id}/${call_id}`;
}

function readDetail(line: Record<string, unknown>): CallDetail {
  const { executor_id: _, job_id: __, call_id: ___, ...detail } = line;
  return { ...NO_DETAIL, ...detail };
}

async function textOf(path: string | URL): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const { NotFound, IsADirectory } = Deno.errors;
    if (cause instanceof NotFound) {
      throw new NotFound(`Cannot load "${path}" as it is not there`, { cause });
    }
    if (cause instanceof IsADirectory) {
      throw new IsADirectory(`Cannot load "${path}" as it is a folder`, {
        cause,
      });
    }
    throw cause;
  }
}
