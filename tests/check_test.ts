import { assert, assertEquals, assertThrows } from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  checkOptions,
  isArray,
  isBoolean,
  isCount,
  isEither,
  isFunction,
  isOneOf,
  isPositiveInteger,
  isRecord,
  isStringRecord,
  list,
  show,
} from "../executor/_check.ts";
import { nearestName } from "../executor/nearest.ts";

Deno.test("nearestName() finds what was meant when a few letters are wrong", () => {
  const names = ["workers", "timeout", "retries", "logLevel", "log_format"];
  const cases: [string, string | undefined][] = [
    ["worker", "workers"],
    ["wrokers", "workers"],
    ["wokrers", "workers"],
    ["Timeout", "timeout"],
    ["time-out", "timeout"],
    ["log_level", "logLevel"],
    ["loglevel", "logLevel"],
    ["retires", "retries"],
    ["logFormat", "log_format"],
    ["concurrency", undefined],
    ["x", undefined],
    ["", undefined],
  ];
  for (const [given, expected] of cases) {
    assertEquals(nearestName(given, names), expected, given);
  }
});

Deno.test("nearestName() finds any name when one letter of it is changed, and never one that is far", () => {
  const word = fc.stringMatching(/^[a-z]{6,12}$/);
  fc.assert(fc.property(word, fc.nat(), word, (name, at, other) => {
    const i = at % name.length;
    const typo = `${name.slice(0, i)}0${name.slice(i + 1)}`;
    assertEquals(nearestName(typo, ["0123456789", name]), name);
    const far = other.replace(/./g, "9");
    assertEquals(nearestName(far, [name]), undefined);
  }));
});

Deno.test("checkOptions() takes what keeps the rules, and undefined as not given", () => {
  const rules = { a: isBoolean, b: isCount };
  checkOptions("map", undefined, rules);
  checkOptions("map", {}, rules);
  checkOptions("map", Object.create(null), rules);
  checkOptions("map", { a: true, b: undefined }, rules);
});

Deno.test("checkOptions() is not fooled by names that every object has", () => {
  assertThrows(
    () => checkOptions("map", { constructor: 1 }, { a: isBoolean }),
    TypeError,
    'Cannot map as there is no option "constructor": known are "a"',
  );
  assertThrows(
    () => checkOptions("map", JSON.parse('{"__proto__": 1}'), { a: isBoolean }),
    TypeError,
    'Cannot map as there is no option "__proto__"',
  );
  assertThrows(
    () => checkOptions("map", [], { a: isBoolean }),
    TypeError,
    "Cannot map as options must be an object: got an array of 0 items",
  );
});

Deno.test("rules judge shape before range", () => {
  const either = isEither(isPositiveInteger, isOneOf(["all", "none"]));
  assertEquals(either.judge(2), undefined);
  assertEquals(either.judge("all"), undefined);
  assertEquals(either.judge(0), RangeError);
  assertEquals(either.judge("al"), RangeError);
  assertEquals(either.judge([]), TypeError);
  assertEquals(isOneOf(["a"], true).judge("A"), undefined);
  assertEquals(isFunction.judge(() => 1), undefined);
  assertEquals(isArray.judge({ length: 0 }), TypeError);
  assertEquals(isRecord.judge(new Map()), TypeError);
  assertEquals(isStringRecord.judge({ A: "1" }), undefined);
  assertEquals(isStringRecord.judge({ A: 1 }), TypeError);
});

Deno.test("show() puts any value on one short line", () => {
  const cases: [unknown, string][] = [
    ["a\nb", '"a\\nb"'],
    ["x".repeat(100), `"${"x".repeat(57)}..."`],
    ["http://me:secret@host/p?q=a@b", '"http://…@host/p?q=a@b"'],
    [-0, "-0"],
    [10n, "10n"],
    [Symbol("s"), "a symbol"],
    [() => 1, "a function"],
    [undefined, "undefined"],
    [[1], "an array of 1 item"],
    [new URL("http://u:p@a/"), '"http://…@a/"'],
    [new Date(NaN), "an object (Date)"],
    [Object.create(null), "an object"],
  ];
  for (const [value, shown] of cases) assertEquals(show(value), shown);
  fc.assert(fc.property(fc.anything(), (value) => {
    const shown = show(value);
    assert(!shown.includes("\n") && shown.length < 400);
  }));
});

Deno.test("list() reads as in a sentence", () => {
  assertEquals(list([]), "");
  assertEquals(list(["a"]), '"a"');
  assertEquals(list(["a", "b"]), '"a" and "b"');
  assertEquals(list(["a", "b", "c"]), '"a", "b" and "c"');
});
