/**
 * A worker has its next call before it has ended the one before: nothing is late because of that, and nothing is stuck.
 *
 * @module
 */
import { assert, assertEquals, assertGreaterOrEqual } from "./assert.ts";
import { type Make, on, onEach, within } from "./executors.ts";
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

/** Waits at the gate that its item names, if it names one. */
const pass = (url: string) =>
  url === "" ? url : fetch(url).then((response) => response.text());

onEach(
  "calls that are slow where others of the function were quick do not wait while a worker is idle",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2 });
    await fexec.map(pass, new Array<string>(50).fill("")).getResult();
    const names = ["a", "b", "c"].map((name) => gate.url + name);
    const futures = fexec.map(pass, names);
    await gate.arrived("a");
    await Promise.any([gate.arrived("b"), gate.arrived("c")]);
    const [running] = gate.seen.filter((name) => name !== "a");
    const waiting = running === "b" ? "c" : "b";
    gate.open(running!);
    await gate.arrived(waiting);
    gate.openAll();
    await futures.getResult();
  },
);

onEach(
  "that a function was quick in one job has no calls handed out ahead in the next",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    await fexec.map(pass, new Array<string>(50).fill("")).getResult();
    const futures = fexec.map(pass, new Array<string>(50).fill(`${gate.url}a`));
    await gate.arrived("a");
    const sent = futures.filter(({ state }) => state === "running");
    assertEquals(sent.length, 1);
    gate.openAll();
    await futures.getResult();
  },
);

onEach(
  "a worker is started for calls of a function that was quick",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 2 });
    for (let i = 0; i < 10; i++) await fexec.callAsync(pass, "");
    assertEquals(fexec.workerStats().length, 1);
    const names = ["a", "b", "c", "d"].map((name) => gate.url + name);
    const futures = fexec.map(pass, names);
    await gate.arrived("a");
    await Promise.any(["b", "c", "d"].map((name) => gate.arrived(name)));
    gate.openAll();
    await futures.getResult();
    assertEquals(fexec.workerStats().length, 2);
  },
);

/**
 * How many of 100 calls with items of so many MiB have been sent to the only worker while call 50 runs, that one included;
 * those before it took `work` milliseconds each.
 */
async function sentAhead(
  make: Make,
  transfer: boolean,
  { size, work }: { size: number; work: number } = { size: 3, work: 0 },
): Promise<number> {
  await using gate = openGate();
  const fexec = make({ workers: 1 });
  const futures = fexec.map(
    (
      { i }: { i: number; bytes: Uint8Array },
      url: string,
      work: number,
    ) => {
      if (i === 50) {
        return fetch(url + "fifty").then((r) => r.text()).then(() => i);
      }
      const end = performance.now() + work;
      while (performance.now() < end);
      return i;
    },
    Array.from(
      { length: 100 },
      (_, i) => ({ i, bytes: new Uint8Array(size * 2 ** 20) }),
    ),
    { extraArgs: [gate.url, work], transfer },
  );
  await gate.arrived("fifty");
  await within(futures[49]!.result());
  const sent = futures.slice(50).filter(({ state }) => state === "running");
  gate.openAll();
  assertEquals(
    await futures.getResult(),
    Array.from({ length: 100 }, (_, i) => i),
  );
  return sent.length;
}

on(
  "process",
  "large items are sent for few calls ahead",
  async (make) => {
    const sent = await sentAhead(make, false);
    assert(sent <= 2, `${sent} are sent`); // More than 4 MiB are with the worker.
  },
);

on(
  "thread",
  "large items are copied for some calls ahead",
  async (make) => {
    let most = 0;
    // Beside other work calls may have been slow for once, and get none ahead.
    for (let tries = 0; tries < 20 && most < 6; tries++) {
      most = Math.max(most, await sentAhead(make, false));
    }
    assertEquals(most, 6); // More than 16 MiB are with the worker.
  },
);

on(
  "thread",
  "where items are large, some messages lie ahead",
  async (make) => {
    let most = 0;
    for (let tries = 0; tries < 20 && most < 6; tries++) {
      const sent = await sentAhead(make, false, { size: 1, work: 0.3 });
      most = Math.max(most, sent);
    }
    assertGreaterOrEqual(most, 6); // One message ahead would be four calls: one more than 1 ms has room for.
  },
);

on(
  "process",
  "large items are sent for few calls ahead, even with transfer",
  async (make) => {
    const sent = await sentAhead(make, true);
    assert(sent <= 2, `${sent} are sent`);
  },
);

on("thread", "items are moved for some calls ahead", async (make) => {
  const sent = await sentAhead(make, true);
  assert(sent <= 14, `${sent} are sent`); // 32 MiB, and a message of 8.
});
