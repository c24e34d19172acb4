/** Keys for being a registry of relays and parties, and for being listed in one. */
import { relayFingerprint } from "../relay_entries.ts";
import { key, type Schema } from "../schema.ts";
import { boolean, distinct, list, number, optional, path, type Problem } from "../value_types.ts";
import { webUrl } from "../web_url.ts";

const SAMPLE_FINGERPRINT =
  "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b";

/** The section `[registry]`. */
export const registryKeys = {
  enabled: key({
    type: boolean,
    default: false,
    reason: "one relay of many has the list",
    help: "Whether this relay is a registry: a list of relays and of parties, which it keeps in " +
      "its state directory and answers with its HTTP server.",
    flag: "--registry",
    reload: false,
    beside: (enabled, other) => needed(enabled && other("http_listen") === "off", NO_HTTP),
  }),
  public: key({
    type: boolean,
    default: false,
    reason: "who runs which relays is told to those who have a token",
    help: "Whether anybody who reaches the HTTP server may read the registry and be in it, " +
      "without a token. Lists of parties are for operators all the same.",
    flag: "--registry-public",
    reload: true,
    beside: (open, other) => needed(open && other("registry.enabled") === false, NO_REGISTRY),
  }),
  max_relays: key({
    type: number({ shape: "count", min: 1, max: 20_000, whole: true }),
    default: 20_000,
    unit: "relays",
    reason: "the most that readers take; one address may bring half of them",
    help: "Relays that the registry lists at most.",
    reload: true,
  }),
  max_parties: key({
    type: number({ shape: "count", min: 1, max: 20_000, whole: true }),
    default: 1_000,
    unit: "parties",
    reason: "far more than one community has; one address may make half of them",
    help: "Parties that the registry keeps at most, each of up to 64 peers.",
    reload: true,
  }),
  members: key({
    type: distinct(list(relayFingerprint), (hex) => hex),
    default: [],
    reason: "a relay is pinned by its certificate, so a list of any does no harm by itself",
    help: "The tls_fingerprint of every relay that may be listed; empty for any. Relays that are " +
      "named here and forward WireGuard packets are told the public keys of the parties.",
    reload: true,
    sample: [SAMPLE_FINGERPRINT],
  }),
  url: key({
    type: optional(webUrl),
    default: null,
    reason: "a relay tells nobody that it is there unless its operator says so",
    help: "HTTP address of the registry that this relay registers at and learns other relays " +
      "from. Without it, or while it cannot be reached, everything else goes on. Use " +
      "https unless it runs on this machine.",
    flag: "--registry-url",
    reload: true,
    sample: "https://registry.example.org",
  }),
  token_file: key({
    type: optional(path("file")),
    default: null,
    reason: "public registries need none",
    help: "File with a token that may read at that registry, for one that is not public. Only " +
      "its owner should be able to read it.",
    reload: true,
    sample: "/etc/wzp-relay/registry-token",
  }),
} as const satisfies Schema;

const NO_HTTP = "needs the HTTP server, and http_listen is off";
const NO_REGISTRY = "does nothing without registry.enabled (--registry)";

function needed(wrong: boolean, text: string): Problem[] {
  return wrong ? [{ path: [], text }] : [];
}
