/** Headless Chromium for tests: whether there is one, and a page that shows what a test serves. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's Chromium, unless the environment names another. */
const EXECUTABLE = Deno.env.get("RELAY_TEST_CHROMIUM") ?? "/usr/bin/chromium";

/** In CI as root everything can be installed, so a browser that is missing there is a failure. */
const REQUIRED = Deno.env.get("CI") === "true" && Deno.uid() === 0;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Registers a test that needs the browser; without one it is skipped with the reason printed. */
export function browserTest(name: string, run: () => Promise<void>): void {
  const ignore = !existsSync(EXECUTABLE) && !REQUIRED;
  if (ignore) console.log(`skipped: ${name}: there is no ${EXECUTABLE} (Debian package: chromium)`);
  Deno.test({ name, ignore, fn: run });
}

/** Starts the browser; whoever does closes it. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS, timeout: 60_000 });
}

/** Shows a page that runs `script`, served from loopback, and closes everything after `use`; errors on the page throw. */
export async function withPage<Result>(
  script: string,
  use: (page: Page) => Promise<Result>,
): Promise<Result> {
  await using server = serve(script);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    const result = await use(page);
    if (errors.length > 0) throw new AggregateError(errors, "The page has errors");
    return result;
  } finally {
    await browser.close();
  }
}

function serve(script: string): Deno.HttpServer<Deno.NetAddr> {
  const pages: Record<string, [type: string, body: string]> = {
    "/": ["text/html", `<!doctype html><meta charset="utf-8"><script src="/script.js"></script>`],
    "/script.js": ["text/javascript", script],
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const [type, body] = pages[new URL(request.url).pathname] ?? ["text/plain", ""];
    return new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });
  });
}
