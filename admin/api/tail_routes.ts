/** The recent log and recent events of `/api/v1`. */
import type { Hono } from "hono";
import type { Tail } from "../../relay/ports/admin.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { serve } from "./endpoint_route.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { DEFAULT_LIMIT, matches } from "./paging.ts";
import { eventRow, logLine } from "./rows.ts";
import type { SiteHost } from "../site_host.ts";

export function tailRoutes(app: Hono<AdminEnv>, host: SiteHost): void {
  serve(app, ENDPOINTS.log, async ({ query }) => {
    await host.fresh("log");
    const { level, area, q } = query;
    const { items, ...rest } = newest(
      host.logTail,
      query,
      (line) =>
        (level === undefined || line.level === level) &&
        (area === undefined || line.area === area) &&
        (q === undefined || matches([line.message, ...Object.values(line.fields)], q)),
    );
    return { items: items.map(logLine), ...rest };
  });
  serve(app, ENDPOINTS.recentEvents, async ({ query }) => {
    await host.fresh("events");
    const { kind, q } = query;
    const { items, ...rest } = newest(
      host.eventTail,
      query,
      (event) =>
        (kind === undefined || event.kind === kind) &&
        (q === undefined || matches(Object.values(event.fields).map(String), q)),
    );
    return { items: items.map(eventRow), ...rest };
  });
}

/** The first `limit` after an id, or the last of all without one. */
function newest<Item extends { readonly id: number }>(
  tail: Tail<Item>,
  { after, limit = DEFAULT_LIMIT }: {
    readonly after?: number | undefined;
    readonly limit?: number | undefined;
  },
  wanted: (item: Item) => boolean,
) {
  const { items, skipped } = tail.since(after ?? 0, Infinity);
  const found = items.filter(wanted);
  if (after === undefined) {
    return { items: found.slice(-limit), skipped: 0, next: items.at(-1)?.id ?? 0 };
  }
  const page = found.slice(0, limit);
  // Whatever was looked through and is not wanted need not be looked at again.
  const next = found.length > limit ? page.at(-1)!.id : items.at(-1)?.id ?? after;
  return { items: page, skipped, next };
}
