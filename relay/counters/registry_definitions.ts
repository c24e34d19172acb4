/** The metrics of a registry, and of this relay's own entry in one. */

const PROBLEMS = [
  "invalid",
  "bad_signature",
  "stale",
  "not_admitted",
  "not_found",
  "wrong_token",
  "full",
  "too_many",
  "unavailable",
] as const;

/** Part of `DEFINITIONS`. */
export const REGISTRY_DEFINITIONS = {
  registryRelays: {
    shape: "family",
    type: "gauge",
    name: "wzp_registry_relays",
    help:
      "Relays that are listed in the registry, by region; regions after the hundred largest together",
    labels: ["region"],
    max: 128,
  },
  registryParties: {
    shape: "number",
    type: "gauge",
    name: "wzp_registry_parties",
    help: "Parties in the registry",
  },
  registryPeers: {
    shape: "number",
    type: "gauge",
    name: "wzp_registry_peers",
    help: "Peers in the parties of the registry",
  },
  registryRegistrations: {
    shape: "fixed",
    type: "counter",
    name: "wzp_registry_registrations_total",
    help: "Registrations and heart-beats of relays, by how they were answered",
    label: "outcome",
    values: ["accepted", ...PROBLEMS],
  },
  registryPartyRequests: {
    shape: "fixed",
    type: "counter",
    name: "wzp_registry_party_requests_total",
    help: "Requests about parties, by how they were answered",
    label: "outcome",
    values: ["accepted", ...PROBLEMS],
  },
  registryExpired: {
    shape: "number",
    type: "counter",
    name: "wzp_registry_relays_expired_total",
    help: "Relays that were taken out because their heart-beats did not come",
  },
  registryStoreErrors: {
    shape: "number",
    type: "counter",
    name: "wzp_registry_store_errors_total",
    help: "Changes of the registry that could not be written to its file",
  },
  registryOwnEntry: {
    shape: "number",
    type: "gauge",
    name: "wzp_registry_own_entry",
    help: "Whether the registry in `[registry] url` lists this relay, 0 or 1",
  },
  registryOwnRegistrations: {
    shape: "fixed",
    type: "counter",
    name: "wzp_registry_own_registrations_total",
    help: "Registrations and heart-beats of this relay, by what came of them",
    label: "outcome",
    values: ["registered", "refused", "failed"],
  },
  registryKnownRelays: {
    shape: "number",
    type: "gauge",
    name: "wzp_registry_known_relays",
    help: "Other relays that the registry named last and that take clients",
  },
} as const;
