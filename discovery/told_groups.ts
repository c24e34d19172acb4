/** The groups of a registry's parties, as it tells them to relays that forward for them. */
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { isWireguardKey } from "./party_forms.ts";

const MAX_GROUPS = 20_000;
const MAX_KEYS = 20_000;
const MAX_NAME = 64;

/** Within bounds, and every key of the right form. */
export function isUdpGroups(value: unknown): value is readonly UdpGroup[] {
  if (!Array.isArray(value) || value.length > MAX_GROUPS) return false;
  let keys = 0;
  return value.every((group: unknown) => {
    if (typeof group !== "object" || group === null) return false;
    const { name, keys: own } = group as Record<string, unknown>;
    if (typeof name !== "string" || name === "" || name.length > MAX_NAME) return false;
    if (!Array.isArray(own)) return false;
    keys += own.length;
    return keys <= MAX_KEYS && own.every(isWireguardKey);
  });
}
