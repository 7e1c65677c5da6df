/**
 * The report in a real browser: what it shows, what one can do with it, and that it stays by itself.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "./assert.ts";
import {
  type Browser,
  openBrowser,
  type Page,
  violations as violationsOf,
} from "./browser.ts";
import { FunctionExecutor, Run } from "../mod.ts";
import { reportPage } from "../plot/report.ts";
import { callId, fakeCallStats } from "./fixtures/call_stats.ts";
import { have } from "./have.ts";
import { syntheticRun } from "./report_runs.ts";
import { tempDir } from "./temp_dir.ts";

/** A page, and what went wrong on it. */
interface Opened extends AsyncDisposable {
  page: Page;
  /** Errors and warnings of the console, and whatever was asked for but the page itself. */
  troubles: string[];
}

interface OpenOptions {
  width?: number;
  dark?: boolean;
}

/** Opens the report of a run from a file, as a reader does. */
async function open(
  browser: Browser,
  run: Run,
  { width = 1280, dark = false }: OpenOptions = {},
): Promise<Opened> {
  const folder = await tempDir();
  const path = `${folder.path}/report.html`;
  await run.report(path);
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
  });
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      troubles.push(message.text());
    }
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== `file://${path}`) troubles.push(request.url());
  });
  await page.goto(`file://${path}`);
  await page.waitForSelector("html[data-ready]");
  return {
    page,
    troubles,
    async [Symbol.asyncDispose]() {
      await page.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

let browser: Awaited<ReturnType<typeof openBrowser>> | undefined;
Deno.test.beforeAll(async () => {
  if (have("chromium")) browser = await openBrowser();
});
Deno.test.afterAll(async () => await browser?.close());

/** Tests that run only where there is a browser, which keeps pipes and timers of its own. */
function browserTest(
  name: string,
  fn: (browser: Browser) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !have("chromium"),
    sanitizeOps: false,
    sanitizeResources: false,
    timeout: 300_000, // rules of accessibility take long on a loaded machine
    fn: () => fn(browser!),
  });
}

const text = (page: Page, selector: string) =>
  page.locator(selector).first().innerText();

/** The plot of a chart over time, by its title, and where it is. */
async function plotOf(page: Page, title: string) {
  const plot = page.locator("#time figure", { hasText: title }).first()
    .locator(".plot");
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  assert(box !== null);
  return { plot, box };
}

/** Moves over the workers until one of its calls is under the mouse; gives the name of the call. */
async function findCall(page: Page): Promise<string> {
  const { box } = await plotOf(page, "Workers");
  for (let x = 0.3; x < 0.8; x += 0.02) {
    await page.mouse.move(box.x + box.width * x, box.y + 20);
    const tip = page.locator(".tip.shown strong");
    const name = await tip.count() > 0 ? await tip.innerText() : "";
    if (/^[MAR]\d/.test(name)) return name;
  }
  throw new Error("no call under the mouse");
}

browserTest(
  "report() of a real run tells what ran, and answers mouse and keys",
  async (browser) => {
    await using fexec = new FunctionExecutor({
      workers: 2,
      profile: { interval: 0.05 },
      echo: false,
      logLevel: "error",
      progress: false,
    });
    await fexec.ready;
    await fexec.map(async function place(x: number) {
      // deno-lint-ignore no-console -- what it prints is shown
      console.log(`particle ${x}`);
      if (x % 100 === 99) throw new RangeError(`no room for ${x}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return x;
    }, Array.from({ length: 500 }, (_, i) => i)).wait();
    await fexec.close(); // the last samples are in by then
    const run = fexec.run();
    await using opened = await open(browser, run);
    const { page, troubles } = opened;

    const tiles = await page.locator(".tile").allInnerTexts();
    assertEquals(tiles.length, 8);
    assertMatch(tiles[0]!, /500\s+495 succeeded, 5 failed/);
    assertEquals(await page.locator("#time figure").count(), 4);
    assertStringIncludes(await text(page, "#failures li"), "no room for 99");
    assertStringIncludes(await text(page, "#failures li"), "5 error");

    // What is under the mouse is named, and a click opens it.
    const name = await findCall(page);
    await page.mouse.down();
    await page.mouse.up();
    const dialog = page.locator("dialog[open]");
    assertStringIncludes(
      await dialog.innerText(),
      `Call ${name.split(" ")[0]}`,
    );
    assertMatch(await dialog.innerText(), /Output\s+particle \d+/);
    const shown = await dialog.locator(".stats code").allInnerTexts();
    assertEquals(shown.sort(), Object.keys(run.calls[0]!).sort());
    await page.keyboard.press("Escape");
    assertEquals(await dialog.count(), 0);

    // Dragging zooms all charts; keys move on; Reset goes back.
    const range = () => text(page, ".zoom output");
    const picture = (title: string) =>
      page.locator("#time figure", { hasText: title }).first().locator("canvas")
        .evaluate((canvas) =>
          (canvas as unknown as { toDataURL(): string }).toDataURL()
        );
    const whole = await range();
    const before = await picture("Resources");
    const { box } = await plotOf(page, "Timeline");
    await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 3 });
    await page.mouse.up();
    assertMatch(await range(), / to /);
    const part = await range();
    await page.waitForFunction("new Promise(requestAnimationFrame)");
    assertNotEquals(await picture("Resources"), before);
    await page.locator("#time canvas").first().focus();
    await page.keyboard.press("ArrowRight");
    assertNotEquals(await range(), part);
    await page.keyboard.press("0");
    assertEquals(await range(), whole);

    // The table sorts and filters.
    const first = () => text(page, ".view tbody th");
    const times = run.calls.map((call) => call.worker_func_exec_time ?? -1);
    const slowest = run.calls[times.indexOf(Math.max(...times))]!;
    await page.click("button[data-key=worker_func_exec_time]");
    assertEquals(await first(), `${slowest.job_id}/${slowest.call_id}`);
    await page.click("button[data-key=name]");
    assertEquals(await first(), "M000/00000");
    await page.fill("#query", "rangeerror");
    assertEquals(await text(page, "#calls output"), "5 of 500 calls");
    assertEquals(await first(), "M000/00099");
    await page.fill("#query", "worker<1 run>=0us");
    const ofWorker = run.calls.filter((call) => call.worker_id === 0);
    assertStringIncludes(
      await text(page, "#calls output"),
      `${ofWorker.length} of`,
    );
    await page.fill("#query", "");
    await page.selectOption("#outcome", "error");
    assertEquals(await text(page, "#calls output"), "5 of 500 calls");
    assertEquals(troubles, []);
  },
);

browserTest(
  "a report is light or dark, readable for all, and fits a phone and paper",
  async (browser) => {
    const run = syntheticRun({ calls: 3000 });
    {
      await using opened = await open(browser, run);
      const { page, troubles } = opened;
      const ground = () =>
        page.evaluate<string>(
          "getComputedStyle(document.body).backgroundColor",
        );
      const picture = () =>
        page.evaluate<string>("document.querySelector('canvas').toDataURL()");
      const [light, lightPicture] = [await ground(), await picture()];
      assertEquals(await violationsOf(page), []);
      await page.click("button:has-text('Dark')");
      assertNotEquals(await ground(), light);
      assertNotEquals(await picture(), lightPicture);
      assertEquals(await violationsOf(page), []);
      // An open call is looked at too.
      await page.locator(".view .link").nth(3).click();
      assertEquals(await violationsOf(page), []);
      await page.keyboard.press("Escape");

      // Paper is light, and has the first calls without a scroll bar.
      const pdf = new TextDecoder("latin1").decode(await page.pdf());
      assertGreater(pdf.match(/\/Type \/Page\b/g)!.length, 3);
      await page.emulateMedia({ media: "print" });
      assertEquals(await page.locator(".paper tbody tr:visible").count(), 50);
      assertEquals(await page.locator(".zoom:visible").count(), 0);
      const ink = await page.evaluate<string>(
        "getComputedStyle(document.querySelector('h1')).color",
      );
      assertEquals(ink, "rgb(28, 39, 51)");
      assertEquals(troubles, []);
    }
    await using opened = await open(browser, run, { width: 390, dark: true });
    const { page, troubles } = opened;
    const width = await page.evaluate<number>(
      "document.documentElement.scrollWidth",
    );
    assertEquals(width, 390);
    assertEquals(await violationsOf(page), []);
    assertEquals(troubles, []);
  },
);

browserTest(
  "a report of 100,000 calls keeps few of them on the page, and finds each",
  async (browser) => {
    const run = syntheticRun({ calls: 91_000 });
    assertEquals(run.calls.length, 100_100);
    await using opened = await open(browser, run);
    const { page, troubles } = opened;
    assertStringIncludes(await text(page, ".tile"), "100,100");
    const rows = page.locator(".view tbody tr");
    assertLess(await rows.count(), 100);
    await page.locator(".view").evaluate((view) => {
      const box = view as unknown as {
        scrollTop: number;
        scrollHeight: number;
      };
      box.scrollTop = box.scrollHeight;
    });
    await page.waitForSelector("th:has-text('M001/09099')");
    assertLess(await rows.count(), 100);
    await page.click("button[data-key=worker_func_exec_time]");
    assertEquals(await text(page, ".view tbody th"), "M000/90999"); // the slow one
    await page.fill("#query", "RangeError");
    const failed = run.calls.filter((call) => call.outcome === "error").length;
    assertStringIncludes(
      await text(page, "#calls output"),
      `${failed} of 100,100`,
    );
    const whole = await text(page, ".zoom output");
    for (let i = 0; i < 4; i++) {
      await page.click("button[aria-label='Zoom in']");
    }
    assertNotEquals(await text(page, ".zoom output"), whole);
    await findCall(page);
    assertEquals(troubles, []);
  },
);

browserTest(
  "nothing in a report runs but the report, whatever calls have said",
  async (browser) => {
    const evil = [
      "</script><script>globalThis.pwned = 1</script>",
      "<img src=x onerror='globalThis.pwned = 1'>",
      `"'><svg onload="globalThis.pwned = 1">`,
      "<!--<script>",
      "]]>\u2028\u2029\u202e\u2066\u0000\ud800 ${globalThis.pwned = 1}",
      "javascript:globalThis.pwned = 1",
      "<".repeat(1_000_000),
    ];
    const all = evil.join("\n");
    const calls = evil.map((what, i) =>
      fakeCallStats({
        call_id: callId(i),
        job_id: i === 1 ? what : "M000",
        outcome: "error",
        error_class: what.slice(0, 200),
      })
    );
    const details = evil.map((what) => ({
      function_name: what,
      error: { name: what, message: what, stack: all },
      logs: all,
    }));
    const header = {
      executor_id: evil[0]!,
      saved_tstamp: 1_750_000_000,
      backend: evil[1]!,
      cores: 2,
      host_name: evil[2]!,
    };
    const run = new Run(header, calls, [], details);
    const html = await reportPage(run);
    assertEquals(html.match(/<\/script/gi)!.length, 2);
    await using opened = await open(browser, run);
    const { page, troubles } = opened;
    assertStringIncludes(await page.title(), evil[0]!);
    const links = page.locator(".view .link");
    assertEquals(await links.count(), evil.length);
    for (let i = 0; i < evil.length; i++) {
      await links.nth(i).click();
      assertStringIncludes(await text(page, "dialog[open] pre"), evil[0]!);
      await page.keyboard.press("Escape");
    }
    await page.locator("#failures summary").first().click();
    for (const key of ["function", "error", "outcome"]) {
      await page.click(`button[data-key=${key}]`);
    }
    await page.fill("#query", "<img");
    assertEquals(await page.evaluate("globalThis.pwned"), undefined);
    assertEquals(await page.evaluate("document.scripts.length"), 2);
    assertEquals(await page.locator("img, svg, iframe").count(), 0);
    assertEquals(troubles, []);

    // Even markup that had got in would be dead: the policy lets nothing run or load that it does not name.
    const asked: string[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        asked.push(request.url);
        return new Response();
      },
    );
    await page.evaluate(`{
    const script = document.createElement("script");
    script.textContent = "globalThis.pwned = 1";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend",
      "<img src=http://127.0.0.1:${server.addr.port} onerror='pwned = 1'>");
    fetch("http://127.0.0.1:${server.addr.port}").catch(() => document.body.id = "refused");
  }`);
    await page.waitForSelector("#refused");
    assertEquals(await page.evaluate("globalThis.pwned"), undefined);
    assertEquals(asked, []);
    const refused = troubles.filter((it) =>
      /content security policy/i.test(it)
    );
    assertGreater(refused.length, 2);
  },
);

browserTest(
  "a report of no calls, and one of calls that never ran, say so",
  async (browser) => {
    const header = syntheticRun({ calls: 1 }).header;
    {
      await using opened = await open(browser, new Run(header, [], []));
      assertEquals(opened.troubles, []);
      assertEquals(await opened.page.locator(".tile").count(), 8);
      assertEquals(await opened.page.locator("#calls").count(), 0);
    }
    const call = fakeCallStats({
      outcome: "cancelled",
      worker_id: null,
      worker_start_tstamp: null,
      worker_end_tstamp: null,
      worker_func_start_tstamp: null,
      worker_func_end_tstamp: null,
      worker_func_exec_time: null,
      worker_queue_time: null,
      worker_cold_start: null,
      host_result_done_tstamp: null,
    });
    await using opened = await open(browser, new Run(header, [call], []));
    const { page, troubles } = opened;
    await page.locator(".view .link").click();
    assertStringIncludes(
      await page.locator("dialog[open]").innerText(),
      "cancelled",
    );
    assertEquals(await violationsOf(page), []);
    assertEquals(troubles, []);
  },
);
