/** What a relay says of itself and of its links, checked and bounded. */
import { formatSocketAddress, parseSocketAddress } from "../../proto/socket_address.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { RelayKey } from "../link.ts";
import { cleanName } from "./clean_name.ts";
import { relayKeyOf, wireRelay } from "../relay_key.ts";

/** One end of a link, as the relay at that end tells it. */
export interface LinkClaim {
  readonly rttMs: number | null;
  readonly lossPct: number | null;
  /** The other end is of the original kind and says nothing of itself. */
  readonly legacy: boolean;
}

export type LinkClaims = ReadonlyMap<RelayKey, LinkClaim>;

/** The content of a `RelayState`. */
export interface RelayFacts {
  readonly relay: RelayKey;
  readonly seq: number;
  /** Empty when the relay has no name. */
  readonly label: string;
  readonly region: string | null;
  /** Canonical `ip:port`; empty when it told none that is one. */
  readonly address: string;
  readonly build: string;
  readonly load: number;
  readonly draining: boolean;
  readonly udpPort: number | null;
  readonly links: LinkClaims;
}

/** More links than the relays there may be make no sense. */
const MAX_LINKS = 256;
/** Longer than any way around the world; keeps sums sensible. */
const MAX_RTT_MS = 60_000;

/** Null when it does not say which relay it is about. */
export function readRelayState(message: SignalOf<"RelayState">): RelayFacts | null {
  const relay = relayKeyOf(message.relay);
  if (relay === null) return null;
  const address = parseSocketAddress(message.addr);
  return {
    relay,
    seq: message.seq,
    label: cleanName(message.label),
    region: message.region === null ? null : cleanName(message.region),
    address: address === null ? "" : formatSocketAddress(address),
    build: cleanName(message.build),
    load: Math.min(1, message.load),
    draining: message.draining,
    udpPort: message.udp_port,
    links: readLinks(relay, message.links),
  };
}

function readLinks(from: RelayKey, list: SignalOf<"RelayState">["links"]): LinkClaims {
  const links = new Map<RelayKey, LinkClaim>();
  for (const { relay: text, rtt_ms, loss_pct, legacy } of list.slice(0, MAX_LINKS)) {
    const relay = relayKeyOf(text);
    if (relay === null || relay === from) continue;
    links.set(relay, {
      rttMs: rtt_ms === null ? null : Math.min(MAX_RTT_MS, rtt_ms),
      lossPct: loss_pct === null ? null : Math.min(100, loss_pct),
      legacy,
    });
  }
  return links;
}

/** The message that says it. */
export function writeRelayState(facts: RelayFacts): SignalOf<"RelayState"> {
  return {
    type: "RelayState",
    relay: wireRelay(facts.relay),
    label: facts.label,
    region: facts.region,
    addr: facts.address,
    build: facts.build,
    load: facts.load,
    draining: facts.draining,
    udp_port: facts.udpPort,
    seq: facts.seq,
    links: [...facts.links].map(([relay, { rttMs, lossPct, legacy }]) => ({
      relay: wireRelay(relay),
      rtt_ms: rttMs,
      loss_pct: lossPct,
      legacy,
    })),
  };
}

/** Whether both name the same links, whatever was measured on them. */
export function sameLinks(one: LinkClaims, other: LinkClaims): boolean {
  if (one.size !== other.size) return false;
  for (const [relay, { legacy }] of one) if (other.get(relay)?.legacy !== legacy) return false;
  return true;
}
