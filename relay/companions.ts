/** What runs beside the voice: the registry, this relay's entry in one, and the relay for WireGuard packets. */
import type { RelayCertificate } from "../proto/certificate.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import type { RelayRecord } from "../proto/registry_record.ts";
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
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
  readonly openRegistry: OpenRegistry;
  readonly startRegistration: StartRegistration;
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
  readonly registry: OpenedRegistry | null;
  /** Null when it is off. */
  readonly udpRelay: UdpRelay | null;
  readonly registration: Registration;
  readonly #config: () => Config;

  /** Rejects with `StartError`. */
  static async open(parts: CompanionParts): Promise<Companions> {
    const udpRelay = await openUdpRelay(parts);
    try {
      const registry = await registryOf(parts);
      return new Companions(parts, registry, udpRelay);
    } catch (error) {
      await udpRelay?.close();
      throw error;
    }
  }

  private constructor(
    parts: CompanionParts,
    registry: OpenedRegistry | null,
    udpRelay: UdpRelay | null,
  ) {
    this.#config = parts.config;
    this.registry = registry;
    this.udpRelay = udpRelay;
    this.registration = registrationOf(parts, udpRelay);
    followParties(udpRelay, [registry, this.registration]);
  }

  /** Relays that a registry named, for clients that ask for others. */
  relays(): readonly RelayRecord[] {
    return this.registration.relays();
  }

  /** The configuration was reloaded. */
  apply(): void {
    this.registration.apply();
    this.udpRelay?.ownGroups(this.#config().udp_relay.groups);
  }

  /** Others are told at once that this relay takes nobody new. */
  drain(): void {
    this.registration.changed();
  }

  async close(): Promise<void> {
    await Promise.all([this.registration.close(), this.udpRelay?.close()]);
    // After the farewell, which may be to this very registry.
    await this.registry?.close();
  }
}

/** What a relay that names itself in no way goes by, and as what others know it: its address. */
function registrationOf(parts: CompanionParts, udpRelay: UdpRelay | null): Registration {
  const { doors, config, crypto, advertised } = parts;
  const addr = formatSocketAddress(advertised);
  return doors.startRegistration({
    ...parts,
    random: () => new DataView(crypto.random(4).buffer).getUint32(0) / 2 ** 32,
    settings: () => ({ url: config().registry.url, tokenFile: config().registry.token_file }),
    announcement: () => ({
      name: config().relay_name ?? addr,
      addr,
      region: config().region ?? "",
      capacity: config().max_sessions,
      load: parts.sessions(),
      draining: parts.draining(),
      udp_port: udpRelay?.port ?? null,
    }),
  });
}

async function registryOf(
  { doors, config, clock, log, counters }: CompanionParts,
): Promise<OpenedRegistry | null> {
  if (!config().registry.enabled) return null;
  return await doors.openRegistry({
    clock,
    log,
    counters,
    stateDir: config().state_dir,
    settings: () => {
      const { max_relays, max_parties, members } = config().registry;
      return { maxRelays: max_relays, maxParties: max_parties, members };
    },
  });
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
