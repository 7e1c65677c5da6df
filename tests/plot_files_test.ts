/**
 * Pictures on disk: where they go, what they are called, and what happens when that cannot be.
 *
 * @module
 */
import { plot, type PlotOptions, plotWorkersOf } from "../plot/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { callId, fakeCallAt, fakeCallStats } from "./fixtures/call_stats.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const CALLS = [0, 1, 2].map((i) =>
  fakeCallAt({ start: 0.1, end: 1 + i / 10 }, { call_id: callId(i) })
);

/** Small pictures are quick to draw. */
const SMALL: PlotOptions = { width: 400, height: 300 };

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) found.push(name);
  return found.toSorted();
}

Deno.test("plot() writes both pictures under a prefix, makes the folder and returns the paths", async () => {
  await using folder = await tempDir();
  const dst = `${folder.path}/new/deep/run`;
  const paths = await plot(CALLS, { ...SMALL, dst });
  assertEquals(paths, [`${dst}_timeline.png`, `${dst}_histogram.png`]);
  for (const path of paths) {
    const bytes = await Deno.readFile(path);
    assertEquals([...bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  }
  assertEquals(await names(`${folder.path}/new/deep`), [
    "run_histogram.png",
    "run_timeline.png",
  ]);
});

Deno.test("plotWorkersOf() writes one picture, as high as its workers need", async () => {
  await using folder = await tempDir();
  const dst = `${folder.path}/run`;
  const heightOf = async (workers: number, options: PlotOptions = {}) => {
    const calls = Array.from({ length: workers }, (_, i) =>
      fakeCallAt(
        { start: 0.1, end: 1 + i / 10 },
        { call_id: callId(i), worker_id: i },
      ));
    const paths = await plotWorkersOf(calls, {
      ...{ dst, width: 400, format: "svg" },
      ...options,
    });
    assertEquals(paths.length, 1);
    assertMatch(paths[0]!, /\/run(-\d)?_workers\.svg$/);
    const [, height] = (await Deno.readTextFile(paths[0]!))
      .match(/height="(\d+)/)!;
    return Number(height);
  };
  assertEquals(await heightOf(1), 300);
  assert(await heightOf(30) > 800);
  assertEquals(await heightOf(30, { height: 400 }), 400);
  assertEquals(await plotWorkersOf([], { dst }), []);
});

Deno.test("plot() writes every format under its own ending", async () => {
  await using folder = await tempDir();
  for (const [format, start] of [["svg", "<?xml"], ["pdf", "%PDF-"]] as const) {
    const dst = `${folder.path}/run`;
    const paths = await plot(CALLS, { ...SMALL, dst, format });
    assertEquals(paths[0], `${dst}_timeline.${format}`);
    for (const path of paths) {
      assert((await Deno.readTextFile(path)).startsWith(start));
    }
  }
});

Deno.test("plot() never overwrites, and keeps a pair together", async () => {
  await using folder = await tempDir();
  const dst = `${folder.path}/run`;
  const kept = await folder.write("run_histogram.png", "mine");
  await Deno.symlink("nowhere", `${dst}-3_timeline.png`);
  const first = await plot(CALLS, { ...SMALL, dst });
  const second = await plot(CALLS, { ...SMALL, dst });
  assertEquals(first, [`${dst}-2_timeline.png`, `${dst}-2_histogram.png`]);
  assertEquals(second, [`${dst}-4_timeline.png`, `${dst}-4_histogram.png`]);
  assertEquals(await Deno.readTextFile(kept), "mine");
  assertEquals((await names(folder.path)).length, 6);
});

Deno.test("plot() gives calls made at the same moment files of their own", async () => {
  await using folder = await tempDir();
  const dst = `${folder.path}/`;
  const pairs = await Promise.all(
    [1, 2, 3].map(() => plot(CALLS, { ...SMALL, dst })),
  );
  const paths = pairs.flat();
  assertEquals(new Set(paths).size, 6);
  assertEquals((await names(folder.path)).length, 6);
});

Deno.test("plot() names files by the time in an existing folder, or after a slash", async () => {
  await using folder = await tempDir();
  const before = Math.floor(Date.now() / 1000);
  for (const dst of [folder.path, `${folder.path}/new/`]) {
    const [timeline, histogram] = await plot(CALLS, { ...SMALL, dst });
    const [, parent, time] = timeline!.match(/^(.*)\/(\d+)_timeline\.png$/)!;
    assertEquals(parent, dst.replace(/\/$/, ""));
    assert(Number(time) >= before && Number(time) <= Date.now() / 1000);
    assertEquals(histogram, `${parent}/${time}_histogram.png`);
  }
});

/** Runs `plot(calls, options)` as a program of its own in a folder that is also its home. */
async function plotIn(folder: string, calls: string, options: string) {
  const text = `
    import { plot } from ${
    JSON.stringify(import.meta.resolve("../plot/mod.ts"))
  };
    import { fakeCallStats } from ${
    JSON.stringify(import.meta.resolve("./fixtures/call_stats.ts"))
  };
    console.log(JSON.stringify(await plot(${calls}, ${options})));
  `;
  const program = `${folder}/program.ts`;
  await Deno.writeTextFile(program, text);
  const config = decodeURI(new URL("../deno.json", import.meta.url).pathname);
  const { code, stdout, stderr } = await runDeno(
    ["run", "-A", "--config", config, program],
    { cwd: folder, env: { HOME: folder, DENO_DIR: await denoDir() } },
  );
  assertEquals(code, 0, stderr);
  return { paths: JSON.parse(stdout) as string[], stderr };
}

/** The cache of this process, for a child with another home. */
async function denoDir(): Promise<string> {
  const { stdout } = await runDeno(["info", "--json"]);
  return JSON.parse(stdout).denoDir;
}

Deno.test("plot() writes into plots/ of the working folder by default", async () => {
  await using folder = await tempDir();
  const { paths } = await plotIn(folder.path, "[fakeCallStats()]", "{}");
  assertMatch(paths[0]!, /^plots\/\d{10}_timeline\.png$/);
  assertEquals(
    await names(`${folder.path}/plots`),
    paths.map((path) => path.slice("plots/".length)).toSorted(),
  );
});

Deno.test("plot() takes ~ for the home folder", async () => {
  await using folder = await tempDir();
  const { paths } = await plotIn(
    folder.path,
    "[fakeCallStats()]",
    `{ dst: "~/my/run", format: "pdf" }`,
  );
  assertEquals(paths, [
    `${folder.path}/my/run_timeline.pdf`,
    `${folder.path}/my/run_histogram.pdf`,
  ]);
  assertEquals((await names(`${folder.path}/my`)).length, 2);
});

Deno.test("plot() writes nothing but a notice when there are no calls", async () => {
  await using folder = await tempDir();
  const { paths, stderr } = await plotIn(folder.path, "[]", "{}");
  assertEquals(paths, []);
  assertStringIncludes(
    stderr,
    "lithoscope: no plots written, as there are no calls to plot",
  );
  assertEquals(await names(folder.path), ["program.ts"]);
});

Deno.test("plot() throws when an option is wrong, and writes nothing", async () => {
  await using folder = await tempDir();
  const cases: [unknown, new (message: string) => Error, string][] = [
    [null, TypeError, "Cannot plot calls as options must be an object: null"],
    [
      { dest: folder.path },
      TypeError,
      'Cannot plot calls as its options are dst, format, width, height: "dest" given',
    ],
    [{ dst: 7 }, TypeError, "Cannot plot calls as dst must be a string: 7"],
    [{ dst: "" }, RangeError, 'Cannot plot calls as dst must not be empty: ""'],
    [
      { dst: `${folder.path}/run`, format: "PNG" },
      RangeError,
      'Cannot draw a plot as format must be "png", "svg" or "pdf": "PNG"',
    ],
    [
      { dst: `${folder.path}/run`, width: 10_000 },
      RangeError,
      "Cannot draw a plot as width must be an integer from 400 to 8192: 10000",
    ],
  ];
  for (const [options, type, message] of cases) {
    await assertRejects(() => plot(CALLS, options as object), type, message);
  }
  const futures = [{ stats: fakeCallStats() }] as unknown as typeof CALLS;
  await assertRejects(
    () => plot(futures, { dst: `${folder.path}/run` }),
    TypeError,
    "Cannot plot calls as each must be the stats of a call: [object Object] at index 0",
  );
  assertEquals(await names(folder.path), []);
});

Deno.test("plot() takes options that are undefined for left out", async () => {
  await using folder = await tempDir();
  const [timeline] = await plot(CALLS, {
    dst: `${folder.path}/run`,
    format: undefined,
    width: undefined,
    height: undefined,
  });
  assertEquals(timeline, `${folder.path}/run_timeline.png`);
});

Deno.test("plot() throws an error that names the folder when it cannot be made", async () => {
  await using folder = await tempDir();
  const file = await folder.write("file", "");
  const error = await assertRejects(
    () => plot(CALLS, { ...SMALL, dst: `${file}/run` }),
    Error,
    `Cannot write plots as their folder must exist or be made: "${file}" cannot`,
  );
  assert(error.cause instanceof Error);
});
