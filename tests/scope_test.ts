import { assertEquals } from "./assert.ts";
import { fc } from "./fast_check.ts";
import { prepareFunction } from "../executor/function.ts";

/** Runs strict source as V8 sees it; `hit` hears of every name whose use was tried. */
function compile(source: string): (hit: Hit) => unknown {
  return new Function("hit", `"use strict"; ${source}`) as (h: Hit) => unknown;
}

type Hit = (use: () => unknown) => unknown;

/** The names that V8 finds undefined when the source runs: the truth that the analyser is held against. */
function undefinedWhenRun(source: string): string[] {
  const names = new Set<string>();
  compile(source)((use) => {
    try {
      return use();
    } catch (error) {
      const name = /^(\w+) is not defined$/.exec((error as Error).message)?.[1];
      if (name !== undefined) names.add(name);
    }
  });
  return [...names].sort();
}

/** The names that the check at submit complains about, `hit` (a parameter of the run) apart. */
function refusedNames(source: string): string[] {
  const fn = new Function(`"use strict"; return (hit) => { ${source} }`)();
  try {
    prepareFunction(fn, { base: "file:///x.ts" });
    return [];
  } catch (error) {
    const [, names] = /it uses (.*); pass/.exec((error as Error).message)!;
    return [...names!.matchAll(/"(\w+)"/g)].map((match) => match[1]!).sort();
  }
}

const name = fc.constantFrom("k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7");

/** Sources in which every use is reached when they run, whatever it gives. */
const { statement } = fc.letrec<
  { statement: string; block: string; use: string }
>(
  (tie) => {
    const text = (
      parts: TemplateStringsArray,
      ...values: fc.Arbitrary<string>[]
    ): fc.Arbitrary<string> =>
      fc.tuple(...values).map((made) =>
        parts.reduce((all, part, i) => all + made[i - 1] + part)
      );
    const use = tie("use");
    const block = tie("block");
    return {
      use: fc.oneof(
        text`hit(() => ${name})`,
        text`hit(() => ({ ${name} }))`,
        text`hit(() => ({ ${name}: 1, [${name}]: 2, ${name}() {} }))`,
        text`hit(() => ({}).${name})`,
        text`hit(() => typeof ${name})`,
        text`hit(() => ${name} = 1)`,
        text`hit(() => { [${name}] = [1]; })`,
        text`hit(() => { ({ p: ${name} = 1 } = {}); })`,
        text`hit(() => \`\${${name}}\`)`,
        text`hit(function ${name}() { return ${name}; })`,
        text`hit(() => [...[${name}]])`,
      ),
      block: fc.array(tie("statement"), { maxLength: 4 }).map((all) =>
        all.join("\n")
      ),
      statement: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        text`${use};`,
        text`let ${name} = ${use};`,
        text`var ${name} = ${use};`,
        text`const { ${name}, p: ${name} = ${use}, ...${name} } = {};`,
        text`var [${name} = ${use}, , [${name}] = []] = [];`,
        text`function ${name}() {}`,
        text`{ ${block} }`,
        text`if (true) { ${block} } else var ${name};`,
        text`for (let ${name}, once = true; once; once = false) { ${block} }`,
        text`for (const ${name} of [1]) { ${block} }`,
        text`for (var ${name} in { p: 1 }) { ${block} }`,
        fc.tuple(name, block).map(([label, body]) =>
          `${label}: for (;;) { ${body} break ${label}; }`
        ),
        text`try { throw {}; } catch ({ ${name} = ${use} }) { ${block} }`,
        text`try { throw 1; } catch (${name}) { ${block} } finally { ${block} }`,
        text`switch (1) { case 1: ${block} }`,
        text`(function ${name}(${name}, p = ${use}) { ${block} })();`,
        text`(({ ${name} }, [p = ${use}], ...${name}) => { ${block} })({}, []);`,
        text`((p = ${use}) => ${use})();`,
        text`class ${name} extends (${use}, Object) { static p = ${use}; static { { ${block} } } }`,
        text`(class ${name} { static [(${use}, "q")] = 1; static { { ${block} } } ${name}() {} });`,
        text`({ get p() { ${block} }, async *q() {} }).p;`,
      ),
    };
  },
);

Deno.test("freeNames() finds what V8 finds undefined, in any nest of declarations and uses", () => {
  const runs = { good: 0, nonEmpty: 0 };
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 6 }),
      (statements) => {
        const source = statements.join("\n");
        try {
          compile(source);
        } catch {
          return; // two declarations of one name, say
        }
        const expected = undefinedWhenRun(source);
        assertEquals(refusedNames(source), expected, source);
        runs.good++;
        if (expected.length > 0) runs.nonEmpty++;
      },
    ),
    { numRuns: 1500 },
  );
  // what was thrown away must not be all there was
  assertEquals(
    runs.good > 500 && runs.nonEmpty > 300,
    true,
    Deno.inspect(runs),
  );
});
