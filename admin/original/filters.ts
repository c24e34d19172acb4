/** Query parameters of the original's lists, which it does not have: some of the entries, page by page. */
import type { PresencePeer } from "../../relay/ports/presence.ts";
import { Problem } from "../problem.ts";
import type { SiteHost } from "../site_host.ts";
import { everybody, type PresenceEntry } from "./everybody.ts";

/** Some entries of a list, and a `Link` header to the next ones. */
export interface Page<Items> {
  readonly items: Items;
  readonly links: Readonly<Record<string, string>>;
}

const MAX_LIMIT = 10_000;

/**
 * `location=local|remote`, `relay=ip:port`, `q=` the beginning of a fingerprint, `limit=` and `after=` a fingerprint.
 * Without a limit it is the whole list, as of the original.
 */
export async function presencePage(
  presence: Pick<SiteHost["presence"], "fingerprints" | "find">,
  url: URL,
): Promise<Page<AsyncIterable<PresenceEntry[]> | Iterable<PresenceEntry[]>>> {
  const { searchParams: query } = url;
  const location = query.get("location");
  if (location !== null && location !== "local" && location !== "remote") {
    throw new Problem("bad_parameter", { detail: "location is local or remote." });
  }
  const at = query.get("relay");
  const limit = limitOf(query);
  const entries = everybody(presence, {
    after: query.get("after"),
    start: query.get("q"),
    fits: ({ relay }) =>
      (location === null || (relay === null) === (location === "local")) &&
      (at === null || relay === at),
  });
  if (limit === null) return { items: entries, links: {} };
  const some: PresenceEntry[] = [];
  for await (const more of entries) {
    some.push(...more.slice(0, limit + 1 - some.length));
    if (some.length > limit) break;
  }
  const { items, links } = firstPage(some, ({ fingerprint }) => fingerprint, limit, url);
  return { items: [items], links };
}

/** `addr=ip:port`, `q=` the beginning of a fingerprint there, `limit=` and `after=` an address. */
export function peersPage(peers: readonly PresencePeer[], url: URL): Page<readonly PresencePeer[]> {
  const { searchParams: query } = url;
  const address = query.get("addr");
  const start = query.get("q");
  const after = query.get("after");
  const wanted = peers.filter((peer) =>
    (address === null || peer.address === address) &&
    (after === null || peer.address > after) &&
    (start === null || peer.fingerprints.some((name) => name.startsWith(start)))
  );
  return firstPage(wanted, (peer) => peer.address, limitOf(query) ?? Infinity, url);
}

function limitOf(query: URLSearchParams): number | null {
  const text = query.get("limit");
  if (text === null) return null;
  const limit = Number(text);
  if (!/^\d{1,5}$/.test(text) || limit < 1 || limit > MAX_LIMIT) {
    throw new Problem("bad_parameter", {
      detail: `limit is a whole number from 1 to ${MAX_LIMIT}.`,
    });
  }
  return limit;
}

/** The list is in order of `key`, by which the next page is asked for. */
function firstPage<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
  limit: number,
  url: URL,
): Page<Item[]> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || page.length === items.length) return { items: page, links: {} };
  const next = new URLSearchParams(url.searchParams);
  next.set("after", key(last));
  return { items: page, links: { link: `<${url.pathname}?${next}>; rel="next"` } };
}
