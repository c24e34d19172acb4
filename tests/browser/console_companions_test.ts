/** Registry and UDP relay in the console: true values, what an operator does, and what is there when both are off. */
import assert from "node:assert/strict";
import { stop } from "esbuild";
import { buildConsole } from "../../tools/build/console.ts";
import { browserTest } from "./chromium.ts";
import { barriers, open, overhang, picture, withConsole } from "./console/console_page.ts";
import { livelySite, TOKEN } from "./console/lively_site.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

const parts = await buildConsole();
await stop();

browserTest("relays of the registry are those of the API, by region and by search", async () => {
  await using site = await livelySite({ parts });
  await withConsole(site.url, async (page) => {
    await open(page, "registry");
    const rows = page.getByRole("table", { name: "Registered relays" }).locator("tbody tr");
    await page.getByText("129 relays", { exact: true }).waitFor();
    assert.equal(await rows.count(), 100);
    await page.getByRole("button", { name: "Next 100 relays" }).click();
    await rows.nth(28).waitFor();
    await page.waitForFunction("document.querySelectorAll('tbody tr').length < 100");
    assert.equal(await rows.count(), 29);
    await page.getByRole("combobox", { name: /^Region/ }).selectOption("eu-north");
    await page.getByText("16 relays", { exact: true }).waitFor();
    const { items } = await (await fetch(`${site.url}api/v1/registry?region=eu-north`)).json();
    assert.equal(items.length, 16);
    for (const { name, load, capacity } of items) {
      const row = rows.filter({ hasText: new RegExp(`^${name}eu-north`) });
      const shown = await row.textContent();
      assert(
        shown!.includes(
          `${load.toLocaleString("en")} of ${capacity.toLocaleString("en")} sessions`,
        ),
        shown!,
      );
    }
    const text = (name: string) => rows.filter({ hasText: new RegExp(`^${name}eu`) }).textContent();
    assert.match((await text("oslo-1"))!, /open/);
    assert.match((await text("oslo-2"))!, /late, 1 beat missed/);
    assert.match((await text("oslo-3"))!, /full/);
    assert.match((await text("oslo-5"))!, /draining/);
    // A heart-beat that brings another load is seen without a reload.
    const oslo = items.find(({ name }: { name: string }) => name === "oslo-1");
    const { registry } = site.lively.companions;
    registry.add({ ...registry.relaysByKey.get(oslo.fingerprint)!, load: 777 });
    await page.getByText("777 of 1,000 sessions").waitFor();
    await page.getByRole("combobox", { name: /^Region/ }).selectOption("");
    await page.getByText("1 relay", { exact: true }).waitFor();
    await rows.filter({ hasText: HOSTILE }).waitFor();
    assert.equal(await page.locator("img").count(), 0);
    await page.getByRole("combobox", { name: /^Region/ }).selectOption({ label: "all, 129" });
    await page.getByRole("searchbox").fill("tokyo-1");
    await page.getByText("8 relays", { exact: true }).waitFor();
    await page.getByRole("searchbox").fill("nowhere");
    await page.getByText("No relay fits this search").waitFor();
    const parties = page.getByRole("table", { name: "Parties" });
    await parties.getByText("office").waitFor();
    assert.match((await parties.textContent())!, /no name/);
    assert(!(await page.content()).includes("token-of-party"));
  });
});

browserTest("the registry says what is wrong with it and with this relay's own entry", async () => {
  await using site = await livelySite({ parts });
  const { relay, companions } = site.lively;
  companions.registry.more = {
    setAside: "/state/registry.sqlite.damaged-1",
    storeProblem: "The disk is full",
  };
  relay.registration = {
    url: "https://registry.example.org",
    state: "refused",
    registeredAt: null,
    problem: "The registry does not admit this relay.",
    relays: 0,
  };
  await withConsole(site.url, async (page) => {
    await open(page, "registry");
    await page.getByText("The registry does not admit this relay.").waitFor();
    await page.getByText("It cannot be written just now: The disk is full").waitFor();
    await page.getByText("/state/registry.sqlite.damaged-1").waitFor();
    assert.deepEqual(await barriers(page), []);
    await picture(page, "registry-problems");
  });
});

browserTest("an operator blocks and unblocks sources of the UDP relay", async () => {
  await using site = await livelySite({ parts });
  await withConsole(site.url, async (page) => {
    await open(page, "udp-relay");
    const blocked = page.getByRole("table", { name: "Blocked addresses" });
    await blocked.getByText("198.51.100.99").waitFor();
    const peers = page.getByRole("table", { name: "Peers of the UDP relay" }).locator("tbody tr");
    assert.equal(await peers.count(), 9);
    // 420 a second, counted once a second; the page measures between two answers.
    await page.locator("[data-udp=in] td").first().filter({ hasText: /^\d{3}$/ }).waitFor();
    await page.getByLabel("Address", { exact: true }).fill("192.0.2.77");
    await page.getByLabel("How long").selectOption("until it is lifted");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    // Without a token the page asks for it.
    await page.getByRole("dialog", { name: "Admin token" }).getByLabel("Admin token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await page.getByText("192.0.2.77 is blocked.").waitFor();
    await blocked.getByRole("row").filter({ hasText: "192.0.2.77" })
      .filter({ hasText: "it is lifted" }).waitFor();
    await page.getByRole("button", { name: "Block 203.0.113.40 for ten minutes" }).click();
    await blocked.getByRole("row").filter({ hasText: "203.0.113.40" })
      .filter({ hasText: /in (?:10|9)\smin/ }).waitFor();
    await page.getByRole("button", { name: "Unblock 192.0.2.77" }).click();
    await blocked.getByText("192.0.2.77").waitFor({ state: "detached" });
    await page.getByLabel("Address", { exact: true }).fill("nobody");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await page.getByText("ip is no IP address").waitFor();
    assert.deepEqual(await barriers(page), []);
  }, { expected: /status of (?:400|401)/ });
});

for (const viewport of [{ width: 1440, height: 900 }, { width: 360, height: 780 }]) {
  browserTest(
    `registry and UDP relay that are off say how to have them: ${viewport.width}`,
    async () => {
      await using site = await livelySite({
        parts,
        changes: { registry: null, registration: () => null, udpRelay: () => null },
      });
      await withConsole(site.url, async (page) => {
        await open(page, "registry");
        await page.getByText("This relay is no registry").waitFor();
        await page.getByText("It registers nowhere.").waitFor();
        assert.deepEqual(await barriers(page), []);
        assert.equal(await overhang(page), 0);
        await picture(page, `registry-off-${viewport.width}`);
        await open(page, "udp-relay");
        await page.getByText("The UDP relay is off").waitFor();
        assert.deepEqual(await barriers(page), []);
        assert.equal(await overhang(page), 0);
        await picture(page, `udp-relay-off-${viewport.width}`);
      }, { viewport });
    },
  );
}
