/** Whom the operator keeps out of rooms and of direct calls. */
import { blockHolds } from "./config/address_block.ts";
import type { roomKeys } from "./config/keys/room_keys.ts";
import type { ConfigOf } from "./config/schema.ts";

/** The part of the configuration that says so. */
export type Denials = Pick<ConfigOf<typeof roomKeys>, "deny_fingerprints" | "deny_addresses">;

/** Whether the operator keeps this client out. */
export function isDenied(denials: Denials, fingerprint: string, ip: string): boolean {
  return denials.deny_fingerprints.includes(fingerprint) || isAddressDenied(denials, ip);
}

/** The same for what is known before a client has said who it is. */
export function isAddressDenied({ deny_addresses }: Denials, ip: string): boolean {
  return deny_addresses.some((block) => blockHolds(block, ip));
}
