/**
 * Programs that calls on threads start can be told from the script's own, whichever way they are started.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "./assert.ts";
import { on } from "./executors.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const MOD = import.meta.resolve("../mod.ts");

const ECHO = ["-c", "echo $LITHOSCOPE_CHILD:$OTHER"];

/** What programs see that are started in different ways. */
const startAll = async (args: string[]): Promise<Record<string, string>> => {
  const { default: cp } = await import("node:child_process");
  const { default: process } = await import("node:process");
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const env = { OTHER: "1" };
  const { spawnAndWait, spawnAndWaitSync } = Deno as unknown as Record<
    "spawnAndWait" | "spawnAndWaitSync",
    (...args: unknown[]) => Deno.CommandOutput
  >;
  const command = new Deno.Command("sh", { args, env });
  const exec = Promise.withResolvers<string>();
  cp.execFile("sh", args, (_, out) => exec.resolve(out.trim()));
  const alone = Promise.withResolvers<string>();
  cp.execFile(
    "/bin/sh",
    args,
    { env: { OTHER: "2" } },
    (_, out) => alone.resolve(out.trim()),
  );
  return {
    isCommand: `${command instanceof Deno.Command} ${Deno.Command.name}`,
    output: text((await command.output()).stdout),
    outputSync: text(new Deno.Command("sh", { args }).outputSync().stdout),
    cleared: text(
      new Deno.Command("/bin/sh", { args, clearEnv: true }).outputSync().stdout,
    ),
    spawned: text(
      (await new Deno.Command("sh", { args, stdout: "piped" }).spawn().output())
        .stdout,
    ),
    wait: text(
      (await spawnAndWait("sh", args, { env, stdout: "piped" })).stdout,
    ),
    waitSync: text(spawnAndWaitSync("sh", { args, stdout: "piped" }).stdout),
    node: await exec.promise,
    nodeAlone: await alone.promise,
    nodeSync: cp.execFileSync("sh", args, { encoding: "utf8" }).trim(),
    nodeEnv: cp.execFileSync("sh", args, {
      env: { ...process.env, OTHER: "1" },
      encoding: "utf8",
    }).trim(),
    own: text(
      new Deno.Command("sh", { args, env: { LITHOSCOPE_CHILD: "mine" } })
        .outputSync().stdout,
    ),
  };
};

on(
  "thread",
  "what a thread starts is marked, whichever way it is started",
  async (make) => {
    const fexec = make({ workers: 1 });
    const seen = await fexec.callAsync(startAll, ECHO).result();
    const mark = seen.output!.replace(/:1$/, "");
    assertMatch(mark, new RegExp(`^${fexec.executorId}/\\d+$`));
    assertEquals(seen, {
      isCommand: "true Command",
      output: `${mark}:1`,
      outputSync: `${mark}:`,
      cleared: `${mark}:`,
      spawned: `${mark}:`,
      wait: `${mark}:1`,
      waitSync: `${mark}:`,
      node: `${mark}:`,
      nodeAlone: `${mark}:2`,
      nodeSync: `${mark}:`,
      nodeEnv: `${mark}:1`,
      own: "mine:",
    });
    // What the script itself starts is its own.
    const { stdout } = await new Deno.Command("sh", { args: ECHO }).output();
    assert(!new TextDecoder().decode(stdout).includes(mark));
  },
);

Deno.test("a thread starts programs where it may not start what watches over them", async () => {
  await using folder = await tempDir();
  const script = await folder.write(
    "script.ts",
    `import { FunctionExecutor } from ${JSON.stringify(MOD)};
await using fexec = new FunctionExecutor({ backend: "thread", workers: 1, progress: false });
const text = await fexec.callAsync(async (args: string[]) => {
  const { stdout } = await new Deno.Command("printenv", { args }).output();
  return new TextDecoder().decode(stdout);
}, ["LITHOSCOPE_CHILD"]).result();
console.log(text.trim().replace(/.*\\//, ""));
`,
  );
  const flags = ["--allow-read", "--allow-run=printenv", "--no-prompt"];
  const { code, stdout, stderr } = await runDeno(["run", ...flags, script]);
  assertEquals([code, stdout, stderr], [0, "0\n", ""]);
});
