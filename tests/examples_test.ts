/**
 * The examples run as they are written in the README, at a small scale, and print what they should.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "./assert.ts";
import { atOnce } from "./at_once.ts";
import { runDeno } from "./run_deno.ts";
import { serveTree } from "./serve_tree.ts";
import { ROOT, sourceFiles } from "./source_tree.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

/** Names of the examples. */
const EXAMPLES = sourceFiles(["examples"])
  .map((path) => path.slice("examples/".length, -".ts".length))
  .filter((name) => name !== "05_tasks"); // which 05_module_tasks.ts imports

/** Runs an example in a folder of its own; gives the lines it printed. */
async function example(
  folder: TempDir,
  name: string,
  ...args: string[]
): Promise<string[]> {
  const { code, stdout, stderr } = await runDeno(
    ["run", "-A", new URL(`examples/${name}.ts`, ROOT).href, ...args],
    { cwd: folder.path },
  );
  assertEquals(code, 0, `${stdout}\n${stderr}`);
  for (const line of stdout.split("\n")) assert(line.length <= 80, line);
  return stdout.trimEnd().split("\n");
}

/** Names of the files in a folder, sorted. */
function filesIn(path: string): string[] {
  return Array.from(Deno.readDirSync(path), ({ name }) => name).sort();
}

Deno.test("01_quickstart.ts counts the primes there are, and draws its calls", async () => {
  await using folder = await tempDir();
  const args = ["--limit", "1e6", "--parts", "8", "--dst", "run"];
  for (const backend of ["process", "thread"]) {
    const lines = await example(
      folder,
      "01_quickstart",
      ...args,
      `--backend=${backend}`,
    );
    assertEquals(
      lines[0],
      "78,498 primes below 1,000,000, as it should be",
    );
    assertMatch(lines.join("\n"), /\n8 calls of [\d.]+ s \(median\), /);
  }
  assertEquals(filesIn(folder.path), [
    ...["run-2_histogram.png", "run-2_timeline.png"],
    ...["run_histogram.png", "run_timeline.png"],
  ]);
});

Deno.test("02_lithops_500.ts has all of its calls in flight at once", async () => {
  await using folder = await tempDir();
  // Far fewer, so that a loaded machine too has started the last one before the first one ends, in 1.5 s.
  const args = ["--calls", "100", "--scale", "0.3"];
  const lines = await example(folder, "02_lithops_500", ...args);
  assertEquals(lines[0], "I'm activation number 99");
  assertMatch(
    lines[1]!,
    /^100 calls, 100 at once, slept \d+ s in all: done in /,
  );
  assertEquals(filesIn(`${folder.path}/plots`).length, 2);
});

Deno.test("03_map_reduce.ts counts the words of given texts, and of the project's pages", async () => {
  await using folder = await tempDir();
  await folder.write("a.txt", "One fish, two FISH, red Fish");
  await folder.write("b.txt", "blue fish\nüber\n");
  const own = await example(folder, "03_map_reduce", "a.txt", "b.txt");
  assertEquals(own, [
    "2 texts, 6 words of 4 letters or more, 3 different ones",
    "fish      4 ########################################",
    "blue      1 ##########",
    "über      1 ##########",
  ]);
  const [head, ...words] = await example(
    folder,
    "03_map_reduce",
    "--top=3",
    "--length=6",
  );
  assertMatch(head!, /^\d+ texts, \d{3,} words of 6 letters or more/);
  assertEquals(words.length, 3);
});

Deno.test("04_stats.ts shows what each kind of work uses", async () => {
  await using folder = await tempDir();
  const lines = await example(folder, "04_stats", "--save", "run.jsonl");
  const figures = (name: string): number[] => {
    const line = lines.find((it) => it.includes(` ${name} `))!;
    return line.split("│").slice(3, -1).map(Number);
  };
  const [sleep, compute] = [figures("sleep"), figures("compute")];
  assert(compute[1]! > 5 * sleep[1]!, "CPU of computing and sleeping");
  assert(figures("fill 200 MB")[2]! > sleep[2]! + 190, "peak memory");
  assert(figures("receive 5 MB")[4]! >= 5, "received");
  assert(figures("run a program")[1]! > 5 * sleep[1]!, "CPU of a program");
  assertMatch(lines.at(-2)!, /failed: This one fails$/);
  assertMatch(lines.at(-1)!, /^7 calls in run\.jsonl: 6 went well; /);
  assertEquals(filesIn(folder.path), ["run.jsonl"]);
});

Deno.test("05_module_tasks.ts draws the Mandelbrot set and finds its area", async () => {
  await using folder = await tempDir();
  const args = ["--samples", "6", "--depth", "1000", "--rows", "20"];
  const lines = await example(folder, "05_module_tasks", ...args);
  const drawing = lines.slice(0, 20);
  assert(drawing.every((line) => /^[ .:\-=+*#%@]{78}$/.test(line.padEnd(78))));
  for (const [i, line] of drawing.entries()) { // it is symmetric
    const mirrored = drawing.at(-1 - i)!;
    const differ = Array.from(line).filter((char, j) => char !== mirrored[j]);
    assert(differ.length <= 2, `${line}\n${mirrored}`); // by rounding
  }
  const area = Number(lines[20]!.match(/^Area ([\d.]+);/)![1]);
  assert(Math.abs(area - 1.5066) < 0.03, `${area}`);
});

Deno.test("06_live.ts finds the longest chain, and shows how", async () => {
  await using folder = await tempDir();
  const args = ["--limit", "1e5", "--parts", "20"];
  const lines = await example(folder, "06_live", ...args);
  assertEquals(
    lines[0],
    "Below 100,000, 77,031 has the longest chain: 351 numbers",
  );
  assertMatch(lines[1]!, /^21 calls in [\d.]+ s, 1 failed, as was meant$/);
  assertMatch(
    lines[2]!,
    /^Shown at http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/$/,
  );
});

Deno.test("every example tells its flags, and refuses others", async () => {
  assertEquals(EXAMPLES.length, 6);
  await using folder = await tempDir();
  const tells = async (name: string) => {
    const lines = await example(folder, name, "--help");
    assertMatch(lines.join("\n"), new RegExp(`^Usage: ${name}\\.ts \\[--`));
    const { code, stderr } = await runDeno(
      ["run", "-A", new URL(`examples/${name}.ts`, ROOT).href, "--wrong"],
      { cwd: folder.path },
    );
    assertEquals(code, 1);
    assertMatch(stderr, /Unknown option '--wrong'/);
  };
  await atOnce(
    Object.fromEntries(EXAMPLES.map((name) => [name, () => tells(name)])),
  );
  assertEquals(filesIn(folder.path), []);
});

Deno.test("every example runs from a URL", async () => {
  await using tree = serveTree(ROOT);
  const args: Record<string, string[]> = {
    "01_quickstart": ["--limit", "1e5", "--dst", "out"],
    "02_lithops_500": ["--scale", "0.02", "--dst", "out"],
    "06_live": ["--limit", "1e4", "--parts", "4"],
    "05_module_tasks": ["--depth", "50", "--samples", "2"],
  };
  const runs = async (name: string) => {
    await using folder = await tempDir();
    const { code, stdout, stderr } = await runDeno(
      [
        ...["run", "-A", `${tree.url}/examples/${name}.ts`],
        ...args[name] ?? [],
      ],
      { cwd: folder.path },
    );
    assertEquals(code, 0, `${stdout}\n${stderr}`);
  };
  await atOnce(
    Object.fromEntries(EXAMPLES.map((name) => [name, () => runs(name)])),
  );
  assertEquals(tree.missing, []);
});
