/** `lithoscope export`: the calls of a saved run for other tools. */
import { Run } from "../mod.ts";
import { type ExportFormat, exportText, formatOf } from "../plot/export.ts";
import { checkOutput, type Command, reading, UsageError } from "./_command.ts";
import { print } from "./_output.ts";

const FORMATS: readonly string[] = ["csv", "jsonl", "openmetrics"];
/** Text is printed in pieces of about this many characters. */
const PIECE = 1 << 16;

/** The command. */
export const exportCalls: Command = {
  usage: "export <run.jsonl> [options]",
  about: "Writes the calls of a run that was saved by fexec.save() or run " +
    "--save for other\ntools, a row or line a call; columns are named as in " +
    "the statistics.",
  operands: ["<run.jsonl>"],
  flags: {
    format: {
      value: "NAME",
      help: "csv, jsonl or openmetrics (default: as FILE ends, else csv)",
    },
    output: {
      value: "FILE",
      short: "o",
      help: "write there, over a file that is there (default: print)",
    },
  },
  examples: [
    "lithoscope export run.jsonl -o calls.csv",
    "lithoscope export run.jsonl --format jsonl | jq .worker_func_exec_time",
    "lithoscope export run.jsonl -o calls.om",
    "promtool tsdb create-blocks-from openmetrics calls.om data",
  ],
  run: async (input) => {
    const path = input.operands[0]!;
    const output = input.text("output");
    const format = input.text("format") ?? formatOf(output ?? "") ?? "csv";
    if (!FORMATS.includes(format)) {
      throw new UsageError(
        `Cannot export calls as --format must be csv, jsonl or openmetrics: "${format}"`,
      );
    }
    if (output !== undefined) await checkOutput(output, [path]);
    const run = await reading(path, Run.load(path));
    if (output !== undefined) {
      await run.export(output, { format: format as ExportFormat });
      await print(`${output}\n`);
      return 0;
    }
    let text = "";
    for (const piece of exportText(run, format as ExportFormat)) {
      text += piece;
      if (text.length < PIECE) continue;
      await print(text);
      text = "";
    }
    await print(text);
    return 0;
  },
};
