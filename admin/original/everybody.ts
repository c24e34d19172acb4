/** Everybody in order of their fingerprints, a few at a time: there may be 100,000, and sorting them takes a while. */
import type { SiteHost } from "../site_host.ts";
import { turn } from "../turn.ts";

/** Where somebody is; `relay` is null for who is at this one. */
export interface PresenceEntry {
  readonly fingerprint: string;
  readonly relay: string | null;
}

/** Less than a millisecond of work. */
const NAMES_PER_TURN = 1_000;
/** Names that begin alike are sorted at once; these are hexadecimal digits. */
const BEGINNING = 2;

export interface Wanted {
  /** Only fingerprints above this one. */
  readonly after: string | null;
  /** Only fingerprints that begin so. */
  readonly start: string | null;
  readonly fits: (entry: PresenceEntry) => boolean;
}

/** Once each, those who are here as such. Who leaves meanwhile may be missing. */
export async function* everybody(
  presence: Pick<SiteHost["presence"], "fingerprints" | "find">,
  { after, start, fits }: Wanted,
): AsyncGenerator<PresenceEntry[]> {
  const alike = new Map<string, Set<string>>();
  let seen = 0;
  for (const name of presence.fingerprints()) {
    if (++seen % NAMES_PER_TURN === 0) await turn();
    if ((after !== null && name <= after) || (start !== null && !name.startsWith(start))) continue;
    const beginning = name.slice(0, BEGINNING);
    const names = alike.get(beginning);
    if (names === undefined) alike.set(beginning, new Set([name]));
    else names.add(name);
  }
  let shown = 0;
  for (const beginning of [...alike.keys()].sort()) {
    const entries: PresenceEntry[] = [];
    for (const fingerprint of [...alike.get(beginning)!].sort()) {
      if (++shown % NAMES_PER_TURN === 0) await turn();
      const place = presence.find(fingerprint);
      if (place === null) continue;
      const entry = { fingerprint, relay: place.at === "local" ? null : place.relay };
      if (fits(entry)) entries.push(entry);
    }
    if (entries.length > 0) yield entries;
  }
}
