/** `lithoscope plot`: the pictures of a saved run. */
import { Run } from "../mod.ts";
import { type Command, reading, UsageError } from "./_command.ts";
import { print } from "./_output.ts";

/**
 * Not a literal in the `import()`: what is, Deno resolves at every start of any command, with the canvas packages behind
 * it. A binary gets it by `--include plot/mod.ts`.
 */
const PLOT = import.meta.resolve("../plot/mod.ts");

/** The command. */
export const plot: Command = {
  usage: "plot <run.jsonl> [options]",
  about: "Draws the timeline and the histogram of a run that was saved by " +
    "fexec.save() or\nrun --save, and prints the paths of the pictures.",
  operands: ["<run.jsonl>"],
  flags: {
    workers: { help: "what ran on which worker instead, in one picture" },
    dst: {
      value: "PATH",
      help: 'folder, or start of the files\' names (default "plots/")',
    },
    format: { value: "NAME", help: "png (default), svg or pdf" },
    width: { value: "PIXELS", help: "width of a picture (default 1000)" },
    height: { value: "PIXELS", help: "height of a picture (default 600)" },
  },
  run: async (input) => {
    const path = input.operands[0]!;
    const run = await reading(path, Run.load(path));
    const module = await import(PLOT) as typeof import("../plot/mod.ts");
    let paths: string[];
    try {
      const draw = input.has("workers") ? module.plotWorkersOf : module.plot;
      paths = await draw(run.calls, {
        dst: input.text("dst"),
        format: input.text("format") as "png",
        width: input.number("width"),
        height: input.number("height"),
      });
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) {
        throw new UsageError(error.message, { cause: error.cause });
      }
      throw error;
    }
    await print(paths.map((path) => `${path}\n`).join(""));
    return paths.length > 0 ? 0 : 1;
  },
};
