/** Flags of `netcheck` and `wg-endpoint`. */
import { formatSocketAddress, parseSocketAddress } from "../proto/socket_address.ts";
import { type Action, type Flag, NAT_TYPES } from "./flag.ts";
import { secret } from "./relay_flags.ts";

const WIREGUARD: readonly Action[] = ["wg-endpoint"];
const MAX_ENDPOINTS = 16;

export const NETCHECK_FLAGS: readonly Flag[] = [
  {
    name: "--netcheck",
    word: "netcheck",
    help: "measure all relays; tell our addresses, the NAT, and which relay would be chosen",
    action: "netcheck",
  },
  {
    name: "--wg-endpoint",
    word: "wg-endpoint",
    help: "print the endpoint at which WireGuard should reach a peer: directly, or a UDP relay",
    action: "wg-endpoint",
  },
];

export const WIREGUARD_FLAGS: readonly Flag[] = [
  {
    name: "--party",
    value: "ID",
    help: "where both peers meet in the registry",
    with: WIREGUARD,
    apply: (settings, value) => settings.party = party(value),
  },
  {
    name: "--party-token",
    value: "TOKEN",
    help: "of the party; @FILE reads it from a file",
    with: WIREGUARD,
    apply: (settings, value) => settings.partyToken = secret("--party-token", value),
  },
  {
    name: "--key",
    value: "KEY",
    help: "our WireGuard public key",
    with: WIREGUARD,
    apply: (settings, value) => settings.key = publicKey("--key", value),
  },
  {
    name: "--peer",
    value: "KEY",
    help: "the peer's WireGuard public key",
    with: WIREGUARD,
    apply: (settings, value) => settings.peer = publicKey("--peer", value),
  },
  {
    name: "--wg-port",
    value: "PORT",
    help: "UDP port of our WireGuard (default: 51820)",
    with: WIREGUARD,
    apply: (settings, value) => settings.wireguardPort = port(value),
  },
  {
    name: "--endpoints",
    value: "LIST",
    help: "where others reach our WireGuard, ip:port with commas between (default: found out)",
    with: WIREGUARD,
    apply: (settings, value) => settings.endpoints = endpoints(value),
  },
  {
    name: "--nat-type",
    value: "TYPE",
    help: `the NAT before our WireGuard, ${NAT_TYPES.join(" or ")} (default: found out)`,
    with: WIREGUARD,
    apply: (settings, value) => settings.natType = natType(value),
  },
  {
    name: "--watch",
    help: "go on, and print a line whenever the endpoint changes",
    with: WIREGUARD,
    apply: (settings) => settings.watch = true,
  },
];

function party(text: string): string {
  if (!/^[\w-]{1,64}$/.test(text)) throw new RangeError(`--party wants an id, not "${text}"`);
  return text;
}

function publicKey(flag: string, text: string): string {
  if (!/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text)) {
    throw new RangeError(`${flag} wants a WireGuard public key, 44 characters that end in "="`);
  }
  return text;
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 65_535) throw new RangeError(`--wg-port wants a port, not "${text}"`);
  return value;
}

function endpoints(text: string): string[] {
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const all = words.map((word) => {
    const address = parseSocketAddress(word);
    if (address === null || address.port === 0) {
      throw new RangeError(`--endpoints wants ip:port, not "${word}"`);
    }
    return formatSocketAddress(address);
  });
  if (all.length === 0 || all.length > MAX_ENDPOINTS) {
    throw new RangeError(`--endpoints wants 1 to ${MAX_ENDPOINTS} of them`);
  }
  return all;
}

function natType(text: string): typeof NAT_TYPES[number] {
  const found = NAT_TYPES.find((type) => type === text);
  if (found === undefined) {
    throw new RangeError(`--nat-type wants ${NAT_TYPES.join(" or ")}, not "${text}"`);
  }
  return found;
}
