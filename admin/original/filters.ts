/** Query parameters of the original's lists, which it does not have: some of the entries, page by page. */
import type { PresencePeer } from "../../relay/ports/presence.ts";
import { Problem } from "../problem.ts";
import type { PresenceEntry } from "./presence_text.ts";

/** Some entries of a list, and a `Link` header to the next ones. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly links: Readonly<Record<string, string>>;
}

const MAX_LIMIT = 100_000;

/**
 * `location=local|remote`, `relay=ip:port`, `q=` the beginning of a fingerprint, `limit=` and `after=` a fingerprint.
 * Without any it is the whole list, as of the original.
 */
export function filterPresence(entries: readonly PresenceEntry[], url: URL): Page<PresenceEntry> {
  const { searchParams: query } = url;
  const location = query.get("location");
  if (location !== null && location !== "local" && location !== "remote") {
    throw new Problem("bad_parameter", { detail: "location is local or remote." });
  }
  const relay = query.get("relay");
  const start = query.get("q");
  const wanted = location === null && relay === null && start === null
    ? entries
    : entries.filter((entry) =>
      (location === null || (entry.relay === null) === (location === "local")) &&
      (relay === null || entry.relay === relay) &&
      (start === null || entry.fingerprint.startsWith(start))
    );
  return paged(wanted, ({ fingerprint }) => fingerprint, url);
}

/** `addr=ip:port`, `q=` the beginning of a fingerprint there, `limit=` and `after=` an address. */
export function filterPeers(peers: readonly PresencePeer[], url: URL): Page<PresencePeer> {
  const { searchParams: query } = url;
  const address = query.get("addr");
  const start = query.get("q");
  const wanted = peers.filter((peer) =>
    (address === null || peer.address === address) &&
    (start === null || peer.fingerprints.some((name) => name.startsWith(start)))
  );
  return paged(wanted, (peer) => peer.address, url);
}

/** The list is in order of `key`. */
function paged<Item>(items: readonly Item[], key: (item: Item) => string, url: URL): Page<Item> {
  const { searchParams: query } = url;
  const after = query.get("after");
  const limit = query.get("limit");
  const most = limit === null ? Infinity : Number(limit);
  if (limit !== null && (!/^\d{1,6}$/.test(limit) || most < 1 || most > MAX_LIMIT)) {
    throw new Problem("bad_parameter", {
      detail: `limit is a whole number from 1 to ${MAX_LIMIT}.`,
    });
  }
  const rest = after === null ? items : items.filter((item) => key(item) > after);
  const page = rest.slice(0, most);
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length) return { items: page, links: {} };
  const next = new URLSearchParams(query);
  next.set("after", key(last));
  return { items: page, links: { link: `<${url.pathname}?${next}>; rel="next"` } };
}
