/** Serves the console of the made-up relay on loopback; run by itself it goes on until it is stopped. */
import { startAdmin } from "../../../admin/testing_server.ts";
import { ROUTES } from "../../../admin/routes.ts";
import { consoleRoutes } from "../../../admin/console.ts";
import type { ConsoleParts } from "../../../admin/console_parts.ts";
import type { SiteHost } from "../../../admin/site_host.ts";
import type { TestingHost } from "../../../admin/testing_host.ts";
import { LivelyRelay } from "./lively_relay.ts";

/** What is told to `--admin-token-file`. */
export const TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const PAST_MS = 600_000;
const TURN_MS = 100;

export interface LivelySite extends AsyncDisposable {
  readonly lively: LivelyRelay;
  readonly url: string;
}

export interface SiteOptions {
  readonly parts: ConsoleParts;
  readonly port?: number;
  readonly changes?: Partial<TestingHost>;
  /** How much of the past is there when the page opens. */
  readonly past?: number;
}

/** Answers when it listens. */
export async function livelySite(
  { parts, port = 0, changes = {}, past = PAST_MS }: SiteOptions,
): Promise<LivelySite> {
  const tokenFile = await Deno.makeTempFile({ prefix: "wzp-console-" });
  await Deno.writeTextFile(tokenFile, TOKEN);
  const lively = new LivelyRelay();
  lively.relay.settings = {
    ...lively.relay.settings,
    listen: [{ ip: "127.0.0.1", port }],
    tokenFile,
  };
  const routes = ROUTES.map((one) =>
    one === consoleRoutes ? ((host: SiteHost) => consoleRoutes(host, () => parts)) : one
  );
  const admin = await startAdmin(lively.host(changes), routes);
  lively.run(past);
  let before = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    lively.run(now - before);
    before = now;
  }, TURN_MS);
  return {
    lively,
    url: `http://127.0.0.1:${admin.addresses[0]!.port}/`,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await admin.close();
      await Deno.remove(tokenFile);
    },
  };
}

if (import.meta.main) {
  const { buildConsole } = await import("../../../tools/build/console.ts");
  const site = await livelySite({
    parts: await buildConsole(),
    port: Number(Deno.args[0] ?? 4480),
  });
  console.log(`${site.url} with the token ${TOKEN}`);
}
