/**
 * The page of two runs in a real browser: what it shows, that anybody can read it, and that hostile data does nothing.
 *
 * @module
 */
import { writeComparison } from "../plot/compare_file.ts";
import type { RunData } from "../plot/run_data.ts";
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { type Browser, openBrowser, violations } from "./browser.ts";
import { have } from "./have.ts";
import { scheduled, syntheticRun } from "./synthetic_runs.ts";
import { tempDir } from "./temp_dir.ts";

const ignore = !have("/usr/bin/chromium");

const BEFORE = syntheticRun(
  scheduled(Array.from({ length: 40 }, (_, i) => 1 + (i * 7 % 40) / 20), 4),
);
const AFTER = syntheticRun(
  scheduled(Array.from({ length: 40 }, (_, i) => 2 + (i * 11 % 40) / 15), 4),
);

/** Opens a page of two runs; gives what it said on the console, and what it asked for. */
async function open(
  browser: Browser,
  path: string,
  options: Parameters<Browser["newContext"]>[0] = {},
) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said: string[] = [], asked: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => said.push(dialog.message()));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`file://${path}`);
  return { page, said, asked };
}

Deno.test({
  name:
    "writeComparison() makes a page that people can read, light, dark and on a phone",
  ignore,
  fn: async () => {
    await using folder = await tempDir();
    const path = `${folder.path}/compare.html`;
    await writeComparison(
      { label: "before", run: BEFORE },
      { label: "after", run: AFTER },
      path,
    );
    await using browser = await openBrowser();
    for (const colorScheme of ["light", "dark"] as const) {
      const { page, said, asked } = await open(browser, path, {
        colorScheme,
        viewport: { width: 390, height: 800 },
      });
      assertEquals(await violations(page), []);
      assertEquals([said, asked], [[], [`file://${path}`]]);
      assertEquals(
        await page.evaluate("document.documentElement.scrollWidth"),
        390,
      );
      const text = await page.innerText("body");
      assertStringIncludes(text, "Makespan +");
      assertStringIncludes(text, "before first run, executor 1a2b3c-0");
      assertEquals(await page.locator("svg").count(), 4);
      assertEquals(
        await page.locator(".badge.bad").first().innerText(),
        "more",
      );
    }
  },
});

Deno.test({
  name: "writeComparison() makes hostile data inert",
  ignore,
  fn: async () => {
    await using folder = await tempDir();
    const evil =
      `</title></style><script>alert(1)</script><img src=x onerror="alert(2)">'"\u202e`;
    const hostile: RunData = {
      ...AFTER,
      header: {
        ...AFTER.header,
        executor_id: evil,
        backend: evil,
        host_name: evil.repeat(5000),
      },
      calls: AFTER.calls.map((call) => ({
        ...call,
        job_id: evil,
        outcome: "error" as const,
        error_class: evil,
      })),
    };
    const path = `${folder.path}/compare.html`;
    await writeComparison(
      { label: evil, run: hostile },
      { label: evil, run: hostile },
      path,
    );
    await using browser = await openBrowser();
    const { page, said, asked } = await open(browser, path);
    assertEquals([said, asked], [[], [`file://${path}`]]);
    assertEquals(await page.locator("script, img").count(), 0);
    assertStringIncludes(
      await page.innerText("h1 + .runs"),
      "<script>alert(1)",
    );
    const { size } = await Deno.stat(path);
    assert(size < 50_000, `${size}`);
    assert(!(await Deno.readTextFile(path)).includes("\u202e"));
  },
});
