/** The console in a browser that notices what must not happen: errors, breaches of the policy, requests elsewhere. */
import assert from "node:assert/strict";
import axe, { type AxeResults } from "axe-core";
import { type BrowserContextOptions, errors, type Page } from "playwright-core";
import { root } from "../../../tools/house/root.ts";
import { launch } from "../chromium.ts";

export interface ConsoleOptions extends BrowserContextOptions {
  /** Kept by the page as if it had been entered. */
  readonly token?: string;
  /** Messages of the browser's console that are expected. */
  readonly expected?: RegExp;
}

const PICTURE_ATTEMPTS = 3;
const PICTURE_MS = 8_000;

/** Ignored by git; the newest pictures of each view. */
const PICTURES = `${root}/tests/out/console`;

/** Opens `url`, and fails after `use` when something happened that must not. */
export async function withConsole<Result>(
  url: string,
  use: (page: Page) => Promise<Result>,
  { token, expected = /^$/, ...options }: ConsoleOptions = {},
): Promise<Result> {
  const browser = await launch();
  try {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(`error: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !expected.test(text)) wrong.push(`console: ${text}`);
    });
    page.on("request", (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !asked.startsWith("blob:")) wrong.push(`request: ${asked}`);
    });
    await page.exposeFunction(
      "tellBreach",
      (breach: string) => void wrong.push(`policy: ${breach}`),
    );
    await page.addInitScript(watch(token ?? null));
    page.setDefaultTimeout(20_000);
    await page.goto(url);
    const result = await use(page);
    assert.deepEqual(wrong, []);
    return result;
  } finally {
    await browser.close();
  }
}

/** Runs in the page before anything of its own. */
function watch(token: string | null): string {
  return `
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      tellBreach(violatedDirective + " " + blockedURI);
    });
    if (${token !== null} && sessionStorage.getItem("wzp-token") === null) {
      sessionStorage.setItem("wzp-token", ${JSON.stringify(token)});
    }`;
}

/** Opens a view as a link to it does, and waits until it is there. */
export async function open(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`);
  await page.locator("main h1").waitFor();
  await page.locator("main .loading").first().waitFor({ state: "detached" });
}

/** What stands against reading it with a screen reader or keyboard, by the rules of axe-core. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) =>
      `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`
    )
  );
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** By how many pixels the page is wider than its window. */
export async function overhang(page: Page): Promise<number> {
  return await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
}

/**
 * Keeps a picture of the page for people. Headless Chromium now and then waits for a frame that does not come; a
 * picture checks nothing, so after a few attempts there is none.
 */
export async function picture(page: Page, name: string): Promise<void> {
  await Deno.mkdir(PICTURES, { recursive: true });
  const path = `${PICTURES}/${name}.png`;
  for (let attempt = 1; attempt <= PICTURE_ATTEMPTS; attempt++) {
    try {
      await page.screenshot({ path, animations: "disabled", timeout: PICTURE_MS });
      return;
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
    }
  }
  console.log(`There is no picture ${name}: the browser drew none in time.`);
}
