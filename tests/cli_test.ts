/**
 * The command line as a whole: what it says, where, and the exit code it ends with.
 *
 * @module
 */
import deno from "../deno.json" with { type: "json" };
import { WORKER_ENV } from "../executor/worker/protocol.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { lithoscope } from "./lithoscope.ts";
import { decodePng } from "./png.ts";
import { ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

const COMMANDS = [
  "hello",
  "run",
  "stats",
  "plot",
  "report",
  "top",
  "profile",
];

/** Runs all at once. */
function each(list: readonly string[][]): ReturnType<typeof lithoscope>[] {
  return list.map((args) => lithoscope(args));
}

Deno.test("lithoscope --version prints the version, after any command too", async () => {
  const runs = await Promise.all(each([
    ["--version"],
    ["-V"],
    ...COMMANDS.map((command) => [command, "--version"]),
  ]));
  for (const { code, stdout, stderr } of runs) {
    assertEquals({ code, stdout, stderr }, {
      code: 0,
      stdout: `${deno.version}\n`,
      stderr: "",
    });
  }
});

Deno.test("lithoscope --help names every command, and each tells what it takes", async () => {
  const [all, short, ...runs] = await Promise.all(each([
    ["--help"],
    ["-h"],
    ...COMMANDS.map((command) => [command, "--help"]),
    ...COMMANDS.map((command) => ["help", command]),
  ]));
  for (const command of COMMANDS) assertStringIncludes(all!.stdout, command);
  assertEquals(short, all);
  for (const [i, { code, stdout, stderr }] of runs.entries()) {
    assertEquals([code, stderr], [0, ""]);
    const command = COMMANDS[i % COMMANDS.length];
    assertStringIncludes(stdout, `Usage: lithoscope ${command}`);
    for (const line of stdout.split("\n")) assert(line.length <= 100, line);
  }
});

Deno.test("lithoscope ends with exit code 2 when the arguments are wrong", async () => {
  const run = ["run", "a.ts", "f"];
  const wrong: [args: string[], message: string][] = [
    [[], "Usage: lithoscope <command>"],
    [["stat"], '"stat" as there is no such command: the nearest is "stats"'],
    [["toString"], "there is no such command"],
    [["hello", "--confg", "x"], '"--confg": the nearest is "--config"'],
    [["hello", "--worker=2"], 'no option "--worker"'],
    [["hello", "you"], "it takes no arguments: got"],
    [["stats"], "it takes <run.jsonl>: got none"],
    [["plot", "a", "b"], 'it takes <run.jsonl>: got "a", "b"'],
    [["run", "a.ts"], "it takes <module> and <export>"],
    [[...run, "--save"], "--save needs a value: --save FILE"],
    [[...run, "--workers", "two"], '--workers as it must be a number: "two"'],
    [[...run, "--items", "[1"], "--items as it is no JSON"],
    [[...run, "--items", "7"], "it must be a JSON array"],
    [[...run, "--items", "[]", "--items-file", "b"], "items from two places"],
    [["profile"], "either a command or --pid is needed"],
  ];
  // The module is looked at after the arguments.
  await using folder = await tempDir();
  await folder.write("a.ts", "");
  const runs = await Promise.all(
    wrong.map(([args]) => lithoscope(args, { cwd: folder.path })),
  );
  for (const [i, { code, stdout, stderr }] of runs.entries()) {
    const [args, message] = wrong[i]!;
    assertStringIncludes(stderr, message, `${args}`);
    assertEquals([args, code, stdout], [args, 2, ""]);
  }
});

Deno.test("lithoscope ends with exit code 1 when a file is not there", async () => {
  await using folder = await tempDir();
  await folder.write("not_a_run.jsonl", "{}\n");
  const { cwd } = { cwd: folder.path };
  const [stats, plot, run, items, other] = await Promise.all([
    lithoscope(["stats", "none.jsonl"], { cwd }),
    lithoscope(["plot", "none.jsonl"], { cwd }),
    lithoscope(["run", "none.ts", "f", "--items", "[]"], { cwd }),
    lithoscope(["run", "node:url", "f", "--items-file", "none"], { cwd }),
    lithoscope(["stats", "not_a_run.jsonl"], { cwd }),
  ]);
  for (const { code, stderr } of [stats, plot, run, items]) {
    assertMatch(stderr, /^Cannot read "none[.\w]*" as it is not there\n$/);
    assertEquals(code, 1);
  }
  assertStringIncludes(other.stderr, 'Cannot load "not_a_run.jsonl"');
  assertEquals(other.code, 1);
});

Deno.test("lithoscope says that a file is a folder, whoever reads it", async () => {
  await using folder = await tempDir();
  const { cwd } = { cwd: folder.path };
  const all = ["stats", "plot", "report", "export", "trace", "top"];
  const ended = await Promise.all([
    ...all.map((command) => lithoscope([command, "."], { cwd })),
    lithoscope(["compare", ".", "."], { cwd }),
    lithoscope(["run", "node:url", "f", "--items-file", "."], { cwd }),
  ]);
  for (const { code, stderr } of ended) {
    assertEquals([code, stderr], [1, 'Cannot read "." as it is a folder\n']);
  }
});

Deno.test("lithoscope takes a value that begins with a dash for the value that it is", async () => {
  const run = ["run", "node:url", "f", "--items", "[]"];
  const [timeout, other] = await Promise.all([
    lithoscope([...run, "--timeout", "-1"]),
    lithoscope([...run, "-1"]),
  ]);
  assertMatch(timeout.stderr, /option "timeout" must be .*: got -1\n$/);
  assertStringIncludes(other.stderr, 'it has no option "-1"');
});

Deno.test("lithoscope refuses a file that it cannot write, or reads, before the work", async () => {
  await using folder = await tempDir();
  const cwd = folder.path;
  const fns = new URL("fixtures/cli_fns.ts", import.meta.url).href;
  const first = ["run", fns, "double", "--items", "[1]"];
  await lithoscope([...first, "--save", "run.jsonl"], { cwd });
  const saved = await Deno.readTextFile(`${cwd}/run.jsonl`);
  await Deno.symlink("run.jsonl", `${cwd}/link`);
  const same = [
    ["report", "run.jsonl", "-o", "run.jsonl"],
    ["trace", "run.jsonl", "-o", "./run.jsonl"],
    ["export", "run.jsonl", "-o", "link"],
    ["compare", "link", "run.jsonl", "-o", "run.jsonl"],
    [...first.slice(0, 3), "--items-file", "run.jsonl", "--save", "run.jsonl"],
    [...first, "--save", "one", "--report", "./one"],
  ];
  const nowhere = [
    [...first, "--save", "none/a"],
    [...first, "--report", "none/a"],
    ["report", "run.jsonl", "-o", "none/a"],
    ["trace", "run.jsonl", "-o", "."],
  ];
  const runs = await Promise.all(
    [...same, ...nowhere].map((args) => lithoscope(args, { cwd })),
  );
  for (const [i, { code, stdout, stderr }] of runs.entries()) {
    assertMatch(
      stderr,
      i < same.length
        ? /as it is what is read: |as they must be two files: /
        : /as there is no folder "none"\n$|as it is a folder\n$/,
    );
    assertEquals([code, stdout], [i < same.length ? 2 : 1, ""], stderr);
  }
  assertEquals(await Deno.readTextFile(`${cwd}/run.jsonl`), saved);
});

Deno.test("hello says that both backends work", async () => {
  const { code, stdout, stderr } = await lithoscope(["hello"]);
  assertEquals(stderr, "");
  const [head, process, thread] = stdout.split("\n");
  assertStringIncludes(head!, `Lithoscope ${deno.version} on Deno`);
  assertMatch(process!, /^process {2}works: \d+ calls on \d+ workers? in /);
  assertMatch(process!, /measured: time, CPU, memory, disk, network$/);
  assertMatch(thread!, /^thread {3}works: .* measured: time, CPU, network$/);
  assertEquals(code, 0);
});

Deno.test("hello says which backend does not work, and why, with exit code 1", async () => {
  const { code, stdout } = await lithoscope(["hello"], {
    flags: ["-A", "--deny-run"],
  });
  const [, process, thread] = stdout.split("\n");
  assertMatch(process!, /^process {2}does not work: .*run/);
  assertMatch(thread!, /^thread {3}works: /);
  assertEquals(code, 1);
});

Deno.test("profile gives the exit code of the program", async () => {
  const { code, stdout } = await lithoscope(
    ["profile", "--quiet", "--", "sh", "-c", "echo said; exit 3"],
  );
  assertEquals([code, stdout], [3, "said\n"]);
});

Deno.test("profile --plot draws what the program used", async () => {
  await using folder = await tempDir();
  const { code, stderr } = await lithoscope(
    [
      ...["profile", "--quiet", "--interval", "0.02", "--plot", "usage.png"],
      ...["--", "sh", "-c", "for i in 1 2 3; do sleep 0.1; done"],
    ],
    { cwd: folder.path },
  );
  assertEquals([code, stderr], [0, ""]);
  const { width } = await decodePng(
    await Deno.readFile(`${folder.path}/usage.png`),
  );
  assertEquals(width, 2000);
});

Deno.test("cli.ts serves as a worker when its environment names a socket", async () => {
  await using folder = await tempDir();
  const path = `${folder.path}/socket`;
  using listener = Deno.listen({ transport: "unix", path });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("cli.ts", ROOT).href, "--version"],
    env: { [WORKER_ENV]: path },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode("the secret\n"));
  using connection = await listener.accept();
  const bytes = new Uint8Array(4096);
  const read = await connection.read(bytes);
  const hello = new TextDecoder("latin1").decode(bytes.subarray(0, read ?? 0));
  assertStringIncludes(hello, "the secret"); // proves it to its host
  await stdin.close(); // its host is gone
  assertEquals((await child.status).code, 0);
  assertEquals(await new Response(child.stdout).text(), "");
});
