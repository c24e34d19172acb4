/** Relays that the present one names for a room or call: the only ones a session may move to. */
import { parseRelayEntry } from "../../proto/relay_entry.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";

export interface NamedRelay {
  /** May be empty. */
  readonly name: string;
  readonly address: SocketAddress;
  /** SHA-256 of its certificate, or null when it was not told. */
  readonly pin: Uint8Array | null;
}

/** Most that one relay can name. */
const MAX_NAMED = 32;

/** By address, those whose IP address can be reached; what cannot be read is left out. */
export function namedRelays(
  entries: readonly string[],
  reached: (ip: string) => boolean,
): ReadonlyMap<string, NamedRelay> {
  const relays = new Map<string, NamedRelay>();
  for (const text of entries.slice(0, MAX_NAMED)) {
    const entry = parseRelayEntry(text);
    if (entry === null || !reached(entry.address.ip)) continue;
    const { name, address, fingerprint } = entry;
    const addr = formatSocketAddress(address);
    if (relays.has(addr)) continue;
    relays.set(addr, {
      name,
      address,
      pin: fingerprint === null ? null : Uint8Array.fromHex(fingerprint),
    });
  }
  return relays;
}
