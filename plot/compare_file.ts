/**
 * Writes two runs beside each other into an HTML file.
 *
 * @module
 */
import { comparePage, type LabelledRun } from "./_compare_page.ts";
import {
  type CompareOptions,
  compareRuns,
  type Comparison,
} from "./compare.ts";
import { writeText } from "./_write.ts";

export type { LabelledRun } from "./_compare_page.ts";

/**
 * Compares two runs and writes the page to `path`, over a file that is there. It is one file without scripts, which loads
 * nothing. Gives the comparison.
 *
 * @throws {Error} If it cannot be written.
 */
export async function writeComparison(
  a: LabelledRun,
  b: LabelledRun,
  path: string | URL,
  options: CompareOptions = {},
): Promise<Comparison> {
  const comparison = compareRuns(a.run, b.run, options);
  await writeText(path, [comparePage(comparison, a, b)], "the comparison");
  return comparison;
}
