/**
 * The codec of plain messages: it gives back exactly what it took, or takes nothing.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "./assert.ts";
import { fc } from "./fast_check.ts";
import { decodePlain, encodePlain, isPlain } from "../executor/worker/plain.ts";

/** What comes back, or `null` if it is not taken. */
function through(messages: unknown[]): unknown {
  const encoded = encodePlain(messages, 8);
  if (encoded === null) return null;
  const body = new DataView(encoded.buffer, 8);
  assert(isPlain(body));
  return decodePlain(body);
}

const leaf = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 255, 256, -1, 2 ** 31, -(2 ** 31), NaN, Infinity),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\ud800", "é", "\u0100", "\0"),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.array(fc.double()).map((numbers) => new Float64Array(numbers)),
);

Deno.test("decodePlain() gives back what encodePlain() took, to the bit", () => {
  const messages = fc.array(
    fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.array(fc.double())))),
  );
  fc.assert(fc.property(messages, (value) => {
    assertEquals(through(value), value);
  }));
  assert(Object.is((through([-0]) as number[])[0], -0));
});

Deno.test("encodePlain() takes nothing that another codec would treat otherwise", () => {
  const refused = [
    [{}],
    [new Date()],
    [1n],
    [new Uint8Array(2)],
    [new Float64Array(new ArrayBuffer(32), 8, 2)],
    [[, 1]],
    [[[[1]]]],
    [[[{}]]],
    [[[new Proxy([], {})]]],
    ["x".repeat(5000)],
    [new Float64Array(40_000)],
    Array.from({ length: 100 }, () => "x".repeat(4000)),
  ];
  for (const value of refused) assertEquals(encodePlain(value, 0), null);
});

Deno.test("decodePlain() throws for what was never encoded, and never hangs", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
    bytes[0] = 1;
    const body = new DataView(bytes.slice().buffer);
    try {
      decodePlain(body);
    } catch (error) {
      assert(error instanceof RangeError, String(error));
    }
  }));
  // An array of four thousand million, of which nothing is there.
  const cut = new DataView(Uint8Array.of(1, 9, 255, 255, 255, 255).buffer);
  assertThrows(() => decodePlain(cut), RangeError);
});
