import { assertEquals } from "./assert.ts";
import { have } from "./have.ts";

Deno.test({
  name: "violations() names what a page without labels breaks",
  ignore: !have("chromium"),
  // Playwright's driver keeps pipes and timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const { openBrowser, violations } = await import("./browser.ts");
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await page.setContent(
      "<html lang=en><title>t</title><main><h1>h</h1><input></main>",
    );
    assertEquals((await violations(page)).map(({ id }) => id), ["label"]);
  },
});
