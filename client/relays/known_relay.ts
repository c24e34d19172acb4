/** A relay that somebody named: where it is, what it calls itself, and how to know that it is the one. */

/** Who named it. */
export type Source =
  | "registry"
  /** The user, on the command line. */
  | "configured"
  | "built-in"
  /** Another relay. */
  | "told";

export interface KnownRelay {
  /** Canonical `ip:port`. */
  readonly addr: string;
  readonly name: string;
  readonly region: string | null;
  /** SHA-256 of the only certificate that is accepted; null for any. */
  readonly pin: Uint8Array | null;
  /** Neither draining nor full, as far as known. */
  readonly takesClients: boolean;
  readonly draining: boolean;
  /** Of its relay for WireGuard packets. */
  readonly udpPort: number | null;
  readonly source: Source;
}

/** Most that are probed; the rest of a long list waits until these disappoint. */
export const MAX_RELAYS = 64;

/** One relay for each address, in order; of two the user's pin counts, and what a registry says for all else. */
export function mergeRelays(relays: readonly KnownRelay[]): KnownRelay[] {
  const merged = new Map<string, KnownRelay>();
  for (const relay of relays) {
    const known = merged.get(relay.addr);
    if (known === undefined) merged.set(relay.addr, relay);
    else merged.set(relay.addr, { ...known, pin: pinOf(known, relay) });
  }
  return [...merged.values()];
}

function pinOf(first: KnownRelay, second: KnownRelay): Uint8Array | null {
  if (second.source === "configured" && second.pin !== null) return second.pin;
  return first.pin ?? second.pin;
}
