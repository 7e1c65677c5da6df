/** `lithoscope trace`: a saved run as a trace. */
import { Run } from "../mod.ts";
import { checkOutput, type Command, reading } from "./_command.ts";
import { print } from "./_output.ts";

/** The command. */
export const trace: Command = {
  usage: "trace <run.jsonl> [options]",
  about: "Writes a run that was saved by fexec.save() or run --save as a " +
    "trace, and\nprints the path of the file. Open it at ui.perfetto.dev or " +
    "in chrome://tracing:\na track for each worker, what each call went " +
    "through, arrows from submit to\nresult, and counters.",
  operands: ["<run.jsonl>"],
  flags: {
    output: {
      value: "FILE",
      short: "o",
      help: 'the file (default "trace.json"), overwritten if it is there',
    },
  },
  examples: [
    "lithoscope run ./fns.ts work --items '[1, 2, 3]' --save run.jsonl",
    "lithoscope trace run.jsonl -o trace.json",
  ],
  run: async (input) => {
    const path = input.operands[0]!;
    const output = input.text("output") ?? "trace.json";
    await checkOutput(output, [path]);
    const run = await reading(path, Run.load(path));
    await run.trace(output);
    await print(`${output}\n`);
    return 0;
  },
};
