/** The 8-byte room hash that tags media between relays. Not to be confused with `hashRoomName`. */
import { readU16, readU32 } from "./byte_order.ts";
import type { Crypto } from "./crypto_port.ts";

export const ROOM_HASH_BYTES = 8;

const utf8 = new TextEncoder();

/** Hash of a room's canonical name: the configured one, not the one a client joined with. */
export function roomHash(crypto: Pick<Crypto, "sha256">, canonicalName: string): Uint8Array {
  return crypto.sha256(utf8.encode(canonicalName)).slice(0, ROOM_HASH_BYTES);
}

/** The hash's first 48 bits, as a map key that costs no allocation. Confirm a hit with `sameRoomHash`. */
export function roomHashKey(bytes: Uint8Array, at = 0): number {
  return readU32(bytes, at) * 0x1_0000 + readU16(bytes, at + 4);
}

/** True when the eight bytes at `at` are this hash. The caller has checked the length. */
export function sameRoomHash(bytes: Uint8Array, at: number, hash: Uint8Array): boolean {
  return readU32(bytes, at) === readU32(hash, 0) && readU32(bytes, at + 4) === readU32(hash, 4);
}
