/** The registry over HTTP: relays and parties, for relays, clients and peers; what may be asked is in `paths.ts`. */
import { type Context, Hono } from "hono";
import type { RegisteredPartyView, Registry, RegistryAnswer } from "../../relay/ports/registry.ts";
import { readQuery } from "../api/endpoint_route.ts";
import { DEFAULT_LIMIT } from "../api/paging.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { Problem } from "../problem.ts";
import { PARTIES_QUERY } from "./endpoints.ts";
import { LongLists } from "./long_list.ts";
import { partyToken, registryBody, registryResponse } from "./registry_answer.ts";
import { SourceRates } from "./source_rates.ts";
import type { SiteHost } from "../site_host.ts";

/** A relay beats every 30 s: 10,000 behind a proxy are 333 a second. A whole data centre may start at once. */
const REQUEST_RATES = {
  stranger: { perSecond: 50, burst: 500 },
  known: { perSecond: 500, burst: 1_000 },
};
/** A list is asked for when a client starts and then every few minutes. */
const LIST_RATES = {
  stranger: { perSecond: 1, burst: 20 },
  known: { perSecond: 50, burst: 100 },
};
const MAX_REGION = 32;

type Ask = Context<AdminEnv>;

export function registryRoutes(host: SiteHost): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  const requests = new SourceRates(host.clock, REQUEST_RATES);
  const lists = new SourceRates(host.clock, LIST_RATES);
  const sender = new LongLists(host.clock);
  const registry = (): Registry => {
    if (host.registry === null) {
      throw new Problem("not_found", { detail: "This relay is no registry." });
    }
    return host.registry;
  };
  const on = (
    method: "GET" | "POST" | "DELETE",
    path: string,
    ask: (registry: Registry, context: Ask) => RegistryAnswer | Promise<RegistryAnswer>,
    status?: number,
  ) =>
    app.on(method, path, async (context) => {
      const asked = registry();
      requests.take(context.env.caller);
      return registryResponse(await ask(asked, context), status);
    });
  const list = async (context: Ask, region: string | null) => {
    const asked = registry();
    const { caller } = context.env;
    lists.take(caller);
    const found = await asked.relays(region);
    return sender.answer(found, caller, context.req.header("if-none-match"));
  };

  app.get("/relays", (context) => list(context, null));
  app.get("/relays/:region", (context) => {
    const region = context.req.param("region");
    if (region.length > MAX_REGION) {
      throw new Problem("bad_parameter", { detail: "region is longer than 32 characters." });
    }
    return list(context, region);
  });
  on("POST", "/relays", async (asked, c) => asked.register(await registryBody(c), ip(c)));
  on(
    "DELETE",
    "/relays/:fingerprint",
    async (asked, c) => asked.remove(part(c, "fingerprint"), await registryBody(c), ip(c)),
  );
  on("POST", "/parties", async (asked, c) => asked.createParty(await registryBody(c), ip(c)), 201);
  on("DELETE", "/parties/:party", (asked, c) => asked.removeParty(part(c, "party"), partyToken(c)));
  on(
    "POST",
    "/parties/:party/join",
    async (asked, c) => asked.join(part(c, "party"), partyToken(c), await registryBody(c), ip(c)),
  );
  on("GET", "/parties/:party/peers", (asked, c) => asked.peers(part(c, "party"), partyToken(c)));
  on(
    "POST",
    "/parties/:party/peers/:peer/heartbeat",
    async (asked, c) =>
      asked.beat(part(c, "party"), part(c, "peer"), partyToken(c), await registryBody(c)),
  );
  on(
    "POST",
    "/parties/:party/peers/:peer/leave",
    (asked, c) => asked.leave(part(c, "party"), part(c, "peer"), partyToken(c)),
  );
  app.get("/parties", async (context) => {
    const { limit = DEFAULT_LIMIT, after = "" } = readQuery(context, PARTIES_QUERY);
    const found = await registry().parties(after, limit + 1);
    const page = found.slice(0, limit);
    const next = found.length > limit ? page.at(-1)!.party : null;
    return context.json({ parties: page.map(partyRow), next });
  });
  return app;
}

function partyRow({ party, name, peers, ageMs }: RegisteredPartyView) {
  return { party, name, peers, age_ms: ageMs };
}

function ip({ env }: Ask): string {
  return env.caller.source.ip;
}

function part({ req }: Ask, name: string): string {
  return req.param(name) ?? "";
}
