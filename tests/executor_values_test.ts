/**
 * What can cross between host and worker crosses whole, on both backends alike; what cannot fails its own call, and says
 * what and where it is.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";
import { CallError } from "../mod.ts";
import { on, onEach } from "./executors.ts";

function cycle(): unknown {
  const map = new Map<string, unknown>();
  const object = { map, list: [1] };
  map.set("self", object);
  return object;
}

function deep(levels: number): unknown[] {
  let list: unknown[] = [];
  for (let i = 0; i < levels; i++) list = [list];
  return list;
}

/** Values that structured clone knows. */
const KINDS: Record<string, unknown> = {
  "undefined": undefined,
  "null": null,
  "NaN": NaN,
  "-0": -0,
  "Infinity": -Infinity,
  "a big number": Number.MAX_SAFE_INTEGER + 2,
  "a bigint": -(2n ** 200n),
  "a lone surrogate": "a\ud800b",
  "Latin-1 text": "é\0ÿ",
  "emoji": "👩‍👩‍👧",
  "a Date": new Date(0),
  "an invalid Date": new Date(NaN),
  "a RegExp": /a(?<n>b)/giu,
  "a Map": new Map<unknown, unknown>([[{ a: 1 }, new Set([1n])], [NaN, -0]]),
  "a Set": new Set(["a", [1], undefined]),
  "boxed primitives": [Object(1), Object("a"), Object(true), Object(1n)],
  "nested": { a: [{ b: new Map([["c", [1, [2, [3]]]]]) }] },
  "1,000 levels": deep(1000),
  "an object without prototype": Object.assign(Object.create(null), { a: 1 }),
  "odd keys": { "": 1, "__proto_": 2, "1": 3, "a b": 4 },
  "an own __proto__": JSON.parse('{"__proto__": {"a": 1}}'),
  "bytes": new Uint8Array([1, 2, 255]),
  "every typed array": [
    new Int8Array([-1]),
    new Uint8ClampedArray([300]),
    new Int16Array([-2]),
    new Uint16Array([65535]),
    new Int32Array([-3]),
    new Uint32Array([4]),
    new Float32Array([0.5]),
    new Float64Array([Math.PI, NaN, -0]),
    new BigInt64Array([-(2n ** 63n)]),
    new BigUint64Array([2n ** 64n - 1n]),
    new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1),
  ],
  "a view in the middle": new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
  "an ArrayBuffer": new Uint8Array([9, 8]).buffer,
  "an empty ArrayBuffer": new ArrayBuffer(0),
  "a string of a megabyte": "ä".repeat(1 << 20),
};

onEach("values of every kind go there and back", async (make) => {
  const fexec = make();
  const names = Object.keys(KINDS);
  const futures = fexec.map((x: unknown) => x, names.map((n) => KINDS[n]));
  const results = await futures.getResult();
  names.forEach((name, i) => {
    assertEquals(results[i], KINDS[name], name);
    assert(
      typeof KINDS[name] === "object" || Object.is(results[i], KINDS[name]),
      name,
    );
  });
});

onEach("cycles and shared parts keep their shape", async (make) => {
  const fexec = make();
  // deno-lint-ignore no-explicit-any -- it is looked into below
  const there: any = await fexec.callAsync((x: any) => {
    if (x.map.get("self") !== x) throw new Error("no cycle in the worker");
    return x;
  }, cycle());
  assert(there.map.get("self") === there);
  const buffer = new ArrayBuffer(4);
  const [a, b] = await fexec.callAsync(
    (x: Uint8Array<ArrayBuffer>[]) => x,
    [new Uint8Array(buffer), new Uint8Array(buffer, 2)],
  );
  assert(a!.buffer === b!.buffer);
});

onEach(
  "holes stay holes, and a sparse array costs no more than what is in it",
  async (make) => {
    const fexec = make();
    const sparse: number[] = [];
    sparse[200_000_000] = 7;
    const futures = fexec.map(
      (list: unknown[]) => [list.length, 1 in list, list.at(-1)],
      // deno-lint-ignore no-sparse-arrays -- they are what is sent
      [[1, , 3], sparse],
    );
    assertEquals(await futures.getResult(), [
      [3, false, 3],
      [200_000_001, false, 7],
    ]);
  },
);

onEach("errors are values too", async (make) => {
  const fexec = make();
  const error = new RangeError("far", { cause: new TypeError("odd") });
  const back = await fexec.callAsync((x: Error) => x, error);
  assertInstanceOf(back, RangeError);
  assertEquals([back.message, (back.cause as Error).message], ["far", "odd"]);
});

onEach(
  "instances of classes arrive as plain objects with their own properties",
  async (make) => {
    class Point {
      x = 1;
      #secret = 2;
      get sum(): number {
        return this.x + this.#secret;
      }
    }
    const back = await make().callAsync((p: { x: number }) => p, new Point());
    assertEquals([Object.getPrototypeOf(back), { ...back }], [
      Object.prototype,
      { x: 1 },
    ]);
  },
);

/** Items that cannot be sent, each with what the message says of it. */
const UNSENDABLE: Record<string, { make: () => unknown; says: RegExp }> = {
  "a function": { make: () => ({ f() {} }), says: /function.*f/ },
  "a symbol": { make: () => [Symbol("s")], says: /symbol/i },
  "a URL": { make: () => ({ at: new URL("http://a/") }), says: /URL.*at/ },
  "Headers": { make: () => new Headers(), says: /Headers/ },
  "a promise": { make: () => [Promise.resolve(1)], says: /Promise/ },
  "a WeakMap": { make: () => new WeakMap(), says: /WeakMap/ },
  "an AbortSignal": { make: () => AbortSignal.abort(), says: /AbortSignal/ },
  "a proxy": { make: () => new Proxy({ a: 1 }, {}), says: /clone/ },
  "arguments": {
    make: () =>
      (function (..._: number[]) {
        return arguments;
      })(1),
    says: /clone/,
  },
  "a getter that throws": {
    make: () => ({
      get a() {
        throw new Error("untouchable");
      },
    }),
    says: /untouchable/,
  },
  "a revoked proxy": {
    make: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    says: /revoked/,
  },
  "a DOMException": { make: () => [new DOMException("a", "b")], says: /DOMEx/ },
  "too many levels": { make: () => deep(200_000), says: /stack|deep/i },
};

onEach("an item that cannot be sent fails its call alone", async (make) => {
  const fexec = make();
  const names = Object.keys(UNSENDABLE);
  const items = names.flatMap((name, i) => [i, UNSENDABLE[name]!.make()]);
  const futures = fexec.map((x: unknown) => x, items);
  const results = await futures.getResult({ throwExcept: false });
  names.forEach((name, i) => {
    assertEquals(results[2 * i], i);
    const { error, stats } = futures[2 * i + 1]!;
    assertInstanceOf(error, CallError, name);
    assertMatch(error.message, UNSENDABLE[name]!.says, name);
    assertStringIncludes(error.message, `M000/${futures[2 * i + 1]!.callId}`);
    assertEquals(
      [stats.outcome, stats.attempt, stats.worker_start_tstamp],
      ["error", 0, null],
      name,
    );
  });
});

onEach("a result that cannot be sent fails its call alone", async (make) => {
  const fexec = make();
  const makers = [
    () => () => 1,
    () => Symbol("s"),
    () => ({ deep: [new URL("http://a/")] }),
    () => new Response("x"),
    () => new Proxy({ a: 1 }, {}),
    () => ({
      get a() {
        throw new Error("untouchable");
      },
    }),
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    () => ({
      get then() {
        throw new Error("no thenable");
      },
    }),
    () => new WeakRef({}),
  ];
  // The makers run in the worker: what they make cannot be sent to it.
  const futures = makers.map((maker) => fexec.callAsync(maker, 0));
  const good = fexec.map((x: number) => x, [1, 2, 3]);
  await fexec.wait();
  futures.forEach((future, i) => {
    const { error, stats } = future;
    assertInstanceOf(error, CallError, `${makers[i]}`);
    assertEquals(stats.outcome, "error");
    assertEquals(stats.attempt, 1);
    assertEquals(error.call, `A${stats.job_id.slice(1)}/00000`);
  });
  assertMatch(futures[2]!.error!.message, /result/);
  assertMatch(
    `${futures[2]!.error!.cause} ${(futures[2]!.error!.cause as Error).cause}`,
    /URL.*deep/,
  );
  assertEquals(await good.getResult(), [1, 2, 3]);
});

/** What calls give and are given beside what Deno refuses only when it is sent: large and small, plain and not. */
const GOOD = [
  () => new Uint8Array(200_000).fill(1),
  () => new Uint8Array(100).fill(1),
  () => ({ list: [new Uint8Array(200_000).fill(1)] }),
  () => new Map([["key", new Uint8Array(100).fill(1)]]),
  () => ({ plain: true }),
  () => new Uint8Array(200_000).fill(1).buffer,
  () => 1,
];

for (const transfer of [false, true]) {
  const how = transfer ? "moved" : "copied";

  onEach(
    `an item that cannot be cloned does not take with it those that are ${how} beside it`,
    async (make, backend) => {
      const fexec = make({ workers: 1 });
      const good = GOOD.map((make) => make());
      const items = good.flatMap((item) => [item, new Proxy({ a: 1 }, {})]);
      const futures = fexec.map((x: unknown) => x, items, {
        chunksize: items.length,
        transfer,
      });
      const results = await futures.getResult({ throwExcept: false });
      GOOD.forEach((make, i) => {
        assertEquals(results[2 * i], make(), `${make}`);
        assertMatch(futures[2 * i + 1]!.error!.message, /Object.*cloned/);
      });
      const [bytes] = good as [Uint8Array];
      const isGone = transfer && backend === "thread";
      assertEquals(bytes.length, isGone ? 0 : 200_000);
    },
  );

  onEach(
    `a result that cannot be cloned does not take with it those that are ${how} beside it`,
    async (make) => {
      const fexec = make({ workers: 1 });
      const run = (kind: string): unknown => {
        const bytes = (length: number) => new Uint8Array(length).fill(1);
        if (kind === "thrown") throw new Proxy({ a: 1 }, {});
        if (kind === "bad") return new Proxy({ a: 1 }, {});
        if (kind === "small") return bytes(100);
        if (kind === "map") return new Map([["key", bytes(100)]]);
        if (kind === "object") return { list: [bytes(200_000)] };
        if (kind === "error") throw new RangeError("far");
        return bytes(200_000);
      };
      const kinds = "large bad large small small bad map large error large " +
        "map object bad large thrown object large small thrown large";
      const futures = fexec.map(run, kinds.split(" "), {
        chunksize: 20,
        transfer,
      });
      const results = await futures.getResult({ throwExcept: false });
      const bytes = (length: number) => new Uint8Array(length).fill(1);
      const wanted: Record<string, unknown> = {
        small: bytes(100),
        large: bytes(200_000),
        map: new Map([["key", bytes(100)]]),
        object: { list: [bytes(200_000)] },
      };
      kinds.split(" ").forEach((kind, i) => {
        const { error } = futures[i]!;
        if (kind in wanted) assertEquals(results[i], wanted[kind], kind);
        else if (kind === "error") assertInstanceOf(error!.cause, RangeError);
        else assertMatch(error!.message, /Object.*cloned/);
      });
    },
  );
}

on(
  "thread",
  "an item that was moved before takes none with it that is moved beside it",
  async (make) => {
    const fexec = make({ workers: 1 });
    const bytes = () => new Uint8Array(100).fill(1);
    const twice = bytes();
    const futures = fexec.map(
      (x: Uint8Array) => x.length,
      [twice, twice, bytes(), bytes()],
      { chunksize: 4, transfer: true },
    );
    const results = await futures.getResult({ throwExcept: false });
    assertEquals([results[0], results[2], results[3]], [100, 100, 100]);
    assertMatch(futures[1]!.error!.message, /detached/);
  },
);

onEach("a result too deep for the codec fails its call alone", async (make) => {
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync((levels: number) => {
    let list: unknown[] = [];
    for (let i = 0; i < levels; i++) list = [list];
    return list;
  }, 200_000);
  await assertRejects(() => future.result(), CallError);
  assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
});

/** What only the codec itself refuses, when it gets to it. */
const CODEC = ["a proxy", "arguments", "too many levels"];

onEach("extraArgs that cannot be sent are refused at submit", async (make) => {
  const fexec = make();
  for (const [name, { make, says }] of Object.entries(UNSENDABLE)) {
    const submit = () =>
      fexec.map((x: number) => x, [1], { extraArgs: [1, make()] });
    if (CODEC.includes(name)) {
      const error = await assertRejects(() => submit().getResult(), CallError);
      assertMatch(error.message, /extraArgs/, name);
    } else {
      const error = assertThrows(submit, TypeError);
      assertMatch(error.message, /^Cannot map as /, name);
      assertMatch(error.message, says, name);
    }
  }
  assertEquals(fexec.futures.length, CODEC.length);
});

onEach(
  "transfer moves buffers on threads; elsewhere they are copied",
  async (make, backend) => {
    const fexec = make({ workers: 1 });
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const item = { bytes: new Uint8Array(buffer), same: new DataView(buffer) };
    const back = await fexec.callAsync(
      ({ bytes, same }: typeof item) => {
        bytes[0] = 9;
        const out = new Uint8Array([bytes[0]!, same.getUint8(0), bytes.length]);
        return { out, same: out };
      },
      item,
      { transfer: true },
    );
    assertEquals([...back.out], [9, 9, 3]);
    assert(back.out === back.same);
    assertEquals(buffer.byteLength, backend === "thread" ? 0 : 3);
    assertThrows(
      () => fexec.map((x: number) => x, [1], { transfer: true, retries: 1 }),
      TypeError,
      "transfer",
    );
  },
);

on(
  "thread",
  "calls whose moved items are lost with a worker say so, and the others run",
  async (make) => {
    const fexec = make({ workers: 1 });
    const bytes = () => new Uint8Array(8);
    const futures = fexec.map(
      (x: "hang" | number | Uint8Array) =>
        x === "hang" ? new Promise<never>(() => {}) : x,
      ["hang" as const, bytes(), 7, bytes()],
      { transfer: true, chunksize: 3, timeout: 0.2 },
    );
    await fexec.wait(futures);
    assertEquals(
      futures.stats.map(({ outcome }) => outcome),
      ["timeout", "crashed", "success", "success"],
    );
    const { message } = futures[1]!.error!;
    assertStringIncludes(message, "was not run as its item, moved by option");
    assertStringIncludes(message, "it was ended to stop call M000/00000");
  },
);
