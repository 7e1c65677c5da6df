/**
 * Every flag of the command line that takes a value refuses what it cannot use, in words and with the exit code for it,
 * before anything runs.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "./assert.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

/** Values that a flag refuses, by command and flag. */
const BAD: Record<string, Record<string, string[]>> = {
  "run": {
    "items": ["{", "7"],
    "items-file": ["none"],
    "backend": ["tread"],
    "workers": ["0", "1.5", "x"],
    "concurrency": ["0", "x"],
    "timeout": ["0", "x"],
    "retries": ["-1", "x"],
    "chunksize": ["0", "x"],
    "config": ["none"],
    "log-level": ["loud"],
    "live-port": ["99999", "x"],
    "save": ["/no/such/folder/a"],
    "report": ["/no/such/folder/a"],
  },
  "stats": { "sort": ["nothing"], "limit": ["x", "-1", "0.5"] },
  "plot": {
    "dst": ["/proc/a"],
    "format": ["jpeg"],
    "width": ["0", "x"],
    "height": ["1e9", "x"],
  },
  "trace": { "output": ["/no/such/folder/a"] },
  "report": { "output": ["/no/such/folder/a"] },
  "export": { "format": ["xml"], "output": ["/no/such/folder/a"] },
  "compare": { "min-change": ["x", "-1"], "output": ["/no/such/folder/a"] },
  "top": { "sort": ["nothing"] },
  "worker": {
    "redis": ["http://a", "redis"],
    "prefix": [""],
    "workers": ["0", "x"],
    "concurrency": ["0", "x"],
    "backend": ["tread"],
    "name": [""],
    "tags": [""],
    "max-memory": ["0", "x"],
    "max-calls": ["0", "x"],
    "pushgateway": ["gateway", "ftp://a"],
    "metrics-port": ["99999", "x"],
    "config": ["none"],
    "log-level": ["loud"],
  },
  "hello": { "config": ["none"], "log-level": ["loud"] },
  "profile": {
    "interval": ["0", "x"],
    "record": ["/no/such/folder/a"],
    "plot": ["a.jpg"],
    "pid": ["0", "x"],
  },
  "gateway": { "older-than": ["soon"], "username": [""], "job": [""] },
};

/** What a command needs beside the flag. */
const REST: Record<string, (flag: string) => string[]> = {
  "run": (flag) => [
    "a.ts",
    "f",
    ...(flag.startsWith("--items") ? [] : ["--items", "[1]"]),
  ],
  "stats": () => ["run.jsonl"],
  "plot": () => ["run.jsonl"],
  "trace": () => ["run.jsonl"],
  "report": () => ["run.jsonl"],
  "export": () => ["run.jsonl"],
  "compare": () => ["run.jsonl", "run.jsonl"],
  "top": () => ["record.jsonl"],
  "worker": (flag) =>
    flag.startsWith("--redis=") ? [] : ["--redis", "redis://127.0.0.1:1"],
  "hello": () => [],
  "profile": () => ["--", "true"],
  "gateway": () => ["clean", "http://127.0.0.1:9"],
};

const MAINS = new URL("fixtures/mains.ts", import.meta.url).href;

/** Runs the command line for each of these, and gives what it wrote and how it ended. */
async function mains(
  list: readonly string[][],
  cwd?: string,
): Promise<{ code: number; stdout: string; stderr: string }[]> {
  const { code, stdout, stderr } = await runDeno(
    ["run", "-A", MAINS, JSON.stringify(list)],
    cwd === undefined ? {} : { cwd },
  );
  assertEquals(code, 0, stderr);
  const parts = (text: string) => text.split(/\n@@ (\d+)\n/);
  const out = parts(stdout), err = parts(stderr);
  return list.map((_, i) => ({
    code: Number(err[2 * i + 1]),
    stdout: out[2 * i]!,
    stderr: err[2 * i]!,
  }));
}

Deno.test("every flag of every command refuses what it cannot use", async () => {
  await using folder = await tempDir();
  await folder.write("a.ts", "export const f = (x: number): number => x;");
  const cases = Object.entries(BAD).flatMap(([command, flags]) =>
    Object.entries(flags).flatMap(([flag, values]) =>
      values.map((value) => ({ command, arg: `--${flag}=${value}` }))
    )
  );
  const [saved, ...runs] = await mains([
    "run a.ts f --items [1] --log-level none --save run.jsonl".split(" "),
    ...cases.map(({ command, arg }) => {
      const rest = REST[command]!(arg);
      return command === "gateway"
        ? [command, ...rest, arg]
        : [command, arg, ...rest];
    }),
  ], folder.path);
  assertEquals(saved!.code, 0, saved!.stderr);
  runs.forEach(({ code, stdout, stderr }, i) => {
    const { command, arg } = cases[i]!;
    const text = `${command} ${arg}: ${stderr}${stdout}`;
    // 2 for what is wrong by itself; 1 for what is not there or cannot be written, and where "hello" tells what failed.
    const isOne = /=(none|\/)/.test(arg) || command === "hello";
    assert(code === 2 || isOne && code === 1, `${code} of ${text}`);
    assertMatch(
      command === "hello" ? stdout : stderr,
      /(^|\n|: )Cannot [a-z]/,
      text,
    );
    assert(!stderr.includes("    at "), `a stack in ${text}`);
  });
});

Deno.test("every flag that takes a value is looked at", async () => {
  const [help] = await mains([["--help"]]);
  const commands = [...help!.stdout.matchAll(/^ {2}([a-z]+) /gm)]
    .map((match) => match[1]!);
  assert(commands.length >= 6);
  const helps = await mains(commands.map((command) => [command, "--help"]));
  commands.forEach((command, i) => {
    const named = helps[i]!.stdout.matchAll(
      /^ +(?:-., )?--([\w-]+) [A-Z][A-Z,]* /gm,
    );
    assertEquals(
      [...named].map((match) => match[1]).sort(),
      Object.keys(BAD[command] ?? {}).sort(),
      command,
    );
  });
});
