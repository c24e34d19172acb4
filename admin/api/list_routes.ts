/** The lists of `/api/v1`, page by page. */
import type { Hono } from "hono";
import type { AdminEnv } from "../guard/caller.ts";
import { serve } from "./endpoint_route.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { Pages } from "./paging.ts";
import { callRow, linkRow, roomRow, sessionRow } from "./rows.ts";
import { relayLabels } from "./topology.ts";
import type { SiteHost } from "../site_host.ts";

/** Digits of a participant's number, so that keys are in its order. */
const NUMBER_DIGITS = 15;

export function listRoutes(app: Hono<AdminEnv>, host: SiteHost): void {
  const pages = new Pages();
  serve(app, ENDPOINTS.rooms, async ({ query }) => {
    await host.fresh("rooms");
    return await pages.select({
      items: host.rooms(),
      key: ({ name }) => name,
      texts: ({ name }) => [name],
      row: roomRow,
    }, query);
  });
  serve(app, ENDPOINTS.sessions, async ({ query }) => {
    await host.fresh("sessions");
    return await pages.select({
      items: host.sessions(),
      key: ({ participant }) => String(participant.id).padStart(NUMBER_DIGITS, "0"),
      texts: ({ participant: { session, room, fingerprint, alias, address } }) => [
        session,
        room,
        fingerprint,
        alias,
        address,
      ],
      row: (view) => sessionRow(host, view),
      wanted: ({ participant }) => query.room === undefined || participant.room === query.room,
    }, query);
  });
  serve(app, ENDPOINTS.calls, async ({ query }) => {
    await host.fresh("calls");
    return await pages.select({
      items: host.calls(),
      key: ({ id }) => id,
      texts: ({ id, caller, callee, state }) => [id, caller, callee, state],
      row: (call) => callRow(host, call),
    }, query);
  });
  serve(app, ENDPOINTS.links, async ({ query }) => {
    await host.fresh("links");
    return await pages.select({
      items: host.federation.links(),
      key: ({ relay }) => relay,
      texts: ({ relay, label, address }) => [relay, label, address],
      row: (link) => linkRow(host, link),
    }, query);
  });
  serve(app, ENDPOINTS.directory, async ({ query }) => {
    await host.fresh("directory", "mesh", "links");
    const labels = relayLabels(host);
    const labelOf = (relay: string) => labels.get(relay) ?? "";
    return pages.select({
      items: host.federation.directory(),
      key: ({ fingerprint, relay }) => `${fingerprint} ${relay}`,
      texts: ({ fingerprint, relay }) => [fingerprint, labelOf(relay)],
      row: ({ fingerprint, relay }) => ({ fingerprint, relay, label: labelOf(relay) }),
      wanted: ({ relay }) => query.relay === undefined || query.relay === relay,
    }, query);
  });
}
