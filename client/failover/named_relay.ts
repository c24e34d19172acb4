/** Relays as another relay names them: `name|address`, ours also `name|address|certificate hash`. */
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";

export interface NamedRelay {
  readonly name: string;
  /** `ip:port`, written the one way addresses are written. */
  readonly addr: string;
  readonly address: SocketAddress;
  /** SHA-256 of its certificate, or null when it was not told. */
  readonly pin: Uint8Array | null;
}

/** Most that one relay can name. */
const MAX_NAMED = 32;

/** Those that can be used by a socket of this family; what cannot be read is left out. */
export function namedRelays(entries: readonly string[], ipv6: boolean): NamedRelay[] {
  const relays: NamedRelay[] = [];
  for (const entry of entries.slice(0, MAX_NAMED)) {
    const [name = "", text = "", hash] = entry.split("|");
    const address = parseSocketAddress(text);
    if (address === null || address.port === 0 || address.ip.includes(":") !== ipv6) continue;
    const addr = formatSocketAddress(address);
    if (hash !== undefined && !/^[0-9a-f]{64}$/i.test(hash)) continue;
    if (relays.some((other) => other.addr === addr)) continue;
    relays.push({ name, addr, address, pin: hash === undefined ? null : Uint8Array.fromHex(hash) });
  }
  return relays;
}
