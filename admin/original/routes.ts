/** The paths of the original relay, with its texts: presence, peers, routes and the mesh table. */
import { Hono } from "hono";
import { chunked } from "../chunked.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { prefersJson } from "./accept.ts";
import { peersPage, presencePage } from "./filters.ts";
import { meshTable } from "./mesh_table.ts";
import { peersText, placeText, presenceText, routeText } from "./presence_text.ts";
import type { SiteHost } from "../site_host.ts";

export function originalRoutes(host: SiteHost): Hono<AdminEnv> {
  const { presence } = host;
  const app = new Hono<AdminEnv>();
  app.get("/presence", async ({ req }) => {
    await host.fresh("presence");
    const page = await presencePage(presence, new URL(req.url));
    return json(chunked(presenceText(page.items)), page.links);
  });
  app.get("/presence/:fingerprint", async ({ req }) => {
    const fingerprint = req.param("fingerprint");
    return json(placeText(fingerprint, await host.locate(fingerprint)));
  });
  app.get("/peers", async ({ req }) => {
    await host.fresh("peers");
    const page = peersPage(presence.peers(), new URL(req.url));
    return json(chunked(peersText(page.items)), page.links);
  });
  app.get("/route/:fingerprint", async ({ req }) => {
    const fingerprint = req.param("fingerprint");
    return json(routeText(fingerprint, await host.route(fingerprint)));
  });
  app.get("/mesh", async (context) => {
    await host.fresh("probes");
    const targets = host.probes();
    if (prefersJson(context.req.header("accept"))) {
      return context.json({
        targets: targets.map(({ target, up, rttMs, lossPct, jitterMs }) => ({
          target,
          up,
          rtt_ms: rttMs,
          loss_pct: lossPct,
          jitter_ms: jitterMs,
        })),
      });
    }
    return context.text(meshTable(targets));
  });
  return app;
}

function json(body: BodyInit, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { headers: { "content-type": "application/json", ...headers } });
}
