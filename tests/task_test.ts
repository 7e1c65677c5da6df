import { assertEquals } from "./assert.ts";
import { type AnyFunction, task, type TaskRef } from "../executor/function.ts";

// What is tested here is tested by the type checker: a line that must not compile is marked as such, and the mark
// itself is an error when the line does compile.

type Fns = typeof import("./fixtures/fns.ts");
const url = import.meta.resolve("./fixtures/fns.ts");

/** Takes a function and items as `map` does, and gives back what it was asked to run. */
function map<F extends AnyFunction>(
  fn: F | TaskRef<F>,
  _items: Iterable<Parameters<F>[0]>,
): { fn: F | TaskRef<F>; results: Awaited<ReturnType<F>>[] } {
  return { fn, results: [] };
}

Deno.test("task() knows the type of the function when given the type of its module", () => {
  const doubles: number[] = map(
    task<typeof import("./fixtures/fns.ts")>(url, "double"),
    [1, 2],
  ).results;
  const shouts: string[] = map(task<Fns>(url, "shout"), ["a"]).results;
  const greetings: string[] =
    map(task<Fns>(new URL(url), "default"), [{ name: "Ada" }]).results;
  const exact: TaskRef<(x: number) => number> = task<Fns>(url, "double");
  const named: TaskRef<(x: number) => number> = task<Fns, "double">(
    url,
    "double",
  );
  assertEquals([doubles, shouts, greetings], [[], [], []]);
  assertEquals({ ...exact }, { kind: "task", url, name: "double" });
  assertEquals(named, exact);
});

Deno.test("task() does not compile when items, results or names are wrong", () => {
  // @ts-expect-error double takes numbers
  map(task<Fns>(url, "double"), ["x"]);
  // @ts-expect-error shout takes strings
  map(task<Fns>(url, "shout"), [1]);
  // @ts-expect-error greet takes objects with a name
  map(task<Fns>(url, "default"), [{ nam: "Ada" }]);
  // @ts-expect-error shout gives strings
  const numbers: number[] = map(task<Fns>(url, "shout"), ["a"]).results;
  // @ts-expect-error there is no such export
  task<Fns>(url, "triple");
  // @ts-expect-error the export is a number
  task<Fns>(url, "answer");
  // @ts-expect-error the export is a class
  task<Fns>(url, "Thing");
  // @ts-expect-error the two names differ
  task<Fns, "double">(url, "shout");
  assertEquals(numbers, []);
});

Deno.test("task() takes any name when given no type", () => {
  const name: string = ["dou", "ble"].join("");
  const untyped: TaskRef = task(url, name);
  map(untyped, [1, "x", null]);
  assertEquals(untyped.name, "double");
});

Deno.test("task() tells functions apart in a module of many", () => {
  type Many = {
    [K in `f${Digit}${Digit}` as K]: (only: K) => `${K}!`;
  };
  type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
  const first: "f00!"[] = map(task<Many>(url, "f00"), ["f00"]).results;
  const last: "f77!"[] = map(task<Many>(url, "f77"), ["f77"]).results;
  // @ts-expect-error an item of another function
  map(task<Many>(url, "f42"), ["f43"]);
  assertEquals([first, last], [[], []]);
});
