/** What `/api/v1` tells of the registry, of this relay's entry in one, and of the UDP relay. */
import {
  boolean,
  type Infer,
  integer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  record,
  text,
} from "./schema.ts";

const count = integer({ min: 0 });
const amount = number({ min: 0 });
/** Unix time in milliseconds. */
const time = number();

export const RegistryStats = named(
  "RegistryStats",
  object({
    /** Whether anybody may read it and be in it. */
    public: boolean,
    relays: count,
    relaysByRegion: record(count),
    parties: count,
    peers: count,
    accepted: count,
    refused: record(count),
    expired: count,
    setAside: nullable(text()),
    storeProblem: nullable(text()),
  }),
);

/** This relay's entry in a registry. */
export const RegistrationState = named(
  "RegistrationState",
  object({
    url: text(),
    state: oneOf("registered", "trying", "refused"),
    registeredAt: nullable(time),
    problem: nullable(text()),
    relays: count,
  }),
);

export const RegisteredRelay = named(
  "RegisteredRelay",
  object({
    fingerprint: text(),
    name: text(),
    addr: text(),
    region: text(),
    capacity: count,
    load: count,
    draining: boolean,
    takesClients: boolean,
    udpPort: nullable(count),
    ageMs: amount,
  }),
);

/** `registry` is null when this relay is none, `registration` when it has no entry anywhere. */
export const RegistryPage = named(
  "RegistryPage",
  object({
    registry: nullable(RegistryStats),
    registration: nullable(RegistrationState),
    items: list(RegisteredRelay),
    next: nullable(text()),
    total: count,
  }),
);

export const RegisteredParty = named(
  "RegisteredParty",
  object({ party: text(), name: nullable(text()), peers: count, ageMs: amount }),
);
export const RegisteredPartyPage = named(
  "RegisteredPartyPage",
  object({ items: list(RegisteredParty), next: nullable(text()), total: count }),
);

const UdpPeer = named(
  "UdpPeer",
  object({
    group: text(),
    /** The beginning of its key. */
    key: nullable(text()),
    endpoint: text(),
    verified: boolean,
    ageMs: amount,
    packetsIn: count,
    packetsOut: count,
  }),
);
const UdpBlock = named(
  "UdpBlock",
  object({
    ip: text(),
    by: oneOf("automatic", "operator"),
    reason: text(),
    /** Null until an operator lifts it. */
    until: nullable(time),
  }),
);
export const UdpRelayState = named(
  "UdpRelay",
  object({
    /** Null when it is off; then nothing else says anything. */
    listen: nullable(text()),
    groups: count,
    keys: count,
    /** 1,000 at most. */
    peers: list(UdpPeer),
    peersTotal: count,
    sessions: count,
    blocked: list(UdpBlock),
    packetsIn: count,
    bytesIn: count,
    packetsForwarded: count,
    bytesForwarded: count,
    drops: record(count),
  }),
);

const MONTH_S = 2_592_000;
const ip = text({ minLength: 1, maxLength: 45 });
/** `seconds` null: until it is lifted. */
export const BlockRequest = named(
  "BlockRequest",
  object({ ip, seconds: nullable(integer({ min: 1, max: MONTH_S })) }),
);
export const UnblockRequest = named("UnblockRequest", object({ ip }));

export type RegistryPage = Infer<typeof RegistryPage>;
export type RegisteredRelay = Infer<typeof RegisteredRelay>;
export type RegisteredParty = Infer<typeof RegisteredParty>;
export type UdpRelayState = Infer<typeof UdpRelayState>;
