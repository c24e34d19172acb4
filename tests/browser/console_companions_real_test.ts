/** Registry and UDP relay in the console of a real relay: a second relay registers, packets come, an operator blocks. */
import assert from "node:assert/strict";
import { initiation, keyOf } from "../../udp_relay/testing_wireguard.ts";
import { startRelay } from "../harness/relay_process.ts";
import { LIMIT_MS } from "../process/callers.ts";
import { httpAddress } from "../process/raw_http.ts";
import { browserTest } from "./chromium.ts";
import { barriers, open, withConsole } from "./console/console_page.ts";

const [A, B] = [keyOf(1), keyOf(2)];
const CONFIG = "[registry]\nenabled = true\n" +
  `[udp_relay]\ngroups = [{ name = "office", keys = ${JSON.stringify([A, B])} }]\n`;

browserTest(
  "the console of a real registry shows who registered, and what its UDP relay got",
  async () => {
    await using registry = await startRelay({
      args: ["--udp-relay", "127.0.0.1:0"],
      config: CONFIG,
    });
    const { port } = await httpAddress(registry);
    const url = `http://127.0.0.1:${port}/`;
    const [, udpPort] = await registry.stdout.match(
      /UDP relay for WireGuard is listening.*127\.0\.0\.1:(\d+)/,
      LIMIT_MS,
    );
    const [, tokenFile] = await registry.stdout.match(
      /admin token generated path="([^"]+)"/,
      LIMIT_MS,
    );
    const token = (await Deno.readTextFile(tokenFile!)).trim();
    await using oslo = await startRelay({
      config:
        `relay_name = "oslo"\nregion = "eu-north"\n[registry]\nurl = "http://127.0.0.1:${port}"\n`,
    });
    const address = `${oslo.address.ip}:${oslo.address.port}`;
    const peer = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    using _closing = { [Symbol.dispose]: () => peer.close() };
    const to = { transport: "udp", hostname: "127.0.0.1", port: Number(udpPort) } as const;

    await withConsole(url, async (page) => {
      await open(page, "registry");
      const rows = page.getByRole("table", { name: "Registered relays" }).locator("tbody tr");
      const row = rows.filter({ hasText: "oslo" });
      await row.getByText("open").waitFor();
      const { items, registry: stats } = await (await fetch(`${url}api/v1/registry`)).json();
      assert.deepEqual(
        [items.length, items[0].addr, items[0].region, stats.relays],
        [1, address, "eu-north", 1],
      );
      assert((await row.textContent())!.includes(address));
      assert.equal(await rows.count(), 1);
      // It says farewell.
      oslo.signal("SIGTERM");
      await row.waitFor({ state: "detached" });

      await open(page, "udp-relay");
      await page.getByText(`127.0.0.1:${udpPort}`, { exact: true }).waitFor();
      for (let packet = 0; packet < 3; packet++) await peer.send(initiation(B, 10 + packet), to);
      await peer.send(new Uint8Array(1_000), to);
      await page.locator("[data-udp=in] td").nth(2).filter({ hasText: /^4$/ }).waitFor();
      await page.getByLabel("Address", { exact: true }).fill("127.0.0.1");
      await page.getByLabel("How long").selectOption("until it is lifted");
      await page.getByRole("button", { name: "Block", exact: true }).click();
      await page.getByText("127.0.0.1 is blocked.").waitFor();
      await peer.send(initiation(B, 20), to);
      await page.locator("[data-udp=in] td").nth(2).filter({ hasText: /^5$/ }).waitFor();
      const { drops } = await (await fetch(`${url}api/v1/udp-relay`)).json();
      assert.equal(drops.blocked, 1);
      assert.deepEqual(await barriers(page), []);
      assert(!(await page.content()).includes(token));
    }, { token });
  },
);
