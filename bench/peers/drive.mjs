// Does what the benchmark asks for by JSON lines on stdin, with a pool of two workers, and answers by JSON lines on
// stdout. A peer gives `start(workers)`: `run(name, value)` gives a promise of the result of function `name`, and `all`
// does so for many values, in order; `rest`, if there is one, is called between two deeds.

// deno-lint-ignore-file no-console -- stdout is the channel

import { createInterface } from "node:readline";

/** Steps that keep a core busy for about 50 ms. */
const STEPS = 1_500_000;

function check(isRight, what) {
  if (!isRight) throw new Error(`Wrong result: ${what}`);
}

const deeds = {
  async noop({ all }, { count }) {
    const items = Array.from({ length: count }, (_, i) => i);
    const began = performance.now();
    const results = await all("same", items);
    const seconds = (performance.now() - began) / 1000;
    check(results.length === count, `${results.length} of ${count}`);
    check(results.every((result, i) => result === i), "not in order");
    return seconds;
  },

  async roundtrip({ run }, { count }) {
    const times = [];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      await run("same", i);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[count >> 1] / 1000;
  },

  async echo({ all }, { count, bytes }) {
    const items = Array.from(
      { length: count },
      (_, i) => new Uint8Array(bytes).fill(i),
    );
    const began = performance.now();
    const results = await all("same", items);
    const seconds = (performance.now() - began) / 1000;
    results.forEach((result, i) => {
      check(result instanceof Uint8Array, "no Uint8Array");
      check(
        result.length === bytes && result[bytes - 1] === (i & 255),
        "bytes",
      );
    });
    return seconds;
  },

  async spin({ all }, { count }) {
    const items = new Array(count).fill(STEPS);
    const began = performance.now();
    await all("spin", items);
    return (performance.now() - began) / 1000;
  },
};

/** `node peer.mjs cold` runs one call and ends; `node peer.mjs <workers>` does as it is told until stdin ends. */
export async function drive(start) {
  const [mode] = process.argv.slice(2);
  const peer = await start(mode === "cold" ? 2 : Number(mode));
  peer.all ??= (name, items) =>
    Promise.all(items.map((item) => peer.run(name, item)));
  if (mode === "cold") {
    console.log(await peer.run("same", 1));
    process.exit(0);
  }
  console.log("{}");
  for await (const line of createInterface({ input: process.stdin })) {
    const { deed, ...what } = JSON.parse(line);
    let answer;
    try {
      answer = { seconds: await deeds[deed](peer, what) };
    } catch (error) {
      answer = { error: error.message };
    }
    peer.rest?.();
    console.log(JSON.stringify(answer));
  }
  process.exit(0);
}
