/** The metrics of calls and sessions between relays. */

/** Part of `DEFINITIONS`. */
export const REMOTE_CALL_DEFINITIONS = {
  federationCallWays: {
    shape: "number",
    type: "gauge",
    name: "wzp_federation_call_ways",
    help: "Calls between relays that begin, end or pass through here and have not ended",
  },
  federationOffersRefused: {
    shape: "fixed",
    type: "counter",
    name: "wzp_federation_offers_refused_total",
    help: "Offers of calls from other relays that went no further",
    label: "reason",
    values: [
      "malformed",
      "wrong_caller",
      "call_id_in_use",
      "too_many_calls",
      "unreachable",
      "hop_limit",
      "refused_here",
    ],
  },
  federationCallSignalsIgnored: {
    shape: "fixed",
    type: "counter",
    name: "wzp_federation_call_signals_ignored_total",
    help: "Call signals of other relays that were not acted on",
    label: "reason",
    values: [
      "self_sourced",
      "loop",
      "hop_limit",
      "malformed",
      "no_such_call",
      "wrong_relay",
      "not_expected",
    ],
  },
  federationRouteSearches: {
    shape: "fixed",
    type: "counter",
    name: "wzp_federation_route_searches_total",
    help:
      "Searches among other relays for somebody whom the directory does not name, by what came of them",
    label: "outcome",
    values: ["begun", "found", "not_found", "rate_limited", "malformed"],
  },
  federationSessionLinks: {
    shape: "number",
    type: "gauge",
    name: "wzp_federation_session_links",
    help: "Open relay links that were made for the sessions of calls",
  },
  federationSessions: {
    shape: "fixed",
    type: "counter",
    name: "wzp_federation_sessions_total",
    help:
      "Sessions of calls over relay links made for them: begun here, begun by others, or why not",
    label: "outcome",
    values: ["opened", "accepted", "refused", "failed"],
  },
  federationSessionDatagramsDropped: {
    shape: "fixed",
    type: "counter",
    name: "wzp_federation_session_datagrams_dropped_total",
    help:
      "Datagrams on session links that are not media of a session of the relay at the other end",
    label: "reason",
    values: ["malformed", "no_session", "wrong_origin"],
  },
} as const;
