/** Every endpoint of the API: path, parameters, body and answer. Routes and `/openapi.json` are made from here. */
import type { ProblemCode } from "../problem.ts";
import { FEED_EVENTS, TAP_EVENTS } from "./feed_shapes.ts";
import { MAX_LIMIT } from "./paging.ts";
import { type InferFields, integer, optional, type Schema, text } from "./schema.ts";
import * as companions from "./companion_shapes.ts";
import * as shapes from "./shapes.ts";

type Query = Readonly<Record<string, Schema<unknown>>>;

export interface Endpoint<Q extends Query = Query, Body = unknown, Answer = unknown> {
  readonly method: "get" | "post" | "delete";
  /** With `{name}` for parts that vary. */
  readonly path: string;
  readonly summary: string;
  /** Whether only operators may use it although it is a GET; other methods are for them anyway. */
  readonly operate?: boolean;
  /** All of them may be left out. */
  readonly query: Q;
  readonly body?: Schema<Body>;
  readonly status?: 201;
  readonly answer: Schema<Answer>;
  /** Whether it is of the registry: what lets in is a signature or a party's token, and reading, or nothing, is enough. */
  readonly registry?: boolean;
  /** Besides what every endpoint may answer. */
  readonly problems?: readonly ProblemCode[];
}

/** An endpoint whose answer never ends: server-sent events. */
export interface FeedEndpoint<Q extends Query = Query> extends Omit<Endpoint<Q>, "answer"> {
  readonly events: Readonly<Record<string, Schema<unknown>>>;
}

export type QueryOf<E> = E extends { readonly query: infer Q } ? InferFields<Q> : never;

const shortText = optional(text({ maxLength: 300 }));
const limit = optional(integer({ min: 1, max: MAX_LIMIT }));
const paged = { limit, after: shortText, q: shortText };
const tail = { limit, after: optional(integer({ min: 0 })), q: shortText };

export const ENDPOINTS = {
  overview: get("overview", "The relay at a glance", {}, shapes.Overview),
  history: get(
    "history",
    "Numbers of the last ten minutes; q is the beginning of names",
    { q: shortText },
    shapes.History,
  ),
  rooms: get("rooms", "Rooms with somebody of this relay in them", paged, shapes.RoomPage),
  room: get("rooms/{name}", "Who is in a room", {}, shapes.RoomDetail, ["not_found"]),
  sessions: get(
    "sessions",
    "Everybody in a room of this relay",
    { ...paged, room: shortText },
    shapes.SessionPage,
  ),
  calls: get("calls", "Direct calls that have not ended", paged, shapes.CallPage),
  links: get("links", "Links to other relays", paged, shapes.LinkPage),
  topology: get("topology", "Relays of the mesh and the links between them", {}, shapes.Topology),
  directory: get(
    "directory",
    "Who is registered at other relays",
    { ...paged, relay: shortText },
    shapes.DirectoryPage,
  ),
  config: get(
    "config",
    "The configuration in force, secrets masked, and what another relay needs to link to this one",
    {},
    shapes.ConfigText,
  ),
  log: get(
    "log",
    "The newest lines of the log, or those after a line",
    { ...tail, level: shortText, area: shortText },
    shapes.LogLines,
  ),
  recentEvents: get(
    "recent-events",
    "What happened lately: joins, leaves, calls, links, operations",
    { ...tail, kind: shortText },
    shapes.RecentEvents,
  ),
  registry: get(
    "registry",
    "The registry of relays, page by page, and this relay's own entry in one",
    { ...paged, region: shortText },
    companions.RegistryPage,
  ),
  parties: get(
    "registry/parties",
    "Parties in the registry",
    { limit, after: shortText },
    companions.RegisteredPartyPage,
  ),
  udpRelay: get("udp-relay", "The relay for WireGuard packets", {}, companions.UdpRelayState),
  blockUdp: post(
    "udp-relay/block",
    "Have the UDP relay take nothing from an address, for a while or until that is lifted",
    companions.BlockRequest,
  ),
  unblockUdp: post("udp-relay/unblock", "Lift that", companions.UnblockRequest),
  drain: post("drain", "Take nobody new, end when the last has left", shapes.DrainRequest),
  reload: post("reload", "Load the configuration again", shapes.NothingRequest),
  logLevel: post(
    "log-level",
    "Log other levels until the configuration is loaded again",
    shapes.LogLevelRequest,
  ),
  kick: post("kick", "Close a session and refuse its fingerprint for a while", shapes.KickRequest),
  closeLink: post(
    "links/{relay}/close",
    "Close a link; relays that dial each other link again",
    shapes.NothingRequest,
  ),
  taps: get("taps", "Taps that are active", {}, shapes.TapList),
  addTap: {
    method: "post",
    path: "/api/v1/taps",
    summary: "Begin a tap, which ends by itself after ten minutes",
    query: {},
    body: shapes.TapRequest,
    status: 201,
    answer: shapes.TapRow,
    problems: ["conflict"],
  } satisfies Endpoint,
  removeTap: {
    method: "delete",
    path: "/api/v1/taps/{id}",
    summary: "End a tap",
    query: {},
    answer: shapes.Outcome,
    problems: ["not_found"],
  } satisfies Endpoint,
} as const;

export const FEEDS = {
  events: {
    method: "get",
    path: "/api/v1/events",
    summary: "What changes, as server-sent events; want is a list of event names",
    query: {
      room: shortText,
      want: shortText,
      lastEventId: shortText,
    },
    events: FEED_EVENTS,
    problems: ["too_many_connections"],
  },
  tap: {
    method: "get",
    path: "/api/v1/tap",
    summary: "Headers of packets as they pass: of a room, of all without one, or of the tap id",
    operate: true,
    query: { room: shortText, id: shortText, lastEventId: shortText },
    events: TAP_EVENTS,
    problems: ["conflict", "not_found"],
  },
} as const satisfies Record<string, FeedEndpoint>;

function get<const Q extends Query, A>(
  path: string,
  summary: string,
  query: Q,
  answer: Schema<A>,
  problems: readonly ProblemCode[] = [],
): Endpoint<Q, never, A> {
  return { method: "get", path: `/api/v1/${path}`, summary, query, answer, problems };
}

function post<B>(
  path: string,
  summary: string,
  body: Schema<B>,
): Endpoint<Record<never, never>, B, shapes.Outcome> {
  return {
    method: "post",
    path: `/api/v1/${path}`,
    summary,
    query: {},
    body,
    answer: shapes.Outcome,
    problems: ["conflict"],
  };
}
