import { FunctionExecutor, Run } from "../mod.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
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
  const last = text.lastIndexOf('{"type":"call"');
  await Deno.writeTextFile(path, text.slice(0, last + 20));
  assertEquals((await Run.load(path)).calls.length, 1);
});

Deno.test("load() names the file and the line when it is no run", async () => {
  await using folder = await tempDir();
  const empty = await folder.write("empty.jsonl", "");
  await assertRejects(() => Run.load(empty), SyntaxError, "empty.jsonl");
  const text = await folder.write("text.jsonl", "hello\n");
  await assertRejects(() => Run.load(text), SyntaxError, "line 1");
});

Deno.test("save() keeps what calls printed, why they failed, and what was sampled", async () => {
  await using folder = await tempDir();
  const path = `${folder.path}/run.jsonl`;
  await using fexec = new FunctionExecutor({
    workers: 1,
    profile: { interval: 0.05 },
    echo: false,
    logLevel: "error",
  });
  await fexec.ready;
  await fexec.map(function inspect(x: number) {
    // deno-lint-ignore no-console -- what it prints is kept
    console.log(`given ${x}`);
    if (x === 1) throw new RangeError("one is </script> too many");
    if (x === 2) throw { code: 2 };
    if (x === 3) Deno.exit(3);
  }, [0, 1, 2, 3]).wait();
  await fexec.save(path);
  const { details, collections } = await Run.load(path);
  assertEquals(details.map((it) => it.function_name), Array(4).fill("inspect"));
  assertEquals(details[0], {
    function_name: "inspect",
    error: null,
    logs: "given 0\n",
  });
  const [, thrown, value, exit] = details;
  assertEquals(thrown!.error!.name, "RangeError");
  assertEquals(thrown!.error!.message, "one is </script> too many");
  assertStringIncludes(thrown!.error!.stack!, "saved_run_test.ts");
  assertStringIncludes(value!.error!.message, "{ code: 2 }");
  assertStringIncludes(exit!.error!.message, "exit code 3");
  assertEquals(exit!.error!.name, "WorkerExitError");
  assertEquals(details, fexec.run().details);
  assert(collections.length > 0);
  assertEquals(collections[0], fexec.profile!.collections[0]);
});
