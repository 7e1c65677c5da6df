/** `lithoscope report`: a saved run as an HTML page. */
import { Run } from "../mod.ts";
import { checkOutput, type Command, reading } from "./_command.ts";
import { print } from "./_output.ts";

/** The command. */
export const report: Command = {
  usage: "report <run.jsonl> [options]",
  about: "Writes a run that was saved by fexec.save() or run --save as one " +
    "HTML page, and prints\nthe path of the file: figures, findings, charts over " +
    "time, distributions, failures, and\na table of all calls. Any browser opens " +
    "it; it needs no network.",
  operands: ["<run.jsonl>"],
  flags: {
    output: {
      value: "FILE",
      short: "o",
      help: 'the file (default "report.html"), overwritten if it is there',
    },
  },
  examples: [
    "lithoscope run ./fns.ts work --items '[1, 2, 3]' --save run.jsonl",
    "lithoscope report run.jsonl -o report.html",
  ],
  run: async (input) => {
    const path = input.operands[0]!;
    const output = input.text("output") ?? "report.html";
    await checkOutput(output, [path]);
    const run = await reading(path, Run.load(path));
    await run.report(output);
    await print(`${output}\n`);
    return 0;
  },
};
