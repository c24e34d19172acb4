/** The registry, this relay's entry in one, and the UDP relay, for operators. */
import type { Hono } from "hono";
import { canonicalIp, formatSocketAddress } from "../../relay/ports/addresses.ts";
import type { RegisteredRelayView } from "../../relay/ports/registry.ts";
import type { UdpRelayView } from "../../relay/ports/udp_relay.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { Problem } from "../problem.ts";
import type { RegisteredRelay, RegistryPage, UdpRelayState } from "./companion_shapes.ts";
import { serve } from "./endpoint_route.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { outcomeOf } from "./outcome.ts";
import { DEFAULT_LIMIT } from "./paging.ts";
import type { SiteHost } from "../site_host.ts";

export function companionRoutes(app: Hono<AdminEnv>, host: SiteHost): void {
  const { registry, operations } = host;
  serve(app, ENDPOINTS.registry, async ({ query }) => {
    const { limit = DEFAULT_LIMIT, after = "", q = "", region = null } = query;
    const page = await registry?.page({ after, limit: limit + 1, q, region }) ??
      { items: [], total: 0 };
    const items = page.items.slice(0, limit).map(relayRow);
    const next = page.items.length > limit ? items.at(-1)!.fingerprint : null;
    await host.fresh("registration", "registry");
    const registration = host.registration();
    return { registry: statsOf(host), registration, items, next, total: page.total };
  });
  serve(app, ENDPOINTS.parties, async ({ query }) => {
    const { limit = DEFAULT_LIMIT, after = "" } = query;
    const found = await registry?.parties(after, limit + 1) ?? [];
    await host.fresh("registry");
    const items = found.slice(0, limit);
    const next = found.length > limit ? items.at(-1)!.party : null;
    return { items, next, total: registry?.stats().parties ?? 0 };
  });
  serve(app, ENDPOINTS.udpRelay, async () => {
    await host.fresh("udpRelay");
    return udpRelayState(host.udpRelay());
  });
  serve(app, ENDPOINTS.blockUdp, async ({ body: { ip, seconds }, context }) => {
    context.set("audit", { ip, seconds });
    const ms = seconds === null ? null : seconds * 1_000;
    return outcomeOf(await operations.blockUdp(known(ip), ms));
  });
  serve(app, ENDPOINTS.unblockUdp, async ({ body: { ip }, context }) => {
    context.set("audit", { ip });
    return outcomeOf(await operations.unblockUdp(known(ip)));
  });
}

function statsOf({ registry, settings }: SiteHost): RegistryPage["registry"] {
  if (registry === null) return null;
  const { relaysByRegion, refused, ...stats } = registry.stats();
  return { public: settings().registryPublic, relaysByRegion, refused, ...stats };
}

function relayRow(view: RegisteredRelayView): RegisteredRelay {
  const { name, addr, region, capacity, load, draining, takesClients, ageMs } = view;
  return {
    fingerprint: view.tls_fingerprint,
    name,
    addr,
    region,
    capacity,
    load,
    draining,
    takesClients,
    udpPort: view.udp_port,
    ageMs,
  };
}

function udpRelayState(view: UdpRelayView | null): UdpRelayState {
  if (view === null) return OFF;
  const { ip, port } = view.listen;
  return { ...view, listen: ip === "" ? `:${port}` : formatSocketAddress(view.listen) };
}

const OFF: UdpRelayState = {
  listen: null,
  groups: 0,
  keys: 0,
  peers: [],
  peersTotal: 0,
  sessions: 0,
  blocked: [],
  packetsIn: 0,
  bytesIn: 0,
  packetsForwarded: 0,
  bytesForwarded: 0,
  drops: {},
};

function known(ip: string): string {
  const canonical = canonicalIp(ip);
  if (canonical === null) throw new Problem("bad_parameter", { detail: "ip is no IP address." });
  return canonical;
}
