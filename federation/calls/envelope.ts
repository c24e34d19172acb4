/** FederatedSignalForward: a call signal on its way over relays, and what keeps it from going round. */
import type { KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";
import { relayKeyOf, wireRelay } from "../relay_key.ts";

/** Links a call signal may cross. */
export const MAX_CALL_HOPS = 8;

export interface Envelope {
  readonly inner: Signal;
  /** The relay it began at. */
  readonly origin: RelayKey;
  /** The relays it came over, the origin first and the neighbour last. */
  readonly path: readonly RelayKey[];
  /** Links it may cross, the one it came over counted. */
  readonly hops: number;
  /** The relay it is for; null leaves that to those on the way. */
  readonly target: RelayKey | null;
}

/** Why a forward is not looked at. */
export type EnvelopeFault = "self_sourced" | "loop" | "hop_limit" | "malformed";

/**
 * Reads a forward that came over this link. What it says of its way is believed as far as its last part, the
 * neighbour, is true; a relay of the original kind speaks for itself alone.
 */
export function openEnvelope(
  { inner, origin_relay_fp, ext }: SignalOf<"FederatedSignalForward">,
  link: Pick<Link, "relay" | "legacy">,
  own: RelayKey,
): Envelope | EnvelopeFault {
  const origin = relayKeyOf(origin_relay_fp);
  if (origin === own) return "self_sourced";
  if (link.legacy || ext === null) {
    return { inner, origin: link.relay, path: [link.relay], hops: 1, target: null };
  }
  if (ext.path.length > MAX_CALL_HOPS) return "hop_limit";
  const path = ext.path.map(relayKeyOf);
  if (path.includes(own)) return "loop";
  if (!allKnown(path) || path.length === 0 || new Set(path).size < path.length) return "malformed";
  if (path[0] !== origin || path.at(-1) !== link.relay) return "malformed";
  const target = ext.target_relay === null ? null : relayKeyOf(ext.target_relay);
  if (target === null && ext.target_relay !== null) return "malformed";
  const hops = ext.ttl ?? 0;
  if (hops < 1 || hops + path.length > MAX_CALL_HOPS + 1) return "hop_limit";
  return { inner, origin, path, hops, target };
}

/** A signal that begins its way at this relay. */
export function newEnvelope(
  inner: KnownSignal,
  own: RelayKey,
  target: RelayKey | null,
): Envelope {
  return { inner, origin: own, path: [own], hops: MAX_CALL_HOPS, target };
}

/** The same signal one relay further; null when it may go no further. */
export function passedOn(envelope: Envelope, own: RelayKey): Envelope | null {
  if (envelope.hops <= 1) return null;
  return { ...envelope, path: [...envelope.path, own], hops: envelope.hops - 1 };
}

/** The message for this link; a relay of the original kind gets it as if it began here. */
export function sealEnvelope(
  { inner, origin, path, hops, target }: Envelope,
  link: Pick<Link, "legacy">,
): SignalOf<"FederatedSignalForward"> {
  const type = "FederatedSignalForward";
  if (link.legacy) return { type, inner, origin_relay_fp: wireRelay(path.at(-1)!), ext: null };
  return {
    type,
    inner,
    origin_relay_fp: wireRelay(origin),
    ext: {
      v: 1,
      caps: [],
      ttl: hops,
      path: path.map(wireRelay),
      target_relay: target === null ? null : wireRelay(target),
    },
  };
}

function allKnown(path: readonly (RelayKey | null)[]): path is readonly RelayKey[] {
  return !path.includes(null);
}
