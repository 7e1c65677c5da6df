/**
 * A worker has its next call before it has ended the one before: nothing is late because of that, and nothing is stuck.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { onEach, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { tempDir } from "./temp_dir.ts";

onEach("a result does not wait for the call behind it", async (make) => {
  await using folder = await tempDir();
  const path = `${folder.path}/go`;
  const fexec = make({ workers: 1 });
  // Call 30 keeps its worker busy until the result of the one before has arrived here.
  const futures = fexec.map(
    (x: number, path: string) => {
      const exists = () => {
        try {
          return Deno.statSync(path).isFile;
        } catch {
          return false;
        }
      };
      const end = performance.now() + 2;
      while (performance.now() < end || (x === 30 && !exists()));
      return x;
    },
    Array.from({ length: 40 }, (_, i) => i),
    { extraArgs: [path] },
  );
  await within(futures[29]!.result());
  await folder.write("go", "");
  const results = await futures.getResult();
  assertEquals(results.length, 40);
});

onEach("a call that waits behind another can be cancelled", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const futures = fexec.map(
    async (x: number, url: string) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (x === 10) await (await fetch(url + "ten")).text();
      return x;
    },
    Array.from({ length: 20 }, (_, i) => i),
    { extraArgs: [gate.url] },
  );
  await gate.arrived("ten");
  for (const future of futures.slice(11)) future.cancel("enough");
  gate.openAll();
  await fexec.wait(futures);
  assertEquals(
    futures.stats.map(({ outcome }) => outcome),
    Array.from({ length: 20 }, (_, i) => i < 11 ? "success" : "cancelled"),
  );
});

onEach(
  "a call that waits behind a slow one keeps its whole timeout",
  async (make) => {
    const fexec = make({ workers: 1, timeout: 1 });
    const sleep = (ms: number) =>
      new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms));
    const times = [...new Array<number>(10).fill(2), 550, 550, 2, 2, 2, 2];
    assertEquals(await fexec.map(sleep, times).getResult(), times);
  },
);

onEach("large items are sent for few calls ahead", async (make) => {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const futures = fexec.map(
    async ({ i }: { i: number; bytes: Uint8Array }, url: string) => {
      if (i === 30) await (await fetch(url + "thirty")).text();
      return i;
    },
    Array.from(
      { length: 60 },
      (_, i) => ({ i, bytes: new Uint8Array(3 * 2 ** 20) }),
    ),
    { extraArgs: [gate.url] },
  );
  await gate.arrived("thirty");
  await within(futures[29]!.result());
  // The one that waits, and one behind it: more than 4 MiB.
  const sent = futures.slice(30).filter(({ state }) => state === "running");
  assert(sent.length <= 2, `${sent.length} are sent`);
  gate.openAll();
  assertEquals(
    await futures.getResult(),
    Array.from({ length: 60 }, (_, i) => i),
  );
});
