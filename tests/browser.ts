/**
 * A real Chromium for tests of pages: Debian's, headless. The only file that names playwright-core and axe-core.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "npm:playwright-core@1.65.1";
import axe from "npm:axe-core@4.14.1";

export type { Browser, Page };

/** A rule of accessibility that a page breaks, and where. */
export interface Violation {
  /** Name of the rule, such as `"color-contrast"`. */
  id: string;
  /** What it asks for. */
  help: string;
  /** The elements that break it, as HTML. */
  nodes: string[];
}

/** Milliseconds for one thing that a page is asked for: the 30 s of the driver may be short on a loaded machine. */
const LIMIT = 100_000;

/** Starts the browser; it is closed when the block that holds it by `await using` ends. */
export async function openBrowser(): Promise<Browser & AsyncDisposable> {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    timeout: LIMIT,
  });
  const newContext = browser.newContext.bind(browser);
  return Object.assign(browser, {
    newContext: async (options?: Parameters<Browser["newContext"]>[0]) => {
      const context = await newContext(options); // pages without one get theirs here too
      context.setDefaultTimeout(LIMIT);
      return context;
    },
  });
}

/** What is wrong with the page for people who cannot see it well, use a keyboard or listen to it. */
export async function violations(page: Page): Promise<Violation[]> {
  await page.evaluate(axe.source);
  // Taken out of the report there: all that is right as well would take seconds on its way here.
  return await page.evaluate<Violation[]>(
    `axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) =>
        ({ id, help, nodes: nodes.map(({ html }) => html) })))`,
  );
}
