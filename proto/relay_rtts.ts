/** Round trips to relays as clients measure them and tell each other in offers and answers (`rtts`). */
import { hasCapability, MAX_RTTS } from "./signal/ext.ts";
import { formatSocketAddress, parseSocketAddress } from "./socket_address.ts";

/** Milliseconds by canonical `ip:port` of a relay. */
export type RelayRtts = ReadonlyMap<string, number>;

/** Longer than any way around the world. */
const MAX_RTT_MS = 60_000;

/** What a side has measured, fit to be compared; null for one that measures nothing. */
export function rttsOf(
  ext: { readonly caps: readonly string[]; readonly rtts: RelayRtts | null } | null,
): RelayRtts | null {
  if (ext === null || ext.rtts === null || !hasCapability(ext, "rtts")) return null;
  return boundedRtts(ext.rtts);
}

/** What a client says it has measured, fit to be kept and compared: at most `MAX_RTTS`, of relays that can be dialled. */
export function boundedRtts(rtts: RelayRtts): RelayRtts {
  const bounded = new Map<string, number>();
  for (const [text, ms] of rtts) {
    if (bounded.size >= MAX_RTTS) break;
    const address = parseSocketAddress(text);
    if (address === null || address.port === 0 || !(ms >= 0 && ms <= MAX_RTT_MS)) continue;
    const canonical = formatSocketAddress(address);
    bounded.set(canonical, Math.min(ms, bounded.get(canonical) ?? ms));
  }
  return bounded;
}
