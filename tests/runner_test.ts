/**
 * What a worker does for each call, by a clock that stands still unless a call moves it on.
 *
 * @module
 */
import { hold, release, tick } from "./still_clock.ts";
import type { Definition } from "../executor/definition.ts";
import { LoadedFunction } from "../executor/worker/load.ts";
import { Meter } from "../executor/worker/measure.ts";
import type { FromWorker, RunCalls } from "../executor/worker/protocol.ts";
import { Runner } from "../executor/worker/runner.ts";
import { Work } from "../executor/worker/work.ts";
import { createSharedBoard } from "../profiler/board.ts";
import { assert, assertEquals, assertExists } from "./assert.ts";
import { within } from "./executors.ts";

/** A worker keeps what it has opened until its process ends. */
const KEPT = { sanitizeResources: false };

/** The calls of a message, each of which takes as many milliseconds as its item says. */
function message(items: number[]): RunCalls {
  return {
    type: "calls",
    definition: 1,
    job: 1,
    jobId: "M001",
    lane: 0,
    round: 0,
    calls: items.map((_, i) => i),
    attempts: items.map(() => 1),
    items,
  };
}

/** How many results each message of a runner holds that was given these calls. */
async function runs(items: number[]): Promise<number[]> {
  const sizes: number[] = [];
  const all = Promise.withResolvers<void>();
  let left = items.length;
  const send = (sent: FromWorker) => {
    if (sent.type !== "results") return;
    sizes.push(sent.calls.length);
    left -= sent.calls.length;
    if (left === 0) all.resolve();
  };
  hold();
  Object.assign(globalThis, { tick });
  try {
    const runner = new Runner({ send, flush() {} }, {
      type: "setup",
      lanes: 1,
      board: createSharedBoard(1),
      stats: "timing",
      backend: "thread",
    });
    runner.receive({
      type: "function",
      id: 1,
      spec: {
        kind: "source",
        name: "tick",
        source: "((ms) => { globalThis.tick(ms); })",
        base: "file:///",
      },
      extraArgs: [],
      env: {},
      transfer: false,
    });
    tick(1000); // It has been idle.
    runner.receive(message(items));
    await within(all.promise);
  } finally {
    release();
    Reflect.deleteProperty(globalThis, "tick");
  }
  return sizes;
}

Deno.test(
  "Runner sends results of quick calls together when it was idle before",
  KEPT,
  async () => {
    assertEquals(await runs([0.1, 0.1, 0.1, 0.1]), [4]);
  },
);

Deno.test(
  "Runner sends results when the first of them is a millisecond old",
  KEPT,
  async () => {
    assertEquals(await runs([0.6, 0.6, 0.6, 0.6, 0.6]), [2, 2, 1]);
    assertEquals(await runs([5, 5, 5]), [1, 1, 1]);
  },
);

Deno.test("Work.take() gives results that can be sent together, also where one cannot be cloned", () => {
  const bytes = (length: number) => new Uint8Array(length).fill(1);
  const bad = new Proxy({ a: 1 }, {});
  // Of those that a worker keeps for each other, the last alone is an object that is left as it is.
  const last: [unknown, failed: boolean, wanted?: unknown][] = [
    [bad, false],
    [bad, true],
    [new Map<unknown, unknown>([[1, bad], [2, bytes(1e5)]]), false],
    [new Map([["key", bytes(100)]]), false, new Map([["key", bytes(100)]])],
    [{ list: [bytes(100)] }, false, { list: [bytes(100)] }],
  ];
  for (const transfer of [false, true]) {
    for (const [value, failed, wanted] of last) {
      const definition: Definition = {
        id: 1,
        spec: {
          kind: "source",
          name: "f",
          source: "() => 0",
          base: "file:///",
        },
        extraArgs: [],
        env: {},
        transfer,
      };
      const fn = new LoadedFunction(definition, "thread");
      const work = new Work(message([0, 0, 0]), fn, true);
      for (const each of [bytes(1e5), 1]) work.end(each, false);
      work.end(value, failed);
      const { results, buffers } = work.take(0, null);
      const sent = structuredClone(results, { transfer: buffers });
      assertEquals(sent.values.slice(0, 2), [bytes(1e5), 1]);
      assertEquals(sent.failed, [false, false, wanted === undefined]);
      if (wanted !== undefined) assertEquals(sent.values[2], wanted);
    }
  }
});

Deno.test(
  "Meter.several() lets no idle time pay for the calls of a message, and little of what was saved",
  KEPT,
  () => {
    const meter = new Meter("process", "full");
    let now = performance.now();
    /** Calls in a row that are measured before all is spent that may be spent ahead. */
    const measured = () => {
      for (let calls = 0;; calls++) {
        const span = meter.begin(now);
        assertExists(span);
        if (span.cpu === null && span.rest === null) return calls;
      }
    };
    let alone = 0, ofTwo = 0, ofMany = 0;
    const among = (calls: number) => {
      meter.begin(now += 60_000);
      meter.several(now, calls);
      const count = measured();
      meter.several(now += 60_000, calls);
      assertEquals(measured(), 0);
      return count;
    };
    for (let i = 0; i < 20; i++) {
      alone += measured();
      ofTwo += among(2);
      ofMany += among(16);
      now += 60_000;
    }
    const counts = `${ofMany} of many, ${ofTwo} of two, ${alone} alone`;
    assert(ofMany > 0, "no call of a message is measured");
    assert(ofMany * 2 < ofTwo && ofTwo < alone, counts);
  },
);
