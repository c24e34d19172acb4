/** What the HTTP server is given of the relay, put together from its parts. */
import type { RelayCertificate } from "../proto/certificate.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import { adminSettings } from "./admin_settings.ts";
import type { Companions } from "./companions.ts";
import { type Loaded, printConfig } from "./config/mod.ts";
import { metrics } from "./counters/counters.ts";
import type { LifeState } from "./life_cycle.ts";
import type { Logger } from "./log/logger.ts";
import type { AdminHost } from "./ports/admin.ts";
import type { Counters } from "./ports/counters.ts";
import type { VoiceView } from "./voice.ts";

/** What other parts of the relay do for the HTTP server. */
export type AdminServices = Pick<
  AdminHost,
  "audit" | "fault" | "logTail" | "eventTail" | "operations"
>;

export interface AdminParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly crypto: Crypto;
  readonly counters: Counters;
  readonly build: string;
  readonly certificate: RelayCertificate;
  readonly advertised: SocketAddress;
  readonly quicPort: number;
  readonly loaded: () => Loaded;
  readonly life: () => LifeState;
  /** Of the last reload, when it failed. */
  readonly misconfigured: () => readonly string[];
  readonly voice: VoiceView;
  readonly services: AdminServices;
  readonly companions: Pick<Companions, "registry" | "registration" | "udpRelay">;
}

export function adminHost(parts: AdminParts): AdminHost {
  const { clock, log, crypto, counters, voice, certificate, advertised, quicPort, companions } =
    parts;
  const config = () => parts.loaded().config;
  const { taken, ...views } = voice;
  return {
    clock,
    log: log.area("http"),
    build: parts.build,
    tlsFingerprint: certificate.fingerprint,
    startedAt: clock.wall(),
    quicPort,
    settings: () => adminSettings(config(), quicPort),
    random: (length) => crypto.random(length),
    state: () => ({
      life: parts.life(),
      full: taken() >= config().max_sessions,
      misconfigured: parts.misconfigured(),
    }),
    metrics: () => metrics(counters),
    ...views,
    ...parts.services,
    registry: companions.registry,
    registration: () => companions.registration?.view() ?? null,
    udpRelay: () => companions.udpRelay?.view() ?? null,
    configText: () => printConfig(parts.loaded()),
    invitation: () => invitation(formatSocketAddress(advertised), certificate.fingerprint),
  };
}

/** The block another operator puts into the configuration of a relay that is to link to this one. */
function invitation(url: string, fingerprint: string): string {
  return `[[peers]]\nurl = "${url}"\nfingerprint = "${fingerprint}"\n`;
}
