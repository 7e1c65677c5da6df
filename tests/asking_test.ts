/**
 * A script on a terminal is not asked for rights that it can do without.
 *
 * @module
 */
import { assertEquals, assertMatch } from "./assert.ts";
import { have } from "./have.ts";
import { tempDir } from "./temp_dir.ts";

const MOD = import.meta.resolve("../mod.ts");

const ROOT = new URL("..", import.meta.url).pathname;

for (
  const [what, right] of [
    ["--allow-read", "--allow-read"],
    ["the right to read its modules", `--allow-read=${ROOT}`],
  ] as const
) {
  Deno.test(
    `calls on threads and their profile ask for nothing beside ${what}`,
    { ignore: !have("script") },
    () => runsUnasked(right),
  );
}

async function runsUnasked(right: string): Promise<void> {
  await using folder = await tempDir();
  const path = await folder.write(
    "script.ts",
    `import { FunctionExecutor } from ${JSON.stringify(MOD)};
await using fexec = new FunctionExecutor({
  backend: "thread",
  workers: 1,
  profile: { interval: 0.05 },
});
console.log(await fexec.map((x: number) => x + 1, [1, 2]).getResult());
fexec.summary();
`,
  );
  const child = new Deno.Command("script", {
    args: [
      "-qec",
      `exec '${Deno.execPath()}' run --quiet '${right}' '${path}'`,
      "/dev/null",
    ],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    // A question waits for an answer.
    if (text.includes(" access")) child.kill();
  }
  await child.stdin.close().catch(() => {});
  await child.status;
  assertEquals(text.match(/requests .* access.*/g), null);
  assertMatch(text, /\[ 2, 3 \]/);
}
