/** `lithoscope profile`: what any program and its descendants use. */
import { profileCommand } from "../profiler/command.ts";

/** Not a literal in the `import()`, for the reason given in `plot.ts`. */
const USAGE = import.meta.resolve("../plot/usage_file.ts");

/** The command; it reads its arguments by itself, as those of another program follow them. */
export function profile(args: string[]): Promise<number> {
  return profileCommand(args, {
    plot: async (collections, path) => {
      const { plotUsage } = await import(
        USAGE
      ) as typeof import("../plot/usage_file.ts");
      await plotUsage(collections, path, { by: "process" });
    },
  });
}
