/** `lithoscope compare`: two saved runs beside each other. */
import { Run } from "../mod.ts";
import { compareRuns, type Comparison } from "../plot/compare.ts";
import { writeComparison } from "../plot/compare_file.ts";
import {
  chanceText,
  changeText,
  intervalText,
  totalText,
  valueText,
  verdictText,
} from "../plot/compare_words.ts";
import { checkOutput, type Command, reading, UsageError } from "./_command.ts";
import { print } from "./_output.ts";
import { table } from "./_table.ts";

/** The command. */
export const compare: Command = {
  usage: "compare <a.jsonl> <b.jsonl> [options]",
  about: "Compares two runs that were saved by fexec.save() or run --save: " +
    "what changed\nfrom the first to the second, and whether it is more " +
    "than noise.",
  operands: ["<a.jsonl>", "<b.jsonl>"],
  flags: {
    output: {
      value: "FILE",
      short: "o",
      help: "write an HTML page too, over a file that is there",
    },
    "min-change": {
      value: "PERCENT",
      help: "smallest change that is told as one (default 10)",
    },
    json: { help: "the comparison as JSON" },
  },
  examples: [
    "lithoscope compare before.jsonl after.jsonl",
    "lithoscope compare before.jsonl after.jsonl -o compare.html",
  ],
  run: async (input) => {
    const output = input.text("output");
    if (output !== undefined) await checkOutput(output, input.operands);
    const [a, b] = await Promise.all(
      input.operands.map(async (path) => ({
        label: path,
        run: await reading(path, Run.load(path)),
      })),
    );
    const percent = input.number("min-change") ?? 10;
    if (!(percent >= 0)) {
      throw new UsageError(
        `Cannot compare runs as --min-change must be at least 0: ${percent}`,
      );
    }
    const options = { minChange: percent / 100 };
    const comparison = output === undefined
      ? compareRuns(a!.run, b!.run, options)
      : await writeComparison(a!, b!, output, options);
    if (input.has("json")) {
      await print(`${JSON.stringify(comparison, leaveOut, 2)}\n`);
      return 0;
    }
    await print(comparisonText(comparison));
    if (output !== undefined) await print(`\n${output}\n`);
    return 0;
  },
};

/** All values of all calls would be most of the output. */
function leaveOut(key: string, value: unknown): unknown {
  return key === "sorted" ? undefined : value;
}

function comparisonText(comparison: Comparison): string {
  const { totals, figures, failures, matched } = comparison;
  const rows = figures.filter(({ a, b }) => a !== null || b !== null);
  const parts = [
    table([
      ["", "first", "second", "change"],
      ...totals.map((total) => [
        total.title,
        valueText(total.a, total.unit),
        valueText(total.b, total.unit),
        totalText(total),
      ]),
    ]),
    table([
      ["median", "first", "second", "change", "95 % interval", "chance", ""],
      ...rows.map((figure) => [
        figure.title,
        valueText(figure.a?.p50 ?? null, figure.unit),
        valueText(figure.b?.p50 ?? null, figure.unit),
        changeText(figure.ratio),
        intervalText(figure),
        chanceText(figure.p),
        verdictText(figure.verdict),
      ]),
    ]),
  ];
  if (failures.a + failures.b > 0) {
    parts.push(
      `${failures.a} of ${failures.of_a} calls failed in the first run, ${failures.b} of ${failures.of_b} in the\nsecond: ${
        verdictText(failures.verdict)
      } (chance ${chanceText(failures.p)})\n`,
    );
  }
  parts.push(
    `${matched.both} calls are in both runs, ${matched.only_a} in the first alone, ${matched.only_b} in the second alone\n`,
  );
  if (matched.largest.length > 0) {
    parts.push(table([
      ["changed most", "first", "second", "change"],
      ...matched.largest.map(({ call, a, b }) => [
        call,
        valueText(a, "seconds"),
        valueText(b, "seconds"),
        changeText(a > 0 ? b / a : null),
      ]),
    ]));
  }
  return parts.join("\n");
}
