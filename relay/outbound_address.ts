/** The address of this machine that others most likely reach, and the one the relay tells them. */
import type { SocketAddress } from "../proto/socket_address.ts";

/** What is needed of `Deno.networkInterfaces()`. */
export interface Interface {
  readonly name: string;
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
}

interface Outbound {
  readonly ip: string;
  /** Addresses that were as likely; the operator may want to set `advertised_addr`. */
  readonly others: readonly string[];
}

/** Bridges, tunnels and the like: their addresses rarely mean anything to others. */
const VIRTUAL =
  /^(br-|bridge|cali|cni|docker|dummy|flannel|lxc|lxd|podman|tailscale|tap|tun|utun|vboxnet|veth|virbr|vmnet|wg|zt)/;

/**
 * The likeliest address for a listener at `listenIp`: IPv4 before IPv6, real interfaces before virtual ones,
 * public addresses before private ones. Connecting a UDP socket outwards and asking for its local address
 * would be exact, but `connect` of `node:dgram` on Deno only remembers the peer and never reaches the kernel.
 */
export function outboundAddress(
  listenIp: string,
  interfaces: readonly Interface[] = Deno.networkInterfaces(),
): Outbound {
  const ranked = interfaces
    .filter(({ family }) => family === "IPv4" || listenIp !== "0.0.0.0")
    .filter(({ address }) => !isLocal(address))
    .map((entry) => ({ ip: entry.address, rank: rankOf(entry) }))
    .sort((a, b) => a.rank - b.rank);
  const best = ranked[0];
  if (best === undefined) return { ip: "127.0.0.1", others: [] };
  const equals = ranked.filter(({ rank, ip }) => rank === best.rank && ip !== best.ip);
  return { ip: best.ip, others: equals.map(({ ip }) => ip) };
}

export interface AdvertisedAddressInput {
  /** `advertised_addr` of the configuration. */
  readonly advertised: SocketAddress | null;
  readonly listen: SocketAddress;
  /** The port the socket really has. */
  readonly boundPort: number;
  readonly outbound: string;
}

/** Where the relay tells others to reach it: as configured, else where it listens, else the outbound address. */
export function advertisedAddress(input: AdvertisedAddressInput): SocketAddress {
  const { advertised, listen, boundPort, outbound } = input;
  if (!Number.isInteger(boundPort) || boundPort < 1 || boundPort > 65535) {
    throw new RangeError(`A bound port lies between 1 and 65535, got ${boundPort}`);
  }
  if (advertised !== null) {
    return { ip: advertised.ip, port: advertised.port || boundPort };
  }
  return { ip: isUnspecified(listen.ip) ? outbound : listen.ip, port: boundPort };
}

/** Whether a listener at this address takes connections on every address of the machine. */
export function isUnspecified(ip: string): boolean {
  return ip === "" || ip === "0.0.0.0" || ip === "::";
}

function isLocal(ip: string): boolean {
  return /^(127\.|169\.254\.|0\.|::1$|::$|fe[89ab][0-9a-f]:)/i.test(ip);
}

function rankOf({ name, family, address }: Interface): number {
  return (family === "IPv6" ? 4 : 0) + (VIRTUAL.test(name) ? 2 : 0) + (isPrivate(address) ? 1 : 0);
}

function isPrivate(ip: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][0-9a-f]{2}:)/i
    .test(ip);
}
