/** Brings the keys of parties, from wherever they are told, to the relay for WireGuard packets. */
import type { UdpGroup, UdpRelay } from "./ports/udp_relay.ts";

/** The own registry, and the one this relay is registered in. */
export interface PartyOrigin {
  onGroups(listener: (groups: readonly UdpGroup[]) => void): () => void;
}

export function followParties(
  udpRelay: Pick<UdpRelay, "partyGroups"> | null,
  origins: readonly (PartyOrigin | null)[],
): void {
  if (udpRelay === null) return;
  const told = new Map<PartyOrigin, readonly UdpGroup[]>();
  for (const origin of origins) {
    origin?.onGroups((groups) => {
      told.set(origin, groups);
      udpRelay.partyGroups([...told.values()].flat());
    });
  }
}
