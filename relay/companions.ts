/** What runs beside the voice: the registry, this relay's entry in one, and the relay for WireGuard packets. */
import type { RelayCertificate } from "../proto/certificate.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import type { RelayRecord } from "../proto/registry_record.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import type { Config } from "./config/mod.ts";
import { followParties } from "./party_groups.ts";
import type { Counters } from "./ports/counters.ts";
import type { Log } from "./ports/log.ts";
import type {
  OpenedRegistry,
  OpenRegistry,
  Registration,
  StartRegistration,
} from "./ports/registry.ts";
import type { OpenUdpRelay, UdpRelay } from "./ports/udp_relay.ts";
import { udpRelaySettings } from "./udp_relay_settings.ts";

/** The doors to them, given by the composition root. */
export interface CompanionDoors {
  readonly openRegistry?: OpenRegistry;
  readonly startRegistration?: StartRegistration;
  readonly openUdpRelay: OpenUdpRelay;
}

export interface CompanionParts {
  readonly doors: CompanionDoors;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly crypto: Crypto;
  readonly certificate: RelayCertificate;
  readonly config: () => Config;
  /** Where others reach this relay. */
  readonly advertised: SocketAddress;
  /** Sessions it has. */
  readonly sessions: () => number;
  readonly draining: () => boolean;
}

export class Companions {
  /** Null when this relay is none. */
  readonly registry: OpenedRegistry | null = null;
  /** Null when it is off. */
  readonly udpRelay: UdpRelay | null;
  readonly registration: Registration | null = null;
  readonly #config: () => Config;

  /** Rejects with `StartError`. */
  static async open(parts: CompanionParts): Promise<Companions> {
    return new Companions(parts, await openUdpRelay(parts));
  }

  private constructor({ config }: CompanionParts, udpRelay: UdpRelay | null) {
    this.#config = config;
    this.udpRelay = udpRelay;
    followParties(udpRelay, [this.registry, this.registration]);
  }

  /** Relays that a registry named, for clients that ask for others. */
  relays(): readonly RelayRecord[] {
    return this.registration?.relays() ?? [];
  }

  /** The configuration was reloaded. */
  apply(): void {
    this.registration?.apply();
    this.udpRelay?.ownGroups(this.#config().udp_relay.groups);
  }

  /** Others are told at once that this relay takes nobody new. */
  drain(): void {
    this.registration?.changed();
  }

  async close(): Promise<void> {
    await Promise.all([this.registration?.close(), this.registry?.close(), this.udpRelay?.close()]);
  }
}

function openUdpRelay(
  { doors, clock, log, counters, config }: CompanionParts,
): Promise<UdpRelay> | null {
  const { listen } = config().udp_relay;
  if (listen === null) return null;
  return doors.openUdpRelay({
    clock,
    log: log.area("wireguard"),
    counters,
    listen,
    settings: udpRelaySettings(config()),
  });
}
