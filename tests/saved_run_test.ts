import { FunctionExecutor, Run } from "../mod.ts";
import { assertEquals, assertRejects } from "./assert.ts";
import { tempDir } from "./temp_dir.ts";

Deno.test("load() gives the calls, workers and header that save() wrote", async () => {
  await using folder = await tempDir();
  const path = `${folder.path}/run.jsonl`;
  await using fexec = new FunctionExecutor({ backend: "thread", workers: 1 });
  await fexec.map((x: number) => x + 1, [1, 2, 3]).getResult();
  const run = fexec.run();
  await run.save(path);
  const loaded = await Run.load(path);
  assertEquals(loaded.calls, run.calls);
  assertEquals(loaded.calls.length, 3);
  assertEquals(loaded.workers, run.workers);
  assertEquals(loaded.header, run.header);
  assertEquals(loaded.summary(), run.summary());
});

Deno.test("save() writes over a file that is there, and leaves no other", async () => {
  await using folder = await tempDir();
  const path = await folder.write("run.jsonl", "old\n".repeat(10_000));
  await using fexec = new FunctionExecutor({ backend: "thread", workers: 1 });
  await fexec.callAsync((x: number) => x, 1);
  await fexec.save(path);
  assertEquals((await Run.load(path)).calls.length, 1);
  assertEquals([...Deno.readDirSync(folder.path)].length, 1);
});

Deno.test("load() passes over a last line that was cut short", async () => {
  await using folder = await tempDir();
  const path = `${folder.path}/run.jsonl`;
  await using fexec = new FunctionExecutor({ backend: "thread", workers: 1 });
  await fexec.map((x: number) => x, [1, 2]).getResult();
  await fexec.save(path);
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, -20));
  assertEquals((await Run.load(path)).calls.length, 1);
});

Deno.test("load() names the file and the line when it is no run", async () => {
  await using folder = await tempDir();
  const empty = await folder.write("empty.jsonl", "");
  await assertRejects(() => Run.load(empty), SyntaxError, "empty.jsonl");
  const text = await folder.write("text.jsonl", "hello\n");
  await assertRejects(() => Run.load(text), SyntaxError, "line 1");
});
