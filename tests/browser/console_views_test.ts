/** Every view of the console with a made-up relay: for everybody, at every width, in both themes. */
import assert from "node:assert/strict";
import { buildConsole } from "../../tools/build/console.ts";
import { stop } from "esbuild";
import { browserTest } from "./chromium.ts";
import { barriers, open, overhang, picture, withConsole } from "./console/console_page.ts";
import { livelySite, TOKEN } from "./console/lively_site.ts";

const VIEWS = [
  "overview",
  "mesh",
  "rooms",
  "rooms/general",
  "calls",
  "tap/general",
  "directory",
  "registry",
  "udp-relay",
  "logs",
  "config",
  "metrics",
];
const SCREENS = [
  { name: "wide", viewport: { width: 1440, height: 900 } },
  { name: "huge", viewport: { width: 2200, height: 1200 } },
  { name: "narrow", viewport: { width: 360, height: 780 } },
];

const parts = await buildConsole();
await stop();

for (const colorScheme of ["light", "dark"] as const) {
  for (const { name, viewport } of SCREENS) {
    if (name === "huge" && colorScheme === "dark") continue;
    browserTest(`every view can be read by everybody: ${name}, ${colorScheme}`, async () => {
      await using site = await livelySite({ parts });
      await withConsole(site.url, async (page) => {
        await page.getByText("Frankfurt is serving").waitFor();
        for (const view of VIEWS) {
          await open(page, view);
          if (view.startsWith("tap")) {
            await page.getByRole("button", { name: "Start tap" }).click();
            await page.locator(".gap").first().waitFor();
          }
          await page.evaluate("new Promise(requestAnimationFrame)");
          const found = await barriers(page);
          await picture(page, `${view.replace("/", "-")}-${name}-${colorScheme}`);
          assert.deepEqual(found, [], view);
          assert.equal(await overhang(page), 0, `${view} is wider than ${viewport.width}`);
          if (view.startsWith("tap")) await page.getByRole("button", { name: "Stop tap" }).click();
        }
      }, { viewport, colorScheme, token: TOKEN });
    });
  }
}

browserTest("the theme can be chosen against the system's, and stays chosen", async () => {
  await using site = await livelySite({ parts });
  await withConsole(site.url, async (page) => {
    const colour = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const dark = await colour();
    await page.getByText("light", { exact: true }).click();
    const light = await colour();
    assert.notEqual(light, dark);
    await page.reload();
    await page.locator("main h1").waitFor();
    assert.equal(await colour(), light);
  }, { colorScheme: "dark" });
});
