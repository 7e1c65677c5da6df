/**
 * `lithoscope run` that is interrupted, or cannot write one of its files: what there is to write is written.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { Run } from "../mod.ts";
import { within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { have } from "./have.ts";
import { lithoscope } from "./lithoscope.ts";
import { ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

const FNS = new URL("fixtures/cli_fns.ts", import.meta.url).href;

/** Runs the command line in a terminal of its own. */
function type(args: readonly string[], cwd: string) {
  const quoted = [
    ...[Deno.execPath(), "run", "-A", new URL("cli.ts", ROOT).href],
    ...args,
  ].map((arg) => `'${arg}'`).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qec", `exec ${quoted}`, "/dev/null"],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  const screen = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  return {
    /** Presses Ctrl-C. */
    interrupt: () => keyboard.write(new Uint8Array([3])),
    /** Resolves when this is on the screen. */
    async shows(text: string): Promise<void> {
      while (!seen.includes(text)) {
        const { value, done } = await within(screen.read(), 60);
        if (done) throw new Error(`Never shown: ${text}; but: ${seen}`);
        seen += value;
      }
    },
    /** What a shell would tell of its end. */
    async end(): Promise<number> {
      while (!(await within(screen.read(), 60)).done);
      await keyboard.close().catch(() => {});
      return (await child.status).code;
    },
  };
}

/** The header of the run in a report. */
async function headerOf(page: string): Promise<{ saved_tstamp: number }> {
  const [, text] = /id="data">([^<]*)</.exec(page)!;
  const packed = Uint8Array.from(atob(text!), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()).header;
}

const PTY = { ignore: !have("script") };

Deno.test(
  "run writes --save and --report of what has ended when Ctrl-C is pressed, then ends by it",
  PTY,
  async () => {
    await using folder = await tempDir();
    await using gate = openGate();
    gate.open("a", "1");
    const items = JSON.stringify(
      ["a", "b", "c"].map((name) => gate.url + name),
    );
    const run = type(
      [
        ...["run", FNS, "visit", "--items", items, "--workers", "1"],
        ...["--no-progress", "--save", "run.jsonl", "--report", "run.html"],
      ],
      folder.path,
    );
    await gate.arrived("b");
    await run.interrupt();
    await run.shows("2 calls are cancelled");
    assertEquals(await run.end(), 128 + 2);
    const saved = await Run.load(`${folder.path}/run.jsonl`);
    assertEquals(
      saved.calls.map(({ outcome }) => outcome),
      ["success", "cancelled", "cancelled"],
    );
    // Both are of one state of it.
    const page = await Deno.readTextFile(`${folder.path}/run.html`);
    const { saved_tstamp } = await headerOf(page);
    assertEquals(saved_tstamp, saved.header.saved_tstamp);
  },
);

Deno.test("run ends at once when Ctrl-C is pressed again", PTY, async () => {
  await using folder = await tempDir();
  await using gate = openGate();
  // Nothing would end this one for ten seconds.
  await folder.write("config.yaml", "localhost: {kill_delay: 10}\n");
  const run = type(
    [
      ...["run", FNS, "visit", "--items", JSON.stringify([`${gate.url}a`])],
      ...["--no-progress", "--config", "config.yaml", "--save", "run.jsonl"],
    ],
    folder.path,
  );
  await gate.arrived("a");
  await run.interrupt();
  await run.shows("press Ctrl-C again");
  await run.interrupt();
  assertEquals(await run.end(), 128 + 2);
  assertEquals([...Deno.readDirSync(folder.path)].length, 1);
});

Deno.test("run writes --report where --save fails, and says so", async () => {
  await using folder = await tempDir();
  const gone = `${folder.path}/gone`;
  await Deno.mkdir(gone);
  const { code, stdout, stderr } = await lithoscope(
    [
      ...["run", FNS, "remove", "--items", JSON.stringify([gone])],
      ...["--save", "gone/run.jsonl", "--report", "run.html"],
    ],
    { cwd: folder.path },
  );
  assertEquals([code, stdout], [1, "null\n"]);
  assertStringIncludes(stderr, "gone/run.jsonl");
  assert((await Deno.stat(`${folder.path}/run.html`)).size > 1000);
});
