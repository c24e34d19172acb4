/** What the relay is for, put together: rooms, calls, who is where, and everything that watches them. */
import { lookup } from "node:dns/promises";
import type { RelayCertificate } from "../proto/certificate.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import type { Identity } from "../proto/identity.ts";
import { PresenceVerifier } from "../proto/presence_signature.ts";
import { formatRelayEntry } from "../proto/relay_entry.ts";
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import type { Endpoint, Transport } from "../quic/port.ts";
import { HttpAuthenticator } from "./auth/http_authenticator.ts";
import { signalRules } from "./calls/signal_rules.ts";
import { SignalService } from "./calls/signal_service.ts";
import type { Companions } from "./companions.ts";
import type { Config } from "./config/mod.ts";
import { type EventLog, openEventLog } from "./event_log/event_log.ts";
import { federationSettings } from "./federation_settings.ts";
import type { Counters } from "./ports/counters.ts";
import type { Federation, FederationHost } from "./ports/federation.ts";
import type { AdminHost } from "./ports/admin.ts";
import type { Log } from "./ports/log.ts";
import type { ParticipantView, RoomObserver } from "./ports/room_observer.ts";
import { PresenceRegistry } from "./presence/presence_registry.ts";
import { RouteResolver } from "./presence/routes.ts";
import type { RecentEvents } from "./recent_events.ts";
import { ProbeClients } from "./probes/probe_clients.ts";
import { ProbeService } from "./probes/probe_service.ts";
import { probeTargets } from "./probes/probe_targets.ts";
import { RoomCodecs } from "./quality/room_codecs.ts";
import { QualityDirector } from "./quality/quality_director.ts";
import { MediaService } from "./rooms/media_service.ts";
import { Rooms } from "./rooms/rooms.ts";
import { relayList } from "./relay_list.ts";
import { ServiceTable } from "./service_table.ts";
import { DebugTap } from "./tap/debug_tap.ts";
import { MediaStatistics } from "./tap/media_statistics.ts";
import { TapHub } from "./tap/tap_hub.ts";

/** How long the last events may take to reach the disk. */
const EVENTS_MS = 2_000;

export interface VoiceParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly crypto: Crypto;
  readonly transport: Transport;
  readonly identity: Identity;
  readonly certificate: RelayCertificate;
  readonly build: string;
  /** Asked whenever it matters, so that a reload counts. */
  readonly config: () => Config;
  /** Keeps a drain waiting. */
  readonly hold: () => () => void;
  /** Where others reach this relay, and where it listens. */
  readonly advertised: SocketAddress;
  readonly listening: readonly SocketAddress[];
  readonly endpoints: readonly Endpoint[];
  /** What runs beside it, once it does. */
  readonly companions: () => Pick<Companions, "relays" | "udpRelay"> | null;
  /** Is told what happens. */
  readonly events: RecentEvents;
  /** Makes the federation. */
  readonly federate: (host: FederationHost) => Federation;
}

/** What of rooms, calls and the mesh can be read. */
export type VoiceView =
  & Pick<
    AdminHost,
    "rooms" | "sessions" | "calls" | "presence" | "route" | "federation" | "probes" | "tap"
  >
  & { readonly taken: () => number };

export class Voice {
  /** Answers every name but those of other services. */
  readonly services: ServiceTable;
  readonly #parts: VoiceParts;
  readonly #auth: HttpAuthenticator;
  readonly #rooms: Rooms;
  readonly #signal: SignalService;
  readonly #federation: Federation;
  readonly #probes: ProbeClients;
  readonly #debugTap: DebugTap;
  readonly #eventLog: EventLog | null;
  readonly #codecs = new RoomCodecs();
  /** For the HTTP server. */
  readonly view: VoiceView;

  constructor(parts: VoiceParts) {
    const { clock, log, counters, crypto, certificate, config, hold } = parts;
    this.#parts = parts;
    const presence = new PresenceRegistry(clock);
    const eventPath = config().event_log;
    this.#eventLog = eventPath === null
      ? null
      : openEventLog(eventPath, { clock, log: log.area("event_log"), counters });
    this.#auth = new HttpAuthenticator({
      clock,
      crypto,
      log: log.area("auth"),
      counters,
      settings: () => ({ url: config().auth_url, cacheMs: config().auth_cache * 1000 }),
    });
    this.#rooms = new Rooms({
      clock,
      log: log.area("rooms"),
      counters,
      presence,
      settings: config,
      hold,
      remote: (room) => this.#federation.remote(room),
      canonical: (room) => this.#federation.canonicalRoom(room),
      carriers: (room) => this.#carriers(room, false),
    });
    this.#signal = new SignalService({
      clock,
      log: log.area("calls"),
      counters,
      crypto,
      verifier: new PresenceVerifier(crypto, certificate.fingerprintBytes),
      auth: this.#auth,
      presence,
      hold,
      rules: () => signalRules(config()),
      build: parts.build,
      region: () => config().region,
      relays: () => this.#relays(),
      remote: () => this.#federation.calls,
      carriers: (room) => this.#carriers(room, true),
      ownEntry: () =>
        formatRelayEntry({
          name: config().relay_name ?? "",
          address: parts.advertised,
          fingerprint: certificate.fingerprintBytes.toHex(),
        }),
      advertised: () => formatSocketAddress(parts.advertised),
      observer: {
        changed: (call) => {
          this.#eventLog?.changed(call);
          parts.events.changed(call);
        },
      },
    });
    this.#federation = this.#newFederation(presence);
    presence.follow(this.#federation.presence);
    const observe = (observer: RoomObserver) => this.#rooms.observe(observer);
    this.#debugTap = new DebugTap({ clock, log, observe, addresses: () => config().log_addresses });
    this.#probes = this.#newProbes(presence);
    const routes = this.#newRoutes(presence);
    this.services = this.#newServices(presence, routes);
    this.view = this.#newView(presence, routes);
    this.#watchRooms();
    this.#federation.onLink((link, up) => parts.events.link(link, up));
    this.#federation.onMeshChange(() => {
      if (config().probe_mesh) this.#probe();
    });
  }

  /** Begins what the relay does of its own accord; also takes over what a reload changed. */
  apply(): void {
    this.#debugTap.watch(this.#parts.config().debug_tap);
    this.#federation.apply();
    this.#probe();
    this.#rooms.closeDenied();
    this.#signal.closeDenied();
  }

  /** Opens files anew that may have been renamed. */
  reopen(): void {
    this.#eventLog?.reopen();
  }

  /** Takes nobody new and tells those who understand it to look for another relay. */
  drain(reason: string, withinMs: number): void {
    const deadline_ms = Math.round(this.#parts.clock.wall() + withinMs);
    const notice = { deadline_ms, relays: [], reason };
    this.#signal.drain({ ...notice, relays: this.#relays() });
    this.#rooms.drain(notice);
    this.#federation.drain(notice);
  }

  /** Closes a session, and refuses its fingerprint for so long; null when there is none. */
  kick(session: string, refuseMs: number): ParticipantView | null {
    return this.#rooms.kick(session, refuseMs);
  }

  /** Closes a link; false when there is none with this relay. */
  closeLink(relay: string, reason: string): boolean {
    return this.#federation.closeLink(relay, reason);
  }

  /** Ends everything; the connections are closed with `reason`. */
  async close(reason: string): Promise<void> {
    this.#rooms.closeAll(reason);
    await this.#federation.close(reason);
    this.#auth.close();
    await this.#probes.stop();
    await this.#eventLog?.close(EVENTS_MS);
  }

  /** Where else a room is carried; only to our own clients with the fingerprint to pin. */
  #carriers(room: string, pinned: boolean): string[] {
    return this.#federation.carriers(room).map((entry) =>
      formatRelayEntry(pinned ? entry : { ...entry, fingerprint: null })
    );
  }

  /** Other relays for clients that register. */
  #relays(): string[] {
    const { advertised, certificate, companions, config, listening } = this.#parts;
    const { view } = this.#federation;
    return relayList({
      peers: federationSettings(config()).peers,
      links: view.links(),
      mesh: view.mesh(),
      registry: companions()?.relays() ?? [],
      own: {
        fingerprint: certificate.fingerprintBytes.toHex(),
        addresses: [advertised, ...listening].map(formatSocketAddress),
      },
    });
  }

  #probe(): void {
    const config = this.#parts.config();
    const { peers } = federationSettings(config);
    const mesh = () => this.#federation.view.mesh();
    this.#probes.update(probeTargets({ ...config, peers, mesh }));
  }

  /** Whether a relay of the original kind is linked from there. */
  #isLegacy(ip: string): boolean {
    return this.#federation.view.links().some(({ legacy, ip: from }) => legacy && from === ip);
  }

  #watchRooms(): void {
    const { clock, log, counters } = this.#parts;
    this.#rooms.observe(
      new QualityDirector({
        clock,
        gauges: counters,
        direct: (room, profile, reason) => this.#rooms.direct(room, profile, reason),
      }),
    );
    this.#rooms.observe(new MediaStatistics(clock, log.area("media")));
    this.#rooms.observe(this.#codecs);
    this.#rooms.observe(this.#parts.events);
    if (this.#eventLog !== null) this.#rooms.observe(this.#eventLog.rooms);
  }

  #newFederation(presence: PresenceRegistry): Federation {
    const { config, federate } = this.#parts;
    return federate({
      ...this.#parts,
      settings: () => federationSettings(config()),
      resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      random: Math.random,
      rooms: this.#rooms,
      presence,
      calls: this.#signal.remoteParties,
      events: this.#eventLog?.federation ?? null,
      load: () => this.#rooms.sessions / config().max_sessions,
      draining: () => this.#rooms.draining,
      udpPort: () => this.#parts.companions()?.udpRelay?.port ?? null,
      mayVisit: (fingerprint) =>
        !this.#auth.required && !config().deny_fingerprints.includes(fingerprint),
    });
  }

  #newProbes(presence: PresenceRegistry): ProbeClients {
    const { clock, transport, log, counters, advertised } = this.#parts;
    return new ProbeClients({
      clock,
      transport,
      log: log.area("probe"),
      counters,
      presence,
      ownAddress: () => advertised,
      random: Math.random,
    });
  }

  #newRoutes(presence: PresenceRegistry): RouteResolver {
    return new RouteResolver({
      presence,
      ownAddress: () => this.#parts.advertised,
      further: (fingerprint) => this.#federation.further(fingerprint),
    });
  }

  #newView(presence: PresenceRegistry, routes: RouteResolver): VoiceView {
    return {
      taken: () => this.#rooms.sessions,
      sessions: () => this.#rooms.views(),
      rooms: () => this.#roomViews(),
      calls: () => this.#signal.calls.all(),
      presence,
      route: (fingerprint) => routes.resolve(fingerprint),
      federation: this.#federation.view,
      probes: () =>
        this.#probes.rows().map(({ up, rttMs, jitterMs, ...row }) => ({
          ...row,
          up,
          // Numbers of a relay that is down are of another time.
          rttMs: up ? rttMs : null,
          jitterMs: up ? jitterMs : null,
        })),
      tap: new TapHub({
        clock: this.#parts.clock,
        observe: (observer) => this.#rooms.observe(observer),
        random: Math.random,
      }),
    };
  }

  *#roomViews(): Generator<
    ReturnType<AdminHost["rooms"]> extends Iterable<infer View> ? View : never
  > {
    for (const { name, participants } of this.#rooms.list()) {
      const remote = this.#federation.remote(name).map((one) => ({
        fingerprint: one.fingerprint,
        alias: one.alias ?? null,
        relay_label: one.relay_label ?? null,
      }));
      yield { name, participants, remote, codec: this.#codecs.of(name) };
    }
  }

  #newServices(presence: PresenceRegistry, routes: RouteResolver): ServiceTable {
    const { clock, counters, crypto, identity, config, advertised, listening } = this.#parts;
    const media = new MediaService({
      clock,
      counters,
      crypto,
      identity,
      rooms: this.#rooms,
      authenticator: this.#auth,
      calls: this.#signal.calls,
      carriers: (room) => this.#carriers(room, true),
      settings: config,
    });
    const services = new ServiceTable(media);
    services.registerPrefix("call-", media.calls);
    services.register("_signal", this.#signal);
    services.register(
      "_probe",
      new ProbeService({
        clock,
        counters,
        presence,
        routes,
        ownAddresses: () => [advertised, ...listening],
        isKnownRelay: ({ ip }) => this.#isLegacy(ip),
      }),
    );
    services.register("_federation", this.#federation.services.federation);
    services.register("_relay", this.#federation.services.relay);
    return services;
  }
}
