/** `/api/v1` and `/openapi.json`: what the console and scripts ask for and do. */
import { Hono } from "hono";
import type { AdminEnv } from "../guard/caller.ts";
import { operating } from "../guard/operating.ts";
import { Problem } from "../problem.ts";
import { Board } from "./board.ts";
import { companionRoutes } from "./companion_routes.ts";
import { honoPath, readQuery, serve } from "./endpoint_route.ts";
import { ENDPOINTS, FEEDS } from "./endpoints.ts";
import { History } from "./history.ts";
import { liveFeed } from "./live_feed.ts";
import { openApi } from "./openapi.ts";
import { listRoutes } from "./list_routes.ts";
import { outcomeOf } from "./outcome.ts";
import { roomDetail } from "./rows.ts";
import type { Overview } from "./shapes.ts";
import { MAX_TAPS, Taps } from "./taps.ts";
import { tailRoutes } from "./tail_routes.ts";
import { topology } from "./topology.ts";
import type { SiteHost } from "../site_host.ts";

export function apiRoutes(host: SiteHost): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  const history = new History(host);
  const taps = new Taps(host);
  const overview = () => overviewOf(host, history, taps);
  serve(app, ENDPOINTS.overview, async () => {
    await host.fresh("state", "metrics", "links");
    return overview();
  });
  serve(app, ENDPOINTS.history, ({ query }) => history.answer(query.q));
  serve(app, ENDPOINTS.room, async ({ param }) => {
    await host.fresh("rooms", "sessions");
    const room = roomDetail(host, param("name"));
    if (room === null) throw new Problem("not_found", { detail: "Nobody is in such a room." });
    return room;
  });
  serve(app, ENDPOINTS.topology, async () => {
    await host.fresh("links", "mesh");
    return topology(host);
  });
  serve(app, ENDPOINTS.config, async () => {
    await host.fresh("config");
    return { text: host.configText(), invitation: host.invitation() };
  });
  listRoutes(app, host);
  tailRoutes(app, host);
  companionRoutes(app, host);
  operations(app, host);
  tapRoutes(app, host, taps);
  const board = new Board(host, overview);
  app.get(FEEDS.events.path, async (context) => {
    const query = readQuery(context, FEEDS.events.query);
    await host.fresh("log", "events");
    return liveFeed(host, board, {
      ...query,
      lastEventId: query.lastEventId ?? context.req.header("last-event-id"),
    });
  });
  const document = JSON.stringify(openApi(host.build));
  app.get("/openapi.json", (context) => context.body(document, 200, JSON_TYPE));
  return app;
}

const JSON_TYPE = { "content-type": "application/json" };

function overviewOf(host: SiteHost, history: History, taps: Taps): Overview {
  const { life, full, misconfigured } = host.state();
  const now = host.clock.wall();
  return {
    state: life,
    full,
    misconfigured,
    build: host.build,
    startedAt: host.startedAt,
    now,
    uptimeS: Math.max(0, Math.round((now - host.startedAt) / 1_000)),
    tlsFingerprint: host.tlsFingerprint,
    ...history.current(),
    activeTaps: taps.rows(),
  };
}

function operations(app: Hono<AdminEnv>, { operations }: SiteHost): void {
  serve(
    app,
    ENDPOINTS.drain,
    async ({ body }) => outcomeOf(await operations.drain(body.reason ?? "asked over HTTP")),
  );
  serve(app, ENDPOINTS.reload, async () => outcomeOf(await operations.reload()));
  serve(app, ENDPOINTS.logLevel, async ({ body, context }) => {
    context.set("audit", { levels: body.levels });
    return outcomeOf(await operations.setLogLevel(body.levels), "bad_parameter");
  });
  serve(app, ENDPOINTS.kick, async ({ body, context }) => {
    const { session, refuseSeconds = 0 } = body;
    context.set("audit", { session, refuse_s: refuseSeconds });
    return outcomeOf(await operations.kick(session, refuseSeconds * 1_000));
  });
  serve(
    app,
    ENDPOINTS.closeLink,
    async ({ param }) => outcomeOf(await operations.closeLink(param("relay"))),
  );
}

function tapRoutes(app: Hono<AdminEnv>, host: SiteHost, taps: Taps): void {
  serve(app, ENDPOINTS.taps, () => ({ items: taps.rows(), most: MAX_TAPS }));
  serve(app, ENDPOINTS.addTap, ({ body, context }) => {
    const tap = taps.begin(body.room, context.env.caller);
    context.set("audit", { tap: tap.id });
    return tap.row();
  });
  serve(app, ENDPOINTS.removeTap, ({ param }) => {
    taps.find(param("id")).end("removed");
    return { ok: true, detail: "The tap has ended." };
  });
  app.get(honoPath(FEEDS.tap.path), operating(host), (context) => {
    const { room, id, lastEventId } = readQuery(context, FEEDS.tap.query);
    const resumed = lastEventId ?? context.req.header("last-event-id");
    const tap = taps.resumed(resumed) ??
      (id === undefined ? taps.begin(room ?? null, context.env.caller) : taps.find(id));
    context.set("audit", { tap: tap.id });
    return tap.view(resumed);
  });
}
