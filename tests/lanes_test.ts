import { assert, assertEquals } from "./assert.ts";
import { passOn, planFor } from "./lanes.ts";

const FILES = [...Deno.readDirSync(new URL(".", import.meta.url))]
  .map(({ name }) => `tests/${name}`)
  .filter((file) => file.endsWith("_test.ts"));

Deno.test("planFor() has each file once, and what measures in no lane", () => {
  for (const count of [1, 2, 3]) {
    const { lanes, alone } = planFor(FILES, count);
    assertEquals(lanes.length, count);
    assertEquals([...lanes.flat(), ...alone].sort(), FILES.toSorted());
    const sizes = lanes.map((lane) => lane.length);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
    for (const name of ["profiler_accuracy", "stats_truth", "profile"]) {
      assert(alone.includes(`tests/${name}_test.ts`), name);
    }
  }
  assertEquals(planFor(["tests/big_data_test.ts"], 2).lanes, []);
});

/** What is passed on of these texts, a string for each piece, when the pipe ends or stays open. */
async function passed(texts: string[], stays = false): Promise<string[]> {
  const late = new AbortController();
  const bytes = texts.map((text) => new TextEncoder().encode(text));
  const output = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const part of bytes) controller.enqueue(part);
      if (!stays) controller.close();
    },
  });
  const pieces: string[] = [];
  const passing = passOn(output, (text) => pieces.push(text), late.signal);
  if (stays) setTimeout(() => late.abort(), 50);
  await passing;
  return pieces;
}

Deno.test("passOn() gives the output of a test file in one piece, however it comes", async () => {
  const files = [
    "running 2 tests from ./tests/a_test.ts\na ... ok\nb ... ok\n",
    "\x1b[0m\x1b[38mrunning 1 test from ./tests/b_test.ts\x1b[0m\nc ... ok\n",
    "running 10 tests from ./tests/c_test.ts\nrunning late ... ok\n\nok | 13 passed\n",
  ];
  const whole = files.join("");
  assertEquals((await passed([...whole])).filter((it) => it !== ""), files);
  assertEquals((await passed([whole])).join(""), whole);
});

Deno.test("passOn() gives what is there when a pipe that stays open is left", async () => {
  const text = "running 1 test from ./tests/a_test.ts\na ... ok\n";
  assertEquals((await passed([text], true)).join(""), text);
});
