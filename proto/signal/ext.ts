/** The `ext` object that tells our own peers from originals: capabilities and what travels beside them. */
import {
  bool,
  bytes,
  bytes16,
  bytes32,
  ext,
  list,
  listOrAbsent,
  map,
  measure,
  optional,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  withDefault,
} from "./descriptor.ts";

/** Most bytes of an `ext` as JSON; a larger one counts as absent. */
export const MAX_EXT_BYTES = 16_384;
/** Most capabilities; more make the `ext` count as absent. */
export const MAX_CAPABILITIES = 64;
/** Most entries of `rtts`; more make the `ext` count as absent. */
export const MAX_RTTS = 32;
/** Most entries of `relays`; more make the `ext` count as absent. */
export const MAX_RELAYS = 32;

/** What a side can announce that it understands. */
export type Capability =
  | "drain"
  | "echo"
  | "rtts"
  | "signed"
  | "prove"
  | "media2"
  | "directory"
  | "topology"
  | "rooms"
  | "carry"
  | "place"
  | "parties"
  | "adopt";

/** `v` counts up only when fields are added, so a higher one is read like 1. */
const base = {
  v: withDefault(u32, 1),
  caps: withDefault(list(string, MAX_CAPABILITIES), []),
};

/** What a relay says of itself on a link. */
const description = {
  name: optional(string, "omit"),
  region: optional(string, "omit"),
  advertised_addr: optional(string, "omit"),
  build: optional(string, "omit"),
  load: optional(measure, "omit"),
  draining: optional(bool, "omit"),
  udp_port: optional(u16, "omit"),
  /** Another one in every life of the relay, so that a peer that restarted can be told from one that dials twice. */
  instance: optional(string, "omit"),
};

/** Capabilities and nothing else. */
export const plainExt = ext(struct("ext", base));

/** With `rtts`, relay address to measured milliseconds. */
export const rttsExt = ext(struct("ext", {
  ...base,
  rtts: optional(map(measure, MAX_RTTS), "omit"),
}));

/** Other relays that carry the same room, each `name|addr|fingerprint`: `relays`. */
const others = { relays: listOrAbsent(string, MAX_RELAYS) };

/** With where else the room can be joined, and the relay that the setup names as such an entry, to be pinned. */
export const setupExt = ext(struct("ext", {
  ...base,
  relay: optional(string, "omit"),
  ...others,
}));

/** The same with `rtts`. */
export const welcomeExt = ext(struct("ext", {
  ...base,
  rtts: optional(map(measure, MAX_RTTS), "omit"),
  ...others,
}));

/** With `rtts`, and the SHA-256 of the certificate its sender listens with for a direct connection. */
const contact = {
  ...base,
  rtts: optional(map(measure, MAX_RTTS), "omit"),
  direct_cert: optional(bytes32, "omit"),
};
export const contactExt = ext(struct("ext", contact));

/** The same with the relay where the callee's relay wants both parties to meet, `ip:port`. */
export const answerExt = ext(struct("ext", { ...contact, relay: optional(string, "omit") }));

/** With what the signature of a registration covers besides the keys. */
export const presenceExt = ext(struct("ext", {
  ...base,
  issued_at: optional(u64, "omit"),
  nonce: optional(bytes16, "omit"),
}));

/** With the dialler's certificate (DER), its nonce and its description. */
export const helloExt = ext(struct("ext", {
  ...base,
  cert: optional(bytes, "omit"),
  nonce: optional(bytes16, "omit"),
  ...description,
}));

/** With the description of the accepting relay. */
export const relayExt = ext(struct("ext", { ...base, ...description }));

/** With the way of a call over several hops; `path` holds fingerprints. */
export const forwardExt = ext(struct("ext", {
  ...base,
  ttl: optional(u8, "omit"),
  path: listOrAbsent(string),
  target_relay: optional(string, "omit"),
}));

/** Whether the side that sent this `ext` (null: an original) announced a capability. */
export function hasCapability(
  ext: { readonly caps: readonly string[] } | null,
  capability: Capability,
): boolean {
  return ext !== null && ext.caps.includes(capability);
}
