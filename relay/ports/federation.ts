/** What the relay gives to the federation, and what it gets from it. */
import type { Crypto } from "../../proto/crypto_port.ts";
import type { RelayCertificate } from "../../proto/certificate.ts";
import type { RelayEntry } from "../../proto/relay_entry.ts";
import type { RoomParticipant, SignalOf } from "../../proto/signal/mod.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Endpoint } from "../../quic/port.ts";
import type { Counters } from "./counters.ts";
import type { FederationEvents } from "./federation_events.ts";
import type { Log } from "./log.ts";
import type { PresenceElsewhere, PresenceView } from "./presence.ts";
import type { LocalCalls, RemoteCalls } from "./remote_calls.ts";
import type { ParticipantView, RoomObserver } from "./room_observer.ts";
import type { Service } from "./service.ts";

/** A relay that may link to this one. */
export interface TrustedRelay {
  /** 64 lower-case hex digits each; several while a relay changes its certificate. */
  readonly fingerprints: readonly string[];
  /** Unique, without `|`. */
  readonly label: string;
  /** Whether it may be one of the original kind, which proves nothing. */
  readonly allowLegacy: boolean;
}

/** A relay that this one dials. */
export interface DialledRelay extends TrustedRelay {
  readonly host: string;
  readonly port: number;
}

export interface FederationSettings {
  readonly peers: readonly DialledRelay[];
  readonly trusted: readonly TrustedRelay[];
  readonly globalRooms: readonly string[];
  /** What this relay calls itself; null leaves it to the labels others gave it. */
  readonly name: string | null;
  readonly region: string | null;
  /** Fingerprints kept of each other relay. */
  readonly maxDirectoryEntries: number;
}

/** The rooms as the federation uses them. Room names are canonical for global rooms. */
export interface FederatedRooms {
  observe(observer: RoomObserver): () => void;
  list(): Iterable<{ readonly name: string; readonly participants: readonly ParticipantView[] }>;
  participants(room: string): readonly ParticipantView[];
  /** Forwards a valid packet to everybody in the room. How many took it. */
  deliver(room: string, bytes: Uint8Array): number;
  /** Tells everybody in the room again who is there, since those elsewhere have changed. */
  refresh(room: string): void;
}

export interface FederationHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly crypto: Crypto;
  readonly certificate: RelayCertificate;
  readonly build: string;
  /** Asked whenever it matters, so that a reload counts. */
  readonly settings: () => FederationSettings;
  /** Where others reach this relay. */
  readonly advertised: SocketAddress;
  /** The sockets this relay listens on, one of each address family; links are dialled from them. */
  readonly endpoints: readonly Endpoint[];
  /** The IP addresses of a host name, the best first; rejects when it has none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly rooms: FederatedRooms;
  readonly presence: PresenceView;
  readonly calls: LocalCalls;
  /** Null where no event log is written. */
  readonly events: FederationEvents | null;
  /**
   * Whether a party of a call may join the call's room here though it is registered at another relay: nobody who is
   * denied, and nobody where a service is asked who a client is.
   */
  readonly mayVisit: (fingerprint: string) => boolean;
  /** Share of its sessions in use, 0 to 1, and whether it takes nobody any more. */
  readonly load: () => number;
  readonly draining: () => boolean;
  /** Port of its relay for WireGuard packets; null when it has none. */
  readonly udpPort: () => number | null;
}

/** A link as the API and the console show it. */
export interface LinkView {
  /** 64 lower-case hex digits. */
  readonly relay: string;
  readonly label: string;
  readonly legacy: boolean;
  readonly dialled: boolean;
  /** Canonical `ip:port`, and the first part of it. */
  readonly address: string;
  readonly ip: string;
  readonly since: number;
  readonly rttMs: number | null;
  readonly lossPct: number | null;
}

/** One relay of the mesh, this one too, as told by gossip. */
export interface MeshRelayView {
  readonly relay: string;
  readonly label: string;
  readonly region: string | null;
  readonly address: string;
  readonly build: string;
  readonly load: number;
  readonly draining: boolean;
  /** Port of its relay for WireGuard packets, at the same IP address; null when it has none. */
  readonly udpPort: number | null;
  /** Milliseconds since it was heard of last. */
  readonly ageMs: number;
  readonly links: readonly {
    readonly relay: string;
    readonly rttMs: number | null;
    readonly lossPct: number | null;
    readonly legacy: boolean;
  }[];
}

/** Reading it all: API, console. */
export interface FederationView {
  links(): readonly LinkView[];
  mesh(): readonly MeshRelayView[];
  /** Who is registered at which other relay. */
  directory(): Iterable<{ readonly fingerprint: string; readonly relay: string }>;
}

export interface Federation {
  /** Answers `_federation` and `_relay`. */
  readonly services: { readonly federation: Service; readonly relay: Service };
  readonly view: FederationView;
  /** Who is at other relays, as they say. */
  readonly presence: PresenceElsewhere;
  readonly calls: RemoteCalls;
  /** Begins, and after a reload opens and closes just the links concerned. */
  apply(): void;
  /** The name under which a room is shared or, for a room that is not, its own. */
  canonicalRoom(room: string): string;
  /** Calls whenever relays have joined or left the mesh. */
  onMeshChange(listener: () => void): () => void;
  /** Calls whenever a link came up or went down. */
  onLink(listener: (link: LinkView, up: boolean) => void): () => void;
  /** Closes a link; whoever dials it does so again. False when there is none with this relay. */
  closeLink(relay: string, reason: string): boolean;
  /** Participants of a room at other relays. */
  remote(room: string): readonly RoomParticipant[];
  /** Other relays where a client may go with a room, or with its call: they carry it, and take clients now. */
  carriers(room: string): readonly RelayEntry[];
  /** Relays on the way to somebody, the next hop first, `ip:port` each; null when nobody knows one. */
  further(fingerprint: string): readonly string[] | null;
  drain(notice: Omit<SignalOf<"RelayDraining">, "type">): void;
  close(reason: string): Promise<void>;
}
