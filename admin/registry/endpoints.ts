/** What the paths of the registry take and answer, for `/openapi.json`. Bodies are checked where the registry is. */
import type { Endpoint } from "../api/endpoints.ts";
import { MAX_LIMIT } from "../api/paging.ts";
import {
  boolean,
  integer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  text,
} from "../api/schema.ts";
import { REGISTRY_PROBLEMS } from "./registry_answer.ts";

const count = integer({ min: 0 });
const port = integer({ min: 1, max: 65_535 });
const natType = oneOf("open", "cone", "symmetric", "unknown");
const rtts = record(number({ min: 0 }));

const statement = {
  name: text(),
  addr: text(),
  region: text(),
  capacity: count,
  load: count,
  draining: boolean,
  tls_fingerprint: text(),
  udp_port: nullable(port),
  issued_at: count,
  nonce: text(),
  public_key: text(),
  signature: text(),
};
const RelayRecord = named("RelayRecord", object(statement));
const RelayList = named("RelayList", object({ relays: list(RelayRecord) }));
/** A record with the DER of the certificate in base64. */
const Registration = named(
  "RegistrationRequest",
  object({
    ...statement,
    draining: optional(boolean),
    udp_port: optional(nullable(port)),
    cert: text(),
  }),
);
const Registered = named(
  "Registered",
  object({
    status: oneOf("registered"),
    heartbeat_s: count,
    /** To members with a UDP relay: keys of peers that may reach each other. */
    groups: optional(list(object({ name: text(), keys: list(text()) }))),
  }),
);
const Farewell = named(
  "FarewellRequest",
  object({ tls_fingerprint: text(), issued_at: count, nonce: text(), signature: text() }),
);
const Removed = named("Removed", object({ status: oneOf("removed") }));

const PartyPeer = named(
  "PartyPeer",
  object({
    peer: text(),
    name: text(),
    public_key: text(),
    endpoints: list(text()),
    nat_type: natType,
    rtts,
    age_ms: count,
  }),
);
const PeerList = named("PeerList", object({ peers: list(PartyPeer) }));
const PartyRequest = named("PartyRequest", object({ name: optional(text()) }));
const PartyMade = named("PartyMade", object({ party: text(), token: text() }));
const PartyList = named(
  "PartyList",
  object({
    parties: list(object({ party: text(), name: nullable(text()), peers: count, age_ms: count })),
    next: nullable(text()),
  }),
);
const place = { endpoints: optional(list(text())), nat_type: optional(natType) };
const JoinRequest = named(
  "JoinRequest",
  object({
    name: text(),
    public_key: text(),
    ...place,
    rtts: optional(rtts),
    peer_token: optional(text()),
  }),
);
const Joined = named("Joined", object({ peer: text(), token: text(), peers: list(PartyPeer) }));
const BeatRequest = named("BeatRequest", object({ ...place, rtts: optional(rtts) }));
const Left = named("Left", object({ status: oneOf("left") }));

export const PARTIES_QUERY = {
  limit: optional(integer({ min: 1, max: MAX_LIMIT })),
  after: optional(text({ maxLength: 300 })),
};

export const REGISTRY_ENDPOINTS = {
  relays: door("get", "/relays", "Relays that are alive, as they signed it", RelayList),
  region: door("get", "/relays/{of}", "Those of a region", RelayList),
  register: door(
    "post",
    "/relays",
    "Be listed, and beat: the signature of the relay's key lets in",
    Registered,
    Registration,
  ),
  remove: door(
    "delete",
    "/relays/{of}",
    "By fingerprint: be listed no longer",
    Removed,
    Farewell,
  ),
  parties: {
    method: "get",
    path: "/parties",
    summary: "Parties, for operators: never public",
    query: PARTIES_QUERY,
    answer: PartyList,
    problems: ["not_found"],
  },
  makeParty: {
    ...door("post", "/parties", "Make a party, for peers to find each other", PartyMade),
    body: PartyRequest,
    status: 201,
  },
  removeParty: door("delete", "/parties/{party}", "With the party's token: end it", Removed),
  join: door(
    "post",
    "/parties/{party}/join",
    "With the party's token: be found by the others",
    Joined,
    JoinRequest,
  ),
  peers: door("get", "/parties/{party}/peers", "With a token of the party or a peer", PeerList),
  beat: door(
    "post",
    "/parties/{party}/peers/{peer}/heartbeat",
    "With the peer's token: stay, and say what changed",
    PeerList,
    BeatRequest,
  ),
  leave: door(
    "post",
    "/parties/{party}/peers/{peer}/leave",
    "With the peer's token: be found no longer",
    Left,
  ),
} as const satisfies Record<string, Endpoint>;

function door<A>(
  method: Endpoint["method"],
  path: string,
  summary: string,
  answer: Schema<A>,
  body?: Schema<unknown>,
) {
  return {
    method,
    path,
    summary,
    registry: true,
    query: {},
    answer,
    problems: REGISTRY_PROBLEMS,
    ...(body === undefined ? {} : { body }),
  } as const;
}
