/**
 * What Lithops' users may expect of reducing, chaining and inputs (50 to 55); see lithops_test.ts.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "./assert.ts";
import { CallError, CallTimeoutError } from "../mod.ts";
import { assertWellFormed } from "./call_stats.ts";
import { onEach } from "./executors.ts";

const plus7 = (x: number) => x + 7;

onEach(
  "Lithops 50: mapReduce() gives futures of the map and one of the reduce function",
  async (make) => {
    const fexec = make();
    const sum = (all: number[]) => all.reduce((a, b) => a + b);
    const futures = fexec.mapReduce(plus7, [1, 2, 3], sum);
    assertEquals(futures.length, 4);
    assertEquals(await fexec.getResult(), 27);
    assertEquals(await fexec.getResult(futures), 27);
    assertEquals(await Promise.all(futures), [8, 9, 10, 27]);
    const times = fexec.mapReduce(
      plus7,
      [1, 2, 3],
      (all, by: number) => all.reduce((a, b) => a + b) * by,
      { extraArgsReduce: [10] },
    );
    assertEquals(await times.getResult(), 270);
    const nothing = fexec.mapReduce((_: number) => {}, [1, 2], (all) => all);
    assertEquals(await nothing.getResult(), [undefined, undefined]);
    const slow = fexec.mapReduce(
      plus7,
      [1],
      () => new Promise<number>(() => setInterval(() => {}, 1000)),
      { timeout: 0.7 }, // the call of the map has to be done by then
    );
    await assertRejects(() => slow.getResult(), CallTimeoutError);
  },
);

onEach(
  "Lithops 51: an error of a map is what the whole mapReduce() fails with",
  async (make) => {
    const fexec = make();
    const futures = fexec.mapReduce(
      (x: number) => {
        if (x === 2) throw new RangeError("two");
        return x;
      },
      [1, 2, 3],
      (all) => all.length,
    );
    const error = await assertRejects(() => futures.getResult(), CallError);
    assertInstanceOf(error.cause, RangeError);
    await assertRejects(() => fexec.getResult(), CallError, "two");
  },
);

onEach(
  "Lithops 52: a chain leaves what it hangs on as it was, takes extraArgs, and passes errors on",
  async (make) => {
    const fexec = make();
    const first = fexec.map((x: number) => {
      if (x === 3) throw new RangeError("three");
      return x;
    }, [1, 2, 3]);
    const second = first.map((x, by: number) => x * by, { extraArgs: [10] });
    assert(second as unknown !== first);
    assertEquals([first.length, second.length], [3, 3]);
    const error = await assertRejects(() => second.getResult(), CallError);
    assertInstanceOf(error.cause, RangeError);
    assertEquals(
      await second.getResult({ throwExcept: false }),
      [10, 20, undefined],
    );
    assertEquals(
      await first.getResult({ throwExcept: false }),
      [1, 2, undefined],
    );
  },
);

onEach(
  "Lithops 53: a reduce function is looked at before the maps start; arguments are for the type checker",
  async (make) => {
    const fexec = make();
    assertThrows(
      () => fexec.mapReduce(plus7, [1], () => plus7(1)),
      TypeError,
      'Cannot send reduce function as functions travel as source, without what is around them: it uses "plus7"',
    );
    assertEquals(fexec.futures.length, 0);
    // @ts-expect-error -- an argument is missing: TypeScript says so, JavaScript gives undefined, or here the context
    const missing = fexec.callAsync((x: number, y: number) => [x, typeof y], 1);
    assertEquals(await missing, [1, "object"]);
  },
);

onEach(
  "Lithops 54: whatever can be iterated is many items; a string is refused",
  async (make) => {
    const fexec = make();
    const same = (x: unknown) => x;
    const map = new Map([["a", 1]]);
    assertEquals(
      await fexec.map(
        same,
        (function* () {
          yield 1;
          yield 2;
        })(),
      ).getResult(),
      [1, 2],
    );
    assertEquals(await fexec.map(same, map).getResult(), [["a", 1]]);
    assertEquals(await fexec.map(same, map.values()).getResult(), [1]);
    assertThrows(
      () => fexec.map(same, "abc"),
      TypeError,
      "wrap it in an array",
    );
    assertThrows(() => fexec.map(same, 5 as never), TypeError, "got 5");
  },
);

onEach(
  "Lithops 55: small and large results are the same to who asks",
  async (make) => {
    const fexec = make();
    const sizes = [100, 9000, 1_000_000, 5_000_000];
    const futures = fexec.map((size: number) => ({
      text: "x".repeat(size),
      bytes: new Uint8Array(size).fill(7),
    }), sizes);
    const results = await futures.getResult();
    results.forEach(({ text, bytes }, i) => {
      assertEquals([text.length, bytes.length], [sizes[i], sizes[i]]);
      assertEquals([text.at(-1), bytes.at(-1)], ["x", 7]);
      assertEquals(bytes.buffer.byteLength, sizes[i]);
    });
    for (const stats of futures.stats) assertWellFormed(stats);
  },
);
