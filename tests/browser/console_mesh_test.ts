/** The console of a real relay in a mesh of three, with people who talk: what it shows is what there is. */
import assert from "node:assert/strict";
import { type Page } from "playwright-core";
import { LIMIT_MS } from "../process/callers.ts";
import { httpAddress } from "../process/raw_http.ts";
import { Mesh } from "../federation/mesh_rig.ts";
import { Talk } from "../federation/talk.ts";
import { mutual, ring } from "../federation/topology.ts";
import { browserTest } from "./chromium.ts";
import { barriers, open, picture, withConsole } from "./console/console_page.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

const text = async (page: Page, selector: string) =>
  (await page.locator(selector).textContent()) ?? "";

browserTest(
  "the console of a relay in a mesh shows rooms, people, links and packets as they are",
  async () => {
    await using mesh = await Mesh.start({ size: 3, edges: mutual(ring(3)) });
    const { relay } = mesh.node(0);
    const { hostname, port } = await httpAddress(relay);
    const url = `http://${hostname}:${port}/`;
    const [, tokenFile] = await relay.stdout.match(
      /admin token generated path="([^"]+)"/,
      LIMIT_MS,
    );
    const token = (await Deno.readTextFile(tokenFile!)).trim();
    const speaker = await mesh.join(0, "general", { alias: HOSTILE });
    await mesh.join(0, "general", { alias: "Listener" });
    await mesh.join(1, "general", { alias: "Far away" });
    const talk = await Talk.begin(speaker.client);

    await withConsole(url, async (page) => {
      await page.locator("[data-figure=sessions] .figure-value", { hasText: /^2$/ }).waitFor();
      const api = await (await fetch(`${url}api/v1/overview`)).json();
      assert.equal(await text(page, "[data-figure=links] .figure-value"), "2");
      assert.equal(api.links, 2);
      assert.equal(await text(page, ".facts code.long"), mesh.node(0).fingerprint);
      await page.locator("[data-figure=packetsIn] .figure-value", { hasText: /^[1-9]/ }).waitFor();

      await open(page, "mesh");
      const edges = page.locator(".edge");
      await edges.nth(2).waitFor();
      assert.equal(await edges.count(), 3);

      await open(page, "rooms/general");
      await page.locator("td", { hasText: HOSTILE }).waitFor();
      const far = page.locator("tr", { hasText: "Far away" });
      await far.getByText("B", { exact: true }).waitFor();
      assert.equal(await page.locator("img").count(), 0);
      await picture(page, "real-room");

      await open(page, "tap/general");
      await page.getByRole("button", { name: "Start tap" }).click();
      await page.locator(".packets .sender", { hasText: HOSTILE }).nth(20).waitFor();
      await picture(page, "real-tap");
      await page.getByRole("button", { name: "Stop tap" }).click();

      await open(page, "logs");
      await page.locator(".log-line", { hasText: "operation" }).first().waitFor();
      await open(page, "config");
      await page.getByText(mesh.node(0).fingerprint).first().waitFor();
      await open(page, "metrics");
      await page.getByText("wzp_relay_active_sessions").waitFor();
      await open(page, "directory");
      await page.getByRole("cell", { name: "B", exact: true }).waitFor();

      await open(page, "rooms/general");
      await page.getByRole("button", { name: "Kick Listener" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Kick" }).click();
      await page.locator("td", { hasText: "Listener" }).waitFor({ state: "detached" });

      await open(page, "mesh");
      await mesh.node(2).kill();
      await page.locator(".edge.down").first().waitFor({ timeout: 60_000 });
      await picture(page, "real-mesh-down");
      assert.deepEqual(await barriers(page), []);
      // No secret is anywhere on the page.
      assert(!(await page.content()).includes(token));
    }, { token });
    talk.stop();
  },
);
