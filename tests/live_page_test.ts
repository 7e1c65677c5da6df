/**
 * The live page in a real browser: it follows a run to its end, also after its stream was cut; it can be read by
 * everybody, in both themes and on a phone; and nothing that a call says can do anything there.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "./assert.ts";
import type { Browser, Page } from "./browser.ts";
import { on } from "./executors.ts";
import { openGate } from "./gate.ts";
import { have } from "./have.ts";
import { livePage } from "./live_stream.ts";

const LIVE = { live: true, logLevel: "none" } as const;

/** What calls throw that would like to be more than text. */
const HOSTILE = [
  "</script><script>globalThis.hurt = 1</script>",
  "<img src=x onerror='globalThis.hurt = 2'>",
  "\u202e\u2066 turned around \"'`${1}&amp;\0",
  "x".repeat(1_000_000),
];

/** Registers a test with a browser of its own. */
function inBrowser(
  name: string,
  body: (
    browser: Browser,
    make: Parameters<Parameters<typeof on>[2]>[0],
  ) => Promise<void>,
): void {
  on("thread", name, async (make) => {
    const { openBrowser } = await import("./browser.ts");
    await using browser = await openBrowser();
    await body(browser, make);
  }, { limit: 60, ignore: !have("chromium"), usesBrowser: true });
}

/** Opens the page; what is wrong with it ends up in `complaints`. */
async function open(
  browser: Browser,
  url: string,
  complaints: string[],
  options: object = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("request", (request) => {
    const asked = request.url();
    if (asked !== url && asked !== `${url}events` && !/^data:/.test(asked)) {
      complaints.push(`asked for ${asked}`);
    }
  });
  await page.goto(url);
  return page;
}

/** Waits until an element says this. */
async function says(page: Page, id: string, text: string): Promise<void> {
  await page.locator(`#${id}:text-is("${text}")`).waitFor();
}

inBrowser(
  "the page follows a run to its end, for everybody, and what calls say is inert",
  async (browser, make) => {
    const { violations } = await import("./browser.ts");
    await using gate = openGate();
    const fexec = make(LIVE);
    const futures = fexec.map(
      async function visit(name: string, url, hostile) {
        await (await fetch(url + name)).text();
        if (name !== "last") throw new Error(hostile[Number(name)]);
      },
      [...HOSTILE.keys(), "last"].map(String),
      { extraArgs: [gate.url, HOSTILE] },
    );
    const url = await livePage(fexec);
    const complaints: string[] = [];
    const [light, phone] = await Promise.all([
      open(browser, url, complaints, { colorScheme: "light" }),
      open(browser, url, complaints, {
        colorScheme: "dark",
        viewport: { width: 360, height: 740 },
      }),
    ]);
    await says(light, "status", "Running");
    await says(light, "total", "of 5 calls");
    await light.locator("#calls tr:nth-child(2)").waitFor();
    assertMatch(
      await light.locator("#calls tr").first().innerText(),
      /^M000\/0000\d\s+visit\s/,
    );
    for (const i of HOSTILE.keys()) gate.open(`${i}`);
    await gate.arrived("last");
    for (const page of [light, phone]) {
      await says(page, "failed", "4");
      await says(page, "running", "1");
    }
    const failures = await light.locator("#failures summary").allInnerTexts();
    assertEquals(failures.length, 4);
    for (const text of HOSTILE.slice(0, 2)) {
      assert(failures.some((failure) => failure.includes(text)), text);
    }
    assert(failures.every((text) => text.length < 1000), "cut short");
    await light.locator("#failures summary").first().click();
    assert(await light.locator("#failures pre").first().isVisible());

    for (const page of [light, phone]) {
      assertEquals(await violations(page), []);
      const size = "document.documentElement.scrollWidth - innerWidth";
      assertEquals(await page.evaluate(size), 0, "nothing sticks out");
    }
    gate.open("last");
    await futures.wait();
    await fexec.close();
    for (const page of [light, phone]) {
      await says(page, "status", "Ended");
      await says(page, "done", "5");
      assertMatch(await page.locator("#banner").innerText(), /has ended/);
      assertEquals(await page.title(), "Ended: 100 % - Lithoscope");
      // It stays usable.
      await page.locator("#theme").click();
      assertEquals(await page.evaluate("globalThis.hurt ?? null"), null);
    }
    // The charts have something on them.
    const painted =
      `[...document.querySelectorAll("canvas")].every((canvas) => canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0))`;
    assertEquals(await light.evaluate(painted), true);
    assertEquals(complaints, []);
  },
);

/** Stands between a page and its server, and can cut the wire. */
function openWire(to: number) {
  let open = new Set<Deno.Conn>();
  let isCut = false;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const near of listener) {
      if (isCut) {
        near.close();
        continue;
      }
      const far = await Deno.connect({ hostname: "127.0.0.1", port: to });
      open.add(near).add(far);
      for (const [from, into] of [[near, far], [far, near]] as const) {
        from.readable.pipeTo(into.writable).catch(() => {});
      }
    }
  })();
  const drop = () => {
    for (const connection of open) {
      try {
        connection.close();
      } catch { /* it has ended by itself */ }
    }
    open = new Set();
  };
  return {
    port: (listener.addr as Deno.NetAddr).port,
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => void (isCut = false),
    async [Symbol.asyncDispose]() {
      listener.close();
      drop();
      await served;
    },
  };
}

inBrowser(
  "a page whose stream is cut says so, comes back by itself and shows right totals",
  async (browser, make) => {
    const fexec = make(LIVE);
    await fexec.map((x: number) => x, [1, 2, 3]).getResult();
    const own = new URL(await livePage(fexec));
    await using wire = openWire(Number(own.port));
    const url = own.href.replace(`:${own.port}/`, `:${wire.port}/`);
    const page = await open(browser, url, []);
    await says(page, "done", "3");
    await says(page, "status", "Idle");
    wire.cut();
    await page.locator("#status", { hasText: "Connection lost" }).waitFor();
    await says(page, "done", "3"); // the last state stays
    await fexec.map((x: number) => x, [1, 2, 3, 4]).getResult();
    wire.mend();
    await says(page, "done", "7");
    await says(page, "status", "Idle");
    await fexec.close();
    await says(page, "status", "Ended");
    await page.context().close();
  },
);
