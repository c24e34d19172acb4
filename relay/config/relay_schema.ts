/**
 * Every configuration key of the relay: the one source of types, defaults, validation, `--help`, the
 * example file and the reference. A key stands here only once it works.
 */
import { acceptKeys } from "./keys/accept_keys.ts";
import { callKeys } from "./keys/call_keys.ts";
import { federationKeys } from "./keys/federation_keys.ts";
import { generalKeys } from "./keys/general_keys.ts";
import { httpKeys } from "./keys/http_keys.ts";
import { logKeys } from "./keys/log_keys.ts";
import { roomKeys } from "./keys/room_keys.ts";
import { authKeys } from "./keys/auth_keys.ts";
import { probeKeys } from "./keys/probe_keys.ts";
import { tapKeys } from "./keys/tap_keys.ts";
import { registryKeys } from "./keys/registry_keys.ts";
import { udpRelayKeys } from "./keys/udp_relay_keys.ts";
import type { ConfigOf, Schema } from "./schema.ts";

export const relaySchema = {
  ...generalKeys,
  ...logKeys,
  ...acceptKeys,
  ...roomKeys,
  ...callKeys,
  ...authKeys,
  ...federationKeys,
  ...probeKeys,
  ...tapKeys,
  ...httpKeys,
  registry: { keys: registryKeys },
  udp_relay: { keys: udpRelayKeys },
} as const satisfies Schema;

/** The relay's configuration; each property is the TOML key of the same name, in the unit of the key. */
export type Config = ConfigOf<typeof relaySchema>;
