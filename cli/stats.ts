/** `lithoscope stats`: a saved run as tables or JSON. */
import { type CallStats, Run, type RunHeader } from "../mod.ts";
import { callsText, sortCalls } from "./_calls.ts";
import { type Command, type Input, reading, UsageError } from "./_command.ts";
import { findingsText } from "./_findings.ts";
import { print } from "./_output.ts";
import { summaryText } from "./_summary.ts";

/** Calls shown when nothing is said about them. */
const SLOWEST = 10;

/** The command. */
export const stats: Command = {
  usage: "stats <run.jsonl> [options]",
  about: "Shows a run that was saved by fexec.save() or run --save: figures " +
    "of all calls,\nwhat they tell in words, then the slowest calls.",
  operands: ["<run.jsonl>"],
  flags: {
    calls: { help: "show all calls, in the order of submission" },
    sort: {
      value: "KEY",
      help: "sort calls by queue, run, cpu, memory, start, call, or any key",
    },
    limit: { value: "N", help: "show N calls at most" },
    json: {
      help: "JSON: run, summary, findings, and with the options above calls",
    },
  },
  run: async (input) => {
    const path = input.operands[0]!;
    const run = await reading(path, Run.load(path));
    const chosen = ["calls", "sort", "limit"].some((flag) => input.has(flag));
    const calls = choose(run.calls, input, chosen);
    const findings = await run.findings();
    if (input.has("json")) {
      const summary = run.summary();
      const all = {
        ...run.header,
        summary,
        findings,
        ...(chosen ? { calls } : {}),
      };
      await print(`${JSON.stringify(all, null, 2)}\n`);
      return 0;
    }
    await print(
      `${headerText(run.header)}\n${summaryText(run.summary())}${
        findingsText(findings)
      }`,
    );
    if (calls.length === 0) return 0;
    const title = chosen || calls.length === run.calls.length
      ? ""
      : `\nThe ${calls.length} slowest calls (--calls shows all):\n`;
    await print(`${title}\n${callsText(calls)}`);
    return 0;
  },
};

function choose(
  calls: readonly CallStats[],
  input: Input,
  chosen: boolean,
): readonly CallStats[] {
  const limit = input.number("limit") ?? (chosen ? Infinity : SLOWEST);
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new UsageError(
      `Cannot show calls as --limit must be a whole number of at least 0: ${limit}`,
    );
  }
  const key = input.text("sort") ?? (chosen ? undefined : "run");
  const sorted = key === undefined ? calls : sortCalls(calls, key);
  return sorted.slice(0, limit);
}

function headerText(header: RunHeader): string {
  const { executor_id: id, backend, cores, host_name: host } = header;
  const saved = new Date(header.saved_tstamp * 1000);
  const local = saved.getTime() - saved.getTimezoneOffset() * 60_000;
  const time = new Date(local).toISOString().slice(0, 19).replace("T", " ");
  return `Executor ${id}, ${backend} backend, ${cores} core${
    cores === 1 ? "" : "s"
  }${host === null ? "" : ` of ${host}`}, saved ${time}`;
}
