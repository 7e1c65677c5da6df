// deno-lint-ignore-file no-console -- an example prints what it has found
/**
 * Counts words: one call for each text, then one call that adds up what they found.
 *
 *     deno run -A examples/03_map_reduce.ts                # the pages of this project
 *     deno run -A examples/03_map_reduce.ts ~/books/*.txt  # your own texts, or URLs
 *
 * In a script of your own, import from the URL of a release: "https://<host>/lithoscope@<version>/mod.ts".
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { FunctionExecutor } from "../mod.ts";

/** Read from where this script is: a folder, or the web. */
const PAGES = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"],
  ...["docs/stats.md", "docs/backends.md", "docs/lithops.md"],
  "docs/configuration.md",
];

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    top: { type: "string", default: "10" },
    length: { type: "string", default: "4" },
    help: { type: "boolean" },
  },
});
if (args.help) {
  console.log(
    "Usage: 03_map_reduce.ts [--top 10] [--length 4] [FILE or URL]...",
  );
  Deno.exit();
}
const texts = positionals.length > 0
  ? positionals.map((text) =>
    /^https?:/.test(text) ? text : pathToFileURL(text).href
  )
  : PAGES.map((page) => import.meta.resolve(`../${page}`));

await using fexec = new FunctionExecutor();
const futures = fexec.mapReduce(
  async (url: string, least: number) => {
    const response = await fetch(url); // file: URLs too
    if (!response.ok) throw new Error(`${url} gave ${response.status}`);
    const text = (await response.text()).toLowerCase();
    const counts = new Map<string, number>();
    for (const [word] of text.matchAll(/\p{L}+/gu)) {
      if (word.length < least) continue;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    return counts;
  },
  texts,
  (all, top: number) => {
    const sums = new Map<string, number>();
    for (const counts of all) {
      for (const [word, count] of counts) {
        sums.set(word, (sums.get(word) ?? 0) + count);
      }
    }
    const words = [...sums].sort((a, b) => b[1] - a[1]);
    const total = words.reduce((sum, [, count]) => sum + count, 0);
    return { total, different: words.length, words: words.slice(0, top) };
  },
  {
    extraArgs: [Number(args.length)],
    extraArgsReduce: [Number(args.top)],
  },
);
const { total, different, words } = await futures.getResult();

console.log(
  `${texts.length} texts, ${total} words of ${args.length} letters or more, ` +
    `${different} different ones`,
);
const longest = Math.max(...words.map(([word]) => word.length));
for (const [word, count] of words) {
  const bar = "#".repeat(Math.ceil(40 * count / words[0]![1]));
  console.log(`${word.padEnd(longest)} ${String(count).padStart(6)} ${bar}`);
}
