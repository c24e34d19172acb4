/**
 * Which endpoint WireGuard should use for a peer: directly, or over which UDP relay. Pure. Both peers decide from the
 * same published figures, so that both come to the same relay; what keeps them steady is in what they publish.
 */
import { parseSocketAddress } from "../../proto/socket_address.ts";

export type NatKind = "open" | "cone" | "symmetric" | "unknown";

/** What a side has told the registry. */
export interface Side {
  readonly natType: NatKind;
  /** `ip:port`, the best first. */
  readonly endpoints: readonly string[];
  /** Milliseconds to relays, by `ip:port` of the relay. */
  readonly rtts: Readonly<Record<string, number>>;
}

/** A relay that passes on WireGuard packets. */
export interface UdpRelay {
  readonly addr: string;
  readonly udpPort: number;
  readonly draining: boolean;
}

export interface EndpointChoice {
  /** What to give to WireGuard. */
  readonly endpoint: string;
  readonly via: "direct" | "relay";
  /** Address of the relay. */
  readonly relay: string | null;
  /** One clause for people. */
  readonly reason: string;
}

/** Null when there is neither a direct way nor a relay that was measured. */
export function chooseEndpoint(
  own: Side,
  peer: Side,
  relays: readonly UdpRelay[],
): EndpointChoice | null {
  const [direct] = peer.endpoints;
  if (direct !== undefined && meetDirectly(own.natType, peer.natType)) {
    const reason = `NAT ${own.natType} here and ${peer.natType} there let packets through`;
    return { endpoint: direct, via: "direct", relay: null, reason };
  }
  const serving = relays.filter(({ draining }) => !draining);
  const measured = (rtts: Side["rtts"]) => serving.filter(({ addr }) => rtts[addr] !== undefined);
  const common = measured(own.rtts).filter(({ addr }) => peer.rtts[addr] !== undefined);
  const sum = ({ addr }: UdpRelay) => own.rtts[addr]! + peer.rtts[addr]!;
  const alone = ({ addr }: UdpRelay) => own.rtts[addr]!;
  const best = common.length > 0 ? least(common, sum) : least(measured(own.rtts), alone);
  if (best === null) return null;
  const { ip } = parseSocketAddress(best.addr) ?? { ip: "" };
  const reason = common.length > 0
    ? `least sum of both sides, ${Math.round(sum(best))} ms`
    : `nearest to us, ${Math.round(alone(best))} ms; the peer has measured none of ours`;
  return {
    endpoint: ip.includes(":") ? `[${ip}]:${best.udpPort}` : `${ip}:${best.udpPort}`,
    via: "relay",
    relay: best.addr,
    reason,
  };
}

/**
 * One side without a translation can be reached by the other, whatever that has. Two whose translation keeps the port
 * reach each other when both send. A translation that takes another port for each destination cannot be met.
 */
export function meetDirectly(a: NatKind, b: NatKind): boolean {
  return a === "open" || b === "open" || a === "cone" && b === "cone";
}

/** Of equals the one with the smaller address, which both sides agree on. */
function least(relays: readonly UdpRelay[], cost: (relay: UdpRelay) => number): UdpRelay | null {
  let best: UdpRelay | null = null;
  for (const relay of relays) {
    const gain = best === null ? 1 : cost(best) - cost(relay);
    if (best === null || gain > 0 || gain === 0 && relay.addr < best.addr) best = relay;
  }
  return best;
}
