/** What calls ask of the mesh: who is where, and over which links. */
import type { Link, RelayKey } from "../link.ts";

export interface CallMesh {
  /** Other relays that say that somebody is registered there, the one to ask first. */
  relaysOf(fingerprint: string): readonly RelayKey[];
  /** The link on the shortest way there, or null. */
  nextHop(relay: RelayKey): Link | null;
  /** The relays on that way: the next hop first, that relay last; null when there is none. */
  path(relay: RelayKey): readonly RelayKey[] | null;
  /** Whether two other relays have a link of their own: not legacy, and both say so. */
  linked(a: RelayKey, b: RelayKey): boolean;
  /** Where a relay listens, `ip:port`; null when nobody said. */
  addressOf(relay: RelayKey): string | null;
  /** The relay that listens there, as far as the mesh says; null for none. */
  relayAt(address: string): RelayKey | null;
  labelOf(relay: RelayKey): string;
  /** Whether clients may be sent there now. */
  takesClients(relay: RelayKey): boolean;
  /** Round trip over the way there; null when a part of it has not been measured. */
  rttTo(relay: RelayKey): number | null;
  /** Calls whenever one of the answers above may have changed; call the result to end that. */
  onChange(listener: () => void): () => void;
}

/** The links of this relay. */
export interface CallLinks {
  links(): Iterable<Link>;
  find(relay: RelayKey): Link | null;
}
