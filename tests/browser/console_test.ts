/** What the console does: shows what is true, at once, and lets an operator act. The relay is made up. */
import assert from "node:assert/strict";
import { stop } from "esbuild";
import { testingRelay } from "../../admin/testing_host.ts";
import { buildConsole } from "../../tools/build/console.ts";
import { browserTest } from "./chromium.ts";
import { barriers, open, picture, withConsole } from "./console/console_page.ts";
import { type LivelySite, livelySite, TOKEN } from "./console/lively_site.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";
const UNAUTHORIZED = /status of 401/;

const parts = await buildConsole();
await stop();
const site = (): Promise<LivelySite> => livelySite({ parts });

browserTest("figures are those of the API", async () => {
  await using relay = await site();
  await withConsole(relay.url, async (page) => {
    const figure = (name: string) => page.locator(`[data-figure=${name}] .figure-value`);
    await figure("links").waitFor();
    const overview = await (await fetch(`${relay.url}api/v1/overview`)).json();
    assert.equal(await figure("links").textContent(), String(overview.links));
    assert.equal(await figure("calls").textContent(), String(overview.calls));
    const chart = page.getByRole("img", { name: /^Links, last ten minutes: lowest 5, highest 5/ });
    await chart.waitFor();
    const code = await page.locator(".facts code.long").textContent();
    assert.equal(code, overview.tlsFingerprint);
    // A session that comes is counted without a reload.
    relay.lively.setLink("Oslo", false);
    await figure("links").filter({ hasText: /^4$/ }).waitFor();
  });
});

browserTest(
  "a link that goes is seen within a second, in the picture, the table and aloud",
  async () => {
    await using relay = await site();
    await withConsole(relay.url, async (page) => {
      await open(page, "mesh");
      const key = [testingRelay("Frankfurt"), testingRelay("Dublin")].sort().join("-");
      const edge = page.locator(`[data-edge="${key}"]`);
      await edge.waitFor();
      assert.match(await edge.getAttribute("aria-label") ?? "", /: 2\d\sms \d.*, up, good$/);
      relay.lively.setLink("Dublin", false);
      await page.locator(`[data-edge="${key}"].down`).waitFor({ timeout: 1_000 });
      assert.match(await edge.textContent() ?? "", /down/);
      await page.locator("tr.down", { hasText: "Dublin" }).waitFor();
      await page.getByText("Link Frankfurt to Dublin is down").waitFor();
      await picture(page, "mesh-link-down");
      relay.lively.setLink("Dublin", true);
      await page.locator(`[data-edge="${key}"].new`).waitFor({ timeout: 1_000 });
      await page.getByText("Link Frankfurt to Dublin is up").waitFor();
    });
  },
);

browserTest(
  "relays and links in the picture open by keyboard, with what is known of them",
  async () => {
    await using relay = await site();
    await withConsole(relay.url, async (page) => {
      await open(page, "mesh");
      await page.locator(`[data-relay="${testingRelay("Lima")}"]`).focus();
      await page.keyboard.press("Enter");
      const detail = page.getByRole("complementary", { name: "Details" });
      await detail.getByRole("heading", { name: "Lima" }).waitFor();
      assert.match(await detail.textContent() ?? "", /Statelegacy.*192\.0\.2\.23:4433/s);
      await page.keyboard.press("Enter");
      await detail.getByRole("heading", { name: "Round trips" }).waitFor();
      const key = [testingRelay("Virginia"), testingRelay("Frankfurt")].sort().join("-");
      await page.locator(`[data-edge="${key}"]`).focus();
      await page.keyboard.press("Space");
      await detail.getByRole("img", { name: /Round trip to Virginia, last ten minutes/ }).waitFor();
      await picture(page, "mesh-detail");
      assert.deepEqual(await barriers(page), []);
    });
  },
);

browserTest("by keyboard one skips to the content, changes views and leaves windows", async () => {
  await using relay = await site();
  await withConsole(relay.url, async (page) => {
    await page.getByText("Frankfurt is serving").waitFor();
    const focused = () => page.evaluate<string>("document.activeElement?.textContent?.trim()");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate("document.activeElement?.id"), "content");
    await page.getByRole("link", { name: "Rooms 6" }).focus();
    await page.keyboard.press("Enter");
    await page.locator("h1:focus").waitFor();
    assert.equal(await focused(), "Rooms");
    assert.equal(await page.title(), "Rooms \u00b7 Frankfurt \u00b7 wzp-relay");
    const button = page.getByRole("button", { name: "Enter token" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Admin token" }).waitFor();
    assert.equal(
      await page.evaluate("document.activeElement?.type"),
      "password",
    );
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await focused(), "Enter token");
  });
});

browserTest("an alias that is markup stays text", async () => {
  await using relay = await site();
  await withConsole(relay.url, async (page) => {
    await open(page, "rooms/general");
    await page.locator("td", { hasText: HOSTILE }).waitFor();
    await open(page, "tap/general");
    await page.getByRole("button", { name: "Start tap" }).click();
    await page.locator(".packets .sender", { hasText: HOSTILE }).first().waitFor();
    assert.equal(await page.locator("img").count(), 0);
  }, { token: TOKEN });
});

browserTest("a participant is kicked with the token, and without one it is asked for", async () => {
  await using relay = await site();
  await withConsole(relay.url, async (page) => {
    await open(page, "rooms/general");
    const kick = async () => {
      await page.getByRole("button", { name: "Kick Farid" }).click();
      const dialog = page.getByRole("dialog", { name: "Kick this participant?" });
      await dialog.getByLabel("Afterwards").selectOption("Refused for ten minutes");
      await dialog.getByRole("button", { name: "Kick" }).click();
    };
    await kick();
    const asked = page.getByRole("dialog", { name: "Admin token" });
    await asked.getByLabel("Admin token").fill(TOKEN);
    await asked.getByRole("button", { name: "Use token" }).click();
    assert.deepEqual(relay.lively.relay.operated, []);
    await page.locator("td", { hasText: "Farid" }).waitFor();
    await kick();
    await page.getByRole("status").getByText("done").waitFor();
    const farid = relay.lively.relay.participants.find(({ alias }) => alias === "Farid")!;
    assert.deepEqual(relay.lively.relay.operated, [`kick ["${farid.session}",600000]`]);
  }, { expected: UNAUTHORIZED });
});

browserTest("a wrong token is said to be wrong, and the right one opens the console", async () => {
  await using relay = await site();
  await withConsole(relay.url, async (page) => {
    await page.getByRole("heading", { name: "This token is not accepted" }).waitFor();
    await picture(page, "needs-token");
    assert.deepEqual(await barriers(page), []);
    await page.getByLabel("Admin token").fill(TOKEN);
    await page.getByRole("button", { name: "Use token" }).click();
    await page.getByText("Frankfurt is serving").waitFor();
    assert.equal(await page.locator(`text=${TOKEN}`).count(), 0);
  }, { token: "0".repeat(64), expected: UNAUTHORIZED });
});

browserTest(
  "a tap shows headers and gaps, pauses, filters, saves, and everybody sees that it is active",
  async () => {
    await using relay = await site();
    await withConsole(relay.url, async (page) => {
      const other = await page.context().newPage();
      await other.goto(relay.url);
      await open(page, "tap/general");
      await page.getByRole("button", { name: "Start tap" }).click();
      await other.getByText("Debug tap active on general").waitFor();
      await page.locator(".gap", { hasText: /\d+ missing before \d+ from/ }).first().waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      const lines = await page.locator(".packets tbody").innerHTML();
      await page.getByText(/, \d+ since the pause/).waitFor();
      assert.equal(await page.locator(".packets tbody").innerHTML(), lines);
      await page.getByLabel("Filter by sender").fill("farid");
      const senders = await page.locator(".packets .sender").allTextContents();
      assert(senders.length > 0 && senders.every((sender) => sender === "Farid"), senders.join());
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Save as JSON lines" }).click(),
      ]);
      const saved = await Deno.readTextFile(await download.path());
      const packets = saved.trimEnd().split("\n").map((line) => JSON.parse(line));
      assert(packets.length > 10);
      assert(packets.every(({ kind }) => typeof kind === "string"));
      await page.getByRole("button", { name: "Stop tap" }).click();
      await other.getByText("Debug tap active").waitFor({ state: "detached" });
      await page.getByText("Ended.").waitFor();
      assert.equal(relay.lively.relay.tap.active, 0);
    }, { token: TOKEN });
  },
);

browserTest(
  "when the relay goes the page says so, and when it is back the page is too",
  async () => {
    const first = await site();
    const port = Number(new URL(first.url).port);
    await withConsole(first.url, async (page) => {
      await page.getByText("Frankfurt is serving").waitFor();
      await first[Symbol.asyncDispose]();
      await page.getByText("Disconnected.").waitFor();
      await picture(page, "disconnected");
      assert.deepEqual(await barriers(page), []);
      await using _second = await livelySite({ parts, port });
      await page.getByText("Disconnected.").waitFor({ state: "detached" });
      await page.locator(".connection.live").waitFor();
    }, { expected: /ERR_|Failed to load resource/ });
  },
);

browserTest("a relay where nothing happens yet has a page that says what will", async () => {
  const quiet = {
    rooms: () => [],
    calls: () => [],
    sessions: () => [],
    federation: { links: () => [], mesh: () => [], directory: () => [] },
  };
  await using relay = await livelySite({ parts, changes: quiet, past: 0 });
  await withConsole(relay.url, async (page) => {
    for (
      const [view, sentence] of [
        ["overview", "This relay is serving"],
        ["mesh", "No other relay is linked"],
        ["rooms", "No room is open"],
        ["calls", "No call at present"],
        ["tap", "No tap is running here"],
        ["directory", "This relay is linked to no other"],
      ] as const
    ) {
      await open(page, view);
      await page.getByText(sentence).first().waitFor();
      await picture(page, `empty-${view}`);
      assert.deepEqual(await barriers(page), [], view);
    }
  });
});
