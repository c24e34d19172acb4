/** Over which relays a fingerprint is reached. */
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { PresenceView } from "../ports/presence.ts";

export type RouteKind = "local" | "direct_peer" | "chain" | "not_found";

/** The way to a fingerprint, as RouteResponse and the API tell it. */
export interface Route {
  readonly kind: RouteKind;
  /** `ip:port` of the relays on the way, this one first; empty when there is none. */
  readonly relayChain: readonly string[];
}

export interface RouteResolverOptions {
  readonly presence: Pick<PresenceView, "find">;
  /** Where others reach this relay. */
  readonly ownAddress: () => SocketAddress;
  /**
   * Relays on the way to somebody, the next hop first; null when nobody knows one. It comes before presence, which
   * knows where somebody is and not which relays are in between.
   */
  readonly further?: (fingerprint: string) => readonly string[] | null;
}

export class RouteResolver {
  readonly #options: RouteResolverOptions;

  constructor(options: RouteResolverOptions) {
    this.#options = options;
  }

  resolve(fingerprint: string): Route {
    const { presence, ownAddress, further } = this.#options;
    const own = formatSocketAddress(ownAddress());
    const place = presence.find(fingerprint);
    if (place?.at === "local") return { kind: "local", relayChain: [own] };
    const hops = further?.(fingerprint) ?? [];
    if (hops.length > 0) {
      return { kind: hops.length === 1 ? "direct_peer" : "chain", relayChain: [own, ...hops] };
    }
    if (place?.at === "remote") return { kind: "direct_peer", relayChain: [own, place.relay] };
    return { kind: "not_found", relayChain: [] };
  }
}
