/**
 * Loaded before each test file by `deno task test`. Gives every test a bound, so that one that hangs is a failure under
 * its own name and the others still run. Tells the runner which test has begun, for the case that the bound does not
 * help, as when a test waits in the kernel: the runner names it then.
 *
 * @module
 */

const { searchParams } = new URL(import.meta.url);

/** Longest test, in milliseconds. */
const LIMIT = Number(searchParams.get("limit"));

/** The file that takes the name of the test that has begun last. */
const BEGUN = searchParams.get("begun")!;

/** Where Deno reads the place of a test from, if it is not where `Deno.test()` is called. */
const PLACE = Symbol.for("Deno.test.location");

type Body = Deno.TestDefinition["fn"];

/** The line of a test file that this call of `Deno.test()` comes from, also by way of a helper. */
function placeIn(stack: string): string | undefined {
  return stack.split("\n")
    .map((line) => /((?:file|https?):\S+_test\.[jt]s:\d+:\d+)/.exec(line)?.[1])
    .find((place) => place !== undefined);
}

/** Takes what `Deno.test()` takes. */
function register(test: typeof Deno.test, given: readonly unknown[]): void {
  const options: Partial<Deno.TestDefinition> = {};
  for (const part of given) {
    if (typeof part === "string") options.name = part;
    else if (typeof part === "function") options.fn = part as Body;
    else Object.assign(options, part);
  }
  const fn = options.fn!, name = options.name ?? fn.name;
  const place = placeIn(new Error().stack!);
  const body: Body = (t) => {
    Deno.writeTextFileSync(BEGUN, `${name} (${place})`);
    return Promise.resolve(t).then(fn); // no line of this file in the stacks of errors
  };
  test({
    timeout: LIMIT,
    ...options,
    name,
    fn: Object.assign(body, { [PLACE]: place }),
  });
}

Object.assign(Deno, {
  test: new Proxy(Deno.test, {
    apply: (test, _, given) => register(test, given),
  }),
});
