/** The registry of relays and parties, as the HTTP server and the UDP relay see it; and this relay's entry in another one. */
import type { RelayCertificate } from "../../proto/certificate.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import type { RelayAnnouncement, RelayRecord } from "../../proto/registry_record.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Counters } from "./counters.ts";
import type { Log } from "./log.ts";
import type { UdpGroup } from "./udp_relay.ts";

/** Where a peer of a party may be reached, as it says. */
export interface PartyPeer {
  readonly peer: string;
  readonly name: string;
  /** WireGuard key, base64 of 32 bytes. */
  readonly public_key: string;
  /** `ip:port`, the best first. */
  readonly endpoints: readonly string[];
  readonly nat_type: "open" | "cone" | "symmetric" | "unknown";
  /** Milliseconds to relays, by `ip:port` of the relay. */
  readonly rtts: Readonly<Record<string, number>>;
  /** Milliseconds since its last heart-beat. */
  readonly age_ms: number;
}

export type RegistryProblem =
  /** Something is missing or of a wrong form. */
  | "invalid"
  | "bad_signature"
  /** The signature is too old, too new, or not newer than the last one. */
  | "stale"
  /** This relay may not be listed here. */
  | "not_admitted"
  | "not_found"
  | "wrong_token"
  | "full"
  | "too_many"
  /** The store cannot be written just now. */
  | "unavailable";

export type RegistryAnswer =
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: RegistryProblem; readonly detail: string };

/** A long list, ready to be sent. */
export interface RegistryList {
  /** In memory that threads share: it is read where it is sent from, and copied nowhere. */
  readonly json: Uint8Array;
  /** Another one after every change. */
  readonly tag: string;
}

export interface RegistryStats {
  readonly relays: number;
  readonly relaysByRegion: Readonly<Record<string, number>>;
  readonly parties: number;
  readonly peers: number;
  readonly accepted: number;
  readonly refused: Readonly<Partial<Record<RegistryProblem, number>>>;
  readonly expired: number;
  /** Where a damaged file was set aside when the registry was opened; null when there was none. */
  readonly setAside: string | null;
  /** What keeps the store from being written; null when nothing does. */
  readonly storeProblem: string | null;
}

/** One relay as API and console show it. */
export interface RegisteredRelayView
  extends Omit<RelayRecord, "nonce" | "public_key" | "signature"> {
  /** Milliseconds since its last heart-beat. */
  readonly ageMs: number;
  /** Whether clients are told of it as one to choose: neither draining nor full. */
  readonly takesClients: boolean;
}

export interface RegisteredPartyView {
  readonly party: string;
  readonly name: string | null;
  readonly peers: number;
  readonly ageMs: number;
}

/** Everything is done in a worker; a promise here rejects for faults of ours only. */
export interface Registry {
  /** `{"relays":[...]}`, of one region or all. */
  relays(region: string | null): Promise<RegistryList>;
  /** `source` is the address it came from, for limits. */
  register(body: unknown, source: string): Promise<RegistryAnswer>;
  remove(fingerprint: string, body: unknown, source: string): Promise<RegistryAnswer>;
  createParty(body: unknown, source: string): Promise<RegistryAnswer>;
  /** `token` is the party's own. */
  removeParty(party: string, token: string): Promise<RegistryAnswer>;
  join(party: string, token: string, body: unknown, source: string): Promise<RegistryAnswer>;
  /** `token` is the one of the peer. */
  beat(party: string, peer: string, token: string, body: unknown): Promise<RegistryAnswer>;
  leave(party: string, peer: string, token: string): Promise<RegistryAnswer>;
  /** For members; `token` of the party or of a peer. */
  peers(party: string, token: string): Promise<RegistryAnswer>;
  /** For operators: parties without their tokens, in order of their ids. */
  parties(after: string, limit: number): Promise<readonly RegisteredPartyView[]>;
  /** For operators: relays in order of their fingerprints; `q` is looked for in name, address and region. */
  page(
    query: {
      readonly after: string;
      readonly limit: number;
      readonly q: string;
      readonly region: string | null;
    },
  ): Promise<{ readonly items: readonly RegisteredRelayView[]; readonly total: number }>;
  /** As of the last second. */
  stats(): RegistryStats;
}

/** How it stands with this relay's own entry in a registry. */
export interface RegistrationView {
  readonly url: string;
  readonly state: "registered" | "trying" | "refused";
  /** Unix milliseconds of the last success; null before the first. */
  readonly registeredAt: number | null;
  /** One sentence; null when all is well. */
  readonly problem: string | null;
  /** Relays that the registry named last. */
  readonly relays: number;
}

/** What the registry is given. */
export interface RegistryHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** Its file lies there. */
  readonly stateDir: string;
  /** Asked whenever it matters, so that a reload counts. */
  readonly settings: () => RegistrySettings;
}

export interface RegistrySettings {
  readonly maxRelays: number;
  readonly maxParties: number;
  /** TLS fingerprints that may be listed; empty for any. Only to these the keys of parties are told. */
  readonly members: readonly string[];
}

export interface OpenedRegistry extends Registry {
  /** Calls at once and after every change with the peers of parties, for the UDP relay. Call the answer to end that. */
  onGroups(listener: (groups: readonly UdpGroup[]) => void): () => void;
  close(): Promise<void>;
}

/** Rejects with `StartError` when the store can neither be opened nor set aside. */
export type OpenRegistry = (host: RegistryHost) => Promise<OpenedRegistry>;

/** What this relay's entry in a registry is made of and signed with. */
export interface RegistrationHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly crypto: Crypto;
  readonly certificate: RelayCertificate;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings: () => RegistrationSettings;
  /** As it is now. */
  readonly announcement: () => Omit<RelayAnnouncement, "tls_fingerprint">;
}

export interface RegistrationSettings {
  /** Null when this relay registers nowhere. */
  readonly url: string | null;
  /** File with the registry's read token, for one that is not public. */
  readonly tokenFile: string | null;
}

export interface Registration {
  view(): RegistrationView | null;
  /** Those that the registry named last, verified; without this relay, and without what takes nobody. */
  relays(): readonly RelayRecord[];
  /** Told by the registry to a relay that is a member there. Call the answer to end that. */
  onGroups(listener: (groups: readonly UdpGroup[]) => void): () => void;
  /** The configuration was reloaded. */
  apply(): void;
  /** Something to announce has changed, such as a drain: tells it at once. */
  changed(): void;
  /** Takes the entry out, if that can be done within a second. */
  close(): Promise<void>;
}

/** Begins at once and never throws. */
export type StartRegistration = (host: RegistrationHost) => Registration;
