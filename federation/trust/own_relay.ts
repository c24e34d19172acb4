/** What this relay shows and tells of itself to another one. */
import { type Capability, type SignalOf } from "../../proto/signal/mod.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { FederationHost } from "../../relay/ports/federation.ts";
import type { RelayKey } from "../link.ts";

/** What a relay says of itself: the `ext` of FederationChallenge, and most of that of FederationHello. */
export type RelayExt = NonNullable<SignalOf<"FederationChallenge">["ext"]>;

/** What this version understands on a link. */
export const LINK_CAPABILITIES: readonly Capability[] = [
  "prove",
  "media2",
  "directory",
  "topology",
  "rooms",
  "drain",
  "carry",
  "place",
  "parties",
];

const INSTANCE_BYTES = 8;

export type OwnRelayParts = Pick<
  FederationHost,
  "crypto" | "certificate" | "build" | "settings" | "advertised" | "load" | "draining" | "udpPort"
>;

export class OwnRelay {
  readonly crypto: FederationHost["crypto"];
  readonly certificate: FederationHost["certificate"];
  readonly key: RelayKey;
  /** Another one in every life of this relay. */
  readonly instance: string;
  readonly #parts: OwnRelayParts;

  constructor(parts: OwnRelayParts) {
    this.#parts = parts;
    this.crypto = parts.crypto;
    this.certificate = parts.certificate;
    this.key = parts.certificate.fingerprintBytes.toHex();
    this.instance = parts.crypto.random(INSTANCE_BYTES).toHex();
  }

  ext(): RelayExt {
    const { settings, advertised, build, load, draining, udpPort } = this.#parts;
    const { name, region } = settings();
    return {
      v: 1,
      caps: [...LINK_CAPABILITIES],
      name,
      region,
      advertised_addr: formatSocketAddress(advertised),
      build,
      load: Math.min(1, Math.max(0, load() || 0)),
      draining: draining(),
      udp_port: udpPort(),
      instance: this.instance,
    };
  }
}
