/**
 * The page of statistics names every key, and no other.
 *
 * @module
 */
import { FunctionExecutor } from "../mod.ts";
import { assertEquals } from "./assert.ts";
import { ROOT } from "./source_tree.ts";

/** Names in the first column of the tables under one heading, in order. */
async function keysUnder(heading: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("docs/stats.md", ROOT));
  const start = text.indexOf(`\n## ${heading}\n`);
  const section = text.slice(start, text.indexOf("\n## ", start + 1));
  return [...section.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key!);
}

Deno.test("docs/stats.md has every key of the statistics and of the summary", async () => {
  await using fexec = new FunctionExecutor({ backend: "thread", workers: 1 });
  const futures = fexec.map((x: number) => x, [1]);
  await futures.wait();
  assertEquals(
    (await keysUnder("Every key")).sort(),
    Object.keys(futures[0]!.stats).sort(),
  );
  assertEquals(
    await keysUnder("Figures of many calls"),
    Object.keys(futures.summary()),
  );
});
