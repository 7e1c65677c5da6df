/**
 * `lithoscope run`, and `stats` and `plot` of what it saves.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "./assert.ts";
import { lithoscope, spawnLithoscope } from "./lithoscope.ts";
import { tempDir } from "./temp_dir.ts";

const FNS = new URL("fixtures/cli_fns.ts", import.meta.url).href;

Deno.test("run writes results in the order of the items, and nothing else, to stdout", async () => {
  const items = "[300,0,100]";
  const run = await lithoscope(["run", FNS, "wait", "--items", items]);
  assertEquals(run, { code: 0, stdout: "300\n0\n100\n", stderr: "" });
  const printing = await lithoscope(["run", FNS, "double", "--items", "[1,2]"]);
  assertEquals(printing, { code: 0, stdout: "2\n4\n", stderr: "" });
});

Deno.test("run takes a module by its path, and items from a file", async () => {
  await using folder = await tempDir();
  await folder.write("fns.ts", "export default (x: string) => [x, null];");
  await folder.write("in.jsonl", '"a"\r\n\n"b\\n"\n"ü"');
  const { code, stdout } = await lithoscope(
    ["run", "fns.ts", "default", "--items-file", "in.jsonl"],
    { cwd: folder.path },
  );
  assertEquals(stdout, '["a",null]\n["b\\n",null]\n["ü",null]\n');
  assertEquals(code, 0);
});

Deno.test("run gives the first result before the last item is there", async () => {
  const child = spawnLithoscope(["run", FNS, "double", "--workers", "1"]);
  const stderr = new Response(child.stderr).text();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  const encoder = new TextEncoder();
  for (const x of [1, 2, 3]) {
    await input.write(encoder.encode(`${x}\n`));
    assertEquals((await output.read()).value, `${2 * x}\n`);
  }
  await input.close();
  assertEquals((await output.read()).done, true);
  assertEquals(await stderr, "");
  assertEquals((await child.status).code, 0);
});

Deno.test("run says which calls failed on stderr, with null in their place and exit code 1", async () => {
  const { code, stdout, stderr } = await lithoscope(
    ["run", FNS, "even", "--items", "[1,2,3]", "--workers", "1"],
  );
  assertEquals(stdout, "null\n2\nnull\n");
  assertEquals(stderr.split("\n"), [
    'Call M000/00000 of "even" failed: 1 is odd',
    'Call M000/00002 of "even" failed: 3 is odd',
    "",
  ]);
  assertEquals(code, 1);
});

Deno.test("run lists no more than 20 failures that say the same", async () => {
  const stdin = Array.from({ length: 100 }, (_, i) => `${i}\n`).join("");
  const { code, stdout, stderr } = await lithoscope(
    ["run", FNS, "even"],
    { stdin },
  );
  assertEquals(stdout.split("\n").length, 101);
  const lines = stderr.trimEnd().split("\n");
  assertEquals(lines.length, 21);
  assertEquals(lines.at(-1), "... and 30 more like these");
  assertEquals(code, 1);
});

Deno.test("run fails a call whose result JSON cannot hold, and writes null for no result", async () => {
  const [map, nothing, missing] = await Promise.all([
    lithoscope(["run", FNS, "toMap", "--items", "[1]"]),
    lithoscope(["run", FNS, "nothing", "--items", "[1]"]),
    lithoscope(["run", FNS, "evn", "--items", "[1]"]),
  ]);
  assertStringIncludes(
    map.stderr,
    "Cannot write the result of call M000/00000 as JSON: it holds a Map",
  );
  assertEquals([map.code, map.stdout], [1, "null\n"]);
  assertEquals(nothing, { code: 0, stdout: "null\n", stderr: "" });
  assertStringIncludes(missing.stderr, '"evn"');
  assertEquals(missing.code, 1);
});

Deno.test("run ends with what it has when a line is no JSON", async () => {
  const { code, stdout, stderr } = await lithoscope(
    ["run", FNS, "double"],
    { stdin: "1\n2\n\n{\n5\n" },
  );
  assertEquals(stdout, "2\n4\n");
  assertMatch(stderr, /^Cannot read line 4 of stdin as JSON: .*\n$/);
  assertEquals(code, 1);
});

Deno.test("run refuses what the executor refuses, with exit code 2", async () => {
  const run = ["run", FNS, "double", "--items", "[1]"];
  const [workers, backend, timeout, config] = await Promise.all([
    lithoscope([...run, "--workers", "0"]),
    lithoscope([...run, "--backend", "treads"]),
    lithoscope([...run, "--timeout", "0"]),
    lithoscope([...run, "--config", "none.yaml"]),
  ]);
  assertStringIncludes(workers.stderr, '"workers" must be a whole number');
  assertStringIncludes(backend.stderr, 'the nearest is "thread"');
  assertStringIncludes(timeout.stderr, '"timeout" must be');
  assertEquals([workers.code, backend.code, timeout.code], [2, 2, 2]);
  assertStringIncludes(config.stderr, '"none.yaml"');
  assertEquals(config.code, 1);
});

Deno.test("run ends quietly when nobody reads its results any more", async () => {
  await using folder = await tempDir();
  const lines = Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join("");
  await folder.write("in.jsonl", lines);
  const child = spawnLithoscope(
    ["run", FNS, "nothing", "--items-file", "in.jsonl"],
    { cwd: folder.path },
  );
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assertEquals(await stderr, "");
  assertEquals((await child.status).code, 0);
  await child.stdin.close();
});

Deno.test("run ends by the signal that interrupts it", async () => {
  const child = spawnLithoscope(["run", FNS, "wait"]);
  const stderr = new Response(child.stderr).text();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode("0\n60000\n60000\n"));
  assertEquals((await output.read()).value, "0\n");
  child.kill("SIGINT");
  assertEquals((await child.status).signal, "SIGINT");
  assertEquals((await output.read()).done, true);
  assertMatch(await stderr, /^\S+ \S+ \[WARNING\] SIGINT: [^\n]*\n$/);
  await input.close().catch(() => {}); // nobody is there to read it
});

Deno.test("run saves a run that stats and plot read", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  const saved = await lithoscope([
    ...["run", FNS, "even", "--items", "[2,4,6,7]", "--retries", "1"],
    ...["--backend", "thread", "--workers", "2", "--concurrency", "2"],
    ...["--timeout", "60", "--chunksize", "1", "--no-progress", "--summary"],
    ...["--save", "run.jsonl", "--plot=pictures/run"],
  ], { cwd });
  assertEquals([saved.code, saved.stdout], [1, "2\n4\n6\nnull\n"]);
  assertStringIncludes(saved.stderr, "4 calls: 3 success, 1 error");
  for (const kind of ["timeline", "histogram"]) {
    assertStringIncludes(saved.stderr, `pictures/run_${kind}.png\n`);
    await Deno.stat(`${cwd}/pictures/run_${kind}.png`);
  }

  const [text, sorted, json, key, plot, format] = await Promise.all([
    lithoscope(["stats", "run.jsonl"], { cwd }),
    lithoscope(["stats", "run.jsonl", "--sort", "call", "--limit", "2"], {
      cwd,
    }),
    lithoscope(["stats", "run.jsonl", "--json", "--calls"], { cwd }),
    lithoscope(["stats", "run.jsonl", "--sort", "worker_pdi"], { cwd }),
    lithoscope(["plot", "run.jsonl", "--dst", "p", "--format", "svg"], { cwd }),
    lithoscope(["plot", "run.jsonl", "--format", "gif"], { cwd }),
  ]);
  assertMatch(text.stdout, /^Executor [0-9a-f]{6}-0, thread backend, \d+ core/);
  assertStringIncludes(text.stdout, "4 calls: 3 success, 1 error\n");
  assertMatch(text.stdout, /\nM000\/00003 +error +2 +\d .* Range\w+\n/);
  for (const line of text.stdout.split("\n")) {
    assertEquals(line, line.slice(0, 100));
  }
  assertMatch(
    sorted.stdout,
    /\ncall [^\n]*\nM000\/00000 [^\n]*\nM000\/00001 [^\n]*\n$/,
  );
  const { backend, summary, calls } = JSON.parse(json.stdout);
  assertEquals(
    [backend, summary.outcomes.success, calls.length, calls[3].attempt],
    ["thread", 3, 4, 2],
  );
  assertStringIncludes(key.stderr, 'the nearest is "worker_pid"');
  assertEquals(plot.stdout, "p_timeline.svg\np_histogram.svg\n");
  assertStringIncludes(format.stderr, '"png", "svg" or "pdf": "gif"');
  const codes = [text, sorted, json, key, plot, format].map((run) => run.code);
  assertEquals(codes, [0, 0, 0, 2, 0, 2]);
});
