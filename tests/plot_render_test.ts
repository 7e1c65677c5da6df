/**
 * Pictures drawn from definitions: their format, size and letters, on a machine with fonts or without.
 *
 * @module
 */
import type { CallStats } from "../executor/stats.ts";
import { FONT_FILES } from "../plot/font.ts";
import {
  histogramChart,
  type PlotFormat,
  render,
  timelineChart,
} from "../plot/mod.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { callId, fakeCallAt } from "./fixtures/call_stats.ts";
import { decodePng, type Picture } from "./png.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

/** Calls of 5 to 10 seconds, all at once. */
function calls(count: number): CallStats[] {
  return Array.from(
    { length: count },
    (_, i) =>
      fakeCallAt({ start: 0.2, end: 5.2 + (i * 37 % 500) / 100 }, {
        call_id: callId(i),
        outcome: i % 100 === 50 ? "error" : "success",
      }),
  );
}

const RED = "#d32f0a", BLUE = "#0072b2";

/** How many pixels of an area have a colour, or, without one, are not white. */
function pixels(
  picture: Picture,
  area: { left: number; top: number; right: number; bottom: number },
  color?: string,
): number {
  let found = 0;
  for (let y = area.top; y < area.bottom; y++) {
    for (let x = area.left; x < area.right; x++) {
      const here = picture.color(x, y);
      if (color === undefined ? here !== "#ffffff" : here === color) found++;
    }
  }
  return found;
}

/** Where the title stands in a picture of the default size. */
const TITLE = { left: 28, top: 28, right: 700, bottom: 64 };

Deno.test("render() draws PNG with two pixels to a CSS pixel, white where nothing is", async () => {
  const bytes = await render(timelineChart(calls(500)));
  const picture = await decodePng(bytes);
  assertEquals([picture.width, picture.height], [2000, 1200]);
  const corners = [[0, 0], [1999, 0], [0, 1199], [1999, 1199]] as const;
  for (const [x, y] of corners) assertEquals(picture.color(x, y), "#ffffff");
  assert(pixels(picture, TITLE) > 2000, "there is no title");
  // The legend's cross, and one for each of five failed calls.
  const all = { left: 0, top: 190, right: 2000, bottom: 1200 };
  assert(pixels(picture, all, RED) > 5 * 20, "failed calls cannot be seen");
});

Deno.test("render() draws any size that was asked for", async () => {
  const size = { width: 640, height: 480 };
  const bytes = await render(histogramChart(calls(10), size), size);
  const { width, height } = await decodePng(bytes);
  assertEquals([width, height], [1280, 960]);
});

Deno.test("render() draws SVG that is small, scalable and has no text that needs a font", async () => {
  const chart = timelineChart(calls(500));
  const bytes = await render(chart, { format: "svg" });
  const svg = new TextDecoder().decode(bytes);
  assertStringIncludes(svg, 'width="1000" height="600" viewBox="0 0 1000 600"');
  assertStringIncludes(
    svg,
    "<title>Timeline of 500 calls, makespan 10.2 s. Ex",
  );
  assertEquals(svg.match(/<text|<image|NaN/g), null);
  assertLess(bytes.length, 400_000);
  assertLess(svg.match(/<path/g)!.length, 500);
});

Deno.test("render() writes SVG that is well-formed", async () => {
  const chart = histogramChart(calls(3));
  Object.assign(chart.options, {
    plugins: { title: { display: true, text: "a < b & c > d" } },
  });
  const bytes = await render(chart, { format: "svg" });
  const svg = new TextDecoder().decode(bytes);
  assertStringIncludes(svg, "<title>a &#60; b &#38; c &#62; d</title>");
  const open: string[] = [];
  for (
    const [, end, name, empty] of svg.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)
  ) {
    if (end) assertEquals(open.pop(), name);
    else if (!empty) open.push(name!);
  }
  assertEquals(open, []);
});

Deno.test("render() draws PDF of one page with its font in it", async () => {
  const chart = timelineChart(calls(500));
  const bytes = await render(chart, { format: "pdf" });
  const pdf = new TextDecoder("latin1").decode(bytes);
  assert(pdf.startsWith("%PDF-1."));
  assert(pdf.trimEnd().endsWith("%%EOF"));
  assertEquals(pdf.match(/\/Type\s*\/Page\b/g)?.length, 1);
  assertStringIncludes(pdf, "/MediaBox [0 0 1000 600]");
  assertStringIncludes(pdf, "+Inter-Regular");
  assertStringIncludes(pdf, "+Inter-SemiBold");
  assertLess(bytes.length, 120_000);
});

Deno.test("render() leaves a definition as it was, for more formats and more charts at once", async () => {
  const chart = histogramChart(calls(50));
  const before = structuredClone(chart.data);
  const [a, b, c] = await Promise.all([
    render(chart),
    render(chart),
    render(timelineChart(calls(50))),
  ]);
  assertEquals(chart.data, before);
  assertEquals(a, b);
  assert(a!.length !== c!.length);
});

Deno.test("the peak of a histogram and its red lines are in the picture", async () => {
  const picture = await decodePng(await render(histogramChart(calls(500))));
  const area = { left: 140, top: 190, right: 1840, bottom: 1070 };
  assert(pixels(picture, area, RED) > 2000);
  assert(pixels(picture, area, BLUE) > 2000);
});

Deno.test("one failed call of 200,000 can be seen in both pictures", async () => {
  function* many(): Generator<CallStats> {
    for (let i = 0; i < 200_000; i++) {
      const start = 0.1 + i / 1000;
      yield fakeCallAt({ start, end: start + 0.05 }, {
        call_id: callId(i),
        outcome: i === 123_456 ? "crashed" : "success",
      });
    }
  }
  const area = { left: 160, top: 190, right: 1840, bottom: 1070 };
  for (const define of [timelineChart, histogramChart]) {
    const picture = await decodePng(await render(define(many())));
    assert(pixels(picture, area, RED) >= 20);
  }
});

Deno.test("a failed call can be seen where the curve goes up and down within each pixel", async () => {
  const bursts = Array.from({ length: 40_000 }, (_, i) => {
    const start = Math.floor(i / 10) * 2 + (i % 10) / 100;
    return fakeCallAt({ start, end: start + 1 }, {
      call_id: callId(i),
      outcome: i === 20_000 ? "error" : "success",
    });
  });
  const picture = await decodePng(await render(histogramChart(bursts)));
  const area = { left: 160, top: 190, right: 1840, bottom: 1070 };
  assert(pixels(picture, area, RED) >= 20);
});

Deno.test("render() throws when an option cannot be drawn", async () => {
  const chart = timelineChart(calls(1));
  const cases: [unknown, new (message: string) => Error, string][] = [
    [
      { format: "jpg" },
      RangeError,
      'Cannot draw a plot as format must be "png", "svg" or "pdf": "jpg"',
    ],
    [
      { format: 1 },
      TypeError,
      "Cannot draw a plot as format must be a string: 1",
    ],
    [
      { width: "800" },
      TypeError,
      'Cannot draw a plot as width must be a number: "800"',
    ],
    [
      { width: 399 },
      RangeError,
      "Cannot draw a plot as width must be an integer from 400 to 8192: 399",
    ],
    [
      { height: NaN },
      RangeError,
      "Cannot draw a plot as height must be an integer from 300 to 8192: NaN",
    ],
    [
      { height: 600.5 },
      RangeError,
      "Cannot draw a plot as height must be an integer from 300 to 8192: 600.5",
    ],
  ];
  for (const [options, type, message] of cases) {
    await assertRejects(() => render(chart, options as object), type, message);
  }
});

Deno.test("the font is that of its npm package", async () => {
  // Importing anything of the package makes sure that it is there.
  await import("npm:@fontsource/inter@5.3.0/package.json", {
    with: { type: "json" },
  });
  for (const { name, base64 } of FONT_FILES) {
    const url = import.meta.resolve(
      `npm:@fontsource/inter@5.3.0/files/${name}`,
    );
    const bytes = await Deno.readFile(new URL(url));
    assert(bytes.toBase64() === base64, `${name} differs`);
  }
});

/** A program that draws one chart and writes it to the file that its second argument names. */
const PROGRAM = `
  import { render, timelineChart } from ${
  JSON.stringify(import.meta.resolve("../plot/mod.ts"))
};
  import { fakeCallStats } from ${
  JSON.stringify(import.meta.resolve("./fixtures/call_stats.ts"))
};
  const [format, path] = Deno.args;
  const chart = timelineChart([fakeCallStats()]);
  await Deno.writeFile(path, await render(chart, { format }));
`;

const CONFIG = decodeURI(new URL("../deno.json", import.meta.url).pathname);

Deno.test("pictures are the same, byte for byte, on a machine without fonts", async () => {
  await using folder = await tempDir();
  const program = await folder.write("draw.ts", PROGRAM);
  const draw = async (name: string, env: Record<string, string>) => {
    const path = `${folder.path}/${name}`;
    const args = ["run", "-A", "--config", CONFIG, program, "png", path];
    const { code, stderr } = await runDeno(args, { env });
    assertEquals(code, 0, stderr);
    return await Deno.readFile(path);
  };
  const fontless = await folder.write(
    "fonts.conf",
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>`,
  );
  const without = await draw("without.png", { FONTCONFIG_FILE: fontless });
  assert(pixels(await decodePng(without), TITLE) > 1000, "there is no title");
  assertEquals(without, await draw("with.png", {}));
});

Deno.test("render() draws all formats by @napi-rs/canvas when skia-canvas does not load", async () => {
  await using folder = await tempDir();
  const program = await folder.write("draw.ts", PROGRAM);
  const map = await folder.write(
    "map.json",
    JSON.stringify({
      imports: {
        "npm:skia-canvas@4.0.0-rc1":
          "data:text/javascript,throw new Error('not on this machine')",
      },
    }),
  );
  const starts: Record<PlotFormat, string> = {
    png: "\u2030PNG", // as TextDecoder reads byte 0x89
    svg: "<?xml",
    pdf: "%PDF-",
  };
  await Promise.all(
    Object.entries(starts).map(async ([format, start]) => {
      const path = `${folder.path}/picture.${format}`;
      const args = ["run", "-A", "--config", CONFIG, "--import-map", map];
      const { code, stderr } = await runDeno([...args, program, format, path]);
      assertEquals(code, 0, stderr);
      const bytes = await Deno.readFile(path);
      const text = new TextDecoder("latin1").decode(bytes);
      assertEquals(text.slice(0, start.length), start);
      assertEquals(text.match(/<text/), null);
      if (format !== "png") return;
      const picture = await decodePng(bytes);
      assertEquals([picture.width, picture.height], [2000, 1200]);
      assert(pixels(picture, TITLE) > 1000, "there is no title");
    }),
  );
});

Deno.test("render() throws one error that says what to do when no canvas package loads", async () => {
  await using folder = await tempDir();
  const program = await folder.write("draw.ts", PROGRAM);
  const path = `${folder.path}/picture.png`;
  const { code, stderr } = await runDeno([
    ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-env"],
    ...["--config", CONFIG, program, "png", path],
  ]);
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    'Cannot draw plots as a canvas package must load: neither "npm:skia-canvas@4.0.0-rc1" nor ' +
      '"npm:@napi-rs/canvas@1.0.11" does (they need --allow-all, and the npm registry the first time)',
  );
  assertStringIncludes(stderr, "Requires ffi access"); // the cause
});
