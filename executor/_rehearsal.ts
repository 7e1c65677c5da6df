/** What a script would pay for with its first call, done while its workers start: code that is compiled when first run. */
import { type AnyFunction, prepareFunction } from "./function.ts";
import { inspectValue } from "./worker/values.ts";

/** Has a little of everything that functions are written with; never run. */
const SPECIMEN = async (
  { list, scale = 2 }: { list: number[]; scale?: number },
  ...rest: unknown[]
) => {
  const seen = new Map<string, number>();
  try {
    for (const [i, each] of list.entries()) {
      if (each > scale && i !== 0) seen.set(`${i}`, each * scale);
      else await new Promise((resolve) => setTimeout(resolve, each));
    }
    while (seen.size > 9) seen.clear();
  } catch (error) {
    throw new Error("specimen", { cause: error });
  }
  function total(sum: number, each: number) {
    return sum + each;
  }
  return { ...rest, sum: list.map((each) => -each).reduce(total, 0) };
};

/** Looks through a function and a value. */
export function rehearse(base: string): void {
  prepareFunction(SPECIMEN as AnyFunction, { base });
  inspectValue({ list: [1, 2.5], text: "specimen", flags: new Set([true]) });
}
